"""What is true of a company's month, apart from the product: its amounts, its orders and the faults planted in it. Pure.

Amounts are integer minor units of two-digit currencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


def cents(amount: int) -> Decimal:
    """Minor units as a decimal amount."""
    return Decimal(amount).scaleb(-2)


def percent_of(amount: int, part: int, whole: int) -> int:
    """amount x part / whole, rounded half up, in minor units."""
    return (2 * amount * part + whole) // (2 * whole)


@dataclass(frozen=True)
class Planted:
    """A fault that was planted: the cause under which it must be found, and its money at risk
    in USD (positive)."""

    cause: str
    source_key: str
    amount: Decimal


@dataclass
class OrderTruth:
    """What must become of an order: invoiced (dated `on`), excluded (with its reason) or case."""

    number: str
    currency: str
    total: int
    tax: int
    expected: str
    on: date
    paid_by: str
    # Whose its tax is, and what of it was given back, in minor units; "" where nothing says.
    jurisdiction: str = ""
    tax_back: int = 0
    # What is owed to holders of gift cards because of it, in minor units: sold and given back, less what cards paid.
    on_cards: int = 0


def next_business_day(day: date) -> date:
    """`day`, or the Monday after a weekend."""
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day
