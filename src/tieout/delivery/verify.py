"""Reads back what the ledger holds today and compares it by content with what was sent.

People work in the ledger too: an existence check would miss a changed, cancelled or deleted
record. A difference becomes a case and takes the document out of the posted bucket.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, open_cases, solve
from tieout.connect import LedgerReader, Outcome
from tieout.delivery.stage import at_risk, measure_of, sendings_of
from tieout.documents import decode_effect
from tieout.engine import Clock, Lane, wake
from tieout.evidence import Entry, record
from tieout.money import Amount
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
_BATCH = 1000
UNRECONCILED = "unreconciled_in_ledger"
CAUSES = (
    "changed_in_ledger", "deleted_in_ledger", "unposted_in_ledger", "reversed_in_ledger", "date_moved",
    UNRECONCILED,
)  # fmt: skip
_RECONCILE_AGAIN = (
    "ask who took it apart: match it there again, undo what Tieout booked with `tieout matches undo`, or "
    "accept it with `tieout cases solve`"
)


def request_verification(connection: Connection) -> None:
    """Ask for a full read-back: the workers do it at once."""
    connection.execute("update tieout.poll_cursor set due_at = '-infinity' where stream = '#verify'")
    wake(connection)


class VerifyStage:
    """The stage as a worker's step: a full read-back each `every`, or when asked."""

    def __init__(
        self,
        reader_of: Callable[[str], LedgerReader | None],
        ledgers: Callable[[], Sequence[str]],
        clock: Clock,
        every: timedelta = timedelta(hours=1),
    ) -> None:
        self._reader_of, self._ledgers, self._clock = reader_of, ledgers, clock
        self._every = every

    def step(self, connection: Connection) -> bool:
        now = self._clock.now()
        worked = False
        for system in self._ledgers():
            connection.execute(
                "insert into tieout.poll_cursor (interface, stream, due_at)"
                " values (%s, '#verify', %s) on conflict do nothing",
                (system, now + self._every),
            )
            lane = Lane(connection, "verify", system)
            if not lane.take():
                continue
            try:
                row = connection.execute(
                    "select 1 from tieout.poll_cursor where interface = %s and"
                    " stream = '#verify' and due_at <= %s",
                    (system, now),
                ).fetchone()
                if row is not None:
                    self.verify(connection, system)
                    connection.execute(
                        "update tieout.poll_cursor set due_at = %s, polled_at = %s"
                        " where interface = %s and stream = '#verify'",
                        (now + self._every, now, system),
                    )
                    worked = True
            finally:
                if not connection.closed:
                    lane.free()
        return worked

    def verify(self, connection: Connection, system: str) -> int:
        """Compare every confirmed ledger delivery of `system`; the number that differ."""
        reader = self._reader_of(system)
        if reader is None:
            return 0
        after, differ = 0, 0
        while True:
            rows = connection.execute(
                _SQL["to_verify"], {"system": system, "after": after, "limit": _BATCH}
            ).fetchall()
            if not rows:
                return differ
            after = rows[-1]["delivery_id"]
            sendings = sendings_of(connection, rows)
            outcomes = reader.read_back(sendings, [r["target_id"] or 0 for r in rows])
            for row, outcome in zip(rows, outcomes, strict=True):
                differ += self._compare(connection, row, outcome)

    def _compare(self, connection: Connection, row: dict[str, Any], outcome: Outcome) -> int:
        now = self._clock.now()
        before = json.loads(row["read_back"] or "{}")
        changed = bool(outcome.cause)
        same = all(outcome.read_back.get(x) == before.get(x) for x in ("lines", "numbers"))
        if changed and row["changed"] and json.loads(json.dumps(outcome.read_back)) == before:
            told = {"document_id": row["document_id"], "cause": outcome.cause}
            if connection.execute(_SQL["told"], told).fetchone():
                return 1
        if changed or row["changed"] or not same:
            with connection.transaction():
                connection.execute(
                    _SQL["mark_changed"],
                    {
                        "id": row["delivery_id"],
                        "changed": changed,
                        "measure": measure_of(outcome.read_back, row["account"]),
                        "read_back": json.dumps(outcome.read_back),
                    },
                )
                if changed:
                    open_cases(connection, [self._case(row, outcome)], "verify")
                elif not connection.execute(_SQL["others_changed"], row).fetchone():
                    solve(
                        connection,
                        [row["document_id"]],
                        now,
                        "the ledger agrees again",
                        "verify",
                        CAUSES,
                    )
                record(
                    connection,
                    [
                        Entry(
                            now,
                            "verify",
                            "delivery.differs" if changed else "delivery.agrees",
                            row["external_id"],
                            row["entity"],
                            {"cause": outcome.cause},
                        )
                    ],
                )
        return int(changed)

    def _case(self, row: dict[str, Any], outcome: Outcome) -> NewCase:
        now = self._clock.now()
        return NewCase(
            cause=outcome.cause,
            blocking=outcome.cause != UNRECONCILED,
            interface=row["interface"],
            entity=row["entity"],
            period=row["period"],
            source_key=row["source_key"],
            amount=Amount.exact(
                abs(Decimal(outcome.read_back.get("difference", "0")))
                or at_risk(decode_effect(row["body"].encode())),
                row["currency"],
            ).value,
            currency=row["currency"],
            recovery=_RECONCILE_AGAIN
            if outcome.cause == UNRECONCILED
            else "ask who changed it in the ledger; undo it there, or accept it with `tieout cases solve`",
            detail=outcome.error,
            owner="finance",
            opened_at=now,
            due_at=now + timedelta(hours=24),
            document_id=row["document_id"],
        )
