"""A ledger's months: what was booked in each, and how long after its end the last of it was made. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from tieout.connector_api.inventory import EntryThere
from tieout.survey.feeders import Feeder


@dataclass(frozen=True)
class Volume:
    """What of one kind was booked in one month (YYYY-MM), in the company's currency, without a sign; `by_hand` of the entries
    were typed by people."""

    month: str
    kind: str
    entries: int
    by_hand: int
    amount: Decimal


@dataclass(frozen=True)
class MonthEnd:
    """When a month was done: `last_at` is when its last entry was made, `days` after its last day that was; by `most_days` 95 of
    100 were there. Days are whole ones, 0 for what was made within the month. `over` is False while it goes on."""

    month: str
    entries: int
    after: int
    last_at: datetime
    days: int
    most_days: int
    over: bool


def month_of(day: date) -> str:
    """YYYY-MM."""
    return f"{day:%Y-%m}"


def volumes(entries: Sequence[EntryThere], feeders: Sequence[Feeder]) -> list[Volume]:
    """Months by kind, the newest first."""
    found: dict[tuple[str, str], list[tuple[EntryThere, Feeder]]] = {}
    for entry, feeder in zip(entries, feeders, strict=True):
        found.setdefault((month_of(entry.day), entry.kind), []).append((entry, feeder))
    by_kind = sorted(found.items(), key=lambda x: x[0][1])
    return [
        Volume(
            month,
            kind,
            len(rows),
            sum(f.by_hand for _, f in rows),
            sum((e.amount for e, _ in rows), Decimal(0)),
        )
        for (month, kind), rows in sorted(by_kind, key=lambda x: x[0][0], reverse=True)
    ]


def month_ends(entries: Iterable[EntryThere], now: datetime, zone: tzinfo) -> list[MonthEnd]:
    """Each month that has entries, the newest first, at the instant `now`; days begin in the company's `zone`."""
    today = now.astimezone(zone).date()
    made: dict[str, list[datetime]] = {}
    for entry in entries:
        made.setdefault(month_of(entry.day), []).append(entry.made_at.astimezone(zone))
    return [
        _month_end(month, sorted(instants), today) for month, instants in sorted(made.items(), reverse=True)
    ]


def _month_end(month: str, made: Sequence[datetime], today: date) -> MonthEnd:
    end = last_day(month)
    days = [max(0, (at.date() - end).days) for at in made]
    # The smallest number of days by which at least 95 of 100 were made.
    most = days[-(-len(days) * 95 // 100) - 1]
    return MonthEnd(month, len(made), sum(d > 0 for d in days), made[-1], days[-1], most, today > end)


def last_day(month: str) -> date:
    """The last day of a month (YYYY-MM)."""
    year, number = (int(x) for x in month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])
