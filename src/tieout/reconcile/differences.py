"""What the difference between two sides may be, and what it is accepted as. Pure; whole minor units.

What a difference looks like is a guess, and a guess closes nothing. A difference is accepted as a kind where two
things hold: its own ground (a charge that the bank declares, a term that is met by its days and its amount, a
withholding that the law knows, the rate of the day; a rounding's ground is its smallness) and its kind's limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from tieout.money import minor_digits
from tieout.reconcile.ruleset import Differences, Limit, Withheld

Rates = Mapping[tuple[date, str, str], Decimal]
# Differences that leave something open; all others close.
OPEN = ("partial_payment", "over_payment")
EPOCH = date(1970, 1, 1)
_HUNDRED = Decimal(100)
# A rounding is found small last: what has a ground of its own is what that says.
_ORDER = ("bank_charge", "early_payment_discount", "withholding", "rounding")


class Grounds(msgspec.Struct, frozen=True, gc=False):
    """What is said of a group beside its amounts, in whole minor units: the `charge` that the bank says it kept,
    the `discount` that the `terms` of so many items grant on the day of the payment, and what is due without its
    tax, None where that is not known."""

    charge: int = 0
    discount: int = 0
    terms: int = 0
    untaxed: int | None = None


class Accepting:
    """What an entity accepts: limits by kind, and the withholdings that are known. `worth` is what one unit of a
    currency is in the limits' own; None where they are in each currency's own units."""

    def __init__(
        self,
        limits: Mapping[str, Limit],
        withheld: tuple[Withheld, ...] = (),
        worth: Mapping[str, Decimal] | None = None,
    ) -> None:
        self._declared, self._withheld, self._worth = limits, withheld, worth
        self._of: dict[str, dict[str, tuple[int, Decimal]]] = {}

    def near(self, paid: int, due: int, currency: str) -> bool:
        """Whether paid less due is small enough for any kind's limit, whatever its ground."""
        return bool(self._declared) and any(
            _within(due - paid, due, *limit) for limit in self._limits(currency).values()
        )

    def accepted(self, paid: int, due: int, currency: str, on: int, said: Grounds) -> str:
        """The kind that paid less due is accepted as on a day (counted from 1970), or "" where it has no ground or is
        past its limit."""
        if not self._declared or paid * due <= 0:
            return ""
        less, limits = due - paid, self._limits(currency)
        for kind in _ORDER:
            if (
                kind in limits
                and _within(less, due, *limits[kind])
                and self._stands(kind, less, due, on, said)
            ):
                return kind
        return ""

    def exchanged(self, paid: int, expected: int, currency: str) -> bool:
        """Whether what a rate lets expect and what was paid are one: they are equal, or within the limit."""
        limit = self._limits(currency).get("exchange")
        return paid == expected or (limit is not None and _within(expected - paid, expected, *limit))

    def _stands(self, kind: str, less: int, due: int, on: int, said: Grounds) -> bool:
        """Whether the difference has its kind's ground."""
        if kind == "rounding":
            return True
        if less <= 0 or due <= 0:
            return False
        if kind == "bank_charge":
            return less == said.charge
        if kind == "early_payment_discount":
            # A percentage is rounded up or down, once for each item.
            return bool(said.terms) and abs(less - said.discount) <= said.terms
        day = EPOCH + timedelta(on)
        return any(
            is_share(less, base, fine((w.percent,)))
            for w in self._withheld
            if w.valid_from <= day <= w.valid_to
            and (base := due if w.base == "gross" else said.untaxed) is not None
        )

    def _limits(self, currency: str) -> dict[str, tuple[int, Decimal]]:
        """Kind to what it may be at most, in minor units and per cent."""
        if currency not in self._of:
            worth = Decimal(1) if self._worth is None else self._worth.get(currency, Decimal(0))
            scale = Decimal(10) ** minor_digits(currency)
            # In a currency whose worth nobody knows there is no limit, and so nothing passes.
            self._of[currency] = (
                {k: (int(x.amount / worth * scale), x.percent) for k, x in self._declared.items()}
                if worth
                else {}
            )
        return self._of[currency]


def _within(less: int, due: int, most: int, percent: Decimal) -> bool:
    return abs(less) <= most and abs(less) * _HUNDRED <= abs(due) * percent


class Explainer:
    """Says what differences look like, by the declared kinds. `rates` are units of the second currency for
    one of the first, on a day."""

    def __init__(
        self, declared: Differences, rates: Rates | None = None, accepting: Accepting | None = None
    ) -> None:
        self._declared = declared
        self._rates = rates or {}
        self.accepting = accepting or Accepting({})
        self._units: dict[str, tuple[int, int, int]] = {}
        self._discounts = (
            fine(declared.early_payment_discount.percent) if declared.early_payment_discount else ()
        )
        self._withheld = fine(declared.withholding.percent) if declared.withholding else ()

    def settled(
        self, paid: int, due: int, currency: str, day: int, days: int, said: Grounds
    ) -> tuple[str, str]:
        """(kind, looks): what paid less due is, both in minor units of one currency, paid on `day` and `days` after
        what it pays: exact, a kind that is accepted, or what stays open; ("", "") where it is nothing. `looks` is
        what it would be if it were accepted, "" where it looks like nothing."""
        if paid == due:
            return "exact", ""
        kind = self.accepting.accepted(paid, due, currency, day, said)
        return (kind, "") if kind else self.guessed(paid, due, self.explain(paid, due, currency, days))

    def guessed(self, paid: int, due: int, looks: str) -> tuple[str, str]:
        """As `settled`, of a difference that is accepted as nothing and looks like something."""
        if not looks or looks in OPEN:
            return looks, ""
        return "partial_payment" if abs(paid) < abs(due) else "over_payment", looks

    def settled_abroad(self, paid: int, expected: int, currency: str) -> tuple[str, str]:
        """As `settled`, where a rate says what was expected in the payment's currency."""
        if self.accepting.exchanged(paid, expected, currency):
            return "exchange", ""
        return self.guessed(paid, expected, "exchange" if self.is_exchange(paid, expected) else "")

    def explain(self, paid: int, due: int, currency: str, days: int) -> str:
        """What paid less due looks like, both in minor units of one currency and `days` apart: exact, a
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
        if discount and days <= discount.days and is_share(less, due, self._discounts):
            return "early_payment_discount"
        if is_share(less, due, self._withheld):
            return "withholding"
        if self._is_charge(less, due, charge, step):
            return "bank_charge"
        return "partial_payment"

    def exchanged(self, due: int, currency: str, into: str, day: date) -> int | None:
        """What is due, in minor units of another currency at the day's rate, half away from zero;
        None without a rate."""
        amount = Decimal(due).scaleb(minor_digits(into) - minor_digits(currency))
        rate = self._rates.get((day, currency, into))
        if rate is not None:
            units = amount * rate
        elif other := self._rates.get((day, into, currency)):
            # Divided, not multiplied by an inverse that was rounded: a half cent would fall to the wrong side.
            units = amount / other
        else:
            return None
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


def fine(percents: tuple[Decimal, ...]) -> tuple[int, ...]:
    """Percentages in ten-thousandths of one per cent."""
    return tuple(int(p * _FINE) for p in percents)


def is_share(part: int, whole: int, percents: tuple[int, ...]) -> bool:
    """Whether a part is one of the percentages (`fine`) of a whole, in whole minor units, rounded up or down."""
    for percent in percents:
        down, rest = divmod(whole * percent, 100 * _FINE)
        if part == down or (rest and part == down + 1):
            return True
    return False
