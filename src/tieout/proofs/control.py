"""Control totals: a source's own figures, got apart from its messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.connector_api import (
    ConnectorError,
    ControlTotal,
    ControlTotals,
    SetupError,
    StrangeAnswerError,
    TransientError,
    answered,
)
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.proofs.causes import FIGURES_UNREAD, MISSING_EVENTS, STATEMENT_GAP
from tieout.proofs.continuity import Frame, gaps
from tieout.proofs.tieout import Figure, TieOutRow
from tieout.rules import Interface, Release
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
_TRIES = 12
# What a source may ask for and is still waited for here; what all tries may take together; and the first and the longest
# wait for one that asks for nothing, each double the one before.
_PATIENCE_S = 5.0
_ALL_S = 60.0
_FIRST_S, _LONGEST_S = 0.05, 1.0
Answer = TypeVar("Answer")


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read of one system, whatever became of the others: `of` is the interface or the system, `error` why, in words
    that say what to do."""

    of: str
    entity: str
    error: ConnectorError

    @property
    def says(self) -> str:
        """Whose it is, and why."""
        return f"{self.of}: {self.error}"


def take_control_totals(
    connection: Connection,
    release: Release,
    session_of: Callable[[str], object],
    period: Period,
    now: datetime,
    entities: Sequence[str] | None = None,
) -> list[Unread]:
    """Ask every source of some `entities`, or of all, that has control figures for `period` and keep them; those that could not be
    read, of which what was taken before stands and proves nothing of now.

    The rows of a source replace what was taken before: figures are always of one moment.
    """
    unread, stamps = list[Unread](), stamper(connection)
    for interface in release.interfaces.values():
        if entities is not None and interface.entity not in entities:
            continue
        entity = release.entities[interface.entity]
        try:
            totals = _totals_of(connection, interface, session_of(interface.system), period, entity.zone)
        except ConnectorError as error:
            unread.append(Unread(of=interface.name, entity=entity.code, error=error))
            continue
        if not totals:
            continue
        with connection.transaction():
            connection.execute(
                _SQL["clear_control_totals"], {"interface": interface.name, "period": str(period)}
            )
            for total in totals:
                row = {
                    "interface": interface.name,
                    "entity": entity.code,
                    "period": str(period),
                    "currency": total.currency,
                    "group": total.group,
                    "count": total.count,
                    "debit": total.debit,
                    "credit": total.credit,
                    "reference": total.reference,
                    "at": now,
                }
                row["stamp"] = stamps.control_total(
                    interface.name, entity.code, str(period), total.currency, total.group, total.count, total.debit,
                    total.credit, now,
                )  # fmt: skip
                connection.execute(_SQL["put_control_total"], row)
            record(
                connection,
                [
                    Entry(
                        now,
                        "proofs",
                        "control_total.taken",
                        f"{interface.name}:{period}",
                        entity.code,
                        {"rows": len(totals)},
                    )
                ],
            )
    return unread


def _totals_of(
    connection: Connection, interface: Interface, session: object, period: Period, zone: ZoneInfo
) -> list[ControlTotal]:
    """A source's own figures of a month, by what it says or by what its files state. Raises ConnectorError."""
    if isinstance(session, ControlTotals):
        start, end = period.bounds(zone)
        streams = interface.streams
        totals = ask_patiently(
            lambda: list(session.control_totals(streams, start, end, zone.key)),
            f"its control figure of {period}",
        )
        return [*totals, *_own_totals(connection, interface.name, period)]
    repeats = interface.option("exports", "once") == "cumulative"
    return [
        *_statement_totals(connection, interface.name, period),
        *_batch_totals(connection, interface.name, period, repeats),
    ]


def tell_unread(
    connection: Connection,
    release: Release,
    entity: str,
    unread: Sequence[Unread],
    period: Period,
    now: datetime,
) -> None:
    """A case of each of an entity's sources whose figures of a month came in another shape, or that a person has to set right before it
    says any; solved once they are read again."""
    wrong = {x.of: x for x in unread if isinstance(x.error, SetupError)}
    with connection.transaction():
        for interface in (i for i in release.interfaces.values() if i.entity == entity):
            key = f"{interface.name}:{period}"
            if (x := wrong.get(interface.name)) is None:
                solve_by_key(
                    connection, FIGURES_UNREAD.name, key, now, "its figures are read again", "proofs"
                )
                continue
            case = NewCase(
                cause=FIGURES_UNREAD.name, interface=interface.name, entity=entity, period=str(period), source_key=key,
                amount=Decimal(0), currency=release.entities[entity].currency, recovery=FIGURES_UNREAD.say(period=period),
                detail=str(x.error)[:500], owner=FIGURES_UNREAD.who, opened_at=now, due_at=now + timedelta(hours=24),
                # Nobody knows what it comes to: it holds the close whatever its amount.
                blocking=True,
            )  # fmt: skip
            open_cases(connection, [case], "proofs")


