"""What a month's end was to bring and did not: revaluation, accruals, payroll, the other side of a pair, a decision about what is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tests.simulation.ways.books import OCTOBER, Books
from tests.simulation.ways.ledger import invoice_of
from tests.simulation.ways.way import Told, Way
from tieout.close.revaluing import entry_of
from tieout.operations.closing import revalue
from tieout.operations.paying import accrue
from tieout_sandbox.demo import scenarios
from tieout_sandbox.month import LOCK_ON
from tieout_sandbox.services.manual_entries import reverse_by_hand

PAY_DAY, _PAIR_ON = date(2026, 10, 28), date(2026, 10, 30)


def _nobody_revalues(books: Books) -> Told:
    scenarios.revalue = lambda *_: []  # type: ignore[attr-defined]
    return Told("foreign items revalued")


def _what_it_is(books: Books, told: Told) -> Told:
    """What would have been booked, worked out with nothing written."""
    found = revalue(books.project, books.entity, OCTOBER.last, dry=True)
    amount = entry_of(found, "USD", OCTOBER.last).total
    return Told(f"{told.words}: {amount} is not booked", amount.value)


def _nobody_accrues(books: Books) -> Told:
    books.scenario.before_lock = lambda *_: books.month.accrue(OCTOBER.last)
    return Told("is not booked: `tieout accruals")


def _what_accrues(books: Books, told: Told) -> Told:
    """What would have been accrued, worked out with nothing written."""
    worked = accrue(books.project, books.entity, OCTOBER.last, dry=True)
    return replace(told, amount=sum((x.total.value for x in worked.entries), Decimal(0)))


def without_file(interface: str, content: bytes | None) -> Callable[[Books], Told]:
    """A file does not come (None), or comes with another content; the bank does what it would have done."""

    def act(books: Books) -> Told:
        drop = books.month.drop

        def dropped(where: str, name: str, made: bytes) -> None:
            if where != interface:
                drop(where, name, made)
            elif content is not None:
                drop(where, name, content)

        books.month.drop = dropped
        return Told("")

    return act


no_payroll = without_file("payroll", None)


def net_pay(books: Books) -> Decimal:
    """What the bank took first for payroll, which nobody booked."""
    run = books.month.bureau.runs["R-2026-10"]
    return Decimal(int(run.total("net_pay").scaleb(2)) // 3).scaleb(-2)


def _net_pay(books: Books, told: Told) -> Told:
    return Told("complete: payroll: nothing came of 2026-10", also=(("", net_pay(books)),))


def _one_side(books: Books) -> Told:
    pair = books.month.affiliates

    def alone(at: Any, name: str, fee: Decimal, both: bool) -> None:
        pair(at, name, fee, False)

    books.month.affiliates = alone
    return Told("MF-2026-10", Decimal("12500.00"))


def _late(books: Books) -> Told:
    """The CRM's people enter an order of October once the books are locked, and nobody decides about it."""
    books.scenario.come_late(books.project.clock.now())
    books.pass_time()
    books.scenario.fetch_late(books.project, books.connection)
    return Told("late_event", Decimal("483.00"))


def _reversed_and_again(books: Books) -> Told:
    """An invoice of ours is reversed by Odoo's wizard, and booked again without its tax."""
    row = invoice_of(books)
    books.unlock()
    reverse_by_hand(books.admin, books.company, str(row["ref"]), date(2026, 10, 28))
    # The wizard makes a draft of it.
    domain = [["reversed_entry_id", "=", row["id"]]]
    made = books.admin.call("account.move", "search", domain=domain, context=books.context)
    books.admin.call("account.move", "action_post", ids=made, context=books.context)
    books.lock()
    (note,) = books.admin.call(
        "account.move", "read", ids=made, fields=["amount_total"], context=books.context
    )
    return Told("reversed_in_ledger", Decimal(str(note["amount_total"])))


def _tax_moved(books: Books) -> Told:
    """The tax of an invoice is taken off one of its lines, in Odoo."""
    row = invoice_of(books, "US-")
    books.unlock()
    books.admin.call("account.move", "button_draft", ids=[row["id"]], context=books.context)
    domain = [["move_id", "=", row["id"]], ["tax_ids", "!=", False]]
    lines = books.admin.call("account.move.line", "search", domain=domain, context=books.context)
    vals = {"tax_ids": [[6, 0, []]]}
    books.admin.call("account.move.line", "write", ids=lines[:1], vals=vals, context=books.context)
    books.admin.call("account.move", "action_post", ids=[row["id"]], context=books.context)
    books.lock()
    (now,) = books.admin.call(
        "account.move", "read", ids=[row["id"]], fields=["amount_total"], context=books.context
    )
    lost = Decimal(str(row["amount_total"])) - Decimal(str(now["amount_total"]))
    return Told("changed_in_ledger", lost)


WAYS = (
    Way("no revaluation", "month's end", "distributor", _nobody_revalues, LOCK_ON, then=_what_it_is),
    Way("a late order that nobody decides about", "month's end", "distributor", _late),
    Way("an invoice reversed by the wizard", "ledger", "distributor", _reversed_and_again),
    Way("an invoice posted again without a tax", "taxes", "distributor", _tax_moved),
    Way("no accruals", "month's end", "services", _nobody_accrues, LOCK_ON, then=_what_accrues),
    Way("payroll missing", "sources", "services", no_payroll, PAY_DAY, then=_net_pay),
    Way("an empty payroll file", "sources", "services", without_file("payroll", b""), PAY_DAY, then=_net_pay),
    Way("one side of an intercompany pair", "month's end", "services", _one_side, _PAIR_ON),
)
