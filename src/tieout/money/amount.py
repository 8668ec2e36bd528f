"""An exact amount of one currency.

Never a float, never a silent rounding: a text with more decimals than the currency has is
refused, and rounding happens only where a caller names it.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from tieout.money.currency import minor_digits, quantum

# Decimal arithmetic keeps 28 digits: amounts stay below, so that no sum of them is rounded.
_MOST_DIGITS = 24
_TOO_LARGE = 10**_MOST_DIGITS
_DIGITS_OVER = f"an amount of more than {_MOST_DIGITS} digits: arithmetic on it would round"
# 22 digits and 4 decimals: within the 28 digits that Decimal arithmetic keeps, and as fine as any currency. More decimals
# are zeros, as many as ISO 20022 writes (17); before the point or behind it nothing may stand, as xs:decimal has it.
_DECIMALS = r"(?:\d{0,4}|\d{4}0{1,13})"
_NUMBER = re.compile(rf"[+-]?(?:\d{{1,22}}(?:\.{_DECIMALS})?|\.(?=\d){_DECIMALS})", re.ASCII)


class MoneyError(ValueError):
    """A text or number that is no amount."""


class CurrencyMismatchError(MoneyError):
    """Amounts of two currencies in one sum."""


def parse_decimal(text: str) -> Decimal:
    """A plain decimal text ("-12.50", ".5", "12.", "12.50000") as a Decimal; decimals past the fourth may only be zeros.

    Refused with MoneyError: exponents, thousands marks, NaN, infinity, more than 22 digits before the point or 4 behind it.
    Source: XML Schema part 2, decimal; ISO 20022's amounts have up to 5 fraction digits.
    """
    if not _NUMBER.fullmatch(text):
        raise MoneyError(f"{text[:40]!r} is no plain decimal number, such as -12.50")
    whole, point, decimals = text.partition(".")
    return Decimal(whole + point + decimals[:4])


class Amount(msgspec.Struct, frozen=True, order=False):
    """`value` units of `currency`. The sign's meaning belongs to whoever holds the amount.

    Held to its currency whoever makes or reads it: MoneyError for what is no Decimal, no number, too large or finer than
    the minor unit, ValueError for an unknown currency; msgspec.ValidationError, with the place, while it is decoded. The
    digits stay as they were given, for hashes are over them.
    """

    value: Decimal
    currency: str

    def __post_init__(self) -> None:
        try:
            unit = quantum(self.currency)
            # Nearly all are written with their currency's decimals, and cheaply told.
            if self.value.same_quantum(unit) and self.value.adjusted() < _MOST_DIGITS:
                return
            if self.value.quantize(unit) == self.value and abs(self.value) < _TOO_LARGE:
                return
        except (ArithmeticError, AttributeError, TypeError):
            # What cannot even be compared is told apart below.
            pass
        raise MoneyError(_why_none(self.value, self.currency))

    @classmethod
    def parse(cls, text: str, currency: str) -> Amount:
        """An amount from a source's decimal text; "10.5" EUR is 10.50 EUR.

        Raises MoneyError where the text is no number or finer than the currency's minor unit.
        """
        return cls.exact(parse_decimal(text), currency)

    @classmethod
    def exact(cls, value: Decimal, currency: str) -> Amount:
        """An amount of exactly `value`; MoneyError where that is finer than the minor unit."""
        held = cls(value, currency)
        return cls(held.value.quantize(quantum(currency)), currency)

    @classmethod
    def zero(cls, currency: str) -> Amount:
        """Nothing, of a currency and with its decimals."""
        return cls(Decimal(0).quantize(quantum(currency)), currency)

    @classmethod
    def rounded(cls, value: Decimal, currency: str) -> Amount:
        """`value` rounded half away from zero to the minor unit: a rounding that is asked for."""
        return cls(value.quantize(quantum(currency), ROUND_HALF_UP), currency)

    def _same(self, other: Amount) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self} and {other} are of two currencies")

    def __add__(self, other: Amount) -> Amount:
        self._same(other)
        return Amount(self.value + other.value, self.currency)

    def __sub__(self, other: Amount) -> Amount:
        self._same(other)
        return Amount(self.value - other.value, self.currency)

    def __neg__(self) -> Amount:
        # 0 - x, since -Decimal(0) would print as "-0.00".
        return Amount(0 - self.value, self.currency)

    def __bool__(self) -> bool:
        return self.value != 0

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"


def _why_none(value: object, currency: str) -> str:
    """What is wrong with a value that is no amount of its currency."""
    if not isinstance(value, Decimal):
        return f"{value!r} is no Decimal: nothing else holds an amount exactly"
    if not value.is_finite():
        return f"{value} is no number"
    if abs(value) >= _TOO_LARGE:
        return _DIGITS_OVER
    return f"{value} {currency} is finer than {quantum(currency)}: {currency} has {minor_digits(currency)} decimals"


def from_minor(minor: int, currency: str) -> Amount:
    """An amount from a provider's integer minor units (1050, "EUR" is 10.50 EUR).

    Raises MoneyError for anything but an int: a float here would already be a loss.
    """
    # isinstance would take True for 1.
    if type(minor) is not int:
        raise MoneyError(f"{minor!r} is no integer count of minor units")
    if abs(minor) >= _TOO_LARGE:
        raise MoneyError(_DIGITS_OVER)
    return Amount(Decimal(minor).scaleb(-minor_digits(currency)), currency)
