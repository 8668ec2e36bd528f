"""Sales cut-off: at a month's end revenue is what was delivered, whatever was invoiced; taken back the day after.

Invoiced, not delivered      Dr revenue          Cr contract liability (deferred revenue)
Delivered, not invoiced      Dr contract asset   Cr revenue
  where revenue is earned by each delivery, of what went out before its invoice:
                             Dr contract asset   Cr contract liability
The first of the next month  the same the other way round

By order: its lines' amounts without tax, less what was delivered and called off of them by the end of the day. An order
has one of the two, by what all its lines come to (IFRS 15.105-107, ASC 606-10-45-1 to 45-3). Revenue passes with
control (IFRS 15.31 and .38, ASC 606-10-25-30), tax does not: it is due as the invoice says. An order in another currency
counts at the rate of its invoice, or of its last delivery where there is none: money in advance is not revalued (IFRIC 22).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import LedgerFacts, LedgerReader
from tieout.documents import (
    BatchControl,
    CustomerInvoice,
    Delivery,
    Ending,
    JournalEntry,
    JournalLine,
    decode_document,
    month_end_entry,
    name_of_kind,
    own_figures,
)
from tieout.documents.states import DocumentState
from tieout.inbox import UNASKED, Asked, RestsOn, propose
from tieout.money import Amount
from tieout.processes.delivering import CONTRACT_ASSET, CONTRACT_LIABILITY, EARNED
from tieout.rules import Interface, Release
from tieout.security import stamper
from tieout.store import Connection, Queries, snapshot

_SQL = Queries("tieout.close")
STREAM = "cutoffs"
BY_CUT_OFF, BY_DELIVERY = "cut_off", "delivery"
# Orders whose invoice or delivery is older than this are not looked at: by then a sale is delivered, or a matter for people.
_HORIZON = timedelta(days=400)
_BOOKED = (DocumentState.PLANNED, DocumentState.POSTED)


class OpenSale(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is not invoiced and delivered alike at a day's end. `amounts` are by nature (goods, shipping, tip) in
    the entity's currency, positive where they are invoiced and not delivered; `net` is their sum, and `source` the same
    in the order's own currency. `earned_by` says how its interface earns revenue (`revenue_on`)."""

    interface: str
    number: str
    on: date
    source: Amount
    amounts: dict[str, Decimal]
    earned_by: str = BY_CUT_OFF

    @property
    def net(self) -> Decimal:
        """Deferred where it is positive, accrued where it is negative."""
        return sum(self.amounts.values(), Decimal(0))


class Balance:
    """What of one order is invoiced and what of it ended, by nature, in the order's currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.invoiced: dict[str, Decimal] | None = None
        self.ended: dict[str, Decimal] = {}
        self.returned: dict[str, Decimal] = {}
        self.called_off: dict[str, Decimal] = {}
        self.last_on = date.min

    def end(self, document: Delivery, on: date) -> None:
        """Count what a delivery says."""
        into = {Ending.RETURNED: self.returned, Ending.CALLED_OFF: self.called_off}.get(
            document.ending, self.ended
        )
        for line in document.lines:
            into[line.nature] = into.get(line.nature, Decimal(0)) + line.net.value
        if document.ending is Ending.DELIVERED and document.lines:
            self.last_on = max(self.last_on, on)

    def invoice(self, document: CustomerInvoice) -> None:
        """Count an invoice's lines as they are booked: gift cards are no revenue, nor are roundings."""
        self.invoiced = {}
        for line in document.lines:
            if line.nature in EARNED:
                self.invoiced[line.nature] = self.invoiced.get(line.nature, Decimal(0)) + line.net.value

    def open(self) -> dict[str, Decimal]:
        """By nature what is invoiced and did not end, or (negative) what ended and is not invoiced. Of an order without an
        invoice what was called off is nothing, and what came back is earned no more: its credit note waits for the invoice."""
        if self.invoiced is None:
            sums = {n: self.returned.get(n, Decimal(0)) - v for n, v in self.ended.items()}
        else:
            sums = {
                n: self.invoiced.get(n, Decimal(0))
                - self.ended.get(n, Decimal(0))
                - self.called_off.get(n, Decimal(0))
                for n in {*self.invoiced, *self.ended, *self.called_off}
            }
        return {n: v for n, v in sorted(sums.items()) if v}


