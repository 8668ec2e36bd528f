"""What the difference between two sides may be. Pure; whole minor units in, an explanation out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tieout.money import minor_digits
from tieout.reconcile.ruleset import Differences

Rates = Mapping[tuple[date, str, str], Decimal]
_HUNDRED = Decimal(100)


class Explainer:
    """Explains differences by the declared kinds. `rates` are units of the second currency for
    one of the first, on a day."""

    def __init__(self, declared: Differences, rates: Rates | None = None) -> None:
        self._declared = declared
        self._rates = rates or {}
        self._units: dict[str, tuple[int, int, int]] = {}
        self._discounts = (
            _fine(declared.early_payment_discount.percent) if declared.early_payment_discount else ()
        )
        self._withheld = _fine(declared.withholding.percent) if declared.withholding else ()

    def explain(self, paid: int, due: int, currency: str, days: int) -> str:
        """What paid less due is, both in minor units of one currency and `days` apart: exact, a
        declared kind, partial_payment (less than due), or "" where nothing explains it."""
        if paid == due:
            return "exact"
        if currency not in self._units:
            self._units[currency] = self._limits(currency)
        rounding, charge, step = self._units[currency]
        less = due - paid
        # Of an amount hardly larger than the tolerance everything would be rounding.
        if abs(less) <= rounding and abs(due) > 20 * rounding:
            return "rounding"
        if due <= 0 or paid <= 0:
            return ""
        if less < 0:
            over = self._declared.over_payment
            return "over_payment" if over and -less * _HUNDRED <= due * over.percent else ""
        # Percentages before charges: they are exact, and a charge may be whatever is small and round.
        discount = self._declared.early_payment_discount
        if discount and days <= discount.days and _is_share(less, due, self._discounts):
            return "early_payment_discount"
        if _is_share(less, due, self._withheld):
            return "withholding"
        if self._is_charge(less, due, charge, step):
            return "bank_charge"
        return "partial_payment"

    def exchanged(self, due: int, currency: str, into: str, day: date) -> int | None:
        """What is due, in minor units of another currency at the day's rate, half away from zero;
        None without a rate."""
        rate = self._rates.get((day, currency, into))
        if rate is None:
            other = self._rates.get((day, into, currency))
            if not other:
                return None
            # To Decimal's 28 digits: the amount is rounded once, below.
            rate = 1 / other
        units = Decimal(due).scaleb(minor_digits(into) - minor_digits(currency)) * rate
        return int(units.to_integral_value(ROUND_HALF_UP))

    def is_exchange(self, paid: int, expected: int) -> bool:
        """Whether paid lies within the declared tolerance of what a rate lets expect."""
        exchange = self._declared.exchange
        return exchange is not None and abs(paid - expected) * _HUNDRED <= abs(expected) * exchange.percent

    def _is_charge(self, less: int, due: int, most: int, step: int) -> bool:
        charge = self._declared.bank_charge
        return (
            charge is not None and less <= most and less % step == 0 and less * _HUNDRED <= due * charge.share
        )

    def _limits(self, currency: str) -> tuple[int, int, int]:
        scale = Decimal(10) ** minor_digits(currency)
        charge = self._declared.bank_charge
        return (
            int((self._declared.rounding or Decimal(0)) * scale),
            int(charge.at_most * scale) if charge else 0,
            max(1, int(charge.step * scale)) if charge else 1,
        )


# Percentages are counted in ten-thousandths of one per cent.
_FINE = 10_000


def _fine(percents: tuple[Decimal, ...]) -> tuple[int, ...]:
    return tuple(int(p * _FINE) for p in percents)


def _is_share(part: int, whole: int, percents: tuple[int, ...]) -> bool:
    """Whether a part is one of the percentages of a whole, in whole minor units, rounded up or down."""
    for percent in percents:
        down, rest = divmod(whole * percent, 100 * _FINE)
        if part == down or (rest and part == down + 1):
            return True
    return False
