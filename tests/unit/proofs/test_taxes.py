"""One document or entry in a month's taxes: who is asked about it, in which jurisdiction it stands, and whether it holds the month up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.connector_api import LedgerTaxes, OthersMove, TaxCode, TaxItem
from tieout.proofs.split import Judged, Standing
from tieout.proofs.tax_keys import TaxKey
from tieout.proofs.taxes import Claim, TaxRow, TaxWhy, Told, tax_month

D = Decimal
CODE = TaxCode("sale", "US sales tax")
OCTOBER_9, NOVEMBER_3 = date(2026, 10, 9), date(2026, 11, 3)
OURS, THEIRS = ("account.move", 7), ("account.move", 8)


def claim(place: str, tax: str, on: date = OCTOBER_9) -> Claim:
    key = TaxKey("USD", CODE, place)
    return Claim(document="d7", number="N7", key=key, on=on, tax=D(tax), base=D(tax) * 10, record=OURS)


def item(tax: str, record: tuple[str, int] = OURS, entry: str = "INV/7") -> TaxItem:
    amounts = (D(tax), D(tax) * 10)
    return TaxItem(entry, OCTOBER_9, record, CODE, "251000", "USD", *amounts, *amounts)


def month(
    claims: list[Claim],
    items: list[TaxItem],
    standing: Standing = Standing.UNDECLARED,
    told: dict[str, Told] | None = None,
) -> dict[str, TaxRow]:
    """October by jurisdiction; what MISC/8 made stands as `standing` says."""
    judged = {"MISC/8": Judged(OthersMove("MISC/8", OCTOBER_9, "", "Ann", D(1)), standing, "")}
    ledger = LedgerTaxes(items=items, makers={"MISC/8": "Ann"})
    rows = tax_month("US", "2026-10", claims, ledger, judged, {("USD", CODE): "US-NY"}, told or {})
    return {r.key.place: r for r in rows}


@pytest.mark.parametrize(
    ("standing", "why", "holds"),
    [
        (Standing.UNDECLARED, TaxWhy.BY_HAND, True),
        (Standing.EXPLAINED, TaxWhy.EXPLAINED, False),
        (Standing.FOLLOWS, TaxWhy.FOLLOWS, False),
        (Standing.DECLARED, TaxWhy.DECLARED, False),
        (Standing.OPENING, TaxWhy.OPENING, False),
    ],
)
def test_an_entry_of_others_is_named_with_its_tax_and_holds_the_month_up_until_somebody_decided_it(
    standing: Standing, why: TaxWhy, holds: bool
) -> None:
    row = month([], [item("5.00", THEIRS, "MISC/8")], standing)["US-NY"]
    (difference,) = row.differences
    assert (difference.why, difference.tax, difference.number) == (why, D("-5.00"), "MISC/8")
    assert (len(row.open), row.unsettled) == ((1, D("-5.00")) if holds else (0, 0))


def test_what_a_person_accepted_of_an_entry_by_hand_holds_nothing_up() -> None:
    by_hand = [item("5.00", THEIRS, "MISC/8")]
    assert month([], by_hand, told={"MISC/8": Told.CASE})["US-NY"].open
    assert not month([], by_hand, told={"MISC/8": Told.ACCEPTED})["US-NY"].open


def test_our_entry_of_another_month_is_said_to_be_of_its_document_never_to_be_on_its_way() -> None:
    """On its way nobody would be told of it: a document of November that stands in October is for somebody to put right."""
    row = month([claim("US-NY", "3.00", NOVEMBER_3)], [item("3.00")])["US-NY"]
    (difference,) = row.open
    assert (difference.why, difference.number, difference.tax) == (
        TaxWhy.FROM_ELSEWHERE, "N7", D("-3.00"),
    )  # fmt: skip
    assert (row.source, row.in_ledger) == (0, D("3.00"))


def test_a_document_of_the_month_whose_entry_stands_in_none_is_missing_in_it() -> None:
    row = month([claim("US-NY", "3.00")], [])["US-NY"]
    assert [(x.why, x.tax) for x in row.open] == [(TaxWhy.MISSING, D("3.00"))]
    # One of another month whose entry is not there either is no matter of this one.
    assert month([claim("US-NY", "3.00", NOVEMBER_3)], []) == {}


def test_one_tax_line_of_two_jurisdictions_stands_in_each_by_what_its_document_says() -> None:
    """The ledger has one line of 8.00: three of it are New York's, five are California's."""
    rows = month([claim("US-NY", "3.00"), claim("US-CA", "5.00")], [item("8.00")])
    assert {p: (r.source, r.in_ledger, r.differences) for p, r in rows.items()} == {
        "US-NY": (D("3.00"), D("3.00"), ()),
        "US-CA": (D("5.00"), D("5.00"), ()),
    }
    # Changed there, the difference is one, and its amount is not lost.
    rows = month([claim("US-NY", "3.00"), claim("US-CA", "5.00")], [item("8.40")])
    assert [(x.why, x.tax) for r in rows.values() for x in r.open] == [(TaxWhy.CHANGED, D("-0.40"))]
    assert all(r.residual == 0 for r in rows.values())
