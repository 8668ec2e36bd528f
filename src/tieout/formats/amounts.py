"""Amounts as formats write them, to exact Decimals."""

from __future__ import annotations

import re
from decimal import Decimal

from tieout.formats.model import FormatError, Place
from tieout.money import Amount, MoneyError, minor_digits

# ISO 4217 list one, without the codes of metals, funds and tests; and those of list three that
# statements are still kept in.
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK "
    "LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG "
    "XOF XPF YER ZAR ZMW ZWG ANG ATS BEF BYR CUC DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MRO NLG "
    "PTE ROL SIT SKK SLL STD TRL VEF".split()
)
_OF_CENTS = frozenset(code for code in CURRENCIES if minor_digits(code) == 2)
_COMMA = re.compile(r"\d{1,22}([,.]\d{0,4})?")


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
    """A SWIFT amount ("12,5", "12,"): a decimal comma and no sign. Some banks write a point.

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
