"""Lists as workbooks (XLSX): amounts are numbers, dates are dates, and a sheet says what the list is of. Pure: rows in, bytes out.

What writes them takes long to import, so whoever serves imports this with the first workbook.
"""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from tieout.console.tables import Table, text_of, value_of

# What a spreadsheet keeps of a number exactly (IEEE 754); a longer amount stays a text rather than be another one.
_EXACT_DIGITS = 15


def as_xlsx(table: Table) -> bytes:
    """As a workbook: the list, and a sheet that says what it is of. Amounts are numbers as far as a spreadsheet keeps them exactly."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("List")
    sheet.freeze_panes = "A2"
    sheet.append([_heading(sheet, c.heading) for c in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, value_of(row, c.field), c.kind) for c in table.columns])
    about = book.create_sheet("About")
    for name, said in table.about:
        about.append([_heading(about, name), _cell(about, said, "text")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _heading(sheet: Any, text: str) -> Any:
    cell = _cell(sheet, text, "text")
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Any, kind: str) -> Any:
    if value in (None, ""):
        return WriteOnlyCell(sheet, None)
    if kind == "money" and (amount := _exact(value)) is not None:
        cell = WriteOnlyCell(sheet, amount)
        places = max(2, -int(amount.as_tuple().exponent))
        cell.number_format = f"#,##0.{'0' * places}"
        return cell
    if kind == "number" and isinstance(value, int):
        return WriteOnlyCell(sheet, value)
    if kind == "date" and (on := _day(value)) is not None:
        cell = WriteOnlyCell(sheet, on)
        cell.number_format = "yyyy-mm-dd"
        return cell
    cell = WriteOnlyCell(sheet, text_of(value))
    # Whatever it begins with, it is no formula.
    cell.data_type = "s"
    return cell


def _exact(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    # Zeros behind it are how a database wrote it, and no part of it.
    bare = amount.normalize()
    bare = (
        bare.quantize(Decimal(1))
        if int(bare.as_tuple().exponent) > 0 and bare.adjusted() < _EXACT_DIGITS
        else bare
    )
    return bare if len(bare.as_tuple().digits) <= _EXACT_DIGITS else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
