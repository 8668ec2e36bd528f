"""Reconciles entities every day by itself, where their interface says at what time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tieout.connect import ConnectorError
from tieout.engine import Clock
from tieout.observe import get_logger
from tieout.reconcile.ledger.applying import reconciliation_interface
from tieout.reconcile.model import MatchingError
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")
_log = get_logger(__name__)
_LATER = timedelta(minutes=10)


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
    """The stage as a worker's step. `run` reconciles an entity up to a day."""

    def __init__(
        self, release: Callable[[], Release], run: Callable[[str, date], object], clock: Clock
    ) -> None:
        self._release, self._run, self._clock = release, run, clock

    def step(self, connection: Connection) -> bool:
        """Every entity that is due, once; a ledger that does not answer is asked again later."""
        release, now, worked = self._release(), self._clock.now(), False
        for code, entity in release.entities.items():
            interface = reconciliation_interface(release, code)
            at = interface.option("daily_at") if interface is not None else ""
            if interface is None or not at:
                continue
            following = next_run(now, at, entity.zone)
            given = {"interface": interface.name, "now": now, "next": following}
            connection.execute(_SQL["ensure_schedule"], given)
            # Taken before it is run: whoever comes next finds it done, or due again a little later.
            if connection.execute(_SQL["take_schedule"], {**given, "later": now + _LATER}).fetchone() is None:
                continue
            try:
                self._run(code, now.astimezone(entity.zone).date())
            except (ConnectorError, MatchingError) as error:
                _log.warning("reconciling waits", entity=code, error=str(error)[:300])
                continue
            connection.execute(_SQL["end_schedule"], given)
            worked = True
        return worked
