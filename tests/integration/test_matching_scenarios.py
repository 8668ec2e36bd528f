"""Matching, undoing and other people's work in one story each, on Odoo's simulator. Names and amounts are invented."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_reconciling import (  # noqa: F401
    Books,
    books,
    by_line,
    open_suggestions,
    whole,
    world,
)
from tests.integration.test_undoing import joined, owed, paid_by_hand, receivable, undo
from tests.integration.test_undoing_credits import currency, positions
from tieout.connector_api import Sending
from tieout.documents import EntryPosting, LedgerLine
from tieout.rules import MappingRow

pytestmark = pytest.mark.long


def open_of(books: Books) -> list[tuple[int, str, Decimal, Decimal]]:
    """What is open on receivables and unapplied money: partner, account, in its currency and in the books'. An exchange
    difference and its reversal are open in the books' currency alone, and are nothing together."""
    rows = books.call("account.move.line", "search_read",
                      fields=["partner_id", "account_id", "amount_residual", "amount_residual_currency"],
                      domain=[["account_id.code", "in", ["121000", "212130"]], ["parent_state", "=", "posted"],
                              ["reconciled", "=", False]])  # fmt: skip
    return sorted(
        (r["partner_id"][0] if r["partner_id"] else 0, r["account_id"][1], Decimal(str(r["amount_residual_currency"])),
         Decimal(str(r["amount_residual"])))
        for r in rows if r["amount_residual_currency"]
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "RG 2025-0412",
        "Rechnung 2025-0412",
        "RG20250412",
        "Zahlung RE-2025/0412",
        "2025 0412",
        "RG 2025-412",
        "LS 2026-0413",
    ],
)
def test_another_years_number_pays_no_only_invoice_of_that_amount(books: Books, text: str) -> None:
    """The customer is known, it is their only open invoice, and the amount is rare: and the number is another one's."""
    key, firm = books.customer("Weber Maschinenbau GmbH")
    move = books.invoice("2026-0412", "1487.33", firm)
    for n in range(6):
        books.invoice(f"2026-05{n:02d}", f"{700 + n}.10", books.customer(f"Firm {n} GmbH")[1])
    books.cash("c1", "1487.33", f"Weber Maschinenbau {text}", partner=key)
    whole(books)
    assert books.due(move) == Decimal("1487.33")
    found = open_suggestions(books)
    for row in found:
        books.decide("ann").reject(row["suggestion_id"], "another year")
    whole(books)
    assert books.due(move) == Decimal("1487.33") and open_suggestions(books) == []


def test_receipts_and_a_refund_of_several_rates_pay_an_invoice_and_come_back(books: Books) -> None:
    """300 EUR came, 299 went back at another rate, and an invoice of 1 EUR is what they were for."""
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-9101", "1.00", acme, currency_id=currency(books, "EUR"))
    books.cash("c1", "300.00", "Acme one", company="324.89", currency="EUR", partner=key)
    books.cash("c2", "-299.00", "Acme back", company="-343.23", currency="EUR", partner=key)
    interface, cash, due = by_line(books, "Acme")
    before, was = open_of(books), positions(books, "212130")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(move) == 0 and positions(books, "212130") == {}
    assert books.verify() == 0 and not [c for c, _ in books.cases() if c != "unmatched_cash"]
    undo(books)
    assert open_of(books) == before and positions(books, "212130") == was and books.verify() == 0


def test_unapplied_money_that_cancels_out_beside_a_payment_on_account(books: Books) -> None:
    key, acme = books.customer("Acme Corp")
    euro = currency(books, "EUR")
    move = books.invoice("INV-9111", "100.00", acme, currency_id=euro)
    books.cash("c1", "30.00", "Acme one", company="32.49", currency="EUR", partner=key)
    books.cash("c2", "-30.00", "Acme back", company="-33.46", currency="EUR", partner=key)
    books.cash("c3", "100.00", "Acme three", company="108.30", currency="EUR", partner=key)
    interface, cash, due = by_line(books, "Acme")
    books.decide("ann").join(interface, cash, due)
    books.work()
    assert books.due(move) == 0 and positions(books, "212130") == {} and books.verify() == 0
    undo(books)
    assert books.due(move) == Decimal("100.00") and books.verify() == 0


