"""Reads back what the ledger holds today and compares it by content with what was sent.

People work in the ledger too: an existence check would miss a changed, cancelled or deleted
record. A difference becomes a case and takes the document out of the posted bucket.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tieout.cases import NewCase, beside_others, open_cases, solve
from tieout.causes import cause_named
from tieout.connector_api import ConnectorError, LedgerReader, Outcome, OutcomeStatus
from tieout.connector_api.causes import UNRECONCILED
from tieout.delivery.causes import IN_LEDGER, UNREADABLE
from tieout.delivery.sending import Row, differing, measure_of, sendings_of
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, text_of, wake
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.store import Connection, Queries

_SQL = Queries("tieout.delivery")
_BATCH = 1000
# Once the ledger agrees again they are solved.
_DIFFERS = [c.name for c in IN_LEDGER]


def request_verification(connection: Connection) -> None:
    """Ask for a full read-back: the workers do it at once."""
    connection.execute(_SQL["verify_now"])
    wake(connection)


class VerifyStage:
    """A full read-back each `every`, or when asked. A ledger is a lane, an effect an item."""

    # Due each hour: wake-ups are mostly for other work, of which there may be hundreds a second.
    name, pace = "verify", Pace(every_s=0.1)

    def __init__(
        self,
        reader_of: Callable[[str], LedgerReader | None],
        ledgers: Callable[[], Sequence[str]],
        clock: Clock,
        every: timedelta = timedelta(hours=1),
    ) -> None:
        self._reader_of, self._ledgers, self._clock = reader_of, ledgers, clock
        self._every = every

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane a ledger."""
        return [Due((system,), system) for system in self._ledgers()]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises ConnectorError where the ledger does not answer."""
        now, (system,) = self._clock.now(), lane
        given = {"system": system, "now": now, "next": now + self._every}
        connection.execute(_SQL["ensure_verification"], given)
        if connection.execute(_SQL["due_verification"], given).fetchone() is None:
            return False
        connection.execute(_SQL["verifying"], given)
        reader = self._reader_of(system)
        if reader is not None:
            self._verify(connection, reader, system, turn)
        if turn.stopping:
            # What was not read back is not put off for an hour: whoever starts next begins anew.
            return False
        connection.execute(_SQL["verified"], given)
        return True

    def _verify(self, connection: Connection, reader: LedgerReader, system: str, turn: Turn) -> None:
        """Compare every confirmed ledger delivery of `system`; one that cannot be compared is a case, and the others
        are compared."""
        after = 0

        def compare(rows: list[Row]) -> None:
            outcomes = reader.read_back(sendings_of(connection, rows), [r["target_id"] or 0 for r in rows])
            for row, outcome in zip(rows, outcomes, strict=True):
                _compare(connection, row, outcome, self._clock.now())

        def give_up(row: Row, error: Exception) -> None:
            _compare(connection, row, _unreadable(row, error), self._clock.now())

        while not turn.stopping:
            given = {"system": system, "after": after, "limit": _BATCH}
            rows = connection.execute(_SQL["to_verify"], given).fetchall()
            if not rows:
                return
            after = rows[-1]["delivery_id"]
            turn.sets(rows, lambda row: str(row["external_id"]), compare, give_up)


def read_back_month(
    connection: Connection,
    reader: LedgerReader,
    system: str,
    entity: str,
    period: Period,
    zone: str,
    now: datetime,
) -> int:
    """Compare what the ledger holds now of an entity's month with what was sent, at once and whoever else does; how many
    effects there are. Of the month is what is booked in it and what its source dates in it. Raises ConnectorError."""
    given = {"system": system, "entity": entity, "period": str(period), "zone": zone}
    return _read_back(connection, reader, "to_verify_month", given, now)


def read_back_documents(
    connection: Connection,
    reader: LedgerReader,
    system: str,
    entity: str,
    documents: tuple[Sequence[str], Sequence[str]],
    records: Sequence[tuple[str, int]],
    now: datetime,
) -> int:
    """The same of some `documents` of an entity ((interfaces, source keys)), and of the documents that `records` (model, id) of its ledger
    are of. Raises ConnectorError."""
    interfaces, keys = documents
    given = {
        "system": system, "entity": entity, "interfaces": list(interfaces), "keys": list(keys),
        "models": [model for model, _ in records], "ids": [number for _, number in records],
    }  # fmt: skip
    return _read_back(connection, reader, "to_verify_documents", given, now)


def _read_back(
    connection: Connection, reader: LedgerReader, query: str, given: dict[str, Any], now: datetime
) -> int:
    after, count = 0, 0
    while True:
        rows = connection.execute(_SQL[query], {**given, "after": after, "limit": _BATCH}).fetchall()
        if not rows:
            return count
        after, count = rows[-1]["delivery_id"], count + len(rows)
        for row, outcome in _outcomes(connection, reader, rows):
            _compare(connection, row, outcome, now)


def _outcomes(connection: Connection, reader: LedgerReader, rows: list[Row]) -> list[tuple[Row, Outcome]]:
    """What the ledger holds of each; one that breaks the comparison of all is told of alone."""
    try:
        found = reader.read_back(sendings_of(connection, rows), [r["target_id"] or 0 for r in rows])
        return list(zip(rows, found, strict=True))
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - it is a case of the one that breaks, and the others are compared
        if len(rows) == 1:
            return [(rows[0], _unreadable(rows[0], error))]
    half = len(rows) // 2
    return _outcomes(connection, reader, rows[:half]) + _outcomes(connection, reader, rows[half:])


def _unreadable(row: Row, error: Exception) -> Outcome:
    held = json.loads(row["read_back"] or "{}")
    return Outcome(
        row["external_id"],
        OutcomeStatus.CONFIRMED,
        read_back=held,
        cause=UNREADABLE.name,
        error=text_of(error),
    )


def _compare(connection: Connection, row: Row, outcome: Outcome, now: datetime) -> None:
    before = json.loads(row["read_back"] or "{}")
    changed = bool(outcome.cause)
    same = all(outcome.read_back.get(x) == before.get(x) for x in ("lines", "numbers"))
    if changed and row["changed"] and json.loads(json.dumps(outcome.read_back)) == before:
        told = {"document_id": row["document_id"], "cause": outcome.cause}
        if connection.execute(_SQL["told"], told).fetchone():
            return
    if changed or row["changed"] or not same:
        with connection.transaction():
            beside_others(connection)
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
                open_cases(connection, [_case(row, outcome, now)], "verify")
            elif not connection.execute(_SQL["others_changed"], row).fetchone():
                solve(
                    connection,
                    [row["document_id"]],
                    now,
                    "the ledger agrees again",
                    "verify",
                    _DIFFERS,
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


def _case(row: Row, outcome: Outcome, now: datetime) -> NewCase:
    known = cause_named(outcome.cause)
    return NewCase(
        cause=outcome.cause,
        blocking=outcome.cause != UNRECONCILED.name,
        interface=row["interface"],
        entity=row["entity"],
        period=row["period"],
        source_key=row["source_key"],
        amount=differing(outcome.read_back, row["body"], row["currency"]).value,
        currency=row["currency"],
        recovery=known.shown(),
        detail=outcome.error,
        owner=known.who or "finance",
        opened_at=now,
        due_at=now + timedelta(hours=24),
        document_id=row["document_id"],
    )