def open_sales(
    deliveries: Iterable[tuple[str, Delivery, date]],
    invoices: Iterable[tuple[str, CustomerInvoice, date, bool]],
    worth: Callable[[Decimal, str, date], Decimal],
    earned_by: Callable[[str, str], str],
) -> list[OpenSale]:
    """Every order that is not even, by interface and number. `deliveries` are (interface, document, day); `invoices`
    (interface, document, day, whether it is booked: else it is left out or a case holds it, and it is neither); `worth` turns an amount of a
    currency and a day into the entity's; `earned_by` says how an interface earns revenue in a currency. Pure."""
    orders: dict[tuple[str, str], tuple[str, Balance]] = {}
    for interface, document, on in deliveries:
        key = interface, document.order_key
        if key not in orders:
            orders[key] = document.number, Balance(document.currency)
        orders[key][1].end(document, on)
    found = []

    def keep(interface: str, number: str, balance: Balance, on: date) -> None:
        amounts = {n: worth(v, balance.currency, on) for n, v in balance.open().items()}
        sale = OpenSale(
            interface=interface,
            number=number,
            on=on,
            source=Amount.exact(sum(balance.open().values(), Decimal(0)), balance.currency),
            amounts={n: v for n, v in amounts.items() if v},
            earned_by=earned_by(interface, balance.currency),
        )
        if sale.amounts:
            found.append(sale)

    for interface, bill, on, booked in invoices:
        _, balance = orders.pop((interface, bill.order_key), ("", Balance(bill.currency)))
        if booked:
            balance.invoice(bill)
            keep(interface, bill.number, balance, on)
    for (interface, _), (number, balance) in orders.items():
        keep(interface, number, balance, balance.last_on)
    return sorted(found, key=lambda s: (s.interface, s.number))


def cutoff_entry(sales: Iterable[OpenSale], own: str, on: date) -> JournalEntry:
    """The entry of the end of a day: one line a role and side, with how many orders it is of."""
    sums: dict[tuple[str, str], Decimal] = {}
    counts: dict[str, int] = {}

    def add(side: str, role: str, amount: Decimal) -> None:
        sums[side, role] = sums.get((side, role), Decimal(0)) + amount

    for sale in sales:
        deferred = sale.net > 0
        if sale.earned_by == BY_DELIVERY and deferred:
            # It stands as a contract liability already.
            continue
        side = "invoiced, not delivered" if deferred else "delivered, not invoiced"
        counts[side] = counts.get(side, 0) + 1
        add(side, CONTRACT_LIABILITY if deferred else CONTRACT_ASSET, -sale.net)
        for nature, amount in sale.amounts.items():
            add(side, EARNED[nature] if sale.earned_by == BY_CUT_OFF else CONTRACT_LIABILITY, amount)
    lines = [
        JournalLine(
            account=f"={role}",
            amount=Amount.exact(amount, own),
            text=f"{side}: {counts[side]} order" + ("" if counts[side] == 1 else "s"),
        )
        for (side, role), amount in sorted(sums.items())
        if amount
    ]
    return month_end_entry("cutoff", lines, own, on)


def cutoff_interface(release: Release, entity: str) -> Interface | None:
    """The interface that takes an entity's cut-offs, if its project declares one."""
    found = (i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams)
    return next(found, None)


def cut_off_sources(release: Release, entity: str) -> dict[str, str]:
    """The interfaces of an entity whose revenue is cut off at a month's end, and how each earns it."""
    found = {
        i.name: str(i.option("revenue_on", "invoice"))
        for i in release.interfaces.values()
        if i.entity == entity
    }
    return {name: how for name, how in found.items() if how in (BY_CUT_OFF, BY_DELIVERY)}


