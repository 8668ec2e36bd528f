"""ISO 4217 currencies and their minor units.

Source: ISO 4217 list one (six-month publication of 2026); a code that is not an exception
here has two decimal digits.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

_DIGITS: dict[str, int] = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


@cache
def minor_digits(currency: str) -> int:
    """Decimal digits of the currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises ValueError for a text that has not the shape of an ISO 4217 code.
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise ValueError(f"{currency!r} is no ISO 4217 code (three letters)")
    if not currency.isupper():
        raise ValueError(f"{currency!r} is no ISO 4217 code (capital letters)")
    return _DIGITS.get(currency, 2)


@cache
def quantum(currency: str) -> Decimal:
    """The currency's smallest amount: Decimal('0.01') for EUR."""
    return Decimal(1).scaleb(-minor_digits(currency))
