"""Values of invoices: amounts, marks, days, missing terms, each refused with its place."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tieout.formats.model import FormatError
from tieout.formats.xmltree import Element, each, text

# xs:decimal: a sign, digits, a point anywhere among them; no exponent (XML Schema part 2, 3.2.3). XML sets no
# bound: 18 digits and as many decimals are more than any invoice has, and within what a Decimal keeps.
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
_BASIC_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
# xs:date may say its zone: the day is the one that stands there, as its writer's calendar has it.
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)


def needed(element: Element, path: str, term: str) -> str:
    """The text at a path that no invoice may lack. Raises FormatError, which names the term."""
    found = text(element, path)
    if not found:
        raise FormatError(f"{term} is missing: {path} was expected")
    return found


def number(words: str, term: str) -> Decimal:
    """A decimal number of XML Schema, with the decimals that were written. Raises FormatError."""
    bare = words.strip()
    if not _NUMBER.fullmatch(bare):
        raise FormatError(f"{term}: {words[:30]!r} is no amount")
    return Decimal(bare)


def amount(element: Element, path: str, term: str) -> Decimal:
    """The number at a path that no invoice may lack. Raises FormatError, which names the term."""
    _only(element, path, term)
    return number(needed(element, path, term), term)


def _only(element: Element, path: str, term: str) -> None:
    """Of two numbers in one place nobody could say which is meant."""
    if (count := len(each(element, path))) > 1:
        raise FormatError(f"{term}: {path} stands {count} times")


def maybe(element: Element, path: str, term: str) -> Decimal | None:
    """The number at a path, None where there is none. Raises FormatError where it is no number, or several."""
    found = text(element, path)
    _only(element, path, term)
    return number(found, term) if found else None


def total(element: Element, path: str, term: str) -> Decimal:
    """The number at a path, 0 where there is none; a nought keeps the decimals that it was written with. Raises
    FormatError where it is no number."""
    found = maybe(element, path, term)
    return Decimal(0) if found is None else found


def mark(element: Element, path: str, term: str) -> bool:
    """A truth value of XML Schema: true, false, 1 or 0. Raises FormatError for anything else, since an amount's sign
    hangs on it."""
    found = text(element, path)
    if found not in ("true", "false", "1", "0"):
        raise FormatError(f"{term}: {found[:30]!r} is neither true nor false")
    return found in ("true", "1")


def day(words: str, term: str) -> date:
    """A day as 2026-10-31 (with a zone or without) or 20261031. Raises FormatError."""
    bare = words.strip()
    found = _DAY.fullmatch(bare) or _BASIC_DAY.fullmatch(bare)
    try:
        if found is None:
            raise ValueError
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise FormatError(f"{term}: {words[:30]!r} is no day") from None
