"""Delivering in three steps: commit the attempt; call with no transaction open; commit the
outcome on the connection that holds the lane.

A worker that dies leaves its attempt behind as `attempting`; whoever takes the lane next looks
it up before anything is sent again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, open_cases, solve
from tieout.connect import (
    BlindWriter,
    Outcome,
    RefusedError,
    Sending,
    SetupError,
    TransientError,
    Writer,
)
from tieout.documents import EffectBody, EntryPosting, MatchRequest, UnmatchRequest, decode_effect
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point, in_halves, is_of_batch, text_of, wake
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.observe import get_logger, traced
from tieout.security import NOT_OURS, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
_log = get_logger(__name__)
BATCH = 200
# How often an effect is sent to a target that takes it and does not show it.
MOST_ABSENT = 5
NOT_TAKEN = "not_taken_by_target"
_BYTES = 1 << 21
Row = dict[str, Any]


def measure_of(read_back: dict[str, Any], account: str) -> Decimal | None:
    """What the ledger holds on `account` for this effect, signed (a debit is positive)."""
    if not account:
        return None
    return sum(
        (Decimal(amount) for code, amount in read_back.get("lines", []) if code == account),
        Decimal(0),
    )


def sendings_of(connection: Connection, rows: list[Row]) -> list[Sending]:
    """Deliveries as they are sent, each with the records of the effects that it requires."""
    wanted = sorted({x for r in rows for x in r["requires"] or ()})
    targets = {
        t["external_id"]: (t["target_model"], t["target_id"])
        for t in connection.execute(_SQL["targets"], {"ids": wanted})
        if t["target_id"] is not None
    }
    return [
        Sending(
            r["external_id"],
            decode_effect(r["body"].encode()),
            tuple(r["requires"] or ()),
            {x: targets[x] for x in r["requires"] or () if x in targets},
            json.loads(r.get("read_back") or "{}"),
        )
        for r in rows
    ]


def at_risk(body: EffectBody) -> Decimal:
    """The money that a match joins: the larger of both sides, positive; 0 for other effects."""
    zero = Decimal(0)
    if isinstance(body, EntryPosting) and body.expects:
        return sum((x.amount for x in body.lines if x.amount > 0), zero)
    if not isinstance(body, MatchRequest | UnmatchRequest):
        return zero
    used = [x.residual - x.rest for x in body.lines]
    return max(sum((x for x in used if x > 0), zero), -sum((x for x in used if x < 0), zero))


def _traced(name: str, rows: list[Row]) -> AbstractContextManager[Any]:
    """A step of deliveries, as their sources' things go through it."""
    of = [(r["interface"], r["source_key"]) for r in rows]
    first = rows[0] if rows else {"system": "", "lane": ""}
    return traced(name, of, system=first["system"], lane=first["lane"])


class _NotThereError(Exception):
    """Its target took it and does not show it."""


def _key(row: Row) -> str:
    return str(row["external_id"])


def _outcome(by_id: dict[str, Outcome], row: Row) -> Outcome:
    """What a writer said of a row; one of which it says nothing is nobody's to guess."""
    found = by_id.get(row["external_id"])
    return found or Outcome(
        row["external_id"], "undecided", error="its connector did not say what became of it"
    )


