"""Reconciles entities every day by itself, where their interface says at what time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.reconcile.ledger.applying import reconciliation_interface
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")


def next_run(after: datetime, at: str, zone: ZoneInfo) -> datetime:
    """The first instant after `after` at which a clock in `zone` shows `at` (HH:MM)."""
    hour, minute = (int(x) for x in at.split(":"))
    day = after.astimezone(zone).date()
    for offset in range(3):
        due = datetime.combine(day + timedelta(days=offset), time(hour, minute), zone)
        if due > after:
            return due
    raise AssertionError("a day has its times")


class ReconcileStage:
    """An entity is a lane. `run` reconciles it up to a day; a ledger that does not answer is asked again later."""

    name, pace = "reconcile daily", Pace()

    def __init__(
        self, release: Callable[[], Release], run: Callable[[str, date], object], clock: Clock
    ) -> None:
        self._release, self._run, self._clock = release, run, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an entity whose interface says at what time of day."""
        release = self._release()
        found = ((code, reconciliation_interface(release, code)) for code in release.entities)
        return [Due((code,), i.system) for code, i in found if i is not None and i.option("daily_at")]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises ConnectorError, MatchingError."""
        release, now, code = self._release(), self._clock.now(), lane[0]
        interface, zone = reconciliation_interface(release, code), release.entities[code].zone
        if interface is None:
            return False
        following = next_run(now, interface.option("daily_at"), zone)
        given = {"interface": interface.name, "now": now, "next": following}
        connection.execute(_SQL["ensure_schedule"], given)
        if connection.execute(_SQL["due_schedule"], given).fetchone() is None:
            return False
        self._run(code, now.astimezone(zone).date())
        connection.execute(_SQL["end_schedule"], given)
        return True
