"""What somebody changes in the database or in the project's files, or lets stand still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import psycopg

from tests.simulation.ways.books import OCTOBER, Books
from tests.simulation.ways.ledger import invoice_of
from tests.simulation.ways.people import ON, charge, order_of_nobody
from tests.simulation.ways.way import Told, Way
from tieout.inbox import pause
from tieout.money import Period

_LATE = date(2026, 10, 30)
_CENTS = 77_770


def _case_solved(books: Books, told: Told) -> Told:
    books.sql(
        "update tieout.cases set state = 'solved', solved_at = now(), resolution = 'x', solved_by = 'clerk'"
    )
    return told


def _case_deleted(books: Books, told: Told) -> Told:
    books.sql("delete from tieout.cases")
    return told


def _case_small(books: Books, told: Told) -> Told:
    books.sql("update tieout.cases set amount = 0")
    return told


def _case_of_another_month(books: Books, told: Told) -> Told:
    books.sql("update tieout.cases set period = '2026-11'")
    return told


def _document_excluded(books: Books, told: Told) -> Told:
    """As if two people had excluded it."""
    books.sql("update tieout.document set state = 'excluded', reason = 'x' where state = 'refused'")
    return _case_solved(books, told)


def _document_gone(books: Books, told: Told) -> Told:
    books.sql("update tieout.document set state = 'superseded' where state = 'refused'")
    return _case_solved(books, told)


def _limit(books: Books, told: Told) -> Told:
    """On the last day one may leave open what is a million."""
    books.edit("calendar.toml", "", '[entities.US]\ncountry = "US"\ncase_limit = "1000000.00"\n')
    return told


def _not_critical(books: Books, told: Told) -> Told:
    """The interface on whose account nothing closes is none that matters, from now on."""
    for name in ("shop_us", "stripe"):
        books.edit(f"interfaces/{name}.toml", "owner = ", "close_critical = false\nowner = ")
    return told


def _forged_findings(books: Books, period: Period) -> None:
    books.close(period)
    books.sql("update tieout.close_finding set done = true, why = 'as it is'")
    books.close(period)


def _forged_signatures(books: Books, period: Period) -> None:
    """Two people's rows, written by somebody who has the database."""
    state = books.state(period)
    for each in state.tasks:
        try:
            books.sql(
                "insert into tieout.signature (entity, period, task, digest, prepared_by, prepared_at, signed_by, signed_at, stamp)"
                " values (%s, %s, %s, %s, 'accountant', now(), 'controller', now(), 'x')",
                books.entity, str(period), each.task.name, each.finding.digest,
            )  # fmt: skip
        except psycopg.Error:
            continue


def _deleted_invoice(books: Books) -> Told:
    """An invoice of ours is gone in Odoo: the figures that are forged are of that."""
    row = invoice_of(books)
    books.unlock()
    for method in ("button_draft", "unlink"):
        books.admin.call("account.move", method, ids=[row["id"]], context=books.context)
    books.lock()
    return Told("", Decimal(str(row["amount_total"])))


def _unworked(books: Books) -> Told:
    """A charge comes in, and whoever works what came is stopped (paused) before."""
    now = books.project.clock.now()
    with books.connection.transaction():
        pause(books.connection, books.project.release().interfaces["stripe"], "clerk", "busy", now)
    books.paused = True
    at = books.month.at(_LATE, 9)
    books.month.add(
        at, lambda t: books.world.stripe.charge(_CENTS, "USD", 30, t, {"order_id": "404"}, "Nobody")
    )
    books.month._events.sort(key=lambda e: (e.at, e.order))
    return Told("stripe", Decimal("777.70"))


def _message_waits(books: Books) -> Told:
    """A message of the month was taken in, and no worker is there to look at it."""
    row = books.sql(
        "select message_id from tieout.document where interface = 'shop_us' and state = 'posted' limit 1"
    )[0]
    books.sql("update tieout.message set state = 'received' where message_id = %s", row["message_id"])
    return Told("wait")


