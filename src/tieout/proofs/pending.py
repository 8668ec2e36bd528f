"""What can still move now: a figure is final only when this is nothing."""

from __future__ import annotations

from datetime import datetime

from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


def pending(connection: Connection, now: datetime) -> dict[str, int]:
    """Counts by kind: messages to take, documents due, deliveries that may go, polls due."""
    row = connection.execute(_SQL["pending"], {"now": now}).fetchone()
    assert row is not None
    return {key: int(value) for key, value in row.items()}
