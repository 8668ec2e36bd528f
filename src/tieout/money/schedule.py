"""An amount over a span of days, month by month: to the cent, and exact in sum."""

from __future__ import annotations

from datetime import date

from tieout.money.amount import Amount
from tieout.money.period import Period


def spread_by_days(amount: Amount, first: date, last: date) -> list[tuple[Period, Amount]]:
    """(month, share) of `amount` from `first` to `last`, both included, by the days in each month.

    What is due by the end of each month is rounded half away from zero; a month has what the one
    before it did not, so that the shares sum to `amount` exactly. Raises ValueError for no days.
    """
    if last < first:
        raise ValueError(f"{last} is before {first}")
    days = (last - first).days + 1
    found: list[tuple[Period, Amount]] = []
    period, done = Period.of(first), Amount.zero(amount.currency)
    while period.first <= last:
        past = (min(period.last, last) - first).days + 1
        due = Amount.rounded(amount.value * past / days, amount.currency)
        found.append((period, due - done))
        period, done = period.next(), due
    return found
