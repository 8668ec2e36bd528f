"""Amounts of OFX: a sign, digits, and a point or a comma before what decimals there are.

Digits are never grouped by the specification, and are by some writers: three digits behind a mark may be thousands. They are
read as decimals only where the same file shows that this is its decimal mark; else they are refused.
Source: OFX 1.6 and 2.2 specifications, 3.2.9.1 (at most 32 characters, point or comma, no grouping).
"""

from __future__ import annotations

import re
from decimal import Decimal

from tieout.formats.amounts import exact
from tieout.formats.model import FormatError, Place
from tieout.money import minor_digits

_AMOUNT = re.compile(r"([+-]?)([0-9]{0,22})(?:([.,])([0-9]*))?")
_LONGEST = 32
# What nearly every amount is.
_PLAIN = re.compile(r"([+-]?)([0-9]{1,21}\.[0-9]{2})")
# An amount whose mark can only be a decimal one: another count of digits than three behind it, or before it four or more,
# none, or a zero.
_SHOWS = re.compile(
    r"<(?:TRNAMT|BALAMT)>\s*[+-]?(?:[0-9]*([.,])(?:[0-9]{1,2}|[0-9]{4,})|(?:0?|0[0-9]+|[0-9]{4,})([.,])[0-9]{3})\s*<",
    re.IGNORECASE,
)


class Amounts:
    """The amounts of one file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks: set[str] | None = None

    def read(self, text: str, currency: str, place: Place) -> Decimal:
        """An amount with its sign, padded to the currency's minor unit; zeros behind that are nothing. Raises FormatError for
        anything else, for a finer amount, and where the mark may be one of thousands."""
        if (found := _PLAIN.fullmatch(text)) is not None:
            value = exact(found[2], currency, place)
            return 0 - value if found[1] == "-" else value
        found = _AMOUNT.fullmatch(text)
        if found is None or len(text) > _LONGEST or not (found[2] or found[4]):
            raise FormatError(f"{text[:40]!r} is no amount, such as -12.50", place)
        sign, whole, mark, decimals = found[1], found[2], found[3] or "", found[4] or ""
        exact("0", currency, place)
        digits = minor_digits(currency)
        may_group = len(decimals) == 3 > digits and 1 <= len(whole) <= 3 and whole[0] != "0"
        if may_group and mark not in self._decimal_marks():
            raise FormatError(
                f"{text[:40]!r} may be {whole}{decimals} with a mark of thousands, or {whole}.{decimals}: nothing in the file "
                "shows which",
                place,
            )
        kept = decimals[:digits] + decimals[digits:].rstrip("0")
        if len(kept) > digits:
            raise FormatError(f"{text} is finer than {currency} has decimals ({digits})", place)
        value = exact(f"{whole or '0'}.{kept}" if kept else whole, currency, place)
        return 0 - value if sign == "-" else value

    def _decimal_marks(self) -> set[str]:
        if self._marks is None:
            self._marks = {found[1] or found[2] for found in _SHOWS.finditer(self._text)}
        return self._marks
