"""What is gone of the sealed log: its numbers have no gap, and each stands for an entry."""

from __future__ import annotations

from datetime import date

from tieout.store import Connection, Queries

_SQL = Queries("tieout.evidence")


def entries_gone(connection: Connection, since: date) -> int:
    """How many entries that were sealed since a day are there no more, or their numbers are not. That what is there is as it was sealed is
    `verify`'s to prove: this counts."""
    row = connection.execute(_SQL["gone"], {"since": since}).fetchone()
    assert row is not None
    return max(int(row["sealed"]) - int(row["there"]), 0)
