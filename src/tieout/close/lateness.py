"""Tells of tasks of a close that are past their due time: a case of the task's owner, until it is signed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.close.causes import TASK_LATE
from tieout.close.model import Task
from tieout.close.planning import tasks_of
from tieout.close.signatures import standing_signatures
from tieout.close.since_it_began import since_it_began
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


class LatenessStage:
    """Looks every few seconds at the last period that ended, of every entity that the project's calendar names, and
    at those with a task that was late. An entity is a lane."""

    name, pace = "lateness", Pace(every_s=5.0)

    def __init__(self, release: Callable[[], Release], clock: Clock) -> None:
        self._release, self._clock = release, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an entity whose close is declared."""
        release = self._release()
        named = release.closing.entities.items()
        return [Due((code,)) for code, rules in named if rules.declared and code in release.entities]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Tells of the late tasks of the month before."""
        release, now, entity = self._release(), self._clock.now(), lane[0]
        today = now.astimezone(release.entities[entity].zone).date()
        tell_late(connection, release, entity, Period.of(today.replace(day=1) - timedelta(days=1)), now)
        return False


def tell_late(connection: Connection, release: Release, entity: str, ended: Period, now: datetime) -> None:
    """Open a case for each task of `ended` that is due, is not signed, and waits for no other; solve
    those of any period whose task is signed now."""
    told = connection.execute(_SQL["open_late"], {"entity": entity, "cause": TASK_LATE.name}).fetchall()
    periods = {str(ended), *(r["period"] for r in told)}
    if (
        not told
        and not connection.execute(_SQL["began"], {"entity": entity, "period": str(ended)}).fetchone()
    ):
        # Before its first documents nobody closes anything here.
        return
    for period in sorted(periods):
        held = since_it_began(connection, release, entity, Period.parse(period))
        tasks = tasks_of(held, entity, Period.parse(period))
        signed = {
            n for n, s in standing_signatures(connection, entity, Period.parse(period)).items() if s.stands
        }
        names = {t.name for t in tasks}
        late = [
            t for t in tasks
            if t.name not in signed and now > t.due_at and all(b in signed for b in t.after if b in names)
        ]  # fmt: skip
        with connection.transaction():
            open_cases(
                connection, [_case(t, period, release.entities[entity].currency, now) for t in late], "close"
            )
            for row in told:
                task = row["source_key"].split(":", 2)[2]
                if row["period"] == period and (task in signed or task not in names):
                    solve_by_key(connection, TASK_LATE.name, row["source_key"], now, "it is signed", "close")


def _case(task: Task, period: str, currency: str, now: datetime) -> NewCase:
    return NewCase(
        cause=TASK_LATE.name,
        interface=task.subject,
        entity=task.entity,
        period=period,
        source_key=f"{task.entity}:{period}:{task.name}",
        amount=Decimal(0),
        currency=currency,
        recovery=TASK_LATE.say(period=period, entity=task.entity),
        detail=f"{task.name} was due on {task.due_at:%Y-%m-%d at %H:%M} and is not signed; it waits for nothing else",
        owner=task.owner,
        opened_at=now,
        due_at=now + timedelta(hours=8),
        blocking=False,
    )
