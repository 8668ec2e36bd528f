"""Tables for spreadsheets, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

from fastapi import Response

from tieout.formats.cells import plain_cell


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
