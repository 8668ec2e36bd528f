"""Tasks with their evidence and signatures, signatures that were taken back, and what had to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tieout.close.arrivals import lacking, read_came, said_of
from tieout.close.model import TaskStanding, TaskState
from tieout.close.runbooks import what_must_come
from tieout.close.sections.asked import Asked
from tieout.close.sheet import Column, Section, Sum, Table, instant_text
from tieout.store import Queries

_SQL = Queries("tieout.close.sections")
_TASKS = (
    Column("task", "Task"),
    Column("owner", "Owner"),
    Column("state", "State"),
    Column("due_at", "Due", "instant"),
    Column("done_at", "Done", "instant"),
    Column("prepared_by", "Prepared by"),
    Column("prepared_at", "at", "instant"),
    Column("signed_by", "Reviewed by"),
    Column("signed_at", "at", "instant"),
    Column("why", "What the evidence says"),
    Column("digest", "Figures"),
)
_REVOKED = (
    Column("task", "Task"),
    Column("prepared_by", "Prepared by"),
    Column("signed_by", "Reviewed by"),
    Column("signed_at", "at", "instant"),
    Column("revoked_at", "Taken back", "instant"),
    Column("why", "Why"),
)
_ARRIVALS = (
    Column("interface", "Interface"),
    Column("expected", "What must come"),
    Column("came", "Came", "count"),
    Column("missing", "Did not come"),
)


@dataclass(frozen=True)
class TaskRows:
    """A close's tasks in order, and the zone of its instants."""

    states: tuple[TaskState, ...]
    zone: ZoneInfo


def read_tasks(asked: Asked) -> TaskRows:
    """The tasks as the state has them."""
    return TaskRows(asked.state.tasks, asked.zone)


def tasks_section(rows: TaskRows) -> Section:
    """Every task: what its evidence says, when it was due and done, who prepared it, who reviewed it."""
    cells = tuple(_task(s, rows.zone) for s in rows.states)
    signed = sum(s.state == TaskStanding.SIGNED for s in rows.states)
    late = sum(s.late for s in rows.states)
    said = f"{signed} of {len(rows.states)} tasks are signed by two people"
    said += f"; {late} are past their time." if late else "."
    table = Table("tasks", _TASKS, cells, (Sum(by=("state",)),), empty="No task.")
    return Section("tasks", "Tasks", (table,), (said,))


def _task(s: TaskState, zone: ZoneInfo) -> tuple[str | None, ...]:
    signature = s.signature
    return (
        s.task.name,
        s.task.owner,
        str(s.state),
        instant_text(s.task.due_at, zone),
        instant_text(signature.signed_at if signature else None, zone),
        signature.prepared_by if signature else "",
        instant_text(signature.prepared_at if signature else None, zone),
        signature.signed_by if signature else "",
        instant_text(signature.signed_at if signature else None, zone),
        s.finding.why,
        (signature.digest if signature else s.finding.digest)[:16],
    )


def read_revoked(asked: Asked) -> list[tuple[str | None, ...]]:
    """Signatures of the close that were taken back, in order of that."""
    rows = asked.connection.execute(_SQL["revoked"], asked.given).fetchall()
    return [_revoked(r, asked.zone) for r in rows]


def _revoked(row: dict[str, Any], zone: ZoneInfo) -> tuple[str | None, ...]:
    signed: datetime | None = row["signed_at"]
    return (
        row["task"],
        row["prepared_by"],
        row["signed_by"],
        instant_text(signed, zone),
        instant_text(row["revoked_at"], zone),
        row["revoked_why"],
    )


def revoked_section(rows: Sequence[tuple[str | None, ...]]) -> Section:
    """What was signed and does not stand any more, with the reason."""
    table = Table(
        "revoked", _REVOKED, tuple(rows), (Sum(by=("task",)),), empty="No signature was taken back."
    )
    return Section("revoked", "Signatures that were taken back", (table,))


def read_arrivals(asked: Asked) -> list[tuple[str | None, ...]]:
    """Each interface: what must come of a month, how much of it is dated there, and what did not come."""
    rules, found = asked.release.closing.of(asked.entity), list[tuple[str | None, ...]]()
    for interface in asked.release.interfaces.values():
        if interface.entity != asked.entity:
            continue
        came = read_came(asked.connection, interface, asked.zone, asked.period)
        count, words = came.count + sum(came.statements.values()), ""
        if interface.expected is not None:
            missing = lacking(
                interface.expected, asked.period, came, rules.calendar, rules.banking_days, asked.zone
            )
            words = "; ".join(said_of(x, asked.period) for x in missing)
        elif not count:
            words = "nothing came, and nobody said whether anything had to"
        found.append((interface.name, what_must_come(interface), str(count), words))
    return found


def arrivals_section(rows: Sequence[tuple[str | None, ...]]) -> Section:
    """What each interface's declaration says must come, and what did not."""
    table = Table("arrivals", _ARRIVALS, tuple(rows), empty="No interface.")
    lacks = sum(bool(r[3]) for r in rows)
    said = f"Interfaces of which something did not come: {lacks}." if lacks else "What had to come came."
    return Section("arrivals", "What had to come", (table,), (said,))
