"""Proposes a payment run from what is open in the ledger, and hands it on to be released."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from tieout.connector_api import Item, OpenItem
from tieout.documents import BatchControl, VendorBill, VendorPayment, canonical_bytes
from tieout.evidence import Entry, record
from tieout.inbox import accept
from tieout.money import Amount
from tieout.payables.ordering import why_no_bank_takes
from tieout.payables.payees import doubts
from tieout.payables.proposing import Limit, Proposal, SupplierRevision, propose
from tieout.payables.reading import (
    PAID_BY,
    SQL,
    ChangedError,
    check,
    ours,
    payments_version,
    supplier_revisions,
)
from tieout.payables.under_way import under_way
from tieout.processes import partner_external_id
from tieout.processes.bill_causes import PREPAID
from tieout.processes.fee_suppliers import never_paid
from tieout.rules import Interface, Release
from tieout.store import Connection

STREAM = "payments"


class PaymentRunError(ValueError):
    """A run that cannot be proposed: what is missing, and where it is put."""


def payment_interface(release: Release, entity: str) -> Interface | None:
    """The interface that governs an entity's payments, if its project declares one."""
    found = (i for i in release.interfaces.values() if i.entity == entity and STREAM in i.streams)
    return next(found, None)


def check_run(release: Release, interface: Interface, pay_on: date, now: datetime) -> None:
    """Raises PaymentRunError where no run can be paid from an interface on a day."""
    for name in ("account", "initiator"):
        if not interface.option(name):
            raise PaymentRunError(f"interfaces/{interface.name}.toml does not say [options] {name}")
    zone = release.entities[interface.entity].zone
    if pay_on < now.astimezone(zone).date():
        raise PaymentRunError(f"{pay_on} is over: a run pays today or later")


def propose_run(
    connection: Connection,
    release: Release,
    interface: Interface,
    open_items: Callable[[], Sequence[OpenItem]],
    *,
    pay_on: date,
    until: date,
    by: str,
    now: datetime,
    dry: bool = False,
) -> Proposal:
    """Propose what is due until a day, to be paid on `pay_on`; unless `dry`, it waits for its release. `open_items` asks the
    ledger what is open up to `pay_on`, once, after it was looked up here what is under way. Whoever calls holds the
    entity's lane until the end of their transaction: what is open now is in no run that another makes at the same time.

    Raises PaymentRunError where the interface does not say from which account, or where a row that it rests on was changed
    past us; ConnectorError.
    """
    check_run(release, interface, pay_on, now)
    try:
        check(connection, interface.entity, PAID_BY)
    except ChangedError as error:
        raise PaymentRunError(f"nothing is paid for {interface.entity}: {error}") from None
    name = f"{interface.entity}{pay_on:%Y%m%d}"
    busy = under_way(connection, interface, name)
    items = open_items()
    entity = release.entities[interface.entity]
    zone, country, version = entity.zone, entity.country, payments_version(entity.country)
    revisions = supplier_revisions(connection, release, interface.entity)
    keys = {partner_external_id(system, key): key for system, key in revisions}
    given = {"ids": sorted({x.effect for x in items if x.effect})}
    supplier_of = {
        r["external_id"]: keys[r["partner"]]
        for r in connection.execute(SQL["partners"], given)
        if r["partner"] in keys
    }
    limits = _limits(connection, given["ids"])
    doubted = doubts(connection, interface)

    def refuses(payment: VendorPayment) -> str:
        return doubted.why(payment) or why_no_bank_takes([payment], interface, now, country, version)

    run = f"{name}.{len(busy.runs) + 1}" if busy.runs else name
    found = propose(
        run,
        items,
        supplier_of,
        {key: told for (_, key), told in revisions.items()},
        interface,
        zone,
        pay_on=pay_on,
        until=until,
        by=by,
        now=now,
        busy=busy.lines,
        refuses=refuses,
        limits=limits,
        never=_never(release, interface.entity, revisions),
    )
    if found.payments and not dry:
        with connection.transaction():
            _hand_on(connection, interface, found, by, now)
    return found


def _never(
    release: Release, entity: str, revisions: Mapping[tuple[str, str], Sequence[SupplierRevision]]
) -> dict[str, str]:
    """The suppliers whose bills no run pays, by what any of their revisions says, and why."""
    told = (
        (key, never_paid(release, entity, x.supplier)) for (_, key), some in revisions.items() for x in some
    )
    return {key: why for key, why in told if why}


def _limits(connection: Connection, effects: list[str]) -> dict[str, Limit]:
    """What the bills behind postings are paid at most, where that is less than they bill."""
    found = {}
    given = {"ids": effects, "prepaid": PREPAID.name}
    for row in connection.execute(SQL["billed"], given).fetchall():
        bill = ours(connection, row["interface"], row)
        if not isinstance(bill, VendorBill):
            # Somebody wrote past us: of what is not ours nothing is due.
            found[row["external_id"]] = Limit(due=Decimal(0), settled=False)
        elif bill.due != bill.total:
            found[row["external_id"]] = Limit(due=bill.due.value, settled=not row["unsettled"])
    return found


def _hand_on(connection: Connection, interface: Interface, found: Proposal, by: str, now: datetime) -> None:
    """The payments, and the run's own figures: what was proposed is the source's total."""
    items = [Item(STREAM, p.key, p.key, canonical_bytes(p)) for p in found.payments]
    for currency, total in found.totals().items():
        control = BatchControl(
            key=f"control:{found.run}:{currency}",
            occurred_at=datetime.combine(found.pay_on, time(12), UTC),
            currency=currency,
            batch=found.run,
            booked_on=found.pay_on,
            count=sum(1 for p in found.payments if p.currency == currency),
            debit=Amount.zero(currency),
            credit=Amount.exact(total, currency),
        )
        items.append(Item(STREAM, control.key, control.key, canonical_bytes(control)))
    accept(connection, interface.name, items, "proposal", now, submitted_by=by)
    detail = {"payments": len(found.payments), "held": len(found.held), "by": by}
    record(
        connection,
        [Entry(now, by or "payables", "payment_run.proposed", found.run, interface.entity, detail)],
    )


def runs(connection: Connection, interface: Interface) -> list[dict[str, Any]]:
    """Every run: what it pays, and how its payments stand."""
    rows = connection.execute(SQL["runs"], {"interface": interface.name}).fetchall()
    return [dict(row) | {"amount": Decimal(row["amount"])} for row in rows]
