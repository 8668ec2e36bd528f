"""Where the SEPA schemes reach, by the country of an IBAN and by the day, and what leaves the European Economic Area.

Source: European Payments Council, EPC409-09, EPC List of SEPA Scheme Countries, version 8.0 of 2025-12-24: 30
countries of the EEA, 11 others and their territories; the days are those from which a country's banks take part.
Serbia's is the National Bank of Serbia's (2026-05-05, credit transfers alone). Territories bank under a country's own
IBANs (Guernsey, Jersey, Isle of Man: GB; the French ones: FR), but for Gibraltar (GI).
"""

from __future__ import annotations

from datetime import date

LIST_VERSION = "EPC409-09 v8.0, 2025-12-24"
EEA = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE".split()
)
_ALWAYS = date.min
_OTHERS = {
    "CH": _ALWAYS,
    "GB": _ALWAYS,
    "GI": _ALWAYS,
    "MC": _ALWAYS,
    "SM": _ALWAYS,
    "AD": date(2019, 3, 1),
    "VA": date(2019, 3, 1),
    "AL": date(2025, 10, 5),
    "MD": date(2025, 10, 5),
    "ME": date(2025, 10, 5),
    "MK": date(2025, 10, 5),
    "RS": date(2026, 5, 5),
}
_TRANSFERS_ALONE = frozenset({"RS"})


def in_transfers(iban: str, on: date) -> bool:
    """Whether the SEPA credit transfer reaches an account on a day."""
    country = iban[:2]
    return country in EEA or on >= _OTHERS.get(country, date.max)


def in_debits(iban: str, on: date) -> bool:
    """Whether the SEPA direct debit reaches an account on a day."""
    return in_transfers(iban, on) and iban[:2] not in _TRANSFERS_ALONE


def leaves_the_eea(one: str, other: str) -> bool:
    """Whether a payment between two accounts crosses a border of which a side is not in the EEA: then the schemes demand
    the payer's address (Regulation (EU) 2023/1113 on information that accompanies transfers of funds; EPC guidance on the
    provision of addresses, version 2.1 of October 2025)."""
    return one[:2] != other[:2] and not {one[:2], other[:2]} <= EEA
