"""Accounting periods: calendar months in an entity's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec


class Period(msgspec.Struct, frozen=True, order=True):
    """A calendar month, written 2026-10."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """From "2026-10"; ValueError otherwise."""
        found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
        if not found or found[1] == "0000":
            raise ValueError(f"{text!r} is no period, such as 2026-10")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The period that a day lies in."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next().first - timedelta(days=1)

    def next(self) -> Period:
        """The period after it."""
        return Period(self.year + self.month // 12, self.month % 12 + 1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants, in UTC, at which the month begins and the next one begins in `zone`."""
        start = datetime(self.year, self.month, 1, tzinfo=zone).astimezone(UTC)
        after = self.next()
        return start, datetime(after.year, after.month, 1, tzinfo=zone).astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def accounting_date(at: datetime, zone: ZoneInfo) -> date:
    """The day of the instant `at` in the entity's zone: the cut-off is that zone's midnight.

    Raises ValueError for an instant without a zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at.astimezone(zone).date()