def test_what_is_left_of_two_customers_match_is_undone_and_nothing_comes_back(books: Books) -> None:
    """A bank line pays two customers, one of whom had paid a part by hand. Somebody takes one of them apart in Odoo; we undo
    the rest: both invoices are open as before, and no run makes any of it again."""
    one, two = books.partner("Alpha GmbH"), books.partner("Beta GmbH")
    first, second = books.invoice("INV-9201", "300.00", one), books.invoice("INV-9202", "200.00", two)
    paid_by_hand(books, first, "40.00", one)
    before = (owed(books, one), owed(books, two))
    books.bank_line("460.00", "INV-9201 INV-9202")
    joined(books, "INV-9201", first, second)
    assert (books.due(first), books.due(second)) == (0, 0) == (owed(books, one), owed(books, two))
    books.call("account.move.line", "remove_move_reconcile", ids=[receivable(books, second)])
    assert books.due(second) == Decimal("200.00")
    undo(books)
    assert (books.due(first), books.due(second)) == before == (owed(books, one), owed(books, two))
    for _ in range(2):
        assert whole(books).applied == ()
    assert (books.due(first), books.due(second)) == before and books.verify() == 0


def test_two_equal_payments_and_one_open_invoice_of_that_amount(books: Books) -> None:
    """One of them pays it; the other stays a break, whichever came first, and undone neither comes back."""
    key, firm = books.customer("Weber Maschinenbau GmbH")
    move = books.invoice("INV-9301", "1487.33", firm)
    books.cash("c1", "1487.33", "Weber Maschinenbau INV-9301", partner=key)
    books.cash("c2", "1487.33", "Weber Maschinenbau INV-9301", partner=key)
    whole(books)
    assert books.due(move) == 0 and books.balance("212130") == Decimal("-1487.33")
    undo(books)
    assert books.due(move) == Decimal("1487.33") and books.balance("212130") == Decimal("-2974.66")
    again: Any = whole(books)
    # The other payment names it and never paid it: that pair is free.
    assert len(again.applied) <= 1 and books.balance("212130") in (Decimal("-2974.66"), Decimal("-1487.33"))
    assert books.verify() == 0


@pytest.mark.parametrize("account", ["101403", "101701"])
def test_a_deposit_that_was_booked_before_its_payout_came_finds_it(books: Books, account: str) -> None:
    """An old bank line waits for nothing: it stands unapplied, a case; once the provider tells of its payout, they meet."""
    books.accounts["outstanding_receipts"] = "101403"
    books.cash("c1", "970.00", "STRIPE PAYMENTS po_Ab12Cd34")
    assert whole(books).applied == ()
    lines = (LedgerLine(account=account, amount=Decimal("970.00"), company=Decimal("970.00"), name="po_Ab12Cd34"),
             LedgerLine(account="621000", amount=Decimal("-970.00"), company=Decimal("-970.00"), name="payout"))  # fmt: skip
    body = EntryPosting(
        journal="MISC", on=date(2026, 10, 9), reference="po_Ab12Cd34", currency="USD", lines=lines
    )
    (outcome,) = books.session.send([Sending("tieout.po", body)])
    assert outcome.status == "confirmed", outcome
    assert len(whole(books).applied) == 1
    assert (books.balance("212130"), books.balance(account)) == (0, 0)
    assert books.cases() == [] and books.verify() == 0


def test_money_on_an_account_that_was_mapped_until_the_middle_of_the_month_is_matched(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Money waits where it was booked, whatever account takes what comes today."""
    key, acme = books.customer("Acme Corp")
    move = books.invoice("INV-9401", "500.00", acme)
    books.cash("c1", "500.00", "Acme Corp INV-9401", partner=key)
    plain = books.release()
    rows = (*(r for r in plain.mappings["accounts"].rows if r.key != "unapplied.bank"),
            MappingRow("unapplied.bank", "219999", valid_to=date(2026, 9, 30)),  # long gone from the ledger
            MappingRow("unapplied.bank", "212130", date(2026, 10, 1), date(2026, 10, 14)),
            MappingRow("unapplied.bank", "212120", valid_from=date(2026, 10, 15)))  # fmt: skip
    table = replace(plain.mappings["accounts"], rows=rows)
    monkeypatch.setattr(
        books, "release", lambda: replace(plain, mappings={**plain.mappings, "accounts": table})
    )
    assert len(whole(books).applied) == 1
    assert books.due(move) == 0 and books.balance("212130") == 0 and books.verify() == 0
