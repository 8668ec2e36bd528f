"""Tables for spreadsheets, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from fastapi import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def plain_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula begins with an apostrophe; an amount stays one."""
    if not isinstance(value, str) or not value.startswith((*_FORMULA, "'")) or _AMOUNT.fullmatch(value):
        return value
    # What begins with an apostrophe of its own gets one, too: so it can be told apart when it comes back.
    return f"'{value}"


def meant_cell(text: str) -> str:
    """What a cell was before `plain_cell`."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*_FORMULA, "'")) else text


def as_csv(rows: list[dict[str, Any]], name: str) -> Response:
    """Rows of the same fields as CSV."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: plain_cell(v) for k, v in row.items()})
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)
