"""Invoices and how each stands: moved by what people say and by what the ledger shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.connector_api import CustomerReader, LedgerCustomer, OpenItem
from tieout.documents import CollectionStatus
from tieout.evidence import Entry, record
from tieout.money import Amount, Period
from tieout.receivables.causes import PROMISE_BROKEN
from tieout.receivables.collection import (
    TOLD,
    CollectionEvent,
    CollectionKind,
    Standing,
    is_broken,
    standing_of,
)
from tieout.receivables.exposure import owing
from tieout.rules import Entity
from tieout.store import Connection, Queries

_SQL = Queries("tieout.receivables")
_ACTOR = "receivables"
# A promise is of the near future: a later day is a slip of the pen.
_LATEST = timedelta(days=366)


class CollectionError(ValueError):
    """What cannot be said of an invoice: why, and what to do."""


@dataclass(frozen=True)
class _Invoice:
    """An invoice of which something is open: its sums over its open lines."""

    move: int
    number: str
    customer: str
    name: str
    booked_on: date
    due_on: date | None
    currency: str
    residual: Decimal
    company: Decimal


def open_invoices(items: Iterable[OpenItem], customers: Mapping[int, LedgerCustomer]) -> dict[int, _Invoice]:
    """The invoices among open items, by the ledger's entry; one of several instalments is one, due on the first day that is
    open."""
    found: dict[int, _Invoice] = {}
    for item in items:
        if item.kind != "receivable" or item.is_payment or item.residual <= 0:
            continue
        customer, name = owing(item.partner, item.partner_name, customers)
        before = found.get(item.move)
        dues = [d for d in (item.due, before.due_on if before else None) if d]
        found[item.move] = _Invoice(
            item.move, item.numbers[0] if item.numbers else f"entry {item.move}", customer, name, item.on,
            min(dues, default=None), item.currency, item.residual + (before.residual if before else 0),
            item.company + (before.company if before else 0),
        )  # fmt: skip
    return found


def follow(
    connection: Connection,
    entity: Entity,
    invoices: Mapping[int, _Invoice],
    standing: Collection[int],
    now: datetime,
) -> dict[str, list[CollectionStatus]]:
    """Let the invoices of an entity stand as the ledger and their events say, in the caller's transaction; by customer how
    its open ones do. `standing` are those among them that were open and are no more, and that the ledger still has posted."""
    code, today = entity.code, now.astimezone(entity.zone).date()
    rows = connection.execute(_SQL["invoices_known"], {"entity": code}).fetchall()
    known = {row["move"]: row for row in rows}
    _end(connection, code, [m for m in _was_open(rows) if m not in invoices], standing, now)
    reopened = [m for m in invoices if m in known and known[m]["status"] == CollectionStatus.PAID]
    for move in reopened:
        _add(connection, code, move, CollectionKind.REOPENED, now)
    events = _events(connection, code, sorted(invoices))
    found: dict[str, list[CollectionStatus]] = {}
    for move, invoice in sorted(invoices.items()):
        stands = standing_of(events.get(move, ()))
        if is_broken(stands, today):
            _break(connection, entity, invoice, stands, now)
            stands = standing_of([*events[move], CollectionEvent(CollectionKind.BROKEN)])
        _keep(connection, entity, invoice, stands, now)
        found.setdefault(invoice.customer, []).append(stands.status)
    return found


def ended(connection: Connection, entity: str, invoices: Mapping[int, _Invoice], reader: object) -> set[int]:
    """Of the invoices that were open when they were read last and are no more, those that the ledger still has posted.
    Raises ConnectorError."""
    rows = connection.execute(_SQL["invoices_known"], {"entity": entity}).fetchall()
    gone = [m for m in _was_open(rows) if m not in invoices]
    if not gone or not isinstance(reader, CustomerReader):
        return set(gone)
    return reader.standing_invoices(gone)


def _was_open(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    return [row["move"] for row in rows if row["status"] != CollectionStatus.PAID]


def note_event(
    connection: Connection,
    entity: Entity,
    move: int,
    kind: CollectionKind,
    *,
    promised_on: date | None,
    note: str,
    who: str,
    now: datetime,
) -> CollectionStatus:
    """Say what happened to an invoice, in the caller's transaction; how it stands then. Raises LookupError where none of that
    entry was ever open, CollectionError where it cannot be said of it."""
    beside_others(connection)
    given = {"entity": entity.code, "move": move}
    row = connection.execute(_SQL["invoice"], given).fetchone()
    if row is None:
        raise LookupError(f"no invoice {move} of {entity.code} is open: read its receivables again")
    _check(row, kind, promised_on, now.astimezone(entity.zone).date())
    _add(connection, entity.code, move, kind, now, promised_on, note, who)
    standing = standing_of(_events(connection, entity.code, [move])[move])
    connection.execute(_SQL["set_standing"], given | _said(standing))
    said = f"{kind}: {note}".rstrip(": ")
    solve_by_key(connection, PROMISE_BROKEN.name, _key(entity.code, move), now, said, who)
    return standing.status


def _check(row: Mapping[str, Any], kind: CollectionKind, promised_on: date | None, today: date) -> None:
    if kind not in TOLD:
        raise CollectionError(f"{kind!r} is what the ledger says itself: {', '.join(TOLD)}")
    if row["status"] == CollectionStatus.PAID:
        raise CollectionError(f"{row['number']} is paid: nothing is to be collected")
    if kind is CollectionKind.TAKEN_BACK and row["status"] != CollectionStatus.IN_COLLECTION:
        raise CollectionError(f"{row['number']} is not in collection: it is {row['status']}")
    if (kind is CollectionKind.PROMISED) != (promised_on is not None):
        raise CollectionError("a promise has the day by which it is to be paid, and nothing else has")
    if promised_on is not None and not today <= promised_on <= today + _LATEST:
        raise CollectionError(f"{promised_on} is no day of a promise: from {today} up to {today + _LATEST}")


def _end(
    connection: Connection,
    code: str,
    gone: Sequence[int],
    standing: Collection[int],
    now: datetime,
) -> None:
    """Of what is open no more: paid where its invoice stands, and forgotten where it does not (a draft, cancelled, deleted),
    which is its entry's own case."""
    paid, away = [m for m in gone if m in standing], [m for m in gone if m not in standing]
    for move in paid:
        _add(connection, code, move, CollectionKind.PAID, now)
    for move in gone:
        why = "it is paid" if move in standing else "its invoice stands no more"
        solve_by_key(connection, PROMISE_BROKEN.name, _key(code, move), now, why, _ACTOR)
    given = {"entity": code, "now": now}
    connection.execute(_SQL["end_invoices"], given | {"moves": paid})
    connection.execute(_SQL["forget_invoices"], given | {"moves": away})


