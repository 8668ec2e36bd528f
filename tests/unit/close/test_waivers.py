"""Sums of what was waived, and revenue left out as a share: of rows alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.close.waivers import (
    Share,
    Waiver,
    WaiverKind,
    Waivers,
    as_plain,
    from_evidence,
    from_plain,
    sums_of,
)
from tieout.close.waivers.model import as_evidence
from tieout.close.waivers.reading import part_of

D = Decimal
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def waiver(amount: str = "10.00", **more: Any) -> Waiver:
    given: dict[str, Any] = {
        "kind": WaiverKind.EXCLUDED, "about": "K1", "cause": "unknown_tax", "interface": "shop", "amount": D(amount),
        "currency": "USD", "company": D(amount), "at": NOON, "by": "mia", "second": "cora", "reason": "not ours",
    }  # fmt: skip
    return Waiver(**{**given, **more})


def waivers(*rows: Waiver, **more: Any) -> Waivers:
    given: dict[str, Any] = {
        "entity": "US", "period": "2026-10", "currency": "USD", "rows": rows, "share": Share(), "limit": D(100),
        "percent_limit": D(1),
    }  # fmt: skip
    return Waivers(**{**given, **more})


def test_sums_are_by_kind_and_currency_and_in_the_companys_own() -> None:
    rows = [
        waiver("10.00"),
        waiver("5.00", currency="EUR", company=D("5.50")),
        waiver("7.00", currency="EUR", company=None),
        waiver("1.00", kind=WaiverKind.WRITTEN_OFF),
        waiver("2.00", kind=WaiverKind.SOURCE, count=3),
    ]
    assert [(s.kind, s.currency, s.count, s.amount, s.company, s.unknown) for s in sums_of(rows)] == [
        (WaiverKind.EXCLUDED, "EUR", 2, D("12.00"), D("5.50"), 1),
        (WaiverKind.EXCLUDED, "USD", 1, D("10.00"), D("10.00"), 0),
        (WaiverKind.WRITTEN_OFF, "USD", 1, D("1.00"), D("1.00"), 0),
        (WaiverKind.SOURCE, "USD", 3, D("2.00"), D("2.00"), 0),
    ]


def test_an_invoice_and_a_credit_note_left_out_do_not_make_up_for_each_other() -> None:
    share = Share(sales=D(1000), credits=D(1000), booked=D(10_000))
    assert share.percent == D("20.00") and share.above(D(19)) and not share.above(D(20))


@pytest.mark.parametrize(
    ("share", "percent", "above"),
    [
        (Share(booked=D(100)), "0.00", False),
        (Share(sales=D("1.00"), booked=D("99.00")), "1.00", False),
        (Share(sales=D("1.01"), booked=D("98.99")), "1.01", True),
        # Rounded it is as much as is allowed; it is more.
        (Share(sales=D("1.001"), booked=D("98.999")), "1.00", True),
        (Share(sales=D(5)), "100.00", True),
        (Share(credits=D(5)), "100.00", True),
        (Share(credits=D(5), booked=D(3)), "100.00", True),
        (Share(unknown=1, booked=D(100)), "0.00", True),
    ],
)
def test_the_share_is_of_the_revenue_that_there_would_be(share: Share, percent: str, above: bool) -> None:
    assert share.percent == D(percent) and share.above(D(1)) is above


def test_one_person_above_the_limit_is_told_of_and_no_rule_and_no_source_is() -> None:
    rows = [
        waiver("100.00", second=""),
        waiver("100.01", second="", about="K2"),
        waiver("1.00", second="", company=None, about="K3"),
        waiver("500.00"),
        waiver("500.00", second="", by="policy: automatic"),
        waiver("500.00", second="", kind=WaiverKind.SOURCE),
    ]
    assert [w.about for w in waivers(*rows).alone] == ["K2", "K3"]


def test_an_explanation_is_of_these_documents() -> None:
    one = waivers(waiver(revenue=D(10)))
    assert one.revenue_key == waivers(waiver(revenue=D(10)), waiver("3.00", about="P")).revenue_key
    assert one.revenue_key != waivers(waiver(revenue=D(10), about="K2")).revenue_key
    assert one.revenue_key != waivers(waiver(revenue=None)).revenue_key
    # One of which nobody knows the worth is one of them.
    assert waivers(waiver(revenue=None)).revenue_key != waivers(waiver(revenue=D(0))).revenue_key


def test_a_share_that_is_explained_wants_nothing_more() -> None:
    share = Share(sales=D(5), booked=D(95))
    (wanting,) = waivers(share=share).wanting
    assert wanting == "5.00 USD of revenue left out, 5.00% of it, more than 1%: two people explain it"
    assert waivers(share=share, explained="tests (cora)").wanting == []


def test_what_is_said_is_in_minor_units_however_a_column_holds_it() -> None:
    rows = [
        waiver("477.3800", currency="EUR", company=None),
        waiver("3", currency="JPY"),
        waiver("1.005", currency="KWD"),
        waiver("0", currency=""),
    ]
    found = waivers(
        *rows, share=Share(sales=D("5.0000"), booked=D(95)), limit=D(100), explained="tests (cora)"
    )
    assert found.said() == (
        "1 excluded (0); 1 excluded (477.38 EUR); 1 excluded (3 JPY); 1 excluded (1.005 KWD); 5.00% of revenue left out (5.00 USD); "
        "explained: tests (cora)"
    )


def test_what_a_part_of_a_document_sells_has_no_more_than_minor_units() -> None:
    """It was 3,140.745648409275538442232628 on a printed close."""
    assert part_of(D("1000.00"), D("20.00"), D("1150.00"), "USD") == D("17.39")
    assert str(part_of(D("-1000.00"), D("20.00"), D("1150.00"), "JPY")) == "-17"


amounts = st.decimals(0, 10_000, places=2)


@given(st.lists(st.tuples(amounts, st.sampled_from(list(WaiverKind)), st.none() | amounts), max_size=30))
def test_what_is_written_reads_back_the_same(found: list[tuple[Decimal, WaiverKind, Decimal | None]]) -> None:
    rows = [waiver(str(a), kind=k, company=c) for a, k, c in found]
    made = waivers(*rows, share=Share(sales=D("1.10"), booked=D(7)))
    assert from_plain(as_plain(made)) == made and from_evidence(as_evidence(made)) == made


def test_a_long_list_is_several_entries_and_half_a_list_is_none() -> None:
    long = waivers(*(waiver(about=f"K{n}") for n in range(401)))
    parts = as_evidence(long)
    assert len(parts) == 3 and from_evidence(parts) == long
    short = waivers(waiver())
    assert from_evidence([*as_evidence(short), *parts[:2]]) == short
    assert from_evidence(parts[1:]) is None and from_evidence([]) is None
