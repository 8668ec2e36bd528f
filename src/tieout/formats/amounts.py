"""Amounts as formats write them, to exact Decimals."""

from __future__ import annotations

import re
from decimal import Decimal

from tieout.formats.model import FormatError, Place
from tieout.money import Amount, MoneyError

_COMMA = re.compile(r"\d{1,22}([,.]\d{0,4})?")


def exact(text: str, currency: str, place: Place | None = None) -> Decimal:
    """A plain decimal text ("12.50") of a currency, padded to its minor unit.

    Raises FormatError for anything else, and for an amount finer than the minor unit.
    """
    try:
        return Amount.parse(text.strip(), currency).value
    except (MoneyError, ValueError) as error:
        raise FormatError(str(error), place) from None


def with_comma(text: str, currency: str, place: Place | None = None) -> Decimal:
    """A SWIFT amount ("12,5", "12,"): a decimal comma and no sign. Some banks write a point.

    Raises FormatError for anything else, and for an amount finer than the minor unit.
    """
    if not _COMMA.fullmatch(text):
        raise FormatError(f"{text[:40]!r} is no amount, such as 1234,50", place)
    plain = text.replace(",", ".")
    return exact(plain[:-1] if plain.endswith(".") else plain, currency, place)
