"""Delivering in three steps: commit the attempt; call with no transaction open; commit the
outcome on the connection that holds the lane.

A worker that dies leaves its attempt behind as `attempting`; whoever takes the lane next looks
it up before anything is sent again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, open_cases, solve
from tieout.connect import (
    ConnectorError,
    Outcome,
    RefusedError,
    Sending,
    SetupError,
    TransientError,
    UnknownOutcomeError,
    Writer,
)
from tieout.documents import EffectBody, EntryPosting, MatchRequest, UnmatchRequest, decode_effect
from tieout.engine import Clock, Lane, crash_point, wake
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.observe import get_logger, traced
from tieout.security import NOT_OURS, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
_log = get_logger(__name__)
BATCH = 200
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


class DeliveryStage:
    """The stage as a worker's step. `writer_of` gives a system's open session, or None."""

    def __init__(
        self,
        writer_of: Callable[[str], Writer | None],
        clock: Clock,
        systems: Callable[[], Sequence[str]],
    ) -> None:
        self._writer_of, self._clock, self._systems = writer_of, clock, systems
        self._paused: dict[tuple[str, str], float] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._worker = f"pid {os.getpid()}"

    def step(self, connection: Connection) -> bool:
        """One batch of one free lane; True where something moved."""
        known = set(self._systems())
        for row in connection.execute(_SQL["lanes"]).fetchall():
            system, lane = row["system"], row["lane"]
            if system not in known or self._paused.get((system, lane), 0) > time.monotonic():
                continue
            lock = Lane(connection, "deliver", system, lane)
            if not lock.take():
                continue
            try:
                if self._deliver(connection, system, lane):
                    return True
            finally:
                if not connection.closed:
                    lock.free()
        return False

    def _deliver(self, connection: Connection, system: str, lane: str) -> bool:
        writer = self._writer_of(system)
        rows = connection.execute(
            _SQL["claim"], {"system": system, "lane": lane, "limit": BATCH, "bytes": _BYTES}
        ).fetchall()
        if writer is None or not rows:
            return False
        strange = self._strange(connection, system, rows)
        if strange:
            self._set_aside(connection, strange)
            return True
        kind = json.loads(rows[0]["body"])["op"]
        rows = [r for r in rows if json.loads(r["body"])["op"] == kind]
        open_rows = [r for r in rows if r["state"] in ("attempting", "unknown")]
        fresh = [r for r in rows if r["state"] == "waiting"]
        if open_rows:
            return self._look_up(connection, system, lane, writer, open_rows)
        return self._send(connection, system, lane, writer, fresh)

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

    def _look_up(
        self, connection: Connection, system: str, lane: str, writer: Writer, rows: list[Row]
    ) -> bool:
        """What became of attempts whose outcome nobody knows."""
        try:
            with _traced("look up", rows):
                outcomes = writer.look_up(sendings_of(connection, rows))
        except ConnectorError as error:
            self._pause(system, lane, error)
            return False
        by_id = {o.external_id: o for o in outcomes}
        absent = [r for r in rows if by_id[r["external_id"]].status == "absent"]
        rest = [r for r in rows if by_id[r["external_id"]].status != "absent"]
        with connection.transaction():
            if absent:
                ids = [r["delivery_id"] for r in absent]
                connection.execute(_SQL["set_state"], {"state": "waiting", "ids": ids})
            self._settle(connection, rest, [by_id[r["external_id"]] for r in rest], "looked up")
            wake(connection)
        return True

    def _send(self, connection: Connection, system: str, lane: str, writer: Writer, rows: list[Row]) -> bool:
        ids = [r["delivery_id"] for r in rows]
        external = [r["external_id"] for r in rows]
        with connection.transaction():
            attempt = connection.execute(
                _SQL["add_attempt"],
                {
                    "system": system,
                    "lane": lane,
                    "worker": self._worker,
                    "external_ids": external,
                    "at": self._clock.now(),
                },
            ).fetchone()
            connection.execute(_SQL["attempting"], {"ids": ids})
        assert attempt is not None
        end = {"attempt_id": attempt["attempt_id"]}
        crash_point("deliver.after_attempt")
        try:
            with _traced("deliver", rows):
                outcomes = writer.send(sendings_of(connection, rows))
        except TransientError as error:
            # Nothing happened there, so the effects simply wait on.
            self._end(connection, ids, "waiting", end, "transient", error)
            self._pause(system, lane, error)
            return False
        except RefusedError as error:
            refused = [Outcome(x, "refused", error=str(error)) for x in external]
            return self._finish(connection, rows, refused, end)
        except SetupError as error:
            self._end(connection, ids, "waiting", end, "set-up", error)
            self._pause(system, lane, error)
            return False
        except UnknownOutcomeError as error:
            self._end(connection, ids, "unknown", end, "unknown", error)
            self._pause(system, lane, error)
            return True
        crash_point("deliver.after_send")
        self._failures.pop((system, lane), None)
        return self._finish(connection, rows, outcomes, end)

    def _finish(self, connection: Connection, rows: list[Row], outcomes: Sequence[Outcome], end: Row) -> bool:
        with _traced("confirm", rows), connection.transaction():
            self._settle(connection, rows, outcomes, "sent")
            connection.execute(
                _SQL["end_attempt"],
                {**end, "at": self._clock.now(), "outcome": "answered", "detail": None},
            )
            wake(connection)
        crash_point("deliver.after_outcome")
        return True

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
                {**end, "at": self._clock.now(), "outcome": outcome, "detail": str(error)[:500]},
            )

    def _pause(self, system: str, lane: str, error: ConnectorError) -> None:
        key = (system, lane)
        self._failures[key] = self._failures.get(key, 0) + 1
        after = getattr(error, "retry_after", min(0.05 * 2 ** self._failures[key], 5.0))
        self._paused[key] = time.monotonic() + after
        _log.warning("lane waits", system=system, lane=lane, seconds=after, error=str(error)[:300])

    def _settle(self, connection: Connection, rows: list[Row], outcomes: Sequence[Outcome], how: str) -> None:
        """Write what became of each sending, with evidence, in the caller's transaction."""
        by_id = {o.external_id: o for o in outcomes}
        now = self._clock.now()
        confirmed, entries = [], []
        for row in rows:
            outcome = by_id[row["external_id"]]
            if outcome.status == "confirmed":
                confirmed.append((row, outcome))
            elif outcome.status == "absent":
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
    "paid_already",
]  # fmt: skip
_RECOVERY = {
    NOT_OURS: "somebody wrote into the database past Tieout: find out who; nothing of it was sent",
    "not_matched": "match the two in the ledger, or `tieout replay --cause not_matched`",
    "matched_otherwise": "somebody matched one side with something else: decide in the ledger",
    "paid_already": "somebody paid or matched its bill meanwhile: exclude the payment with that reason; it is "
    "in no file to the bank",
    "match_impossible": "one side has left its account: correct it in the ledger, then replay",
    "outcome_undecided": "look at the target: if it happened, `tieout cases solve`; else replay",
    "refused_by_target": "the target refused it: correct what it names, then `tieout replay`",
    "date_moved": "the ledger moved the date (a lock): agree on the period, or reopen it",
}
