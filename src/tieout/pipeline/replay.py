"""Replays and exclusions: what people decide about cases of documents."""

from __future__ import annotations

from datetime import datetime

from tieout.cases import solve
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.store import Connection, Queries

_SQL = Queries("tieout.pipeline")


def replay(
    connection: Connection,
    now: datetime,
    actor: str,
    *,
    cause: str | None = None,
    case_id: int | None = None,
) -> int:
    """Plan again what is held by an open case (of a cause, or one case), and send again what
    its target refused; how many documents and effects.

    Safe at any time: what was planned already is left alone.
    """
    rows = connection.execute(_SQL["replay"], {"now": now, "cause": cause, "case_id": case_id}).fetchall()
    entries = [Entry(now, actor, "document.replayed", f"document {r['document_id']}") for r in rows]
    again = connection.execute(_SQL["send_again"], {"cause": cause, "case_id": case_id}).fetchall()
    entries += [Entry(now, actor, "delivery.replayed", r["external_id"]) for r in again]
    if entries:
        record(connection, entries)
        wake(connection)
    return len(entries)


def exclude_case(connection: Connection, case_id: int, reason: str, now: datetime, actor: str) -> bool:
    """Exclude a held document for a stated reason and solve its cases; False where the case
    holds no document that can be excluded. Raises ValueError without a reason."""
    if not reason.strip():
        raise ValueError("an exclusion needs a reason")
    rows = connection.execute(_SQL["exclude"], {"case_id": case_id, "reason": reason}).fetchall()
    for row in rows:
        detail = {"reason": reason, "approval": f"decided by {actor}"}
        record(
            connection,
            [Entry(now, actor, "document.excluded", row["source_key"], row["entity"], detail)],
        )
        solve(connection, [row["document_id"]], now, f"excluded: {reason}", actor)
    return bool(rows)
