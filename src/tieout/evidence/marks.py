"""How far evidence was seen: whether anything happened since, without missing what committed late.

Numbers are given as entries are written, and an entry is seen once its transaction commits: a long transaction's may come to
light below others' that were seen before. The highest number alone would never tell of it. So a mark holds which transactions were
open as well, and one that was open and wrote is told of once it has committed: an idle one, or one that wrote nothing, of nothing.
"""

from __future__ import annotations

from tieout.store import Connection, Queries

_SQL = Queries("tieout.evidence")


def mark(connection: Connection) -> str:
    """Up to where evidence is seen now: what is read after this is at least of this instant."""
    row = connection.execute(_SQL["mark"]).fetchone()
    assert row is not None
    return f"{row['top']}/{row['seen']}"


def came_since(connection: Connection, before: str) -> bool:
    """Whether any entry came to light since a mark; True where there is none ("")."""
    top, _, seen = before.partition("/")
    if not seen:
        return True
    row = connection.execute(_SQL["came_since"], {"top": int(top), "seen": seen}).fetchone()
    return bool(row and row["came"])