def _break(
    connection: Connection, entity: Entity, invoice: _Invoice, standing: Standing, now: datetime
) -> None:
    """Say once that a promise was not kept."""
    _add(connection, entity.code, invoice.move, CollectionKind.BROKEN, now)
    case = NewCase(
        cause=PROMISE_BROKEN.name,
        interface="",
        entity=entity.code,
        period=str(Period.of(now.astimezone(entity.zone).date())),
        source_key=_key(entity.code, invoice.move),
        amount=Amount.exact(invoice.residual, invoice.currency).value,
        currency=invoice.currency,
        recovery=PROMISE_BROKEN.say(name=invoice.name, number=invoice.number),
        detail=f"{invoice.number}: {invoice.name} promised to pay by {standing.promised_on}",
        owner=PROMISE_BROKEN.who,
        opened_at=now,
        due_at=now + timedelta(hours=24),
        blocking=False,
    )
    open_cases(connection, [case], _ACTOR)


def _keep(
    connection: Connection, entity: Entity, invoice: _Invoice, standing: Standing, now: datetime
) -> None:
    amounts = {
        "residual": Amount.exact(invoice.residual, invoice.currency).value,
        "company": Amount.exact(invoice.company, entity.currency).value,
    }
    given = {"entity": entity.code, "now": now, **vars(invoice), **amounts, **_said(standing)}
    connection.execute(_SQL["keep_invoice"], given)


def _said(standing: Standing) -> dict[str, Any]:
    return {
        "status": standing.status,
        "promised_on": standing.promised_on,
        "broken_on": standing.broken_on,
    }


def _add(
    connection: Connection,
    code: str,
    move: int,
    kind: CollectionKind,
    now: datetime,
    promised_on: date | None = None,
    note: str = "",
    who: str = _ACTOR,
) -> None:
    given = {"entity": code, "move": move, "kind": kind, "promised_on": promised_on, "note": note, "who": who}
    connection.execute(_SQL["add_event"], given | {"now": now})
    detail = {"kind": str(kind)} | ({"promised_on": promised_on.isoformat()} if promised_on else {})
    record(connection, [Entry(now, who, "collection.event", _key(code, move), code, detail)])


def _events(connection: Connection, code: str, moves: Sequence[int]) -> dict[int, list[CollectionEvent]]:
    found: dict[int, list[CollectionEvent]] = {}
    for row in connection.execute(_SQL["events_of"], {"entity": code, "moves": list(moves)}):
        event = CollectionEvent(CollectionKind(row["kind"]), row["promised_on"])
        found.setdefault(row["move"], []).append(event)
    return found


def _key(code: str, move: int) -> str:
    return f"{code}:invoice {move}"
