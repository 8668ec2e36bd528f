"""Normalise, check, plan: one interface, one batch, one transaction.

A key is worked by one worker at a time: a lane an interface. What a batch reads from outside
is read before its transaction opens. If the batch fails it is halved until the one message or
document at fault stands alone and becomes a case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

import msgspec
import psycopg

from tieout.approvals import void
from tieout.cases import NewCase, beside_others, open_cases, solve
from tieout.connector_api import Connector, ContentRefusedError, LedgerFacts
from tieout.documents import AWAITS, Document, Measure, canonical_bytes, ledger_lines
from tieout.documents import decode_document as decode
from tieout.documents.states import MessageState
from tieout.documents.taxation import TaxQuestion
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point, in_halves, text_of, wake
from tieout.evidence import Entry, record
from tieout.money import Amount, MoneyError, Period
from tieout.money.period import accounting_date
from tieout.observe import get_logger, traced
from tieout.planning.approving import Approving
from tieout.planning.causes import PROCESSING_FAILED, RECIPE_FAILED, UNREADABLE_AMOUNT, UNREADABLE_MESSAGE
from tieout.planning.facts import Asked, FactReader, TaxWord
from tieout.planning.finals import keep_both
from tieout.planning.reading_only import only_read
from tieout.planning.revising import changed_before, revise
from tieout.planning.telling_apart import tell_apart
from tieout.planning.work import Work
from tieout.planning.writing import Writer
from tieout.processes import Facts, Plan, plan_document, recipe_of
from tieout.processes.recipe import Rank, refused
from tieout.rules import Entity, Interface, Release
from tieout.rules.latency import taken_until
from tieout.security import NOT_OURS, document_holds, stamper
from tieout.security.causes import NOT_MADE_BY_TIEOUT
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
_log = get_logger(__name__)
BATCH = 500
_BYTES = 1 << 21

Row = dict[str, Any]


class LedgerSide(Protocol):
    """What processing asks of an entity's ledger, before a batch's transaction opens."""

    def facts(self, entity: Entity) -> LedgerFacts: ...

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]: ...

    def determine(self, engine: str, questions: Sequence[TaxQuestion]) -> dict[str, TaxWord]: ...


class ProcessStage:
    """An interface is a lane, a message or a document that waits an item."""

    name, pace = "process", Pace()

    def __init__(
        self,
        release: Callable[[], Release],
        connector_of: Callable[[str], Connector],
        ledger: LedgerSide,
        sinks: dict[str, str],
        clock: Clock,
    ) -> None:
        self._release, self._connector_of, self._ledger = release, connector_of, ledger
        self._sinks, self._clock = sinks, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """Every interface that has work, close-critical ones first."""
        rows = connection.execute(_SQL["interfaces_with_work"], {"now": self._clock.now()}).fetchall()
        release = self._release()
        names = [row["interface"] for row in rows if row["interface"] in release.interfaces]
        names.sort(key=lambda name: not release.interfaces[name].close_critical)
        return [Due((name,)) for name in names]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """One batch of an interface. Raises ConnectorError where the ledger does not answer."""
        release, now = self._release(), self._clock.now()
        interface = release.interfaces.get(lane[0])
        if interface is None:
            return False
        if interface.after:
            after = {"interfaces": list(interface.after), "now": now}
            if connection.execute(_SQL["under_way"], after).fetchone() is not None:
                return False
        until = taken_until(interface, release.entities[interface.entity].zone, now)
        most = turn.most(BATCH)
        given = {
            "interface": interface.name, "limit": most, "bytes": _BYTES, "now": now, "until": until,
            "waiting": turn.waiting(),
        }  # fmt: skip
        messages = connection.execute(_SQL["claim_messages"], given).fetchall()
        due = connection.execute(_SQL["due_documents"], given).fetchall()
        # Together no more than were asked for: of a batch that failed, ever fewer.
        things = [_Thing(row, True) for row in messages] + [_Thing(row, False) for row in due]
        if turn.failed_before:
            things = things[:most]
        if not things:
            return False
        batch = _Batch(self, release, interface, now)

        def give_up(thing: _Thing, error: Exception) -> None:
            batch.give_up(connection, *_told_apart([thing]), error)

        turn.sets(
            things, lambda thing: thing.key, lambda part: batch.run(connection, *_told_apart(part)), give_up
        )
        return True

    def plan(self, connection: Connection, release: Release, interface: Interface, due: list[Row]) -> None:
        """Plan documents that wait, and nothing beside them, in the caller's transaction."""
        batch = _Batch(self, release, interface, self._clock.now())
        in_halves(
            due,
            lambda part: batch.run(connection, [], part),
            lambda row, error: batch.give_up(connection, [], [row], error),
        )


