"""Values of invoices: amounts, days, missing terms, each refused with its place."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tieout.formats.model import FormatError
from tieout.formats.xmltree import Element, text

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,10})?")


def needed(element: Element, path: str, term: str) -> str:
    """The text at a path that no invoice may lack. Raises FormatError, which names the term."""
    found = text(element, path)
    if not found:
        raise FormatError(f"{term} is missing: {path} was expected")
    return found


def number(words: str, term: str) -> Decimal:
    """A decimal number of XML Schema. Raises FormatError."""
    bare = words.strip().removeprefix("+")
    if not _NUMBER.fullmatch(bare):
        raise FormatError(f"{term}: {words[:30]!r} is no amount")
    return Decimal(bare)


def amount(element: Element, path: str, term: str) -> Decimal:
    """The number at a path that no invoice may lack. Raises FormatError, which names the term."""
    return number(needed(element, path, term), term)


def maybe(element: Element, path: str, term: str) -> Decimal | None:
    """The number at a path, None where there is none. Raises FormatError where it is no number."""
    found = text(element, path)
    return number(found, term) if found else None


def day(words: str, term: str) -> date:
    """A day as 2026-10-31 or 20261031. Raises FormatError."""
    bare = words.strip()
    if re.fullmatch(r"\d{8}", bare):
        bare = f"{bare[:4]}-{bare[4:6]}-{bare[6:]}"
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", bare):
            raise ValueError
        return date.fromisoformat(bare)
    except ValueError:
        raise FormatError(f"{term}: {words[:30]!r} is no day") from None
