"""What the texts of CAMT elements mean by themselves: days, amounts, marks, truths, counts. Pure.

An amount that is booked, or that proves what is booked, is exact in its currency; one that only
informs (a charge, a detail, a total) is taken as fine as it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tieout.formats.amounts import exact
from tieout.formats.model import FormatError
from tieout.money import CURRENCIES, Amount, MoneyError

Values = dict[str, Any]
# Notes what was not understood: the kind of it, and what it says here.
Say = Callable[[str, str], None]
# xs:decimal as ISO 20022 restricts it: 18 digits, 17 of them behind the point at most.
_DECIMAL = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,17})?|\.\d{1,17})", re.ASCII)


def text_of(values: Values, name: str) -> str:
    """The text under a name without blanks around it, "" where there is none."""
    found = values.get(name)
    return found.strip() if found else ""


@lru_cache(4096)
def day(text: str) -> date:
    """The day that a Dt or DtTm writes, in the bank's own zone.

    Raises FormatError for a text that is no date.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise FormatError(f"{text[:40]!r} is no date, such as 2026-10-31") from None


def day_of(values: Values, name: str) -> date | None:
    """The day under a name, None where there is none. Raises FormatError."""
    text = values.get(name)
    return day(text) if text else None


def money(values: Values, name: str) -> tuple[Decimal, str]:
    """An amount that counts, without its sign, and its currency. Raises FormatError."""
    text, currency = values[name]
    value = exact(text or "", currency or "")
    if value < 0:
        raise FormatError(f"{name} is negative ({text}): its sign is CdtDbtInd's")
    return value, currency


def signed(values: Values, default: str = "") -> tuple[Decimal, str]:
    """Amt with the sign that CdtDbtInd gives it, and its currency. Raises FormatError."""
    if "amount" not in values:
        raise FormatError("it has no Amt")
    value, currency = money(values, "amount")
    return with_mark(value, text_of(values, "mark") or default), currency


def with_mark(value: Decimal, mark: str) -> Decimal:
    """A positive value with the sign of its mark. Raises FormatError for another mark."""
    if mark == "CRDT":
        return value
    if mark == "DBIT":
        # 0 - x, since -Decimal(0) would print as "-0.00".
        return 0 - value
    if not mark:
        raise FormatError(
            "it says neither credit nor debit: CdtDbtInd, which ISO 20022 demands, is missing, and no sign is guessed; "
            "ask the bank for it"
        )
    raise FormatError(f"CdtDbtInd is {mark!r}, not CRDT or DBIT")


def decimal_of(text: str) -> Decimal | None:
    """A number as xs:decimal has it, however fine; None for a text that is none."""
    plain = text.strip()
    return Decimal(plain) if _DECIMAL.fullmatch(plain) else None


def informing(values: Values, name: str, say: Say) -> tuple[Decimal, str] | None:
    """An amount that nobody books, without its sign, and its currency: as fine as it is written,
    padded to the minor unit. None where it cannot be read, which `say` is told."""
    if name not in values:
        return None
    text, currency = values[name]
    try:
        # What nearly all of them are.
        exactly = exact(text or "", currency or "")
        if exactly >= 0:
            return exactly, currency
    except FormatError:
        pass
    value = decimal_of(text or "")
    if value is None or value < 0 or currency not in CURRENCIES:
        say(
            "an amount of a detail that cannot be read",
            f"an amount of a detail that cannot be read ({(currency or '')[:10]} {(text or '')[:40]})",
        )
        return None
    return padded(value, currency), currency


def padded(value: Decimal, currency: str) -> Decimal:
    """A value padded to the currency's minor unit where it is not finer."""
    try:
        return Amount.exact(value, currency).value
    except MoneyError:
        return value


def truth(text: str, name: str) -> bool:
    """An xs:boolean; "" is false. Raises FormatError."""
    if text in ("true", "1"):
        return True
    if text in ("false", "0", ""):
        return False
    raise FormatError(f"{name} is {text!r}, not true or false")


def count_of(values: Values, key: str, name: str) -> int | None:
    """A count, None where there is none. Raises FormatError, which calls it `name`."""
    text = text_of(values, key)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise FormatError(f"{name} is {text[:40]!r}, a count was expected")
    return int(text)
