"""Who watches a case, and what people are told of cases.

A notice holds no figure and no word of a case: only who, which case, what happened, by whom. Whoever shows or sends one asks by the
roles of that moment whether the person may see the case, so that a role that ends takes what was told with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from tieout.evidence import Entry, record
from tieout.store import Connection, Queries

_SQL = Queries("tieout.cases")
MOST_TOLD = 100


class Told(StrEnum):
    """What happened to a case, to somebody who is told of it."""

    ASSIGNED = "assigned"
    GIVEN = "given"
    MENTIONED = "mentioned"
    NOTED = "noted"
    SOLVED = "solved"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


def watch_case(
    connection: Connection, case_id: int, person: str, watching: bool, at: datetime, by: str
) -> bool:
    """Watch a case, or do so no more, in the caller's transaction, with evidence; False where it is so already."""
    given = {"case_id": case_id, "person": person, "watching": watching, "at": at, "by": by}
    row = connection.execute(_SQL["watch"], given).fetchone()
    if row is None:
        return False
    detail = {"case": case_id, "person": person, "watching": watching}
    record(connection, [Entry(at, by, "case.watched", row["source_key"], row["entity"], detail)])
    return True


def begin_watching(connection: Connection, pairs: Sequence[tuple[int, str]], at: datetime, by: str) -> None:
    """Let people watch cases that they came to do with, each a case's number and a name: what they did is the evidence."""
    if pairs:
        given = {"cases": [c for c, _ in pairs], "people": [p for _, p in pairs], "at": at, "by": by}
        connection.execute(_SQL["begin_watching"], given)


def watchers_of(connection: Connection, case_id: int) -> list[str]:
    """Who watches a case, by name; whether they may see it still is asked by whoever shows them."""
    return [r["person"] for r in connection.execute(_SQL["watchers"], {"case_id": case_id})]


def tell(
    connection: Connection, pairs: Sequence[tuple[int, str]], kind: Told, key: str, at: datetime, by: str
) -> None:
    """Tell people of cases, each pair a case's number and a name; nobody twice by one `key`, which is of that case."""
    if pairs:
        given = {"cases": [c for c, _ in pairs], "people": [p for _, p in pairs], "kind": kind, "key": key, "at": at, "by": by}  # fmt: skip
        connection.execute(_SQL["tell"], given)


def tell_watchers(
    connection: Connection,
    numbers: Sequence[int],
    kind: Told,
    key: str,
    at: datetime,
    by: str,
    but: Collection[str] = (),
) -> None:
    """Tell everybody who watches one of these cases, but those who did it themselves or are told in other words."""
    if numbers:
        given = {
            "cases": list(numbers),
            "kind": kind,
            "key": key,
            "at": at,
            "by": by,
            "but": sorted({by, *but}),
        }
        connection.execute(_SQL["tell_watchers"], given)


def reminders_of(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """Who was told that a case is past its time, the newest last, at most `MOST_TOLD`: person, kind, at."""
    return list(connection.execute(_SQL["reminders"], {"case_id": case_id, "limit": MOST_TOLD}).fetchall())


def told_to(
    connection: Connection, person: str, entities: Collection[str], limit: int = MOST_TOLD
) -> list[dict[str, Any]]:
    """The newest that somebody was told, of cases of `entities` alone ("*" among them: of every one), each with its case as it is now;
    `new` says whether it came since they looked."""
    given = {"person": person, "entities": _asked(entities), "limit": min(limit, MOST_TOLD)}
    return list(connection.execute(_SQL["told_to"], given).fetchall())


def count_new(connection: Connection, person: str, entities: Collection[str]) -> int:
    """How much somebody was told since they looked, counted up to `MOST_TOLD`."""
    given = {"person": person, "entities": _asked(entities), "limit": MOST_TOLD}
    row = connection.execute(_SQL["count_new"], given).fetchone()
    return int(row["count"]) if row else 0


def look(connection: Connection, person: str, upto: int, at: datetime) -> None:
    """Somebody has seen what they were told, up to a notice: in the caller's transaction. Looking never goes back, nor beyond the last."""
    connection.execute(_SQL["look"], {"person": person, "upto": upto, "at": at})


def _asked(entities: Collection[str]) -> list[str] | None:
    return None if "*" in entities else sorted(entities)
