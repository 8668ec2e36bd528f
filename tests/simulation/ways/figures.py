"""Figures of a month's end that are wrong, left out or changed: rates, the cut-off, what enters a filed period."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from random import Random
from statistics import median
from typing import Any

from tests.simulation.ways.books import OCTOBER, Books
from tests.simulation.ways.ledger import ON_A_DAY
from tests.simulation.ways.way import Told, Way
from tieout.close.revaluing import entry_of, read_revalued
from tieout.operations.closing import cut_off
from tieout.proofs import keep_filing
from tieout.proofs.filing import prepare
from tieout_sandbox.baskets import basket
from tieout_sandbox.demo import scenarios
from tieout_sandbox.month import LOCK_ON


def _rates(books: Books) -> list[dict[str, Any]]:
    """The ledger's rates of the euro up to the month's end, the oldest first."""
    domain = [
        ["name", "<=", "2026-10-31"],
        ["company_id", "=", books.company],
        ["currency_id.name", "=", "EUR"],
    ]
    found: list[dict[str, Any]] = books.admin.call(
        "res.currency.rate",
        "search_read",
        domain=domain,
        fields=["name", "rate"],
        context=books.context,
        order="name",
    )
    return found


def _ten_times(books: Books) -> Told:
    """A digit too many: the ledger's last rate of the euro in the month is ten times what it was."""
    last = _rates(books)[-1]
    vals = {"rate": round(float(last["rate"]) * 10, 6)}
    books.admin.call("res.currency.rate", "write", ids=[last["id"]], vals=vals, context=books.context)
    return Told("")


def _what_is_to_be_booked(books: Books, told: Told) -> Told:
    return Told("foreign items revalued: ", _revalued(books))


def _as_it_was_booked(books: Books, told: Told) -> Told:
    """What is open in euro is worth less by that than at the rates before."""
    *before, last = (Decimal(str(r["rate"])) for r in _rates(books))
    amount = sum((r.amount for r in _rows(books) if r.currency == "EUR"), Decimal(0))
    hangs = abs(amount / last - amount / median(before))
    return Told("rate_out_of_line", hangs.quantize(Decimal("0.01")))


def _rows(books: Books) -> list[Any]:
    release = books.project.release()
    reader = books.project.reader_of(release.entities[books.entity].ledger)
    assert reader is not None
    return read_revalued(release, reader, reader.facts(), books.entity, OCTOBER.last)


def _revalued(books: Books) -> Decimal:
    return entry_of(_rows(books), "USD", OCTOBER.last).total.value


def _sent_in_part(books: Books) -> Told:
    """An order of the last day is sent in part on that day, and billed with the rest."""
    month, shop = books.month, "shop_us"
    seed = next(n for n in range(100) if len(basket(Random(n), shop)[0]) > 1)

    def act(at: datetime) -> None:
        order = month.place(at, shop, "plain", Random(seed), ship_days=1)
        later = month.at(OCTOBER.last, 15)
        books.happens(later, lambda t: month._send_a_part(t, books.world.shops[shop], order))

    books.happens(month.at(OCTOBER.last, 10), act)
    return Told("")


def _nobody_cuts_off(books: Books) -> Told:
    _sent_in_part(books)
    scenarios.cut_off = lambda *_: []  # type: ignore[attr-defined]
    return Told("sales cut off: ")


def _what_it_is(books: Books, told: Told) -> Told:
    """What would have been booked, worked out with nothing written."""
    sales = cut_off(books.project, books.entity, OCTOBER.last, dry=True)
    return Told("is not booked: `tieout cutoff", sum((abs(x.net) for x in sales), Decimal(0)))


def _cut_off_cancelled(books: Books, told: Told) -> Told:
    """The entry of the cut-off is taken out of the books in Odoo."""
    (row,) = books.sql(
        "select greatest(measure_debit, measure_credit) as amount from tieout.document"
        " where source_key = 'cutoff:2026-10-31' and state = 'posted'"
    )
    books.unlock()
    domain = [["ref", "=", "CUTOFF-20261031"], ["company_id", "=", books.company]]
    ids = books.admin.call("account.move", "search", domain=domain, context=books.context)
    for method in ("button_draft", "button_cancel"):
        books.admin.call("account.move", method, ids=ids, context=books.context)
    books.lock()
    return Told("cutoff:2026-10-31", row["amount"])


def _into_a_filed_month(books: Books) -> Told:
    """October's sales tax is declared as filed; then somebody books 115.00 of sale with 15.00 of tax into it."""
    release, now = books.project.release(), books.project.clock.now()
    reader = books.project.reader_of(release.entities[books.entity].ledger)
    assert reader is not None
    wanted, items = prepare(
        release, reader, books.entity, first=OCTOBER.first, last=OCTOBER.last, report="US-SALES", taxes=(), reference="R-2026-10",
        reason="the return of October", corrects=None, who="controller", now=now,
    )  # fmt: skip
    with books.connection.transaction():
        keep_filing(books.connection, wanted, items, now)
    taxes = books.admin.call(
        "account.tax", "search_read", domain=[["type_tax_use", "=", "sale"], ["company_id", "=", books.company], ["amount", "=", 15]],
        fields=["name"], context=books.context,
    )  # fmt: skip
    books.unlock()
    partners = books.admin.call("res.partner", "search", domain=[], limit=1, context=books.context)
    line = {
        "name": "by hand",
        "quantity": 1,
        "price_unit": 100.0,
        "tax_ids": [[6, 0, [taxes[0]["id"]]]],
        "account_id": books.account("400000"),
    }
    vals = {
        "move_type": "out_invoice", "partner_id": partners[0], "invoice_date": ON_A_DAY.isoformat(), "date": ON_A_DAY.isoformat(),
        "invoice_line_ids": [[0, 0, line]],
    }  # fmt: skip
    made = books.admin.call("account.move", "create", vals_list=[vals], context=books.context)
    books.admin.call("account.move", "action_post", ids=made, context=books.context)
    books.lock()
    return Told("posted_into_filed_period", Decimal("15.00"))


def _way(name: str, act: Any, **given: Any) -> Way:
    return Way(name, "month's end", "distributor", act, **given)


WAYS = (
    _way("a rate ten times too high once all is revalued", _ten_times, then=_what_is_to_be_booked),
    _way(
        "a rate ten times too high by which all is revalued", _ten_times, on=LOCK_ON, then=_as_it_was_booked
    ),
    _way("no sales cut-off", _nobody_cuts_off, on=OCTOBER.last, then=_what_it_is),
    _way(
        "the sales cut-off cancelled in the ledger", _sent_in_part, on=OCTOBER.last, then=_cut_off_cancelled
    ),
    _way("an invoice into a month that was filed with the tax office", _into_a_filed_month),
)
