"""Cells of tables for spreadsheets, of which none is taken for a formula."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def plain_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula begins with an apostrophe; an amount stays one, and a Decimal is
    written in full."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if not isinstance(value, str) or not value.startswith((*_FORMULA, "'")) or _AMOUNT.fullmatch(value):
        return value
    # What begins with an apostrophe of its own gets one, too: so it can be told apart when it comes back.
    return f"'{value}"


def meant_cell(text: str) -> str:
    """What a cell was before `plain_cell`."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*_FORMULA, "'")) else text