@dataclass(frozen=True)
class _Thing:
    """A message to be taken, or a document that is due."""

    row: Row
    is_message: bool

    @property
    def key(self) -> str:
        kind = "message" if self.is_message else "document"
        return f"{kind} {self.row[f'{kind}_id']}"


def _told_apart(things: Sequence[_Thing]) -> tuple[list[Row], list[Row]]:
    """The messages, and the documents that are due."""
    return [t.row for t in things if t.is_message], [t.row for t in things if not t.is_message]


class _Batch:
    """One batch of one interface at one instant."""

    def __init__(self, stage: ProcessStage, release: Release, interface: Interface, now: datetime) -> None:
        self._stage, self._release, self._interface, self._now = stage, release, interface, now
        self._entity = release.entities[interface.entity]

    def run(self, connection: Connection, messages: list[Row], due: list[Row]) -> None:
        """Take the messages and the documents that are due, in one transaction."""
        self._stamps = stamper(connection)
        arrived, settled, refused = self._normalise(messages)
        arrived = tell_apart(connection, self._interface, arrived, partial(self._read_again, connection))
        arrived = keep_both(connection, self._interface, arrived)
        works, stale = revise(connection, self._interface.name, arrived)
        # What a newer revision in this very batch takes the place of is not planned any more.
        gone = {i for w in works for i in w.supersedes}
        due = [row for row in due if row["document_id"] not in gone]
        works += [_again(row) for row in due if self._untouched(row)]
        touched = [row for row in due if not self._untouched(row)]
        groups = [g for members in _ranked(works) for turn in _in_turns(members) for g in _apart(turn)]
        ledger, foreign = self._ask_ledger(works)
        taxes = self._ask_taxes(works)
        of = [(self._interface.name, w.document.key) for w in works]
        with traced("plan", of, entity=self._entity.code), connection.transaction():
            beside_others(connection)
            self._lock_orders(connection, works)
            still = self._lock_waiting(connection, due)
            self._number(connection, works)
            reader = FactReader(connection, self._release, self._interface, ledger, foreign, self._now, taxes)
            approving = Approving(connection, self._release, self._interface, self._now)
            writer = Writer(connection, self._release, self._interface, self._stage._sinks, self._now)
            # What is named by others comes first, so that they find it in the same batch.
            for members in groups:
                group = [w for w in members if w.is_new or w.document_id in still]
                self._plan(connection, group, reader)
                approving.hold(group)
                writer.write(group)
            _settle(connection, settled)
            refused += self._set_aside(connection, [r for r in touched if r["document_id"] in still])
            open_cases(connection, refused, "process")
            record(connection, [self._stale_entry(key, version) for key, version in stale])
            wake(connection)
            crash_point("process.before_commit")
        crash_point("process.after_commit")

    def _normalise(self, messages: list[Row]) -> tuple[list[Work], dict[int, tuple[str, str]], list[NewCase]]:
        connector = self._stage._connector_of(self._interface.system)
        works: list[Work] = []
        settled: dict[int, tuple[str, str]] = {}
        refused: list[NewCase] = []
        for row in messages:
            if not self._is_ours(row):
                settled[row["message_id"]] = (MessageState.FAILED, NOT_OURS)
                refused.append(self._not_ours(row, f"message {row['message_id']}"))
                continue
            try:
                stream = connector.stream(row["stream"])
                documents = stream.documents(bytes(row["body"]), self._interface.options)
            except Exception as error:
                # Whatever a source sends, it stops no neighbour: the message becomes a case.
                why = f"{type(error).__name__}: {error}"[:500]
                settled[row["message_id"]] = (MessageState.FAILED, why)
                refused.append(self._unreadable(row, why, error))
                continue
            settled[row["message_id"]] = (MessageState.NORMALISED, "")
            for document in documents:
                booked = getattr(document, "booked_on", None) or getattr(document, "to_on", None)
                happened = getattr(document, "fulfilled_at", None) or document.occurred_at
                works.append(
                    Work(
                        document=document,
                        content=canonical_bytes(document),
                        salt=bytes(row["salt"]),
                        message_id=row["message_id"],
                        revision=0,
                        measure=document.measure(),
                        on=booked or accounting_date(happened, self._entity.zone),
                        submitted_by=row["submitted_by"],
                        received_at=row["received_at"],
                        final=stream.final,
                    )
                )
        return works, settled, refused

    def _read_again(self, connection: Connection, message_id: int) -> Sequence[Document]:
        """What a message that was taken before says as it is read today; nothing where it cannot be read."""
        row = connection.execute(_SQL["body_of"], {"message_id": message_id}).fetchone()
        if row is None or not self._is_ours(row):
            return ()
        connector = self._stage._connector_of(self._interface.system)
        try:
            return connector.stream(row["stream"]).documents(bytes(row["body"]), self._interface.options)
        except Exception:
            # Whatever a newer reader says of it, it was taken; and what is asked now is a case of its own.
            _log.warning("cannot be read again", interface=self._interface.name, message=message_id)
            return ()

    def _is_ours(self, row: Row) -> bool:
        """Whether a message is as it was when we took it in."""
        sha = hashlib.sha256(row["body"]).digest()
        given = (row["stream"], row["dedupe_key"], row["transport"], row["submitted_by"], sha)
        return self._stamps.holds(row["stamp"], "message", self._interface.name, *given)

    def _untouched(self, row: Row) -> bool:
        """Whether a document that waited is as we wrote it."""
        return document_holds(self._stamps, row, self._interface.name)

    def _not_ours(self, row: Row, what: str) -> NewCase:
        _log.warning("not ours", interface=self._interface.name, what=what)
        return self._case(row, NOT_OURS, NOT_MADE_BY_TIEOUT.say(), f"the stamp of {what} is not right")

    def _ask_ledger(self, works: list[Work]) -> tuple[LedgerFacts, dict[str, str]]:
        wants = [recipe_of(w.document).fact_keys(w.document, self._interface.options) for w in works]
        numbers = [w.number for w in wants if w.number]
        ledger = self._stage._ledger
        foreign = ledger.foreign(self._entity, numbers) if numbers else {}
        return ledger.facts(self._entity), foreign

    def _ask_taxes(self, works: list[Work]) -> dict[str, TaxWord]:
        """What the interface's tax engine says of bills, or why it says nothing: then the declared
        fallback holds, and nobody waits for it here."""
        engine = self._interface.option("tax_engine")
        if engine in ("", "rate_table"):
            return {}
        questions = [
            ask(w.document, self._interface, self._entity.country)
            for w in works
            if (ask := recipe_of(w.document).tax_question) is not None
        ]
        if not questions:
            return {}
        return self._stage._ledger.determine(engine, questions)

    def _lock_orders(self, connection: Connection, works: list[Work]) -> None:
        """An order and its payments come by different interfaces: one worker at a time plans for
        an order, so that neither misses what the other is about to write."""
        orders = {
            n
            for w in works
            for n in (*w.document.order_names(), *w.document.names(), *w.document.stands_at())
        }
        if orders:
            connection.execute(
                _SQL["lock_orders"], {"entity": self._entity.code, "orders": sorted(orders)}
            ).fetchall()

    @staticmethod
    def _lock_waiting(connection: Connection, due: list[Row]) -> set[int]:
        """Of documents that were due as the batch was taken those that wait still, until the end of the transaction: what a
        person turned down, or left out, while the ledger was asked is not planned over that."""
        ids = [row["document_id"] for row in due]
        rows = connection.execute(_SQL["lock_waiting"], {"ids": ids}).fetchall() if ids else []
        return {row["document_id"] for row in rows}

    def _number(self, connection: Connection, works: list[Work]) -> None:
        fresh = [w for w in works if w.is_new]
        rows = connection.execute(_SQL["next_ids"], {"count": len(fresh)})
        for work, row in zip(fresh, rows, strict=True):
            work.document_id = row["id"]
        gone = [i for w in fresh for i in w.supersedes]
        if gone:
            connection.execute(_SQL["supersede"], {"ids": gone})
            solve(connection, gone, self._now, "superseded by a newer version", "process")
            void(connection, gone, "superseded by a newer version", self._now)

    def _plan(self, connection: Connection, works: list[Work], reader: FactReader) -> None:
        changed = {w.document.key for w in changed_before(connection, self._interface.name, works)}
        facts = reader.read(
            [Asked(w.document, w.on, w.previous, w.document_id, w.received_at) for w in works]
        )
        for work, fact in zip(works, facts, strict=True):
            work.facts = fact
            other = work.document.key in changed
            work.plan = self._not_ours_before(work) if other else self._plan_one(work, fact)

    def _not_ours_before(self, work: Work) -> Plan:
        """No effect: what a new revision changes is not known."""
        assert work.previous is not None
        _log.warning("not ours", interface=self._interface.name, key=work.document.key)
        return refused(
            NOT_MADE_BY_TIEOUT,
            Amount(abs(work.measure.net), work.document.currency),
            f"the stamp of revision {work.previous.revision}, which was planned before, is not right",
            "earlier",
        )

    def _plan_one(self, work: Work, facts: Facts) -> Plan:
        """The document's plan, its postings proven to balance; a recipe that fails on it makes
        a case and stops no neighbour."""
        try:
            plan = plan_document(work.document, work.revision, facts, self._release, self._interface, work.on)
            for effect in plan.effects:
                ledger_lines(effect.body)
            return only_read(plan, self._entity)
        except Exception as error:
            _log.exception("recipe failed", interface=self._interface.name, key=work.document.key)
            amount = abs(work.measure.net)
            at_risk = Amount(amount, work.document.currency)
            return refused(RECIPE_FAILED, at_risk, f"{type(error).__name__}: {error}"[:300])

    def _stale_entry(self, key: str, version: str) -> Entry:
        subject = f"{self._interface.name}:{key}"
        return Entry(
            self._now,
            "process",
            "document.stale",
            subject,
            self._entity.code,
            {"version": version},
        )

    def _set_aside(self, connection: Connection, rows: list[Row]) -> list[NewCase]:
        """Refuse documents that somebody changed past us."""
        for row in rows:
            connection.execute(_SQL["set_aside"], {"id": row["document_id"], "reason": NOT_OURS})
        return [self._not_ours(row, f"document {row['document_id']}") for row in rows]

    def _unreadable(self, row: Row, why: str, error: Exception | None = None) -> NewCase:
        if isinstance(error, ContentRefusedError):
            case = self._case(row, error.cause, error.recovery, why)
            worth = error.amount
            return case if worth is None else replace(case, amount=abs(worth.value), currency=worth.currency)
        cause = UNREADABLE_AMOUNT if isinstance(error, MoneyError) else UNREADABLE_MESSAGE
        return self._case(row, cause.name, cause.say(), why)

    def _case(self, row: Row, cause: str, recovery: str, why: str) -> NewCase:
        return NewCase(
            cause=cause,
            interface=self._interface.name,
            entity=self._interface.entity,
            period=str(Period.of(self._now.date())),
            source_key=row["source_key"] or f"message {row['message_id']}",
            # Of a message nobody knows yet what it is worth.
            amount=abs(row["measure_debit"] - row["measure_credit"]) if "document_id" in row else Decimal(0),
            currency=row["currency"] if "document_id" in row else self._entity.currency,
            recovery=recovery,
            detail=why,
            owner=self._interface.owner,
            opened_at=self._now,
            due_at=self._now + timedelta(hours=self._interface.service_level_hours),
            document_id=row.get("document_id"),
        )

    def give_up(self, connection: Connection, messages: list[Row], due: list[Row], error: Exception) -> None:
        """The one message or document on which the batch fails becomes a case, whatever the failure."""
        why = text_of(error)
        _log.warning("cannot be taken", interface=self._interface.name, error=why)
        with connection.transaction():
            beside_others(connection)
            for row in messages:
                _settle(connection, {row["message_id"]: (MessageState.FAILED, why)})
            for row in due:
                connection.execute(
                    _SQL["set_aside"], {"id": row["document_id"], "reason": PROCESSING_FAILED.name}
                )
            refuses = isinstance(error, psycopg.Error) and messages
            failed = PROCESSING_FAILED
            cases = [
                self._unreadable(row, why) if refuses else self._case(row, failed.name, failed.say(), why)
                for row in (*messages, *due)
            ]
            open_cases(connection, cases, "process")


