"""The sheet of a close: every sum is its rows', a list that is not printed whole says so, and what is changed is found."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.close.sheet import (
    Column,
    Formula,
    Section,
    Share,
    Sum,
    Table,
    amount_text,
    section_json,
    sheet_bytes,
)
from tieout.evidence.print_close import MOST_ROWS, Printed, page, rest, text
from tieout.evidence.verify_closes import wrong_in_section
from tieout.money import Period

OCTOBER = Period(2026, 10)
HEAD = {
    "name": "Tieout <US> & Co", "currency": "USD", "time_zone": "America/New_York", "due_at": "2026-11-05T18:00:00-05:00",
    "closed_at": "2026-11-03T10:00:00-05:00", "business_days": 2, "open": "", "ledger_read_at": "2026-11-03T10:00:00-05:00",
    "kept_at": "2026-11-03T10:00:01-05:00",
}  # fmt: skip
COLUMNS = (
    Column("kind", "Kind"),
    Column("what", "What"),
    Column("currency", "Currency"),
    Column("gross", "Gross", "amount"),
    Column("fee", "Fee", "amount"),
    Column("net", "Net", "amount"),
)
SUMS = (Sum("gross", ("kind", "currency")), Sum("net", ("currency",)), Sum(by=("kind",)))
amounts = st.decimals(
    min_value=Decimal("-99999"), max_value=Decimal("99999"), places=2, allow_nan=False, allow_infinity=False
)


@st.composite
def rows(draw: st.DrawFn) -> tuple[tuple[str | None, ...], ...]:
    found = []
    for _ in range(draw(st.integers(1, 12))):
        gross, fee = draw(amounts), draw(amounts)
        found.append((
            draw(st.sampled_from(["sale", "refund", "fee <b>"])), draw(st.text(max_size=8)),
            draw(st.sampled_from(["USD", "EUR"])), amount_text(gross), amount_text(fee), amount_text(gross - fee),
        ))  # fmt: skip
    return tuple(found)


def section_of(given_rows: tuple[tuple[str | None, ...], ...]) -> Section:
    table = Table("moved", COLUMNS, given_rows, SUMS, (Formula("net", ("gross",), ("fee",)),))
    shares = tuple(
        Share("Net of gross", c, ("moved", "net", {"currency": c}), ("moved", "gross", {"currency": c}))
        for c in ("EUR", "USD")
    )
    return Section("moved", "What moved", (table,), ("Said.",), shares)


def sheet_of(*sections: Section) -> bytes:
    return sheet_bytes(HEAD, sections, "US", OCTOBER, "00" * 16)


@settings(max_examples=examples(40))
@given(rows())
def test_every_sum_is_its_rows_and_is_printed(given_rows: tuple[tuple[str | None, ...], ...]) -> None:
    found = section_json(section_of(given_rows))
    assert wrong_in_section(found) == []
    for currency in ("USD", "EUR"):
        mine = [r for r in given_rows if r[2] == currency]
        if mine:
            total = sum((Decimal(r[5] or "") for r in mine), Decimal(0))
            assert [currency, str(len(mine)), f"{total:.2f}"] in found["tables"][0]["sums"][1]["rows"]
            said = text(Printed(sheet_of(section_of(given_rows)), "closes/1.json")).decode()
            assert f"{currency} | {len(mine)} | {total:,.2f}" in said


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in plain values where an amount, a count or a percentage stands."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in places(v, (*path, k))]
    if isinstance(value, list):
        return [p for k, v in enumerate(value) for p in places(v, (*path, k))]
    return [path] if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) else []


@settings(max_examples=examples(20))
@given(rows(), st.data())
def test_whatever_figure_is_changed_the_bare_verifier_finds_it(
    given_rows: tuple[tuple[str | None, ...], ...], data: st.DataObject
) -> None:
    found = section_json(section_of(given_rows))
    # A name may be a number: it is no figure.
    figures = [p for p in places(found) if not ("rows" in p and "sums" not in p and p[-1] == 1)]
    place = data.draw(st.sampled_from(figures))
    changed = copy.deepcopy(found)
    at = changed
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = str(Decimal(at[place[-1]]) + 1)
    assert wrong_in_section(changed)


@settings(max_examples=examples(20))
@given(rows(), st.data())
def test_a_row_that_is_taken_out_doubled_or_put_elsewhere_is_found(
    given_rows: tuple[tuple[str | None, ...], ...], data: st.DataObject
) -> None:
    found = section_json(section_of(given_rows))
    there = found["tables"][0]["rows"]
    number = data.draw(st.integers(0, len(there) - 1))
    for change in ("out", "doubled", "currency", "kind"):
        changed = copy.deepcopy(found)
        mine = changed["tables"][0]["rows"]
        if change == "out":
            mine.pop(number)
        elif change == "doubled":
            mine.append(mine[number])
        else:
            mine[number][2 if change == "currency" else 0] = "another"
        assert wrong_in_section(changed), change


def many(count: int) -> tuple[tuple[str | None, ...], ...]:
    return tuple(("sale", f"n{i}", "USD" if i % 2 else "EUR", "2.00", "0.50", "1.50") for i in range(count))


def test_a_long_list_says_how_many_more_there_are_and_what_they_come_to() -> None:
    whole, long = (section_json(section_of(many(n)))["tables"][0] for n in (MOST_ROWS, MOST_ROWS + 5))
    assert rest(whole) == ""
    # Five are left: of these three are in euro, since the 200th is.
    assert rest(long) == (
        "5 more rows are not printed: gross 6.00 EUR, gross 4.00 USD, net 4.50 EUR, net 3.00 USD. The sheet has all of them."
    )
    sheet = sheet_of(section_of(many(MOST_ROWS + 5)))
    assert len(json.loads(sheet)["sections"][0]["tables"][0]["rows"]) == MOST_ROWS + 5
    for made in (page, text):
        said = made(Printed(sheet, "closes/1.json")).decode()
        assert "5 more rows are not printed: gross 6.00 EUR" in said
        assert "n199" in said and "n200" not in said


def test_what_is_written_in_a_name_is_never_markup() -> None:
    said = page(
        Printed(sheet_of(section_of((("<script>", '"><img src=x>', "USD", "1.00", "0.00", "1.00"),))), "")
    ).decode()
    assert "<script" not in said and "<img" not in said and "&lt;US&gt; &amp; Co" in said


def test_what_is_not_known_is_never_zero() -> None:
    unknown = ("sale", "a", "USD", None, "0.00", None)
    found = section_json(section_of((unknown, *many(2))))
    assert ["sale", "USD", "2", None] in found["tables"][0]["sums"][0]["rows"]
    assert wrong_in_section(found) == []
    said = text(Printed(sheet_of(section_of((unknown,))), "closes/1.json")).decode()
    assert "sale | a | USD | ? | 0.00 | ?" in said and "Net of gross (USD): not known" in said
    assert "Net of gross: 0.00 of 0.00 EUR = of nothing" in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Table("t", COLUMNS, (("a", "b", "USD", "1.00", "0.00"),)), "a row of 5 cells for 6 columns"),
        (Table("t", COLUMNS, many(1), (Sum("gros", ("currency",)),)), "no column 'gros'"),
        (Table("t", COLUMNS, many(1), (Sum("kind", ("currency",)),)), "t.kind is text: amount was expected"),
        (
            Table("t", COLUMNS, many(1), (), (Formula("net", ("gross",)),)),
            "net is 1.50, its parts come to 2.00",
        ),
    ],
)
def test_a_section_that_is_not_so_is_not_written(wrong: Table, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        section_json(Section("s", "S", (wrong,)))


@pytest.mark.parametrize(
    ("value", "said"), [("1", "1.00"), ("1.5", "1.50"), ("1.005", "1.005"), ("1.0050", "1.005"), ("-0.10", "-0.10"), ("1E+3", "1000.00")]
)  # fmt: skip
def test_amounts_are_exact_texts(value: str, said: str) -> None:
    assert amount_text(Decimal(value)) == said
