"""How much of a difference an entity lets be accepted by itself, by kind; and what payers may withhold.

Nothing is accepted where nothing is declared: every kind is off until it has a limit. A limit says how much one
difference may be, in money and as a share of what is due, and how much all of a kind may come to with one partner
in one month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# What closes an item though its amount was not paid. A part payment and an over-payment are none: they stay open.
KINDS = ("rounding", "bank_charge", "early_payment_discount", "withholding", "exchange")
BASES = ("gross", "net")


@dataclass(frozen=True)
class DifferenceLimit:
    """`amount` and `month` (of one partner, in a calendar month) are money of the entity's currency, `percent` is
    of what is due; all three must hold."""

    amount: Decimal
    percent: Decimal
    month: Decimal


@dataclass(frozen=True)
class Withholding:
    """A tax that a payer keeps back by law and pays to the tax office: `percent` of the `base`, which is what is due
    with its tax (gross) or without (net), on the days from `valid_from` to `valid_to`, both included."""

    name: str
    percent: Decimal
    base: str
    valid_from: date = date.min
    valid_to: date = date.max
