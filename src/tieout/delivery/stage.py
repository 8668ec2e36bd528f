"""Delivering in three steps: commit the attempt; call with no transaction open; commit the
outcome on the connection that holds the lane.

A worker that dies leaves its attempt behind as `attempting`; whoever takes the lane next looks
it up before anything is sent again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from tieout.connector_api import (
    BlindWriter,
    Outcome,
    OutcomeStatus,
    RefusedError,
    Sending,
    SetupError,
    TransientError,
    Writer,
)
from tieout.delivery.causes import NOT_TAKEN
from tieout.delivery.guarding import Guard, nothing_speaks_against
from tieout.delivery.sending import Row, sendings_of
from tieout.delivery.settling import Settler
from tieout.documents.states import EffectState
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point, in_halves, is_of_batch, text_of, wake
from tieout.evidence import Entry, record
from tieout.observe import get_logger, traced
from tieout.security import NOT_OURS, effect_holds, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
_log = get_logger(__name__)
BATCH = 200
# How often an effect is sent to a target that takes it and does not show it.
MOST_ABSENT = 5
# How often by itself, where each time the answer was lost and nothing was there. A bad line loses several in a row: an invoice
# is a handful of calls. What a target never comes through with is a case all the same.
MOST_LOST = 20
_BYTES = 1 << 21
# The items of an effect at which its system fails, with nothing sent, and of one whose answers are lost: neither counts for the
# tries of what was answered.
_AT, _LOST = "system at ", "answers lost of "


def _traced(name: str, rows: list[Row]) -> AbstractContextManager[Any]:
    """A step of deliveries, as their sources' things go through it."""
    of = [(r["interface"], r["source_key"]) for r in rows]
    first = rows[0] if rows else {"system": "", "lane": ""}
    return traced(name, of, system=first["system"], lane=first["lane"])


class _NotThereError(Exception):
    """Its target took it and does not show it."""


def _key(row: Row) -> str:
    return str(row["external_id"])


def _failed_before(turn: Turn, row: Row) -> bool:
    return any(turn.failures_of(before + _key(row)) for before in ("", _AT, _LOST))


def _outcome(by_id: dict[str, Outcome], row: Row) -> Outcome:
    """What a writer said of a row; one of which it says nothing is nobody's to guess."""
    found = by_id.get(row["external_id"])
    return found or Outcome(
        row["external_id"], OutcomeStatus.UNDECIDED, error="its connector did not say what became of it"
    )


