"""Lists as tables for spreadsheets, and as CSV: amounts with their currency in a column of its own, texts as texts.
Pure: rows in, bytes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.formats.cells import plain_cell
from tieout.security import masked

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
        writer.writerow([plain_cell(text_of(value_of(row, c.field))) for c in table.columns])
    return text.getvalue().encode()


def text_of(value: Any) -> str:
    """A text as it is shown: account numbers masked, without signs that no cell may hold."""
    text = masked("" if value is None else str(value))[:_LONGEST_CELL]
    return "".join(c for c in text if c >= " " or c in "\t\n")
