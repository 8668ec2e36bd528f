"""Refunds that somebody made at the provider, and bank debits that fail later, from the order to the ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.taxed_selling import NOW, Selling, line

CLEARING, RECEIVABLE, UNKNOWN = "101501", "121000", "212100"


@pytest.fixture
def selling(office: Office) -> Selling:
    return Selling(office)


def D(text: str) -> Decimal:
    return Decimal(text)


def given_back(selling: Selling, order: dict[str, Any], *amounts: str) -> None:
    """In the shop with its key, and at the provider by hand: it knows its charge alone."""
    for amount in amounts:
        at = NOW - timedelta(days=2)
        selling.shop.refund(order, [(0, 1, D(amount), D("0.00"))], D(amount), at)
        (charge,) = selling.stripe.books.charges.values()
        row = selling.stripe.refund(charge, int(D(amount) * 100), at, {})
        row["source"]["charge"] = {"id": charge["id"], "metadata": charge["metadata"]}


def test_a_refund_made_at_the_provider_pays_the_credit_note_of_its_order_and_amount(selling: Selling) -> None:
    order = selling.order("NY-1", [line("120.00", quantity=3)], "120.00")
    given_back(selling, order, "40.00")
    selling.work()
    assert selling.cases() == [] and selling.open_receivables() == {}
    assert selling.accounts_of() == {CLEARING: D("80.00"), "400000": D("-80.00")}


def test_two_of_one_amount_pay_a_credit_note_each(selling: Selling) -> None:
    order = selling.order("NY-1", [line("120.00", quantity=3)], "120.00")
    given_back(selling, order, "40.00", "40.00")
    selling.work()
    assert selling.cases() == [] and selling.open_receivables() == {}
    assert selling.accounts_of()[CLEARING] == D("40.00")


def test_one_of_which_the_shop_knows_nothing_is_a_case(selling: Selling) -> None:
    selling.order("NY-1", [line("120.00", quantity=3)], "120.00")
    (charge,) = selling.stripe.books.charges.values()
    row = selling.stripe.refund(charge, 4000, NOW - timedelta(days=2), {})
    row["source"]["charge"] = {"id": charge["id"], "metadata": charge["metadata"]}
    selling.work()
    selling.work(days=30)
    assert selling.cases() == [("refund_without_credit_note", D("40.00"))]
    assert selling.accounts_of()[UNKNOWN] == D("40.00")


def test_a_bank_debit_that_fails_is_owed_again(selling: Selling) -> None:
    selling.order("NY-1", [line("120.00")], "120.00")
    selling.work()
    (row,) = selling.stripe.books.transactions
    selling.stripe.fail_charge(row, 400, NOW - timedelta(days=1))
    selling.work()
    assert selling.accounts_of() == {
        CLEARING: D("-4.00"), RECEIVABLE: D("120.00"), "400000": D("-120.00"), "621000": D("4.00"),
    }  # fmt: skip
    assert selling.cases() == [("payment_failed", D("120.00"))]
    assert sum(selling.open_receivables().values()) == D("120.00")


def test_one_that_nobody_knew_goes_back_from_where_it_waits(selling: Selling) -> None:
    row = selling.stripe.charge(5000, "USD", 0, NOW - timedelta(days=20), {})
    selling.work()
    selling.stripe.fail_charge(row, 0, NOW - timedelta(days=1))
    selling.work()
    assert selling.accounts_of() == {}
    assert ("payment_failed", D("50.00")) in selling.cases()


def test_a_debit_that_failed_before_its_invoice_pays_nothing_of_it(selling: Selling) -> None:
    selling.options = {"invoice_on": "fulfilment"}
    order = selling.order("NY-1", [line("120.00")], "120.00")
    selling.work()
    (row,) = selling.stripe.books.transactions
    selling.stripe.fail_charge(row, 0, NOW - timedelta(days=2))
    selling.work()
    assert selling.accounts_of() == {}
    selling.shop.fulfil(order, NOW - timedelta(days=1))
    selling.work()
    assert selling.accounts_of() == {RECEIVABLE: D("120.00"), "400000": D("-120.00")}
