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

    def following(self, day: date, days: int) -> date:
        """The business day that is so many after `day`: 1 is the next one."""
        while days > 0:
            day += timedelta(days=1)
            days -= self.is_open(day)
        return day

    def between(self, after: date, until: date) -> int:
        """How many business days there are after one day, up to another."""
        days = (until - after).days
        return sum(self.is_open(after + timedelta(days=n)) for n in range(1, days + 1))
