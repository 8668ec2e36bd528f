"""What connectors for companies' own tables share: their options, and rows checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from tieout.connector_api.declaration import Option
from tieout.formats.tables import Form, Layout, Problem, Row, TableError, read_table

TABLE_OPTIONS: tuple[Option, ...] = (
    Option("columns", "a column's name here to its header in the file, where they differ", table=True),
    Option("decimal", "the decimal mark of amounts in text files", (".", ",")),
    Option("date_format", "how days are written, as in strptime (default: 2026-10-31)"),
    Option("delimiter", "what stands between cells of a text file, where it shall not be detected"),
    Option("encoding", "a text file's encoding (default: UTF-8)"),
    Option("sheet", "the workbook's sheet, where it has several"),
    Option("entity_code", "what the files call the entity of this interface"),
    Option(
        "exports",
        "whether each file holds what no other does, or repeats what came before it in its period",
        ("once", "cumulative"),
    ),
    Option("accounts_table", "the table of mappings/ that gives the ledger's account of a source's"),
    Option("require", "beginning of a ledger account's code to the dimensions that it needs", table=True),
)
Value = TypeVar("Value")


class RowError(ValueError):
    """One row that does not hold: the column, the rule that it breaks, and what was found."""

    def __init__(self, column: str, rule: str, what: str) -> None:
        super().__init__(what)
        self.column, self.rule = column, rule


def checked_rows(
    content: Any, form: Form, options: Mapping[str, Any], value: Callable[[Row], Value]
) -> Iterator[Value]:
    """`value` of every row of a table. Raises TableError, at the latest after the last row, with all
    that is wrong: `value` says what by RowError."""
    problems: list[Problem] = []
    for row in read_table(content, form, Layout.of(options)):
        try:
            yield value(row)
        except RowError as error:
            problems.append(Problem(row.number, error.column, error.rule, str(error)))
    if problems:
        raise TableError(problems)


def check_entity(row: Row, options: Mapping[str, Any]) -> None:
    """Whether a row is of the entity that this interface is for. Raises RowError."""
    said, ours = row.text("entity"), str(options.get("entity_code", ""))
    if said and said != ours:
        what = f"{said!r} is not {ours!r}" if ours else f"{said!r}: option entity_code does not say ours"
        raise RowError("entity", "entity", f"{what}: one file is of one entity")


def check_period(row: Row, on: date) -> None:
    """Whether a row's day lies in the period that it names. Raises RowError."""
    said = row.text("period")
    if said and said != f"{on:%Y-%m}":
        raise RowError("on", "period", f"{on} is not in the period {said}")


def signed(row: Row) -> Decimal:
    """A row's amount, signed (a debit is positive), of its columns amount, debit and credit.

    Raises RowError unless exactly one of them is there; a workbook fills the other side with 0.
    """
    given = {n: row.values[n] for n in ("amount", "debit", "credit") if row.values.get(n) is not None}
    filled = {n: v for n, v in given.items() if v} or dict(list(given.items())[:1])
    if len(filled) != 1:
        raise RowError("amount", "one amount", "an amount, or a debit, or a credit: exactly one")
    name, value = next(iter(filled.items()))
    if name != "amount" and value < 0:
        raise RowError(name, "one amount", f"{value} is negative: a debit and a credit are positive")
    return Decimal(-value if name == "credit" else value)