def ask_patiently(ask: Callable[[], Answer], what: str = "its answer") -> Answer:
    """A source's figures; a source that is busy is asked again, some times. Raises TransientError at once where it asks
    for more than five seconds, or where a minute has passed: nobody waits in a loop for that, nor asks before; and StrangeAnswerError
    where `what` is asked for came in another shape."""
    begun = time.monotonic()
    for attempt in range(_TRIES - 1):
        try:
            return answered(ask, what)
        except StrangeAnswerError:
            raise
        except TransientError as error:
            own_s = min(_FIRST_S * 2.0**attempt, _LONGEST_S)
            wait_s = own_s if error.retry_after is None else error.retry_after
            if wait_s > _PATIENCE_S or time.monotonic() - begun > _ALL_S:
                raise
            time.sleep(wait_s)
        except SetupError:
            # A token may have ended just now: the next call takes a new one.
            time.sleep(0.2)
    return answered(ask, what)


def _statement_totals(connection: Connection, interface: str, period: Period) -> list[ControlTotal]:
    """What the bank says of a month, by the totals that its statements state or by their balances."""
    rows = connection.execute(_SQL["statement_totals"], {"interface": interface, "period": str(period)})
    return [
        ControlTotal(
            row["currency"],
            "entries",
            row["count"],
            row["money_in"],
            row["money_out"],
            f"{row['statements']} statements",
        )
        for row in rows
        if row["stated"]
    ]


def _batch_totals(
    connection: Connection, interface: str, period: Period, repeats: bool
) -> list[ControlTotal]:
    """What files say of themselves, where every entry of the period came in one that does."""
    query = _SQL["last_batch_totals" if repeats else "batch_totals"]
    rows = connection.execute(query, {"interface": interface, "period": str(period)})
    return [
        ControlTotal(row["currency"], "entries", row["count"], row["debit"], row["credit"], row["batches"])
        for row in rows
        if not row["unstated"]
    ]


def _own_totals(connection: Connection, interface: str, period: Period) -> list[ControlTotal]:
    """What Tieout itself handed on beside a source's own messages (accruals), by the figures that it was worked
    out to."""
    rows = connection.execute(_SQL["own_totals"], {"interface": interface, "period": str(period)})
    return [
        ControlTotal(r["currency"], "own", r["count"], r["debit"], r["credit"], "worked out") for r in rows
    ]


def statement_gaps(connection: Connection, now: datetime) -> int:
    """Open a case for every statement that does not begin where the one before it ended; one whose gap is closed by
    now is solved. How many were opened."""
    frames = msgspec.convert(connection.execute(_SQL["statements"]).fetchall(), list[Frame])
    cases = [
        NewCase(
            cause=STATEMENT_GAP.name,
            interface=late.interface,
            entity=late.entity,
            period=str(Period.of(late.from_on)),
            source_key=late.source_key,
            amount=abs(late.opening - before.closing),
            currency=late.currency,
            recovery=STATEMENT_GAP.say(),
            detail=f"{late.name} opens with {late.opening} {late.currency}, the one before it ({before.name}) closed "
            f"with {before.closing}",
            owner=STATEMENT_GAP.who,
            opened_at=now,
            due_at=now + timedelta(hours=24),
            blocking=False,
            document_id=late.document_id,
            standing=STATEMENT_GAP.standing,
        )
        for before, late in gaps(frames)
    ]
    found = {c.source_key for c in cases}
    with connection.transaction():
        for row in connection.execute(_SQL["open_gaps"]).fetchall():
            if row["source_key"] not in found:
                solve_by_key(
                    connection,
                    STATEMENT_GAP.name,
                    row["source_key"],
                    now,
                    "the balances carry over",
                    "proofs",
                )
        return open_cases(connection, cases, "proofs")


def open_gaps(connection: Connection, rows: Iterable[TieOutRow], now: datetime) -> int:
    """Open a case for every row that leaves a residual: events that never came. A row that ties
    again solves its case."""
    opened = 0
    with connection.transaction():
        for row in rows:
            residual, key = row.residual, f"{row.interface}:{row.period}:{row.currency}"
            if residual is None:
                continue
            if residual == Figure():
                solve_by_key(connection, MISSING_EVENTS.name, key, now, "the row ties again", "proofs")
                continue
            case = NewCase(
                cause=MISSING_EVENTS.name,
                interface=row.interface,
                entity=row.entity,
                period=row.period,
                source_key=key,
                amount=abs(residual.debit) + abs(residual.credit),
                currency=row.currency,
                recovery=MISSING_EVENTS.say(interface=row.interface),
                detail=f"count {residual.count}, debit {residual.debit}, credit {residual.credit}",
                owner=MISSING_EVENTS.who,
                opened_at=now,
                due_at=now + timedelta(hours=24),
                blocking=False,
            )
            opened += open_cases(connection, [case], "proofs")
    return opened
