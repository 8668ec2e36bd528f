"""What waits because it was declared so: systems within a window of their own, and those of which the day's budget is spent. No failure is in
here, and what failed is in none of it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api")


def never_away(system: str) -> str:
    """Where no project is open nobody knows of windows."""
    return ""


def read_waits(
    connection: Connection,
    release: Release,
    away: Callable[[str], str] = never_away,
    entities: Collection[str] | None = None,
) -> list[str]:
    """Each wait as a sentence that begins with its system, as far as it concerns some `entities`, or all. `away` says until when a system is
    left alone, "" where it is not."""
    mine = [i for i in release.interfaces.values() if entities is None or i.entity in entities]
    systems = {i.system for i in mine} | {release.entities[i.entity].ledger for i in mine}
    known = systems | {i.name for i in mine}
    rows = connection.execute(_SQL["waits"]).fetchall()
    found = {r["error"] for r in rows if entities is None or r["first"] in known}
    return sorted(found | {said for system in systems if (said := away(system))})
