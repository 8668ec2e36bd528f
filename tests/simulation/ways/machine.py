"""What somebody changes in the database or in the project's files, or lets stand still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from tests.simulation.ways.books import OCTOBER, Books
from tests.simulation.ways.ledger import invoice_of
from tests.simulation.ways.people import ON, charge, charged, order_of_nobody
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
    """On the last day one may leave open what is a million: it is in force, and not for this month."""
    books.edit("calendar.toml", "", '[entities.US]\ncountry = "US"\ncase_limit = "1000000.00"\n')
    assert books.project.release().closing.of("US").case_limit == 1_000_000
    books.settle()
    return Told("cases decided: 1 payment without order", told.amount)


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
    charged(books, _CENTS, on=_LATE)
    return Told("complete: stripe")


def _what_nobody_asked_for(books: Books, told: Told) -> Told:
    """What the provider's balance moved by in dollars in the rest of the month, but payouts."""
    first, end = books.month.at(_LATE, 0).timestamp(), books.month.at(date(2026, 11, 1), 0).timestamp()
    rows = [
        r for r in books.world.stripe.books.transactions
        if first <= r["created"] < end and r["currency"] == "usd" and r["type"] != "payout"
    ]  # fmt: skip
    return replace(told, amount=Decimal(sum(r["amount"] - r["fee"] for r in rows)).scaleb(-2))


def _posted(books: Books) -> dict[str, Any]:
    """A document of the shop that is posted, in October."""
    return books.sql(
        "select document_id, message_id, source_key, measure_debit from tieout.document where interface = 'shop_us'"
        " and state = 'posted' and measure_debit > 0 and period = %s order by document_id limit 1",
        str(OCTOBER),
    )[0]


def _measure(books: Books) -> Told:
    """What a document counts for is more by 1,000.00, in the database alone."""
    books.sql(
        "update tieout.document set measure_debit = measure_debit + 1000 where document_id = %s",
        _posted(books)["document_id"],
    )
    return Told("complete: shop_us", Decimal("1000.00"))


def _content(books: Books) -> Told:
    """What a document says is other money."""
    row = _posted(books)
    books.sql(
        "update tieout.document set content = replace(content, 'USD', 'EUR') where document_id = %s",
        row["document_id"],
    )
    return Told(f"{row['source_key']}, revision", row["measure_debit"])


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

    books.happens(month.at(ON, 10), act)
    return Told("shop_us:2026-10:USD")


def _what_it_hid(books: Books, told: Told) -> Told:
    """What the shop's hidden order comes to."""
    shop = books.world.shops["shop_us"]
    (order,) = (o for o in shop.orders.values() if o["id"] in shop.hidden)
    return replace(told, amount=Decimal(order["totalPriceSet"]["shopMoney"]["amount"]))


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
    _way("findings written by SQL", _deleted_invoice, closing=_forged_findings),
    _way("signatures written by SQL", _deleted_invoice, closing=_forged_signatures),
    _way("an interface paused before the end", _unworked, _LATE, _what_nobody_asked_for),
    _way("a document's figures changed by SQL", _measure),
    _way("a document's content changed by SQL", _content),
    _way("an order that the shop counts and does not list", _hidden_order, ON, _what_it_hid),
    _way("the shop's own total written by SQL", _hidden_order, ON, _what_it_hid, closing=_total_forged),
    _way("a reading of the ledger that is stale", _stale, signed=True),
)
