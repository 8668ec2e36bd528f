"""What was received and not billed at a cut-off: an entry that takes itself back the day after.

By order line: received less billed, at the order's price. Bills in exception are not booked, so what came for
them is accrued as well; and so is, by its own lines, a bill that nobody has anything against and that waits (for
a tax engine, for its supplier), where no receipt stands for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import msgspec

from tieout.connector_api import Item
from tieout.documents import (
    BatchControl,
    Document,
    GoodsReceipt,
    JournalEntry,
    JournalLine,
    PurchaseOrder,
    VendorBill,
    canonical_bytes,
)
from tieout.documents.purchasing import plain
from tieout.inbox import accept
from tieout.money import Amount
from tieout.payables.reading import SQL, ours
from tieout.processes.three_way_match import lines_billed, unordered
from tieout.rules import Interface, Release
from tieout.store import Connection

STREAM = "accruals"


class Accrual(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order (or of a bill that waits): `quantity` came and is not booked as billed, worth
    `amount` (positive, without tax)."""

    order: str
    supplier: str
    line: str
    name: str
    account: str
    dimensions: dict[str, str]
    quantity: Decimal
    amount: Amount


def uninvoiced(documents: Iterable[Document], waiting: Iterable[VendorBill] = ()) -> list[Accrual]:
    """What came of each order's line and is not billed, in the order of the orders; then what `waiting`
    bills are for that no receipt stands for."""
    orders: dict[str, PurchaseOrder] = {}
    came: dict[str, Decimal] = {}
    bills: list[VendorBill] = []
    for document in documents:
        match document:
            case PurchaseOrder():
                orders[plain(document.number)] = document
            case GoodsReceipt():
                key = f"{plain(document.order_number)} {document.line}"
                came[key] = came.get(key, Decimal(0)) + document.quantity
            case VendorBill():
                bills.append(document)
    billed = lines_billed(bills, orders)
    found = []
    for number, order in orders.items():
        for line in order.lines:
            key = f"{number} {line.line}"
            left = came.get(key, Decimal(0)) - billed.get(key, Decimal(0))
            amount = Amount.rounded(left * line.price, order.currency)
            if left > 0 and amount:
                found.append(
                    Accrual(
                        order=order.number,
                        supplier=order.supplier,
                        line=line.line,
                        name=line.name,
                        account=line.account,
                        dimensions=line.dimensions,
                        quantity=left,
                        amount=amount,
                    )
                )
    for bill in waiting:
        for mine, ordered in unordered(bill, orders) if not bill.refund else ():
            if mine.net.value > 0:
                found.append(
                    Accrual(
                        order=bill.number,
                        supplier=bill.seller.name,
                        line=mine.order_line,
                        name=mine.name,
                        account=ordered.account if ordered else mine.account or f"seller {bill.seller.name}",
                        dimensions=(ordered.dimensions if ordered else {}) or mine.dimensions,
                        quantity=mine.quantity,
                        amount=mine.net,
                    )
                )
    return found


def accrual_interface(release: Release, entity: str) -> Interface | None:
    """The interface that takes an entity's accruals, if its project declares one."""
    found = (i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams)
    return next(found, None)


def accrue(
    connection: Connection, interface: Interface, on: date, now: datetime, dry: bool = False
) -> list[JournalEntry]:
    """Hand on the accruals of an entity at the end of a day (unless `dry`), one entry a currency; what
    they are.

    Made again for the same day, each is told anew: what is booked becomes what it should be, by the
    difference. Raises ValueError where Odoo's stock accrues by itself.
    """
    if interface.option("accruals", "tieout") == "odoo":
        raise ValueError(f'interfaces/{interface.name}.toml says accruals = "odoo": its stock books them')
    rows = connection.execute(SQL["purchasing"], {"entity": interface.entity, "on": on}).fetchall()
    known = [(row["state"], d) for row in rows if (d := ours(connection, row["interface"], row)) is not None]
    documents = [d for state, d in known if state != "normalised"]
    waiting = [d for state, d in known if state == "normalised" and isinstance(d, VendorBill)]
    entries = entries_of(uninvoiced(documents, waiting), on)
    entries += _no_more(connection, interface, on, {e.key for e in entries})
    items = []
    for entry in entries:
        raw = canonical_bytes(entry)
        told = f"{entry.key}:{now.isoformat()}:{hashlib.sha256(raw).hexdigest()[:16]}"
        items.append(Item(STREAM, entry.key, told, raw))
        control = _control(entry)
        items.append(Item(STREAM, control.key, control.key, canonical_bytes(control)))
    if dry:
        return entries
    with connection.transaction():
        accept(connection, interface.name, items, "proposal", now)
    return entries


def _control(entry: JournalEntry) -> BatchControl:
    """The entry's own figures: what it was worked out to is its source's total."""
    return BatchControl(
        key=f"control:{entry.batch}",
        occurred_at=entry.occurred_at,
        currency=entry.currency,
        batch=entry.batch,
        booked_on=entry.booked_on,
        count=1,
        debit=entry.total,
        credit=entry.total,
    )


def _no_more(
    connection: Connection, interface: Interface, on: date, standing: set[str]
) -> list[JournalEntry]:
    """What was accrued for a day before and is billed by now: told anew without a line."""
    rows = connection.execute(SQL["accrued"], {"interface": interface.name, "begin": f"accrual:{on}:%"})
    gone = []
    for row in rows.fetchall():
        document = ours(connection, interface.name, row)
        if isinstance(document, JournalEntry) and document.key not in standing and document.lines:
            nothing = Amount.zero(document.currency)
            batch = f"{document.reference}:none"
            gone.append(msgspec.structs.replace(document, lines=(), total=nothing, batch=batch))
    return gone


def entries_of(accruals: Iterable[Accrual], on: date) -> list[JournalEntry]:
    """One entry a currency: Dr what was ordered, Cr `accrued_purchases`; back on the next day."""
    by_currency: dict[str, list[Accrual]] = {}
    for accrual in accruals:
        by_currency.setdefault(accrual.amount.currency, []).append(accrual)
    entries = []
    for currency, members in sorted(by_currency.items()):
        total = sum((x.amount for x in members), Amount.zero(currency))
        lines = [
            JournalLine(
                account=x.account,
                amount=x.amount,
                text=f"received, not billed: {x.order} {x.name}",
                dimensions=x.dimensions,
                place=f"{x.order}, line {x.line}",
            )
            for x in members
        ]
        lines.append(JournalLine(account="accrued_purchases", amount=-total, text="received, not billed"))
        reference = f"ACCRUAL-{on:%Y%m%d}-{currency}"
        entries.append(
            JournalEntry(
                key=f"accrual:{on}:{currency}",
                occurred_at=datetime.combine(on, time(12), UTC),
                currency=currency,
                reference=reference,
                booked_on=on,
                nature="accrual",
                lines=tuple(lines),
                total=total,
                imbalance=Amount.zero(currency),
                reverses_on=on + timedelta(days=1),
                batch=f"{reference}:{hashlib.sha256(repr(lines).encode()).hexdigest()[:12]}",
            )
        )
    return entries