def _apart(works: list[Work]) -> list[list[Work]]:
    """Groups in which no two documents share a name, each behind all that came before it and share one: two bills of one order
    see each other, though they came together, and what is told again sees what it repeats."""
    groups: list[tuple[set[str], list[Work]]] = []
    for work in works:
        names = {n for n in work.document.names() if not n.startswith(AWAITS)}
        place = 1 + max((n for n, g in enumerate(groups) if names & g[0]), default=-1)
        if place == len(groups):
            groups.append((set(), []))
        groups[place][0].update(names)
        groups[place][1].append(work)
    return [members for _, members in groups] or [[]]


def _ranked(works: list[Work]) -> list[list[Work]]:
    """By their kinds' ranks: what is named by others, what moves money, what refers to either."""
    ranks = [Rank(recipe_of(w.document).rank(w.document)) for w in works]
    return [[w for w, rank in zip(works, ranks, strict=True) if rank == each] for each in Rank]


def _in_turns(works: list[Work]) -> list[list[Work]]:
    """What may be another telling of what came another way sees that in the same batch."""
    turns: dict[tuple[str, int], list[Work]] = {}
    ways: dict[tuple[str, str], list[str]] = {}
    for work in works:
        turn, place = work.document.turn(), 0
        common = work.document.told_as()
        if common is not None:
            what, way = common
            # Two ways that have one turn, such as two spellings of an account: the second of them comes after the first.
            seen = ways.setdefault((turn, what), [])
            if way not in seen:
                seen.append(way)
            place = seen.index(way)
        turns.setdefault((turn, place), []).append(work)
    return [turns[turn] for turn in sorted(turns)]


def _again(row: Row) -> Work:
    """A document that waited, to be planned once more."""
    previous = None
    if row["facts"]:
        previous = msgspec.json.decode(row["facts"].encode(), type=Facts).previous
    return Work(
        document=decode(row["content"].encode()),
        content=row["content"].encode(),
        salt=bytes(row["salt"]),
        message_id=row["message_id"],
        revision=row["revision"],
        measure=Measure(row["measure_count"], row["measure_debit"], row["measure_credit"]),
        on=row["accounting_on"],
        document_id=row["document_id"],
        previous=previous,
        is_new=False,
        submitted_by=row["submitted_by"],
        received_at=row["received_at"],
    )


def _settle(connection: Connection, settled: dict[int, tuple[str, str]]) -> None:
    connection.execute(
        _SQL["settle_messages"],
        {
            "id": list(settled),
            "state": [state for state, _ in settled.values()],
            "note": [note or None for _, note in settled.values()],
        },
    )
