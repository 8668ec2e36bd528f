"""What is on its way by interface: messages that wait, documents that wait or are delivered; and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.store import Connection, Queries

_SQL = Queries("tieout.kept_figures")
# A document that is normalised and not planned waits for something: an order, an approval.
STAGES = ("received", "normalised", "planned")


@dataclass(frozen=True)
class Backlog:
    """How many of an interface are on their way, and when the oldest of them came."""

    interface: str
    count: int
    oldest_at: datetime


def backlog(connection: Connection, stages: Sequence[str] = STAGES) -> list[Backlog]:
    """By interface, of some stages."""
    found: dict[str, Backlog] = {}
    for row in connection.execute(_SQL["backlog"]):
        if row["stage"] not in stages:
            continue
        before = found.get(row["interface"])
        count = row["count"] + (before.count if before else 0)
        oldest = min(row["oldest_at"], before.oldest_at) if before else row["oldest_at"]
        found[row["interface"]] = Backlog(row["interface"], count, oldest)
    return [found[name] for name in sorted(found)]
