"""Lists as tables for spreadsheets, CSV and XLSX: amounts are numbers with their currency in a column of its own, texts are texts.
Pure: rows in, bytes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from tieout.formats.cells import plain_cell
from tieout.security import masked

# What a spreadsheet keeps of a number exactly (IEEE 754); a longer amount stays a text rather than be another one.
_EXACT_DIGITS = 15
_LONGEST_CELL = 32_000


@dataclass(frozen=True)
class Column:
    """`field` of a row, with dots into its parts; `kind` is text, money, date or number."""

    field: str
    heading: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """`about` is what the table is of, each with a heading: company, filters, who, when, as of, how many rows."""

    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    about: Sequence[tuple[str, str]]


def value_of(row: Mapping[str, Any], field: str) -> Any:
    """What a row has under a name with dots; None where a part of it is missing. Several values are one text."""
    found: Any = row
    for part in field.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return "; ".join(str(x) for x in found) if isinstance(found, list) else found


def as_csv(table: Table) -> bytes:
    """As CSV in UTF-8, headings first; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([c.heading for c in table.columns])
    for row in table.rows:
        writer.writerow([plain_cell(_text(value_of(row, c.field))) for c in table.columns])
    return text.getvalue().encode()


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
    cell = WriteOnlyCell(sheet, _text(value))
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


def _text(value: Any) -> str:
    """A text as it is shown: account numbers masked, without signs that no cell may hold."""
    text = masked("" if value is None else str(value))[:_LONGEST_CELL]
    return "".join(c for c in text if c >= " " or c in "\t\n")
