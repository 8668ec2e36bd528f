"""What people decided of late events, as plans go by it: a document that a lock holds goes past it once somebody decided that it may.

Decisions are made where a close is (`close/deciding_late.py`); here they are read, each with its stamp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
# Decided so, it is booked on the first open day; to be reopened, it waits for its own.
_GOES_ON = ("adjust", "pass")


def decision_parts(row: Mapping[str, Any]) -> tuple[object, ...]:
    """What a decision's stamp is over."""
    return (
        row["document_id"], row["decision"], row["reason"], row["decided_by"], row["decided_booked_on"],
        f"{row['decided_amount']:f}",
    )  # fmt: skip


def go_past_locks(connection: Connection, documents: Sequence[int]) -> set[int]:
    """Which of these documents somebody decided to book after the lock that stops them: by the last decision of each. One that was
    written past us is none."""
    if not documents:
        return set()
    stamps = stamper(connection)
    rows = connection.execute(_SQL["late_decided"], {"ids": list(documents)}).fetchall()
    return {
        r["document_id"]
        for r in rows
        if r["decision"] in _GOES_ON and stamps.holds(r["stamp"], "late decision", *decision_parts(r))
    }


def plan_late_again(connection: Connection, document_id: int, now: datetime) -> bool:
    """Let a held late event be planned again, in the caller's transaction; False where it is not held."""
    return connection.execute(_SQL["late_goes_on"], {"id": document_id, "now": now}).fetchone() is not None