def _measure(books: Books) -> Told:
    """What a document counts for is more by 1,000.00, in the database alone."""
    books.sql(
        "update tieout.document set measure_debit = measure_debit + 1000 where document_id ="
        " (select document_id from tieout.document where interface = 'shop_us' and state = 'posted' and measure_debit > 0"
        " and period = %s limit 1)",
        str(OCTOBER),
    )
    return Told("", Decimal("1000.00"))


def _content(books: Books) -> Told:
    books.sql(
        "update tieout.document set content = replace(content, 'USD', 'EUR') where document_id ="
        " (select document_id from tieout.document where interface = 'shop_us' and state = 'posted' limit 1)"
    )
    return Told("the stamp is not right")


def _hidden_order(books: Books) -> Told:
    """An order that the shop counts, and that no list of it shows."""
    shop = books.world.shops["shop_us"]
    place, month = shop.place, books.month

    def hiding(**given: object) -> dict[str, object]:
        order: dict[str, object] = place(**given)
        shop.hidden.add(order["id"])
        return order

    def act(at: object) -> None:
        shop.place = hiding
        try:
            month.place(at, "shop_us", "unpaid", month._random)
        finally:
            shop.place = place

    month.add(month.at(ON, 10), act)
    month._events.sort(key=lambda e: (e.at, e.order))
    return Told("shop_us")


def _total_forged(books: Books, period: Period) -> None:
    """What the shop says of itself is written down as what is there, before and while people sign."""
    for who in (0, 1, 0):
        books.pass_time()
        _forge(books)
        books.sign(who, period=period)
    _forge(books)


def _forge(books: Books) -> None:
    books.sql(
        "update tieout.control_total t set count = d.count, debit = d.debit, credit = d.credit from"
        " (select period, sum(measure_count) as count, sum(measure_debit) as debit, sum(measure_credit) as credit"
        "  from tieout.document where interface = 'shop_us' and state <> 'superseded' group by period) d"
        " where t.interface = 'shop_us' and t.period = d.period"
    )


def _stale(books: Books) -> Told:
    """What is posted was read back; an invoice is changed since, and no reading is due."""
    told = _deleted_invoice(books)
    books.sql(
        "update tieout.poll_cursor set due_at = %s where stream = '#verify'",
        books.project.clock.now() + timedelta(days=9),
    )
    return told


def _way(
    name: str,
    act: Callable[[Books], Told],
    on: date | None = None,
    then: Callable[[Books, Told], Told] | None = None,
    closing: Callable[[Books, Period], None] = Books.close,
    signed: bool = False,
) -> Way:
    return Way(name, "machine", "distributor", act, on=on, then=then, closing=closing, signed=signed)


WAYS = (
    _way("a case solved by SQL", charge, ON, _case_solved),
    _way("a case deleted by SQL", charge, ON, _case_deleted),
    _way("a case made small by SQL", charge, ON, _case_small),
    _way("a case moved to the next month by SQL", charge, ON, _case_of_another_month),
    _way("a document excluded by SQL", order_of_nobody, ON, _document_excluded),
    _way("a document superseded by SQL", order_of_nobody, ON, _document_gone),
    _way("the limit of cases raised on the last day", charge, ON, _limit),
    _way("an interface that matters no more on the last day", charge, ON, _not_critical),
    _way("findings written by SQL", _deleted_invoice, closing=_forged_findings),
    _way("signatures written by SQL", _deleted_invoice, closing=_forged_signatures),
    _way("an interface paused before the end", _unworked, _LATE),
    _way("a message that nobody works", _message_waits),
    _way("a document's figures changed by SQL", _measure),
    _way("a document's content changed by SQL", _content),
    _way("an order that the shop counts and does not list", _hidden_order, ON),
    _way("the shop's own total written by SQL", _hidden_order, ON, closing=_total_forged),
    _way("a reading of the ledger that is stale", _stale, signed=True),
)
