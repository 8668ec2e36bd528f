"""Revaluation of foreign items: worked out, booked, taken back, told anew; over a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tests.integration.buying import ROLES, Buyer
from tieout.close import revalue, state_of
from tieout.close.revaluing import entry_of, monetary_accounts, revalued
from tieout.connector_api import LedgerFacts
from tieout.money import Period
from tieout.rules import Interface, Mapping, MappingRow, Release

LAST = date(2026, 10, 31)
FACTS = LedgerFacts(None, {"EUR": [(date(2026, 10, 1), Decimal("0.8")), (LAST, Decimal("0.9"))]})


def test_what_is_open_is_worth_its_closing_rate() -> None:
    balances = {
        ("1", "EUR"): (Decimal("90.00"), Decimal("112.50")), ("2", "EUR"): (Decimal("-9.00"), Decimal("-10.00")),
        ("3", "EUR"): (Decimal("9.00"), Decimal("1.00")), ("1", "USD"): (Decimal(5), Decimal(5)),
        ("2", "GBP"): (Decimal(0), Decimal(0)),
    }  # fmt: skip
    found = revalued(balances, {"1", "2"}, FACTS, "USD", LAST)
    assert [(x.account, x.worth, x.unrealised) for x in found] == [
        ("1", Decimal("100.00"), Decimal("-12.50")), ("2", Decimal("-10.00"), Decimal("0.00")),
    ]  # fmt: skip
    entry = entry_of(found, "USD", LAST)
    assert [(x.account, x.amount.value) for x in entry.lines] == [
        ("=revaluation.adjustment", Decimal("-12.50")), ("=revaluation.loss", Decimal("12.50")),
    ]  # fmt: skip
    assert entry.reverses_on == date(2026, 11, 1) and sum(x.amount.value for x in entry.lines) == 0
    with pytest.raises(ValueError, match="no rate of GBP"):
        revalued({("1", "GBP"): (Decimal(1), Decimal(1))}, {"1"}, FACTS, "USD", LAST)


@pytest.mark.parametrize(
    ("role", "money"),
    [
        ("receivable", True), ("payable", True), ("bank.DE02", True), ("clearing.stripe.EUR", True), ("unapplied.bank", True),
        ("bank_in_transit", True), ("outstanding_payments", True), ("outstanding_receipts", True), ("disputes_receivable.stripe", True),
        ("provider_reserve.stripe", True), ("connected_accounts.stripe", True), ("provider_advances.stripe", True),
        ("provider_financing.stripe", True),
        # In advance is no claim to an amount of money.
        ("customer_deposits", False), ("revenue.goods", False), ("gift_cards", False), ("provider_fees.stripe", False),
    ],
)  # fmt: skip
def test_what_is_money_or_a_claim_to_an_amount_of_it_is_revalued(role: str, money: bool) -> None:
    accounts = Mapping("accounts", (MappingRow(role, "1"),))
    release = SimpleNamespace(mappings={"accounts": accounts})
    assert monetary_accounts(release, LAST) == ({"1"} if money else set())  # type: ignore[arg-type]


class _Abroad(Buyer):
    """A buyer with a revaluation of its own ledger."""

    def release(self) -> Release:
        made = super().release()
        roles = {
            **ROLES,
            "revaluation.adjustment": "201000",
            "revaluation.gain": "441000",
            "revaluation.loss": "641000",
        }
        accounts = Mapping("accounts", tuple(MappingRow(k, v) for k, v in roles.items()))
        books = Interface("books", "odoo", "US", ("revaluations",), "controller", "record to report")
        return replace(made, interfaces={**made.interfaces, "books": books},
                       mappings={**made.mappings, "accounts": accounts})  # fmt: skip


@pytest.fixture
def abroad(buyer: Buyer) -> _Abroad:
    """A bill of 230.00 EUR that is open at the end of October."""
    given: dict[str, Any] = {
        f: getattr(buyer, f) for f in ("world", "admin", "company", "database", "session", "folder")
    }
    made = _Abroad(**given)
    made.vendor()
    made.order(currency="EUR")
    made.tool.receive("PO-1", "1", Decimal(10), date(2026, 10, 8))
    made.tell()
    assert made.approve() == ""
    made.bill(currency="EUR")
    made.clock.at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    return made


def test_an_open_bill_in_euros_is_revalued_and_that_is_taken_back(abroad: _Abroad) -> None:
    connection = abroad.database.connect(autocommit=True)

    def why() -> tuple[bool, str]:
        state = state_of(connection, abroad.release(), lambda s: abroad.session if s == "odoo" else None, "US",
                         Period(2026, 10), abroad.clock.now())  # fmt: skip
        finding = next(s.finding for s in state.tasks if s.task.name == "foreign items revalued")
        return finding.done, finding.why

    assert not why()[0] and "is not booked" in why()[1]
    interface = abroad.release().interfaces["books"]
    found = revalue(connection, abroad.release(), interface, abroad.session, LAST, abroad.clock.now())
    abroad.work()
    (row,) = [x for x in found if x.account == "211000"]
    assert row.amount == Decimal("-230.00") and row.unrealised
    booked = {(r, a): v for r, a, v in abroad.booked() if a == "201000"}
    total = sum(x.unrealised for x in found)
    assert booked == {
        ("REVALUATION-20261031", "201000"): total,
        ("Reversal of: REVALUATION-20261031", "201000"): -total,
    }
    assert why() == (True, why()[1]) and "posted" in why()[1]
    # Made again it changes nothing; the open bill itself was never touched.
    revalue(connection, abroad.release(), interface, abroad.session, LAST, abroad.clock.now())
    abroad.work()
    assert {(r, a): v for r, a, v in abroad.booked() if a == "201000"} == booked
    assert len(abroad.open_lines()) == 1
    # A late bill of October: what is booked is not what it should be any more, until it is made again.
    abroad.order("PO-2", currency="EUR", on=date(2026, 10, 6))
    abroad.tool.receive("PO-2", "1", Decimal(10), date(2026, 10, 8))
    abroad.tell("orders", "receipts")
    abroad.bill("B-2", quantity="7", order="PO-2", currency="EUR", on=date(2026, 10, 12))
    assert not why()[0] and "is not booked" in why()[1]
    again = revalue(connection, abroad.release(), interface, abroad.session, LAST, abroad.clock.now())
    abroad.work()
    assert why()[0]
    held = sum(
        (v for r, a, v in abroad.booked() if a == "201000" and not r.startswith("Reversal")), Decimal(0)
    )
    assert held == sum(x.unrealised for x in again) != total
    connection.close()