class DeliveryStage:
    """A lane of a system is a lane here, an effect an item. `writer_of` gives a system's open session, or None."""

    name, pace = "deliver", Pace()

    def __init__(
        self,
        writer_of: Callable[[str], Writer | None],
        clock: Clock,
        systems: Callable[[], Sequence[str]],
    ) -> None:
        self._writer_of, self._clock, self._systems = writer_of, clock, systems
        self._worker = f"pid {os.getpid()}"

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """Lanes with something that may go now, close-critical ones first."""
        known = set(self._systems())
        rows = connection.execute(_SQL["lanes"]).fetchall()
        return [Due((r["system"], r["lane"]), r["system"]) for r in rows if r["system"] in known]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """One batch. Raises ConnectorError where the system does not answer, or nobody knows what it did."""
        system, name = lane
        writer = self._writer_of(system)
        given = {
            "system": system, "lane": name, "limit": turn.most(BATCH), "bytes": _BYTES, "waiting": turn.waiting(),
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
        open_rows = [r for r in rows if r["state"] in ("attempting", "unknown")]
        if open_rows:
            self._look_up(connection, turn, writer, open_rows)
        else:
            self._send(connection, turn, writer, rows)
        return True

    @staticmethod
    def _strange(connection: Connection, system: str, rows: list[Row]) -> list[Row]:
        """Rows that our planning did not write, or that somebody changed since."""
        stamps, found = stamper(connection), []
        for row in rows:
            sha = hashlib.sha256(row["body"].encode()).digest()
            given = (row["external_id"], row["document_id"], " ".join(row["requires"] or ()), sha)
            if not stamps.holds(row["stamp"], "delivery", system, *given):
                found.append(row)
        return found

    def _set_aside(self, connection: Connection, rows: list[Row]) -> None:
        """Send nothing of them, ever: each becomes a case."""
        with connection.transaction():
            for row in rows:
                why = "its stamp is not right: planning did not write it as it stands"
                self._refused(
                    connection, row, Outcome(row["external_id"], "refused", error=why, cause=NOT_OURS)
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
                raise error
            self._undecided(connection, row, error)

        # That an effect failed is not forgotten here: only once it is there, or a case.
        in_halves(rows, look, alone, stop=lambda: turn.stopping)

    def _undecided(self, connection: Connection, row: Row, error: Exception) -> None:
        outcome = Outcome(row["external_id"], "undecided", error=text_of(error))
        with connection.transaction():
            self._settle(connection, [row], [outcome], "looked up")

    def _send(self, connection: Connection, turn: Turn, writer: Writer, rows: list[Row]) -> None:
        """Send fresh effects together. What the writer raises for one of them stays with that one: a set on which it
        fails in an unforeseen way is looked up whole, and each that did not happen is sent by itself from then on.
        """
        if isinstance(writer, BlindWriter) or any(turn.failures_of(_key(row)) for row in rows):
            rows = rows[:1]
        try:
            sendings = sendings_of(connection, rows)
        except Exception as error:
            if is_of_batch(error) or len(rows) > 1:
                raise
            self._refuse(connection, rows, error)
            return
        end = self._begin(connection, rows)
        ids = [r["delivery_id"] for r in rows]
        crash_point("deliver.after_attempt")
        try:
            with _traced("deliver", rows):
                outcomes = writer.send(sendings)
        except (TransientError, SetupError) as error:
            # Nothing happened there, so the effects simply wait on.
            how = "transient" if isinstance(error, TransientError) else "set-up"
            self._end(connection, ids, "waiting", end, how, error)
            raise
        except RefusedError as error:
            outcomes = [Outcome(r["external_id"], "refused", error=str(error)) for r in rows]
        except Exception as error:
            # Unforeseen, or a cut line: it may have happened or not.
            self._end(connection, ids, "unknown", end, "unknown", error)
            if not is_of_batch(error):
                for row in rows:
                    turn.fail(_key(row), error)
                return
            raise
        crash_point("deliver.after_send")
        self._finish(connection, turn, rows, outcomes, "sent", end)
        crash_point("deliver.after_outcome")

    def _begin(self, connection: Connection, rows: list[Row]) -> Row:
        """Commit that it is attempted, before anything is sent."""
        given = {
            "system": rows[0]["system"], "lane": rows[0]["lane"], "worker": self._worker,
            "external_ids": [r["external_id"] for r in rows], "at": self._clock.now(),
        }  # fmt: skip
        with connection.transaction():
            attempt = connection.execute(_SQL["add_attempt"], given).fetchone()
            connection.execute(_SQL["attempting"], {"ids": [r["delivery_id"] for r in rows]})
        assert attempt is not None
        return {"attempt_id": attempt["attempt_id"]}

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
            self._settle(connection, rows, told, how)
            if end is not None:
                answered = {**end, "at": self._clock.now(), "outcome": "answered", "detail": None}
                connection.execute(_SQL["end_attempt"], answered)
            wake(connection)
        for outcome in told:
            if outcome.status in ("absent", "unsent"):
                if end is not None and (outcome.error or outcome.status == "absent"):
                    turn.fail(outcome.external_id, _NotThereError(outcome.error or "sent, and not there"))
            else:
                turn.worked(outcome.external_id)

    @staticmethod
    def _bounded(turn: Turn, outcome: Outcome, sent: bool) -> Outcome:
        """An outcome as it is, but for what is not there after the last time that it may be sent."""
        times = turn.failures_of(outcome.external_id) + sent
        if outcome.status != "absent" or times < MOST_ABSENT:
            return outcome
        why = f"sent {times} times, and not there: {outcome.error or 'it shows something else'}"
        return Outcome(outcome.external_id, "undecided", error=why, cause=NOT_TAKEN)

    def _refuse(self, connection: Connection, rows: list[Row], error: Exception) -> None:
        """Effects that cannot even be put together are refused, as if their target had."""
        outcomes = [Outcome(r["external_id"], "refused", error=text_of(error)) for r in rows]
        with connection.transaction():
            self._settle(connection, rows, outcomes, "sent")

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

    def _settle(self, connection: Connection, rows: list[Row], outcomes: Sequence[Outcome], how: str) -> None:
        """Write what became of each sending, with evidence, in the caller's transaction."""
        by_id = {o.external_id: o for o in outcomes}
        now = self._clock.now()
        confirmed, entries = [], []
        for row in rows:
            outcome = by_id[row["external_id"]]
            if outcome.status == "confirmed":
                confirmed.append((row, outcome))
            elif outcome.status in ("absent", "unsent"):
                connection.execute(_SQL["set_state"], {"state": "waiting", "ids": [row["delivery_id"]]})
            else:
                self._refused(connection, row, outcome)
            detail = {"target": outcome.target_id, "how": how, "error": outcome.error[:200]}
            entries.append(
                Entry(
                    now, self._worker, f"delivery.{outcome.status}", row["external_id"], row["entity"], detail
                )
            )
        record(connection, entries)
        if confirmed:
            self._confirm(connection, confirmed)

    def _confirm(self, connection: Connection, confirmed: list[tuple[Row, Outcome]]) -> None:
        now = self._clock.now()
        connection.execute(
            _SQL["confirm"],
            {
                "at": now,
                "id": [row["delivery_id"] for row, _ in confirmed],
                "model": [o.model for _, o in confirmed],
                "target_id": [o.target_id for _, o in confirmed],
                "read_back": [json.dumps(o.read_back) for _, o in confirmed],
                "measure": [measure_of(o.read_back, row["account"]) for row, o in confirmed],
            },
        )
        documents = sorted({row["document_id"] for row, _ in confirmed})
        connection.execute(_SQL["lock_documents"], {"ids": documents})
        posted = connection.execute(_SQL["post_documents"], {"ids": documents, "at": now})
        entries = [
            Entry(now, self._worker, "document.posted", f"{r['interface']}:{r['source_key']}", r["entity"])
            for r in posted
        ]
        record(connection, entries)
        # Of a document with several effects only those that happened now are settled.
        keys = [f"{row['source_key']} {row['effect']}" for row, _ in confirmed]
        solve(connection, documents, now, "it was delivered", self._worker, _UNSENT, keys)
        odd = [(row, o) for row, o in confirmed if o.cause]
        for row, outcome in odd:
            self._open_case(connection, row, outcome.cause, outcome.error)

    def _refused(self, connection: Connection, row: Row, outcome: Outcome) -> None:
        connection.execute(_SQL["set_state"], {"state": "refused", "ids": [row["delivery_id"]]})
        cause = outcome.cause or (
            "outcome_undecided" if outcome.status == "undecided" else "refused_by_target"
        )
        if row["ledger"]:
            connection.execute(_SQL["refuse_document"], {"id": row["document_id"]})
        self._open_case(connection, row, cause, outcome.error)

    def _open_case(self, connection: Connection, row: Row, cause: str, why: str) -> None:
        found = connection.execute(_SQL["documents_of"], {"ids": [row["document_id"]]}).fetchone()
        assert found is not None
        now = self._clock.now()
        amount = abs(found["measure_debit"] - found["measure_credit"]) if row["ledger"] else Decimal(0)
        if cause != NOT_OURS:
            amount = amount or at_risk(decode_effect(row["body"].encode()))
        open_cases(
            connection,
            [
                NewCase(
                    cause=cause,
                    interface=found["interface"],
                    entity=found["entity"],
                    period=found["period"] or str(Period.of(now.date())),
                    source_key=f"{found['source_key']} {row['effect']}",
                    amount=amount,
                    currency=found["currency"],
                    recovery=_RECOVERY.get(cause, "correct the cause, then `tieout replay`"),
                    detail=why[:500],
                    owner="finance",
                    opened_at=now,
                    due_at=now + timedelta(hours=24),
                    blocking=bool(row["ledger"]),
                    document_id=row["document_id"],
                )
            ],
            self._worker,
        )


# Causes of effects that did not happen: delivering them solves the case.
_UNSENT = [
    "refused_by_target", "outcome_undecided", "not_matched", "matched_otherwise", "match_impossible",
    "paid_already", NOT_TAKEN,
]  # fmt: skip
_RECOVERY = {
    NOT_OURS: "somebody wrote into the database past Tieout: find out who; nothing of it was sent",
    "not_matched": "match the two in the ledger, or `tieout replay --cause not_matched`",
    "matched_otherwise": "somebody matched one side with something else: decide in the ledger",
    "paid_already": "somebody paid or matched its bill meanwhile: exclude the payment with that reason; it is "
    "in no file to the bank",
    NOT_TAKEN: "its target takes it and shows something else: find out what changes it there (a trigger, a rule), then "
    "`tieout replay`",
    "match_impossible": "one side has left its account: correct it in the ledger, then replay",
    "outcome_undecided": "look at the target: if it happened, `tieout cases solve`; else replay",
    "refused_by_target": "the target refused it: correct what it names, then `tieout replay`",
    "date_moved": "the ledger moved the date (a lock): agree on the period, or reopen it",
}
