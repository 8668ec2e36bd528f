"""Amounts as CSV exports write them: a sign in one place, digits in groups or in none, one decimal mark.

What stands in no such form is refused: 12 50 is not 1250, and (-5) is neither 5 nor -5.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from tieout.formats.model import FormatError, Place

# Blanks that stand between thousands: none, and the ones that do not break a line.
_BLANKS = str.maketrans(dict.fromkeys("\xa0\u202f\u2009\u2007\u2008\u200a", " "))
# What a typesetter, or a keyboard of another country, writes for a minus or for a Swiss apostrophe.
_SIGNS = str.maketrans({**dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"), "\uff0b": "+",
                        **dict.fromkeys("\u2019\u02bc\u00b4", "'")})  # fmt: skip
_DIGITS = r"[0-9][0-9.,' ]*|[.,][0-9]+"
_LOOSE = re.compile(
    rf"(?P<before>[-+]?) ?(?:\((?P<inside>{_DIGITS})\)|(?P<digits>{_DIGITS}))(?P<after> ?[-+]?)"
)
_AFFIXED = re.compile(
    r"(?P<before>[^\W\d_]{1,12}\.?)? ?(?P<amount>[^A-Za-z]*?\d[^A-Za-z]*?) ?(?P<after>[^\W\d_]{1,12}\.?)?"
)
_PLAIN = {".": re.compile(r"-?[0-9]+(?:\.[0-9]{1,4})?"), ",": re.compile(r"-?[0-9]+(?:,[0-9]{1,4})?")}


@cache
def _grouped(mark: str) -> re.Pattern[str]:
    """Digits with a mark every three of them; in India, with commas, every two before the last three."""
    if not mark:
        return re.compile(r"\d*")
    return re.compile(
        rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+" + (r"|\d{1,2}(?:,\d{2})+,\d{3}" if mark == "," else "")
    )


class Signed(msgspec.Struct, frozen=True):
    """An amount's digits as they are written, and its sign: "-", "+", or "" where none stands."""

    digits: str
    sign: str


def _usual(text: str) -> str:
    """A text with the usual blanks and signs."""
    return text.strip() if text.isascii() else text.translate(_SIGNS).translate(_BLANKS).strip()


def signed(text: str) -> Signed | None:
    """The digits and the sign of an amount; None for any other text.

    A minus stands before or behind, or the amount in round brackets; two signs are none.
    """
    hit = _LOOSE.fullmatch(_usual(text))
    if hit is None:
        return None
    signs = [s for s in (hit["before"], hit["after"].strip(), "-" if hit["inside"] else "") if s]
    if len(signs) > 1:
        return None
    return Signed((hit["inside"] or hit["digits"]).strip(), signs[0] if signs else "")


def affixed(text: str) -> tuple[str, str]:
    """(amount, mark) of an amount with a word before or behind it, such as 33,50 S or CR 33.50; the mark is ""
    where there is none, or one on either side."""
    hit = _AFFIXED.fullmatch(_usual(text))
    if hit is None or bool(hit["before"]) == bool(hit["after"]):
        return text, ""
    return hit["amount"].strip(), hit["before"] or hit["after"]


def plain_number(text: str, decimal: str, thousands: str, place: Place | None = None) -> str:
    """A signed decimal text ("-1234.50") from an amount as an export writes it.

    `decimal` is its decimal mark, `thousands` the one between thousands, "" for none; blanks and apostrophes may
    stand there, too. Zeros at the end of its decimals say nothing and are left. Raises FormatError for any other.
    """
    if decimal in _PLAIN and _PLAIN[decimal].fullmatch(text):
        return text.replace(",", ".")
    found = signed(text)
    if found is not None:
        whole, _, fraction = found.digits.partition(decimal)
        between = next((c for c in whole if not c.isdigit()), "")
        allowed = between in (thousands, "'", " ", "")
        if allowed and _grouped(between).fullmatch(whole) and re.fullmatch(r"\d{0,30}", fraction):
            digits = "".join(c for c in whole if c.isdigit()) or "0"
            # An amount has four decimals at most; zeros behind them are none.
            rest = fraction if len(fraction) <= 4 else fraction.rstrip("0")
            return ("-" if found.sign == "-" else "") + digits + (f".{rest}" if rest else "")
    raise FormatError(
        f"{text[:40]!r} is no amount with {decimal!r} before its decimals"
        + (f" and {thousands!r} between thousands" if thousands else ""),
        place,
    )


def marks_of(amounts: list[str]) -> tuple[str, str]:
    """(decimal, thousands) marks that all amounts allow, if only one pair does. What is no amount is left.

    Raises FormatError where they allow both, or none.
    """
    decimals: set[str] = set()
    doubtful = ""
    for text in amounts:
        found = signed(text)
        if found is None:
            continue
        digits = found.digits
        points, commas = digits.count("."), digits.count(",")
        if points and commas:
            decimals.add("." if digits.rindex(".") > digits.rindex(",") else ",")
        elif points + commas > 1:
            decimals.add("," if points else ".")
        elif points + commas == 1:
            mark = "." if points else ","
            whole, _, behind = digits.partition(mark)
            # 1.234 may be a thousand; 0.234, 1234.567 and 1 234.567 may not.
            if len(behind) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole):
                doubtful = doubtful or text
            else:
                decimals.add(mark)
    if len(decimals) > 1:
        raise FormatError("amounts have both decimal points and decimal commas: declare a dialect")
    if not decimals and doubtful:
        raise FormatError(f"{doubtful!r} could be a thousand or a decimal amount: declare a dialect")
    decimal = decimals.pop() if decimals else "."
    return decimal, "," if decimal == "." else "."
