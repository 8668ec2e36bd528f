"""When a system may be asked: its maintenance and the hours in which it is available, as a project declares them. Pure.

A window is a text of three parts: days, from-to, and the IANA name of its time zone.

    "Sun 22:00-06:00 Europe/Berlin"             each Sunday at 22:00, until Monday 06:00
    "Mon-Fri,Sun 07:00-20:00 America/New_York"
    "daily 02:00-02:30 UTC"
    "2026-12-05 20:00-24:00 Europe/Berlin"      once

Times are of the clock on the wall there, and the days are those on which a window begins. Where a clock is put back or forward, a time may be
twice, or not at all: a maintenance is the longer of both readings, available hours are the shorter, so nothing is asked in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHAPE = re.compile(
    r"(?P<days>\S+) (?P<h1>[01]\d|2[0-3]):(?P<m1>[0-5]\d)-(?P<to>(?:[01]\d|2[0-3]):[0-5]\d|24:00) (?P<zone>\S+)"
)
_EXPECTED = "expected days, from-to and time zone, such as 'Sun 22:00-06:00 Europe/Berlin'"
_DAY_MIN = 24 * 60
# Windows that follow each other are one: a week has far fewer than so many.
_MOST_STEPS = 64
# Longer ago than this nobody counts closed time.
_LONGEST_COUNTED = timedelta(days=31)


@dataclass(frozen=True)
class Window:
    """One window as it was written (`text`). `days` are weekdays, 0 for Monday, or `on` is the one day; `begins` and `ends` are
    minutes from the midnight before, `ends` up to a day later."""

    text: str
    days: frozenset[int]
    on: date | None
    begins: int
    ends: int
    zone: ZoneInfo

    def around(
        self, at: datetime, before: int, after: int
    ) -> Iterator[tuple[tuple[datetime, datetime], ...]]:
        """Of each time that it begins from `before` days before an instant to `after` days after it: the earliest and the latest
        instant of its beginning, and those of its end."""
        today = at.astimezone(self.zone).date()
        for number in range(-before, after + 1):
            day = today + timedelta(days=number)
            if day == self.on or (self.on is None and day.weekday() in self.days):
                yield _instants(day, self.begins, self.zone), _instants(day, self.ends, self.zone)


@dataclass(frozen=True)
class Away:
    """Why a system is not asked now, and from which instant on it is again."""

    why: str
    until: datetime
    zone: ZoneInfo

    def words(self, now: datetime) -> str:
        """What is shown: "waits for the window until 06:00"."""
        local = self.until.astimezone(self.zone)
        day = "" if local.date() == now.astimezone(self.zone).date() else f" on {local:%Y-%m-%d}"
        return f"waits for the window until {local:%H:%M}{day} ({self.why}, {self.zone.key})"


@dataclass(frozen=True)
class Hours:
    """When a system is not asked: in a maintenance, and, where it says when it is available, outside of that."""

    maintenance: tuple[Window, ...] = ()
    available: tuple[Window, ...] = ()

    def away(self, now: datetime) -> Away | None:
        """Whether it is left alone at an instant, and until when; windows that follow each other are one. None where it may be asked."""
        if not self.maintenance and not self.available:
            return None
        at, zone, why = now, None, ""
        for _ in range(_MOST_STEPS):
            found = self._closed(at)
            if found is None:
                break
            at, window, said = found
            zone, why = window.zone, why or said
        return None if zone is None else Away(why, at, zone)

    def closed_s(self, since: datetime, until: datetime) -> float:
        """For how many seconds it was left alone between two instants, of the last 31 days of them."""
        at, closed = max(since, until - _LONGEST_COUNTED), 0.0
        while at < until:
            away = self.away(at)
            if away is not None:
                closed += (min(away.until, until) - at).total_seconds()
                at = away.until
            else:
                at = min((x for x in self._changes(at) if x > at), default=until)
        return closed

    def _closed(self, at: datetime) -> tuple[datetime, Window, str] | None:
        """The end of what keeps an instant closed."""
        for window in self.maintenance:
            for (first, _), (_, last) in window.around(at, 2, 0):
                if first <= at < last:
                    return last, window, "maintenance"
        if not self.available:
            return None
        opens: list[tuple[datetime, Window]] = []
        for window in self.available:
            # Two weeks: one that lies within an hour that a clock leaves out is not there that week.
            for (_, first), (last, _) in window.around(at, 2, 15):
                if first <= at < last:
                    return None
                if at < first < last:
                    opens.append((first, window))
        following = min(opens, key=lambda x: x[0])
        return *following, "outside of its hours"

    def _changes(self, at: datetime) -> Iterator[datetime]:
        for window in (*self.maintenance, *self.available):
            for instants in window.around(at, 2, 8):
                for pair in instants:
                    yield from pair


ALWAYS = Hours()


def read_window(text: str, *, once: bool = True) -> Window:
    """A window of its text. Raises ValueError, which says what was expected; a single day where not `once`."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no window: {_EXPECTED}")
    try:
        zone = ZoneInfo(found["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r}: no time zone {found['zone']!r}; such as Europe/Berlin") from None
    days, on = _days(found["days"], text)
    if on is not None and not once:
        raise ValueError(f"{text!r}: hours of being available are those of weekdays, not of one day")
    begins, ends = int(found["h1"]) * 60 + int(found["m1"]), _minutes(found["to"])
    if begins == ends:
        raise ValueError(f"{text!r} ends as it begins: a whole day is 00:00-24:00")
    return Window(text, days, on, begins, ends if ends > begins else ends + _DAY_MIN, zone)


def checked_hours(maintenance: tuple[Window, ...], available: tuple[Window, ...]) -> Hours:
    """Both together. Raises ValueError where they leave no moment of a week in which a system may be asked."""
    hours = Hours(maintenance, available)
    weekly = Hours(tuple(w for w in maintenance if w.on is None), available)
    # A week in which no clock of this world is put forward or back.
    monday = datetime(2026, 6, 15, tzinfo=UTC)
    away = weekly.away(monday)
    if away is not None and away.until > monday + timedelta(days=7):
        raise ValueError("no moment of the week is left in which it may be asked")
    return hours


def _days(said: str, text: str) -> tuple[frozenset[int], date | None]:
    if said == "daily":
        return frozenset(range(7)), None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", said):
        try:
            return frozenset(), date.fromisoformat(said)
        except ValueError:
            raise ValueError(f"{text!r}: there is no day {said}") from None
    found: set[int] = set()
    for part in said.split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise ValueError(
                f"{text!r}: days are daily, {', '.join(_DAYS)}, a span such as Mon-Fri, or one day such as 2026-12-05"
            )
        begin, end = _DAYS.index(first), _DAYS.index(last if dash else first)
        found |= {n % 7 for n in range(begin, (end if end >= begin else end + 7) + 1)}
    return frozenset(found), None


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _instants(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The earliest and the latest instant that a time of the clock on the wall may mean. One that is there once means one; one that the clock
    leaves out is read by both offsets, before and after it is put forward."""
    local = datetime.combine(day + timedelta(days=minute // _DAY_MIN), time(*divmod(minute % _DAY_MIN, 60)))
    both = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(both), max(both)