class DeliveryStage:
    """A lane of a system is a lane here, an effect an item. `writer_of` gives a system's open session, or None; `guard` says what
    speaks against effects as they are about to be sent."""

    name, pace = "deliver", Pace()

    def __init__(
        self,
        writer_of: Callable[[str], Writer | None],
        clock: Clock,
        systems: Callable[[], Sequence[str]],
        guard: Guard = nothing_speaks_against,
    ) -> None:
        self._writer_of, self._clock, self._systems, self._guard = writer_of, clock, systems, guard
        self._worker = f"pid {os.getpid()}"
        self._settler = Settler(clock, self._worker)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """Lanes with something that may go now, close-critical ones first."""
        known = set(self._systems())
        rows = connection.execute(_SQL["lanes"]).fetchall()
        return [Due((r["system"], r["lane"]), r["system"]) for r in rows if r["system"] in known]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """One batch. Raises ConnectorError where the system does not answer, or nobody knows what it did."""
        system, name = lane
        writer = self._writer_of(system)
        waiting = [key.removeprefix(_AT).removeprefix(_LOST) for key in turn.waiting()]
        given = {
            "system": system, "lane": name, "limit": turn.most(BATCH), "bytes": _BYTES, "waiting": waiting,
        }  # fmt: skip
        rows = connection.execute(_SQL["claim"], given).fetchall()
        if writer is None or not rows:
            return False
        strange = self._strange(connection, system, rows)
        if strange:
            self._set_aside(connection, strange)
            return True
        kind = json.loads(rows[0]["body"])["op"]
        rows = [r for r in rows if json.loads(r["body"])["op"] == kind]
        open_rows = [r for r in rows if r["state"] in (EffectState.ATTEMPTING, EffectState.UNKNOWN)]
        if open_rows:
            self._look_up(connection, turn, writer, open_rows)
            return True
        return self._send(connection, turn, writer, rows)

    @staticmethod
    def _strange(connection: Connection, system: str, rows: list[Row]) -> list[Row]:
        """Rows that our planning did not write, or that somebody changed since."""
        stamps = stamper(connection)
        return [row for row in rows if not effect_holds(stamps, row | {"system": system})]

    def _set_aside(self, connection: Connection, rows: list[Row]) -> None:
        """Send nothing of them, ever: each becomes a case."""
        with connection.transaction():
            for row in rows:
                why = "its stamp is not right: planning did not write it as it stands"
                self._settler.refuse(
                    connection,
                    row,
                    Outcome(row["external_id"], OutcomeStatus.REFUSED, error=why, cause=NOT_OURS),
                )
                detail = {"cause": NOT_OURS}
                entry = Entry(
                    self._clock.now(),
                    self._worker,
                    "delivery.not_ours",
                    row["external_id"],
                    row["entity"],
                    detail,
                )
                record(connection, [entry])

    def _look_up(self, connection: Connection, turn: Turn, writer: Writer, rows: list[Row]) -> None:
        """What became of attempts whose outcome nobody knows. Where a look-up fails on a set, it is halved."""

        def look(part: list[Row]) -> None:
            with _traced("look up", part):
                outcomes = writer.look_up(sendings_of(connection, part))
            self._finish(connection, turn, part, outcomes, "looked up")

        def alone(row: Row, error: Exception) -> None:
            if is_of_batch(error):
                turn.suspect(_AT + _key(row), error)
                raise error
            self._settle_one(connection, row, OutcomeStatus.UNDECIDED, error)

        # That an effect failed is not forgotten here: only once it is there, or a case.
        in_halves(rows, look, alone, stop=lambda: turn.stopping)

    def _settle_one(self, connection: Connection, row: Row, status: OutcomeStatus, error: Exception) -> None:
        outcome = Outcome(row["external_id"], status, error=text_of(error))
        with connection.transaction():
            self._settler.settle(connection, [row], [outcome], status)

    def _send(self, connection: Connection, turn: Turn, writer: Writer, rows: list[Row]) -> bool:
        """Send fresh effects together, and by itself each that failed before; False where each of them waits for something else.

        What the writer raises for one of them stays with that one: a set on which it fails in an unforeseen way is
        looked up, and what of it did not happen is sent again in halves. Raises ConnectorError.
        """
        alone = isinstance(writer, BlindWriter)
        apart = [row for row in rows if alone or _failed_before(turn, row)]
        together = [row for row in rows if not (alone or _failed_before(turn, row))]
        parts = [[row] for row in reversed(apart)] + ([together] if together else [])
        moved = False
        while parts and not turn.stopping:
            part = parts.pop()
            tried, unforeseen = self._send_part(connection, turn, writer, part)
            moved |= tried
            if unforeseen is None:
                continue
            self._look_up(connection, turn, writer, part)
            left = self._waiting(connection, part)
            if len(part) == 1:
                if left:
                    turn.fail(
                        _key(part[0]), unforeseen, partial(self._not_taken, connection, part[0]), MOST_ABSENT
                    )
            else:
                middle = len(part) // 2
                halves = [[r for r in half if _key(r) in left] for half in (part[:middle], part[middle:])]
                parts += [half for half in reversed(halves) if half]
        return moved

    def _send_part(
        self, connection: Connection, turn: Turn, writer: Writer, rows: list[Row]
    ) -> tuple[bool, Exception | None]:
        """One set in three steps: whether anything became of it, or was tried; and what was raised that no connector should
        raise: then nobody knows the outcome."""
        given = len(rows)
        rows, sendings = self._put_together(connection, rows)
        if not rows:
            return True, None
        held, end, rows = self._begin(connection, rows)
        if not rows:
            return held or len(sendings) < given, None
        left = {_key(r) for r in rows}
        sendings = [x for x in sendings if x.external_id in left]
        ids = [r["delivery_id"] for r in rows]
        crash_point("deliver.after_attempt")
        try:
            with _traced("deliver", rows):
                outcomes = writer.send(sendings)
        except (TransientError, SetupError) as error:
            # Nothing happened there, so the effects simply wait on.
            how = "transient" if isinstance(error, TransientError) else "set-up"
            self._end(connection, ids, EffectState.WAITING, end, how, error)
            if len(rows) == 1:
                turn.suspect(_AT + _key(rows[0]), error)
            raise
        except Exception as error:
            if isinstance(error, RefusedError) and len(rows) == 1:
                outcomes = [Outcome(rows[0]["external_id"], OutcomeStatus.REFUSED, error=str(error))]
                self._finish(connection, turn, rows, outcomes, "sent", end)
                return True, None
            # Of several it does not say which it refuses, or what it did before.
            self._end(connection, ids, EffectState.UNKNOWN, end, "unknown", error)
            if is_of_batch(error):
                if len(rows) == 1:
                    turn.suspect(_LOST + _key(rows[0]), error)
                raise
            _log.exception("a writer failed", system=rows[0]["system"], lane=rows[0]["lane"])
            return True, error
        crash_point("deliver.after_send")
        self._finish(connection, turn, rows, outcomes, "sent", end)
        crash_point("deliver.after_outcome")
        return True, None

    def _put_together(self, connection: Connection, rows: list[Row]) -> tuple[list[Row], list[Sending]]:
        """Rows as they are sent; one that cannot be put together is refused, as if its target had."""
        try:
            return rows, sendings_of(connection, rows)
        except Exception as error:
            if is_of_batch(error):
                raise
        good: list[Row] = []
        for row in rows:
            try:
                sendings_of(connection, [row])
            except Exception as error:
                if is_of_batch(error):
                    raise
                self._settle_one(connection, row, OutcomeStatus.REFUSED, error)
            else:
                good.append(row)
        return good, sendings_of(connection, good)

    @staticmethod
    def _waiting(connection: Connection, rows: list[Row]) -> set[str]:
        """Which of them wait to be sent again."""
        ids = {"ids": [r["delivery_id"] for r in rows]}
        return {r["external_id"] for r in connection.execute(_SQL["still_waiting"], ids)}

    def _not_taken(self, connection: Connection, row: Row, error: Exception) -> None:
        """An effect on which its writer fails each time, and which is not there: a case."""
        outcome = Outcome(
            row["external_id"], OutcomeStatus.UNDECIDED, error=text_of(error), cause=NOT_TAKEN.name
        )
        with connection.transaction():
            self._settler.settle(connection, [row], [outcome], "sent")

    def _begin(self, connection: Connection, rows: list[Row]) -> tuple[bool, Row, list[Row]]:
        """Commit what is attempted, before anything is sent: whether any became a case instead, the attempt, and of these rows
        those that still wait and nothing speaks against."""
        with connection.transaction():
            held, rows = self._guarded(connection, rows)
            ids = {"ids": [r["delivery_id"] for r in rows]}
            waiting = {r["delivery_id"] for r in connection.execute(_SQL["attempting"], ids)}
            rows = [r for r in rows if r["delivery_id"] in waiting]
            if not rows:
                return held, {}, []
            given = {
                "system": rows[0]["system"], "lane": rows[0]["lane"], "worker": self._worker,
                "external_ids": [r["external_id"] for r in rows], "at": self._clock.now(),
            }  # fmt: skip
            attempt = connection.execute(_SQL["add_attempt"], given).fetchone()
        assert attempt is not None
        return held, {"attempt_id": attempt["attempt_id"]}, rows

    def _guarded(self, connection: Connection, rows: list[Row]) -> tuple[bool, list[Row]]:
        """Of these rows those against which nothing speaks, in the caller's transaction; what does is written down as a case, where it
        is one: whether any was."""
        against = self._guard(connection, rows)
        held = [r for r in rows if (found := against.get(_key(r))) is not None and found.cause]
        ids = {"ids": [r["delivery_id"] for r in held]}
        waiting = (
            {r["external_id"] for r in connection.execute(_SQL["still_waiting"], ids)} if held else set()
        )
        for row in held:
            if _key(row) in waiting:
                self._settler.hold(connection, row, against[_key(row)])
        return bool(waiting), [r for r in rows if _key(r) not in against]

    def _finish(
        self, connection: Connection, turn: Turn, rows: list[Row], outcomes: Sequence[Outcome], how: str,
        end: Row | None = None,
    ) -> None:  # fmt: skip
        """Write what became of a set that was sent or looked up, in one transaction.

        What was sent and is not there is sent again a few times, a little later each time; then it is a case.
        """
        by_id = {o.external_id: o for o in outcomes}
        told = [self._bounded(turn, _outcome(by_id, row), end is not None) for row in rows]
        with _traced("confirm", rows), connection.transaction():
            self._settler.settle(connection, rows, told, how)
            if end is not None:
                answered = {**end, "at": self._clock.now(), "outcome": "answered", "detail": None}
                connection.execute(_SQL["end_attempt"], answered)
            wake(connection)
        for outcome in told:
            if outcome.status in (OutcomeStatus.ABSENT, OutcomeStatus.UNSENT):
                if end is not None and (outcome.error or outcome.status == OutcomeStatus.ABSENT):
                    turn.fail(outcome.external_id, _NotThereError(outcome.error or "sent, and not there"))
                if end is None:
                    # Whether it can be sent by now nobody knows.
                    turn.unproven()
            else:
                turn.worked(outcome.external_id)
                turn.worked(_AT + outcome.external_id)
                turn.worked(_LOST + outcome.external_id)

    @staticmethod
    def _bounded(turn: Turn, outcome: Outcome, sent: bool) -> Outcome:
        """An outcome as it is, but for what is not there after the last time that it may be sent."""
        times, lost = (
            turn.failures_of(outcome.external_id) + sent,
            turn.failures_of(_LOST + outcome.external_id),
        )
        if outcome.status != OutcomeStatus.ABSENT or (times < MOST_ABSENT and lost < MOST_LOST):
            return outcome
        why = f"sent {times + lost} times, and not there: {outcome.error or 'its target shows something else, or nothing'}"
        return Outcome(outcome.external_id, OutcomeStatus.UNDECIDED, error=why, cause=NOT_TAKEN.name)

    def _end(
        self,
        connection: Connection,
        ids: list[int],
        state: str,
        end: Row,
        outcome: str,
        error: Exception,
    ) -> None:
        with connection.transaction():
            connection.execute(_SQL["set_state"], {"state": state, "ids": ids})
            connection.execute(
                _SQL["end_attempt"],
                {**end, "at": self._clock.now(), "outcome": outcome, "detail": text_of(error)},
            )
