"""Amounts with their currency, rounding, periods. Pure; nothing here does input or output."""

from tieout.money.amount import Amount, CurrencyMismatchError, MoneyError, from_minor, parse_decimal
from tieout.money.currency import CURRENCIES, minor_digits, quantum, shown_digits
from tieout.money.period import Period
from tieout.money.wire_units import CHARGEBEE, STRIPE, WireUnits

__all__ = [
    "CURRENCIES",
    "CHARGEBEE",
    "STRIPE",
    "Amount",
    "CurrencyMismatchError",
    "MoneyError",
    "Period",
    "WireUnits",
    "from_minor",
    "minor_digits",
    "parse_decimal",
    "quantum",
    "shown_digits",
]
