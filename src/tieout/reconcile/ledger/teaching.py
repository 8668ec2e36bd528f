"""Lessons in the database: proposed by what people match, approved by somebody else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tieout.evidence import Entry, record
from tieout.reconcile.ledger.lessons import Lesson
from tieout.rules import Interface
from tieout.security import load_authority, why_not
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")


class LessonError(ValueError):
    """A decision about a lesson that cannot be taken: why."""


def teach(
    connection: Connection,
    interface: Interface,
    lessons: Iterable[Lesson],
    match: str,
    who: str,
    now: datetime,
) -> int:
    """Propose lessons that a match taught, in the caller's transaction; how many are new or have
    one more example."""
    count = 0
    for lesson in lessons:
        given = {"interface": interface.name, "entity": interface.entity, "match": match, "who": who}
        given |= {"kind": lesson.kind, "key": lesson.key, "value": lesson.value}
        row = connection.execute(_SQL["teach"], {**given, "now": now}).fetchone()
        if row is None:
            continue
        count += 1
        detail = {"lesson": row["lesson_id"], "sentence": lesson.sentence}
        record(connection, [Entry(now, who, "lesson.proposed", match, interface.entity, detail)])
    return count


def lessons(
    connection: Connection, entity: str | None = None, state: str | None = None
) -> list[dict[str, Any]]:
    """Every lesson, with its sentence."""
    rows = connection.execute(_SQL["lessons"], {"entity": entity, "state": state}).fetchall()
    return [{**r, "sentence": Lesson(kind=r["kind"], key=r["key"], value=r["value"]).sentence} for r in rows]


def decide_lesson(
    connection: Connection, number: int, approve: bool, who: str, reason: str, now: datetime
) -> None:
    """Approve a lesson, or reject or withdraw it, in the caller's transaction.

    Raises LessonError: nobody approves what they taught, and a key means one thing.
    """
    if not who.strip():
        raise LessonError("say who decides: --as NAME")
    row = connection.execute(_SQL["lesson"], {"id": number}).fetchone()
    if row is None:
        raise LessonError(f"no lesson {number}: `tieout lessons list` shows them")
    if approve:
        if row["state"] != "proposed":
            raise LessonError(f"lesson {number} is {row['state']}")
        if why := why_not(load_authority(connection), who, [row["proposed_by"]]):
            raise LessonError(f"{why}: it is their lesson")
        rival = connection.execute(_SQL["rival"], row).fetchone()
        if rival is not None:
            raise LessonError(
                f"{row['key']} means {rival['value']} by lesson {rival['lesson_id']}: reject that one first"
            )
    elif row["state"] == "rejected":
        raise LessonError(f"lesson {number} is rejected already")
    elif not reason.strip():
        raise LessonError("a rejection needs a reason: the next person wants to know")
    state = "approved" if approve else "rejected"
    given = {"id": number, "state": state, "who": who, "now": now, "reason": reason}
    connection.execute(_SQL["decide_lesson"], given)
    detail = {
        "lesson": number,
        "kind": row["kind"],
        "key": row["key"],
        "value": row["value"],
        "reason": reason,
    }
    record(connection, [Entry(now, who, f"lesson.{state}", f"lesson {number}", row["entity"], detail)])
