"""Sales taxes by jurisdiction, from a shop's orders and refunds into the ledger, and tied out there."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.taxed_selling import Selling, line
from tieout.proofs import TaxRow
from tieout.proofs.taxes import TaxWhy

STATE, COUNTY = ("State Tax", "0.06"), ("Alameda County Tax", "0.0025")


@pytest.fixture
def selling(office: Office) -> Selling:
    return Selling(office)


def figures(row: TaxRow) -> tuple[Decimal, ...]:
    waits, held = row.of(TaxWhy.WAITING), row.of(TaxWhy.HELD)
    return (row.source, row.in_ledger, waits, held, row.unsettled - waits - held)


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(t) for t in texts)


def test_two_states_of_one_title_and_rate_stand_apart_and_tie_out(selling: Selling) -> None:
    selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")
    taxes = ((*STATE, "12.00"), (*COUNTY, "0.50"))
    selling.order("CA-1", [line("200.00", *taxes)], "212.50", address=("US", "CA"))
    selling.work()
    assert selling.tax_of() == {"NY 15%": Decimal("6.00"), "CA 15%": Decimal("12.50")}
    assert selling.open_receivables() == {} and selling.cases() == []
    found = selling.tax_rows()
    assert figures(found["US-NY", "NY 15%"]) == money("6.00", "6.00", "0", "0", "0")
    assert figures(found["US-CA", "CA 15%"]) == money("12.50", "12.50", "0", "0", "0")
    assert not any(r.to_write for r in found.values())


def test_what_is_given_back_is_given_back_of_its_own_taxes_with_its_shipping(selling: Selling) -> None:
    taxes = ((*STATE, "6.00"), (*COUNTY, "0.25"))
    order = selling.order(
        "CA-1", [line("100.00", *taxes, quantity=2), line("50.00")], "162.14", address=("US", "CA"),
        shipping=Decimal("5.55"), shipping_tax=[{"title": STATE[0], "rate": STATE[1], "amount": Decimal("0.34")}],
    )  # fmt: skip
    selling.taxes = {"US-CA: State Tax": "CA 15%", "US-CA: Alameda County Tax": "TX 15%"}
    cents: dict[str, Any] = {"shipping": [(0, Decimal("5.55"), Decimal("0.34"))]}
    selling.refund(order, [(0, 1, Decimal("50.00"), Decimal("3.12"))], Decimal("59.01"), **cents)
    selling.work()
    assert selling.accounts_of() == {
        "101501": Decimal("103.13"), "400000": Decimal("-100.00"), "251000": Decimal("-3.13"),
    }  # fmt: skip
    assert selling.tax_of() == {"CA 15%": Decimal("3.00"), "TX 15%": Decimal("0.13")}
    selling.refund(
        order,
        [(0, 1, Decimal("50.00"), Decimal("3.13")), (1, 1, Decimal("50.00"), Decimal(0))],
        Decimal("103.13"),
    )
    selling.work()
    assert selling.tax_of() == {} and selling.cases() == []
    assert selling.accounts_of() == {} and selling.open_receivables() == {}
    assert all(figures(r) == money("0", "0", "0", "0", "0") for r in selling.tax_rows().values())


def test_a_restocking_fee_is_kept_and_no_tax_is_given_back_for_it(selling: Selling) -> None:
    order = selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")
    selling.refund(order, [(0, 1, Decimal("100.00"), Decimal("6.00"))], Decimal("96.00"))
    selling.work()
    assert selling.accounts_of() == {"101501": Decimal("10.00"), "400200": Decimal("-10.00")}
    assert selling.tax_of() == {} and selling.cases() == []


def test_more_tax_given_back_than_was_charged_is_a_case_and_nothing_is_booked(selling: Selling) -> None:
    taxes = ((*STATE, "6.00"), (*COUNTY, "0.25"))
    order = selling.order("CA-1", [line("100.00", *taxes)], "106.25", address=("US", "CA"))
    selling.refund(order, [(0, 1, Decimal("100.00"), Decimal("6.26"))], Decimal("106.26"))
    selling.work()
    assert ("document_does_not_add_up", Decimal("106.26")) in selling.cases()
    assert selling.tax_of() == {"CA 15%": Decimal("6.25")}
    row = selling.tax_rows()["US-CA", "CA 15%"]
    assert row.unsettled == 0 and row.in_ledger == Decimal("6.25")


def test_what_is_held_or_excluded_is_named_and_nothing_is_left_over(selling: Selling) -> None:
    selling.order("TX-1", [line("100.00", (*STATE, "6.00"))], "106.00", address=("US", "TX"))
    selling.order("NY-2", [line("10.00", (*STATE, "0.60"))], "10.60", paid="no", status="VOIDED", tenders=[])
    selling.work()
    assert [c for c, _ in selling.cases()] == ["unknown_tax"]
    found = selling.tax_rows()
    assert figures(found["US-TX", "US-TX: State Tax?"]) == money("6.00", "0", "0", "6.00", "0")
    assert ("US-NY", "NY 15%") not in found


def change_tax(selling: Selling, name: str) -> None:
    """Somebody gives the invoice's line another tax in the ledger."""
    book = selling.office.world.odoo.service.world
    taxes = {t["name"]: t["id"] for t in book.table("account.tax").values() if t["type_tax_use"] == "sale"
             and t["company_id"] == selling.office.company.id}  # fmt: skip
    for row in book.table("account.move.line").values():
        if row.get("tax_line_id") and row["company_id"] == selling.office.company.id:
            book.store.update("account.move.line", row, {"tax_line_id": taxes[name]})


def test_a_tax_that_somebody_changes_in_the_ledger_is_named_with_its_document(selling: Selling) -> None:
    selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")
    selling.work()
    change_tax(selling, "CA 15%")
    found = selling.tax_rows()
    assert figures(found["US-NY", "NY 15%"]) == money("6.00", "0", "0", "0", "6.00")
    assert figures(found["US-CA", "CA 15%"]) == money("0", "6.00", "0", "0", "-6.00")
    (one,) = found["US-CA", "CA 15%"].open
    assert (one.why, one.number, one.tax) == (TaxWhy.CHANGED, "NY-1", Decimal("-6.00"))


def test_a_refund_of_the_next_month_is_the_next_month_s(selling: Selling) -> None:
    order = selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")
    at = datetime(2026, 11, 3, 12, tzinfo=UTC)
    selling.refund(order, [(0, 1, Decimal("100.00"), Decimal("6.00"))], Decimal("106.00"), at=at)
    selling.work(days=15)
    assert figures(selling.tax_rows()["US-NY", "NY 15%"]) == money("6.00", "6.00", "0", "0", "0")
    november = selling.tax_rows("2026-11")
    assert figures(november["US-NY", "NY 15%"]) == money("-6.00", "-6.00", "0", "0", "0")


def test_a_table_by_titles_ties_out_and_says_what_to_write(selling: Selling) -> None:
    selling.taxes = {"State Tax 6%": "15%"}
    for number, state in (("NY-1", "NY"), ("TX-1", "TX")):
        selling.order(number, [line("100.00", (*STATE, "6.00"))], "106.00", address=("US", state))
    selling.work()
    found = selling.tax_rows()
    assert (
        figures(found["US-NY", "15%"])
        == figures(found["US-TX", "15%"])
        == money("6.00", "6.00", "0", "0", "0")
    )
    assert found["US-NY", "15%"].to_write == ("US-NY: State Tax,15%,,",)
    assert found["US-TX", "15%"].to_write == ("US-TX: State Tax,15%,,",)