def what_lacks(release: Release, entity: str, on: date) -> str:
    """Why a cut-off of an entity cannot be booked, in words; "" where it can."""
    table = release.mappings.get("accounts")
    known = {r.key for r in table.rows if r.valid_from <= on <= r.valid_to} if table else set()
    missing = [role for role in (CONTRACT_LIABILITY, CONTRACT_ASSET) if role not in known]
    if missing:
        return f"mappings/accounts.csv names no {' and no '.join(missing)}"
    if cutoff_interface(release, entity) is None:
        ledger = release.entities[entity].ledger
        return f"no interface of {ledger} has the stream {STREAM}: add one for {entity}"
    return ""


def read_open_sales(
    connection: Connection, release: Release, facts: LedgerFacts, entity: str, on: date
) -> list[OpenSale]:
    """The open sales of an entity at the end of a day, by the documents that are here at one instant. Raises ValueError
    where the ledger has no rate."""
    sources, own = cut_off_sources(release, entity), release.entities[entity].currency

    def worth(amount: Decimal, currency: str, day: date) -> Decimal:
        if currency == own:
            return amount
        rate = facts.rate(currency, day)
        if not rate:
            raise ValueError(f"the ledger has no rate of {currency} for {day}: give it one")
        return Amount.rounded(amount / rate, own).value

    def earned_by(interface: str, currency: str) -> str:
        return sources[interface] if currency == own else BY_CUT_OFF

    given = {"entity": entity, "interfaces": sorted(sources), "since": on - _HORIZON, "on": on,
             "by_delivery": sorted(n for n, how in sources.items() if how == BY_DELIVERY)}  # fmt: skip
    delivered = (
        (row["interface"], document, row["accounting_on"])
        for row, document in _ours(connection, "delivered", given)
        if isinstance(document, Delivery)
    )
    invoiced = (
        (row["interface"], document, row["accounting_on"], row["state"] in _BOOKED)
        for row, document in _ours(connection, "invoiced", given)
        if isinstance(document, CustomerInvoice) and (row["state"] in _BOOKED or row["reason"] != "unpaid")
    )
    with snapshot(connection):
        return open_sales(delivered, invoiced, worth, earned_by)


def _ours(connection: Connection, query: str, given: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    """Rows with their documents, but those that somebody wrote past us; read a few at a time."""
    stamps = stamper(connection)
    with connection.transaction(), connection.cursor(f"cutoff_{query}") as rows:
        rows.execute(_SQL[query], given)
        for row in rows:
            sha = hashlib.sha256(row["content"].encode()).digest()
            told = (row["interface"], row["source_key"], row["revision"], row["message_id"], sha)
            if stamps.holds(row["stamp"], "document", *told):
                yield row, decode_document(row["content"].encode())


def cut_off(
    connection: Connection,
    release: Release,
    entity: str,
    reader: LedgerReader,
    on: date,
    now: datetime,
    dry: bool = False,
    asked: Asked = UNASKED,
) -> list[OpenSale]:
    """Hand on the cut-off of an entity at the end of a day, unless `dry`; the open sales that it is of. Made again, what
    is booked becomes what it should be, by the difference. Raises ConnectorError; ValueError where the day is not over or
    nothing can take it; LookupError where no interface earns revenue so."""
    if not cut_off_sources(release, entity):
        raise LookupError(
            f'nothing of {entity} is cut off: say revenue_on = "cut_off" or "delivery" in the [options] of its orders'
        )
    if on >= now.astimezone(release.entities[entity].zone).date():
        raise ValueError(f"{on} is not over: a cut-off is made from the day after")
    if lacking := what_lacks(release, entity, on):
        raise ValueError(lacking)
    interface, own = cutoff_interface(release, entity), release.entities[entity].currency

    def work_out() -> tuple[list[OpenSale], list[tuple[JournalEntry, BatchControl]]]:
        sales = read_open_sales(connection, release, reader.facts(), entity, on)
        entry = cutoff_entry(sales, own, on)
        return sales, [(entry, own_figures(entry))]

    if dry or interface is None:
        return work_out()[0]
    rests_on = RestsOn(entity, (name_of_kind(Delivery), name_of_kind(CustomerInvoice)), on)
    return propose(connection, interface.name, STREAM, work_out, now, rests_on, asked)
