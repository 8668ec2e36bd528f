"""Amounts as formats write them, to exact Decimals."""

from __future__ import annotations

import re
from decimal import Decimal

from tieout.formats.model import FormatError, Place
from tieout.money import CURRENCIES, Amount, MoneyError, minor_digits

_OF_CENTS = frozenset(code for code in CURRENCIES if minor_digits(code) == 2)
_COMMA = re.compile(r"\d{1,22}([,.]\d{0,4})?|[,.]\d{1,4}")


def _is_plain(text: str, mark: str) -> bool:
    """Whether a text is digits and one decimal mark: what nearly every amount is."""
    digits = text.replace(mark, "", 1)
    return digits.isdecimal() and len(digits) == len(text) - 1 < 24 and text[0] != mark


def exact(text: str, currency: str, place: Place | None = None) -> Decimal:
    """A plain decimal text ("12.50") of a currency, padded to its minor unit.

    Raises FormatError for anything else, for an amount finer than the minor unit, and for a code
    that is no currency.
    """
    if text[-3:-2] == "." and currency in _OF_CENTS and _is_plain(text, "."):
        return Decimal(text)
    if currency not in CURRENCIES:
        raise FormatError(f"{currency[:10]!r} is no currency of ISO 4217", place)
    try:
        return Amount.parse(text.strip(), currency).value
    except (MoneyError, ValueError) as error:
        raise FormatError(str(error), place) from None


def with_comma(text: str, currency: str, place: Place | None = None) -> Decimal:
    """A SWIFT amount ("12,5", "12,"; ",5" of some banks): a decimal comma and no sign. Some banks write a point.

    Raises FormatError for anything else, for an amount finer than the minor unit, and for one whose mark may be
    that of thousands ("1.200" of cents).
    """
    if text[-3:-2] == "," and currency in _OF_CENTS and _is_plain(text, ","):
        return Decimal(text.replace(",", "."))
    if not _COMMA.fullmatch(text):
        raise FormatError(f"{text[:40]!r} is no amount, such as 1234,50", place)
    plain = text.replace(",", ".")
    if plain[-4:-3] == "." and plain[-1] == "0" and minor_digits(currency) < 3:
        raise FormatError(
            f"{text[:40]!r} may be thousands or decimals: {currency} has {minor_digits(currency)}", place
        )
    return exact(plain[:-1] if plain.endswith(".") else plain, currency, place)
