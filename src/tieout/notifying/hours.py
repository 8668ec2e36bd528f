"""When the next digest is due. Pure.

An hour that a clock skips in spring is the one after it; one that it has twice in autumn is the first (PEP 495).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tieout.notifying.model import ChoiceError, NoticePace


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ChoiceError."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ChoiceError(f"{name!r} is no time zone: one is written Europe/Berlin or UTC") from None


def next_digest(
    pace: NoticePace, hour: int, weekday: int, zone: ZoneInfo, after: datetime
) -> datetime | None:
    """The first instant after `after` at which it is this full hour in that zone, on this weekday (1 is Monday) where it is weekly; None where no
    digest was chosen."""
    if pace not in (NoticePace.DAILY, NoticePace.WEEKLY):
        return None
    day = after.astimezone(zone).date()
    while True:
        at = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
        if at > after and (pace is NoticePace.DAILY or day.isoweekday() == weekday):
            return at
        day += timedelta(days=1)


def end_of_day(zone: ZoneInfo, now: datetime) -> datetime:
    """The midnight that ends the day which it is in that zone."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
