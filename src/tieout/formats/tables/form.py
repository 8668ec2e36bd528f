"""What a table must look like, and how a cell becomes a value. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.formats.model import FormatError
from tieout.money import CURRENCIES

_MOST = 20
# What a spreadsheet would compute. A plus and a minus begin amounts.
_FORMULA = ("=", "@")


@dataclass(frozen=True)
class Column:
    """One column: `kind` is text, amount, date, currency, integer or choice (one of `choices`)."""

    name: str
    kind: str = "text"
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """The columns of a table. A column that is not required may be absent or empty."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Layout:
    """How one company writes it: `headers` gives the file's own header of a column; `decimal` is
    the mark of amounts; `date_format` as in strptime, ISO 8601 where it is ""; `sheet` names the
    sheet of a workbook with several."""

    headers: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    date_format: str = ""
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Layout:
        """From an interface's options."""
        return cls(
            headers=dict(options.get("columns", {})),
            decimal=str(options.get("decimal", ".")),
            date_format=str(options.get("date_format", "")),
            delimiter=str(options.get("delimiter", "")),
            encoding=str(options.get("encoding", "")),
            sheet=str(options.get("sheet", "")),
        )


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the row (1 is the file's first), the column's header, the rule that
    it breaks and what was expected. Row 0 is the file as a whole."""

    row: int
    column: str
    rule: str
    what: str

    def __str__(self) -> str:
        where = [f"row {self.row}"] if self.row else []
        where += [f"column {self.column!r}"] if self.column else []
        return f"{', '.join(where)}: {self.what} (rule: {self.rule})".lstrip(": ")


class TableError(FormatError):
    """A table that is refused whole: every problem by row, column and rule."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        shown = "; ".join(str(p) for p in problems[:_MOST])
        more = f"; and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        super().__init__(shown + more)
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, and its values by column name. An empty cell is None."""

    number: int
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A cell as text, "" where it is empty or the column missing."""
        return str(self.values.get(name) or "")


@dataclass(frozen=True)
class Cell:
    """A cell as the file has it: its text, and for a workbook's date the day itself; `wrong` says
    what no cell may be."""

    text: str
    day: date | None = None
    number: bool = False
    wrong: str = ""


def value_of(cell: Cell, column: Column, layout: Layout) -> Any:  # noqa: C901 - flat: a case a kind of column
    """The value of a cell. Raises ValueError(rule, what) where it is none of the column's kind."""
    if cell.wrong:
        raise ValueError(*cell.wrong.split("|", 1))
    text = cell.text.strip()
    if not text and cell.day is None:
        if column.required:
            raise ValueError("required", "is empty")
        return None
    if text.startswith(_FORMULA):
        raise ValueError("no formulas", f"{text[:30]!r} is a formula: export values")
    match column.kind:
        case "amount":
            return _amount(cell, layout)
        case "date":
            return _date(cell, text, layout)
        case "integer":
            if not re.fullmatch(r"-?\d{1,15}", text):
                raise ValueError("integer", f"{text[:30]!r} is no whole number")
            return int(text)
        case "currency":
            if text.upper() not in CURRENCIES:
                raise ValueError("currency", f"{text[:30]!r} is no currency of ISO 4217")
            return text.upper()
        case "choice":
            if text not in column.choices:
                raise ValueError("choice", f"{text[:30]!r} is none of {', '.join(column.choices)}")
            return text
        case _:
            return text


def _amount(cell: Cell, layout: Layout) -> Decimal:
    """An exact amount. A workbook keeps binary numbers: what it shows are 15 digits of them."""
    text = cell.text.strip()
    if cell.number:
        value = Decimal(text)
        digits = value.as_tuple()
        if len(digits.digits) > 15 and isinstance(digits.exponent, int):
            value = value.quantize(Decimal(1).scaleb(digits.exponent + len(digits.digits) - 15))
        plain = format(value.normalize(), "f")
    else:
        plain = text.replace(layout.decimal, ".") if layout.decimal != "." else text
        if layout.decimal != "." and "." in text:
            raise ValueError("amount", f"{text[:30]!r} holds a point: no thousands marks")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,4})?", plain):
        example = f"1234{layout.decimal}50"
        raise ValueError("amount", f"{text[:30]!r} is no amount, such as {example} without thousands marks")
    return Decimal(plain)


def _date(cell: Cell, text: str, layout: Layout) -> date:
    if cell.day is not None:
        return cell.day
    if cell.number:
        raise ValueError("date", f"{text[:30]!r} is a number: format the column as dates")
    try:
        if layout.date_format:
            return datetime.strptime(text, layout.date_format).date()
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        wanted = layout.date_format or "2026-10-31"
        raise ValueError("date", f"{text[:30]!r} is no day, such as {wanted}") from None
