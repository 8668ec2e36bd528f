"""What somebody does in Odoo past the product: entries by hand, and ours changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.simulation.ways.books import Books, Line
from tests.simulation.ways.way import Told, Way

ON_A_DAY = date(2026, 10, 27)
_BANK, _SUSPENSE, _REVENUE, _SHIPPING = "101511", "212130", "400000", "400100"
_EXPENSE, _RECEIVABLE, _CLEARING = "620000", "121000", "101501"


def _by_hand(
    amount: str, debit: str, credit: str, words: str = "", on: date = ON_A_DAY
) -> Callable[[Books], Told]:
    """An entry of October by somebody who took the lock away and set it again."""

    def act(books: Books) -> Told:
        value = Decimal(amount)
        books.unlock()
        books.entry([Line(debit, value), Line(credit, -value)], on, "by hand")
        books.lock()
        return Told(words, value)

    return act


def _bank_pair(books: Books) -> Told:
    """Two entries on the bank that come to nothing."""
    books.unlock()
    for sign in (1, -1):
        value = Decimal("4321.00") * sign
        books.entry([Line(_BANK, value), Line(_EXPENSE, -value)], ON_A_DAY, "by hand")
    books.lock()
    return Told("", Decimal("4321.00"))


def invoice_of(books: Books, shop: str = "") -> dict[str, Any]:
    """A posted invoice of ours in October; of one `shop` it is paid by card, so that no line of the bank hangs on it."""
    domain = [
        ["move_type", "=", "out_invoice"], ["company_id", "=", books.company], ["state", "=", "posted"],
        ["date", "<=", "2026-10-31"],
    ]  # fmt: skip
    fields = ["name", "ref", "date", "amount_total", "amount_untaxed", "line_ids"]
    found = books.admin.call(
        "account.move", "search_read", domain=domain, fields=fields, context=books.context, order="id"
    )
    row: dict[str, Any] = next(r for r in found if str(r["ref"]).startswith(shop))
    return row


def _on_move(*methods: tuple[str, dict[str, Any]], words: str) -> Callable[[Books], Told]:
    """Something is done to an invoice of ours, by Odoo's own buttons."""

    def act(books: Books) -> Told:
        row = invoice_of(books)
        books.unlock()
        for method, body in methods:
            books.admin.call("account.move", method, ids=[row["id"]], context=books.context, **body)
        books.lock()
        return Told(words, Decimal(str(row["amount_total"])))

    return act


def _reclassified(books: Books) -> Told:
    """An invoice's revenue is moved to another account of ours."""
    row = invoice_of(books)
    value = Decimal(str(row["amount_untaxed"]))
    books.unlock()
    books.entry([Line(_REVENUE, value), Line(_SHIPPING, -value)], ON_A_DAY, "reclassified")
    books.lock()
    return Told("", value)


def _lock_back(books: Books) -> Told:
    books.unlock()
    return Told("books locked: nothing is locked")


def _lock_of_sales(books: Books) -> Told:
    vals = {"fiscalyear_lock_date": False, "sale_lock_date": "2026-10-31"}
    books.admin.call("res.company", "write", ids=[books.company], vals=vals)
    return Told("books locked: sale until 2026-10-31")


def _way(name: str, act: Callable[[Books], Told], signed: bool = False) -> Way:
    return Way(name, "ledger", "distributor", act, signed=signed)


WAYS = (
    _way("revenue of 50,000 by hand", _by_hand("50000.00", _EXPENSE, _REVENUE)),
    _way("revenue of 50,000 by hand against the receivable", _by_hand("50000.00", _RECEIVABLE, _REVENUE)),
    _way("two entries on the bank that offset each other", _bank_pair),
    _way("an amount parked in suspense", _by_hand("1458.04", _EXPENSE, _SUSPENSE)),
    _way("a clearing account cleared twice", _by_hand("812.50", _BANK, _CLEARING)),
    _way("revenue reclassified to shipping", _reclassified),
    _way("an invoice moved into the next month", _on_move(
        ("button_draft", {}), ("write", {"vals": {"date": "2026-11-03"}}), ("action_post", {}), words="date_moved")),
    _way("an invoice reset to draft", _on_move(("button_draft", {}), words="unposted_in_ledger")),
    _way("an invoice cancelled", _on_move(("button_draft", {}), ("button_cancel", {}), words="unposted_in_ledger")),
    _way("an invoice deleted", _on_move(("button_draft", {}), ("unlink", {}), words="deleted_in_ledger")),
    _way("the balance of before the first day changed", _by_hand("777.00", _BANK, _EXPENSE, on=date(2026, 9, 30))),
    _way("the lock taken back", _lock_back),
    _way("the lock of sales alone", _lock_of_sales),
    _way("an invoice reset to draft once everything is signed", _on_move(("button_draft", {}), words="unposted_in_ledger"), signed=True),
    _way("revenue by hand once everything is signed", _by_hand("50000.00", _EXPENSE, _REVENUE), signed=True),
    _way("the lock taken back once everything is signed", _lock_back, signed=True),
)  # fmt: skip
