"""Business days of an entity: weekends and holidays of its country and its market.

Holidays are the `holidays` library's (MIT): public ones of a country (ISO 3166) and, with it, of a
financial market (XECB for TARGET, XNYS for the New York Stock Exchange).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays
import msgspec


@cache
def _holidays(country: str, market: str, year: int) -> frozenset[date]:
    found: set[date] = set()
    if country:
        found |= set(holidays.country_holidays(country, years=year))
    if market:
        found |= set(holidays.financial_holidays(market, years=year))
    return frozenset(found)


@cache
def supported_countries() -> frozenset[str]:
    """The countries whose holidays are known."""
    return frozenset(holidays.list_supported_countries())


class BusinessCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """Which days are worked. `country` and `market` are "" for none."""

    country: str = ""
    market: str = ""

    def check(self) -> None:
        """Raises ValueError for a country or a market that nobody knows."""
        if self.country and self.country not in holidays.list_supported_countries():
            raise ValueError(f"no holidays are known of the country {self.country!r}: ISO 3166, such as DE")
        if self.market and self.market not in holidays.list_supported_financial():
            raise ValueError(
                f"no holidays are known of the market {self.market!r}: such as XECB (TARGET) or XNYS"
            )

    def is_open(self, day: date) -> bool:
        return day.weekday() < 5 and day not in _holidays(self.country, self.market, day.year)

    def last_of(self, first: date, last: date) -> date:
        """The last business day of a span of days; its last day where none is worked."""
        days = (last - timedelta(days=n) for n in range((last - first).days + 1))
        return next((d for d in days if self.is_open(d)), last)

    def following(self, day: date, days: int) -> date:
        """The business day that is so many after `day`: 1 is the next one, -1 the one before it, 0 the day itself."""
        step = timedelta(days=1 if days > 0 else -1)
        left = abs(days)
        while left > 0:
            day += step
            left -= self.is_open(day)
        return day

    def between(self, after: date, until: date) -> int:
        """How many business days there are after one day, up to another."""
        days = (until - after).days
        return sum(self.is_open(after + timedelta(days=n)) for n in range(1, days + 1))
