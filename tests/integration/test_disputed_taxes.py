"""The tax of a sale whose dispute was lost: by the reason that is declared, never by itself. Amounts are invented."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.taxed_selling import NOW, Selling, line
from tieout.planning import accept_case

STATE, VAT = ("State Tax", "0.06"), ("TVA", "0.2")
BANK, LOSS, BAD, TAX, GOODS = "101501", "642100", "643100", "251000", "400000"


@pytest.fixture
def selling(office: Office) -> Selling:
    made = Selling(office, provider_options={"dispute_tax": DECLARED})
    made.accounts["bad_debts"] = BAD
    return made


DECLARED = {
    "fraud": "stands",
    "returned": "corrected",
    "not_delivered": "corrected",
    "non_payment": "bad_debt",
}


def D(text: str) -> Decimal:
    return Decimal(text)


def lost(selling: Selling, order: dict[str, Any], reason: str) -> None:
    data = {"order_id": order["id"].rpartition("/")[2]}
    charge = next(c for c in selling.stripe.books.charges.values() if c["metadata"] == data)
    dispute = selling.stripe.open_dispute(charge, 0, NOW - timedelta(days=3))
    dispute["reason"] = reason
    selling.stripe.close_dispute(dispute, "lost", NOW - timedelta(days=1))


def sold(selling: Selling) -> dict[str, Any]:
    return selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")


@pytest.mark.parametrize(
    ("reason", "books"),
    [
        ("fraudulent", {LOSS: "106.00", GOODS: "-100.00", TAX: "-6.00"}),
        ("insufficient_funds", {BAD: "106.00", GOODS: "-100.00", TAX: "-6.00"}),
        ("credit_not_processed", {LOSS: "100.00", GOODS: "-100.00"}),
        ("product_unacceptable", {LOSS: "100.00", GOODS: "-100.00"}),
        ("product_not_received", {LOSS: "100.00", GOODS: "-100.00"}),
    ],
)
def test_a_lost_dispute_s_tax_is_as_its_reason_is_declared(
    selling: Selling, reason: str, books: dict[str, str]
) -> None:
    lost(selling, sold(selling), reason)
    selling.work()
    assert selling.accounts_of() == {k: D(v) for k, v in books.items()}
    assert selling.cases() == [] and selling.open_receivables() == {}
    (row,) = selling.tax_rows().values()
    owed = -D(books.get(TAX, "0.00"))
    assert (row.key.place, row.source, row.in_ledger, row.unsettled) == ("US-NY", owed, owed, 0)


def test_a_reason_s_own_word_goes_before_its_kind(selling: Selling) -> None:
    selling.provider_options = {"dispute_tax": {**DECLARED, "product_unacceptable": "stands"}}
    lost(selling, sold(selling), "product_unacceptable")
    selling.work()
    assert selling.tax_of() == {"NY 15%": D("6.00")}


@pytest.mark.parametrize("reason", ["general", "duplicate", "unrecognized", "a_new_one"])
def test_what_nobody_declared_is_a_case_and_nothing_is_booked_till_a_person_says(
    selling: Selling, reason: str
) -> None:
    lost(selling, sold(selling), reason)
    selling.work()
    assert selling.cases() == [("dispute_tax_undeclared", D("106.00"))]
    assert LOSS not in selling.accounts_of() and selling.tax_of() == {"NY 15%": D("6.00")}
    (row,) = selling.office.database.rows("select recovery, detail from tieout.cases")
    assert f'{reason} = "stands"' in row["recovery"] and "6.00 USD of tax" in row["detail"]


def test_a_project_without_the_declaration_goes_on_as_before_and_is_told(selling: Selling) -> None:
    selling.provider_options = {}
    lost(selling, sold(selling), "fraudulent")
    selling.work()
    assert selling.accounts_of() == {LOSS: D("106.00"), GOODS: D("-100.00"), TAX: D("-6.00")}
    # What is at stake is the tax.
    assert selling.cases() == [("dispute_tax_undeclared", D("6.00"))]


def test_what_was_given_back_before_is_not_corrected_twice(selling: Selling) -> None:
    rows = [line("100.00", (*VAT, "20.00"), quantity=2), line("50.00", ("TVA", "0.055", "2.75"))]
    selling.taxes["FR: 5.5%"] = "AT VAT 20%"
    order = selling.order("FR-1", rows, "172.75", address=("FR", ""))
    selling.refund(order, [(0, 1, D("50.00"), D("10.00"))], D("60.00"), at=NOW - timedelta(days=4))
    selling.work()
    assert selling.tax_of() == {"FR VAT 20%": D("10.00"), "AT VAT 20%": D("2.75")}
    charge = next(iter(selling.stripe.books.charges.values()))
    dispute = selling.stripe.open_dispute({**charge, "amount": 11275}, 0, NOW - timedelta(days=3))
    dispute["reason"] = "product_not_received"
    selling.stripe.close_dispute(dispute, "lost", NOW - timedelta(days=1))
    selling.work()
    assert selling.tax_of() == {} and selling.cases() == []
    assert selling.accounts_of() == {LOSS: D("100.00"), GOODS: D("-100.00")}


def test_a_sale_without_tax_needs_no_declaration(selling: Selling) -> None:
    order = selling.order("NY-1", [line("100.00")], "100.00")
    lost(selling, order, "general")
    selling.work()
    assert selling.accounts_of() == {LOSS: D("100.00"), GOODS: D("-100.00")} and selling.cases() == []


def test_a_person_lets_it_go_as_a_loss_and_the_tax_stands(selling: Selling) -> None:
    lost(selling, sold(selling), "general")
    selling.work()
    (row,) = selling.office.database.rows("select case_id from tieout.cases where state = 'open'")
    with selling.office.database.transaction() as connection:
        accept_case(connection, row["case_id"], "goods were delivered", selling.clock.now(), "cora")
    selling.work()
    assert selling.accounts_of() == {LOSS: D("106.00"), GOODS: D("-100.00"), TAX: D("-6.00")}
    assert selling.cases() == []
