"""ISO 4217 currencies and their minor units.

Source: ISO 4217 list one, published 2026-01-01, with its funds but without metals, tests and the like, which have no
minor unit; and of list three those that books and statements are still kept in, each with the decimals that it had.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

_DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
        (2, "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"),
        (2, "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF"),
        (2, "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK"),
        (2, "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP"),
        (2, "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG"),
        (2, "YER ZAR ZMW ZWG"),
        # List three: no longer in use.
        (2, "ANG ATS BEF BGN BYR CUC DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MRO NLG PTE ROL SIT SKK SLL STD TRL"),
        (2, "VEF"),
    )
    for code in codes.split()
}  # fmt: skip
CURRENCIES = frozenset(_DIGITS)


@cache
def minor_digits(currency: str) -> int:
    """Decimal digits of the currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises ValueError for a text that has not the shape of an ISO 4217 code, and for a code that is none with a
    minor unit: a guess at one would be wrong by factors of ten.
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise ValueError(f"{currency[:40]!r} is no ISO 4217 code (three letters)")
    if not currency.isupper():
        raise ValueError(f"{currency!r} is no ISO 4217 code (capital letters)")
    if currency not in _DIGITS:
        raise ValueError(f"{currency!r} is no currency of ISO 4217 with a minor unit, such as EUR")
    return _DIGITS[currency]


def shown_digits(currency: str) -> int:
    """How many decimals people are shown at least: the minor unit's, and 2 where nobody knows the currency. For
    display alone."""
    return _DIGITS.get(currency, 2)


@cache
def quantum(currency: str) -> Decimal:
    """The currency's smallest amount: Decimal('0.01') for EUR. Raises ValueError as `minor_digits` does."""
    return Decimal(1).scaleb(-minor_digits(currency))
