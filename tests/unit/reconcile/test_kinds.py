"""A number that is whole and somebody else's is no number of ours that was mistyped or cut off.

`tests/fixtures` holds none of it: the rows are invented, of the shape of a tenant who writes last year's number.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import polars as pl
import pytest

from tieout.reconcile import Match, checked, match, read_rules

COLUMNS = ("id", "date", "amount", "currency", "reference", "counterparty", "description")
SHARED = Path(os.environ.get("TIEOUT_CASES", Path(__file__).parents[4] / "shared" / "data" / "cases"))
Row = tuple[str, ...]


def table(*rows: Row) -> pl.DataFrame:
    return checked(pl.DataFrame(list(rows), schema={c: pl.String for c in COLUMNS}, orient="row"), "rows")


def others(form: str, count: int = 60) -> list[Row]:
    """Open items of others, so that an amount and a name say something."""
    return [
        (f"O{n}", "2026-09-01", f"{317 + n * 13}.{n % 100:02d}", "EUR", form.format(n=500 + n * 7), f"Kunde {n} GmbH", "")
        for n in range(count)
    ]  # fmt: skip


def groups(text: str, reference: str, form: str, count: int = 60) -> list[Match]:
    line = ("L", "2026-10-05", "1190.00", "EUR", "", "Mieter AG", text)
    item = ("A", "2026-09-05", "1190.00", "EUR", reference, "Mieter AG", "")
    return list(match(table(line), table(item, *others(form, count)), read_rules()).groups())


@pytest.mark.parametrize("count", [60, 900])
@pytest.mark.parametrize(
    ("text", "reference", "form"),
    [
        ("Miete RG 2025-0412", "2026-0412", "2026-{n:04d}"),  # last year's
        ("Miete RG 2024/0412", "RG-2026-0412", "RG-2026-{n:04d}"),  # the year before, in another spelling
        ("Invoice 20250412 rent", "2026-0412", "2026-{n:04d}"),  # without any mark between
        ("Miete RG 2025-412", "2026-0412", "2026-{n:04d}"),  # last year's, without its zero
        ("Rent 2024/512 thanks", "RG-2026-00512", "RG-2026-{n:05d}"),  # the year before, without two of them
        ("Miete 11-0412", "10-0412", "10-{n:04d}"),  # another series
        ("Rent B-2026-0412", "A-2026-0412", "A-2026-{n:04d}"),  # a series by its letter
        ("Gutschrift 2026-0412", "RE-2026-0412", "RE-2026-{n:04d}"),  # a credit note of the same digits
        ("Gutschrift 2026-0412", "2026-0412", "2026-{n:04d}"),  # the same, where numbers have no letters
        ("Lieferschein LS-2026-0412", "RE-2026-0412", "RE-2026-{n:04d}"),  # a delivery note
        ("PO 2026-0412 rent", "RE-2026-0412", "RE-2026-{n:04d}"),  # their own order
    ],
)
def test_a_whole_number_of_another_is_suggested_at_most(
    text: str, reference: str, form: str, count: int
) -> None:
    extra = [("B1", "2026-09-03", "77.10", "EUR", "B-2026-0999", "Andere AG", ""),
             ("B2", "2026-09-03", "78.10", "EUR", "B-2026-0998", "Andere AG", "")]  # fmt: skip
    line = ("L", "2026-10-05", "1190.00", "EUR", "", "Mieter AG", text)
    item = ("A", "2026-09-05", "1190.00", "EUR", reference, "Mieter AG", "")
    rows = [*others(form, count), *(extra if form.startswith("A-") else ())]
    found = list(match(table(line), table(item, *rows), read_rules()).groups())
    assert [m for m in found if m.status == "auto"] == []
    assert not any("mistyped or cut off" in m.why or "names the number" in m.why for m in found)


def test_the_serial_of_another_kind_says_nothing() -> None:
    found = groups("Lieferschein Nr. 00412", "RE-2026-00412", "RE-2026-{n:05d}")
    assert found and all("no number" in m.why for m in found)


@pytest.mark.parametrize("text", ["Miete RG 2026-0421", "Miete 2026-0413", "RG 2026/0402"])
def test_another_number_of_the_series_that_may_be_is_none_of_ours_mistyped(text: str) -> None:
    found = groups(text, "2026-0412", "2026-{n:04d}")
    assert [m for m in found if m.status == "auto"] == []
    assert not any("mistyped or cut off" in m.why for m in found)


def test_another_number_that_is_open_itself_is_that() -> None:
    line = ("L", "2026-10-05", "1190.00", "EUR", "", "Mieter AG", "Miete RG 2026-0421")
    items = [("A", "2026-09-05", "1190.00", "EUR", "2026-0412", "Mieter AG", ""),
             ("B", "2026-09-06", "1333.00", "EUR", "2026-0421", "Mieter AG", "")]  # fmt: skip
    found = list(match(table(line), table(*items, *others("2026-{n:04d}")), read_rules()).groups())
    assert [m.right for m in found if m.status == "auto" and m.right == ("A",)] == []


@pytest.mark.parametrize(
    "text",
    ["Miete RG 2026-0412", "RG 2026 0412", "RE-2026-0412", "Rechnung 2026/412", "Miete 09/2025 RG 2026-0412",
     "2025-0412 2026-0412", "2025-412 und 2026-0412", "Rechnung 2026-412 statt 2025-412"],
)  # fmt: skip
def test_its_own_number_still_names_it(text: str) -> None:
    found = groups(text, "2026-0412", "2026-{n:04d}")
    assert [m.right for m in found if m.status == "auto"] == [("A",)]


@pytest.mark.parametrize("text", ["RG 2026-041", "Miete 026-0412", "2026-04122"])
def test_what_is_cut_or_doubled_is_no_whole_number(text: str) -> None:
    found = groups(text, "2026-0412", "2026-{n:04d}", 900)
    assert any(m.right == ("A",) for m in found)


@pytest.mark.skipif(not (SHARED / "match-last-years-number.txt").exists(), reason="the cases are not here")
def test_the_case_of_last_years_number() -> None:
    told = (SHARED / "match-last-years-number.txt").read_text()
    rows = [re.split(r",", line.split(": ", 1)[1].split(" + ")[0]) for line in told.splitlines()]
    line, item = (tuple(x.strip() for x in r) for r in rows)
    found = list(match(table(line), table(item, *others("2026-{n:04d}")), read_rules()).groups())
    assert [m for m in found if m.status == "auto"] == []
    assert any(m.right == ("A",) for m in found)
