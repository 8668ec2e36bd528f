"""The rows of an export that nobody declared, as far as a header and the forms of its dates and amounts go."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from tieout.formats.csv.numbers import affixed, plain_number, signed
from tieout.formats.model import FormatError


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`columns` are the fields that were told by their names, each beside its column; `lines` the cells of every row
    with a date; `days` their days, None where the order of day and month is all that is known to be odd."""

    names: list[str]
    columns: dict[str, str]
    lines: list[list[str]]
    days: list[date | None]
    decimal: str
    thousands: str

    def cells(self, column: str) -> list[str]:
        """What stands in a column, a cell a line; "" throughout where there is no such column."""
        if not column:
            return [""] * len(self.lines)
        at = self.names.index(column)
        return [line[at] if at < len(line) else "" for line in self.lines]

    def field(self, name: str) -> list[str]:
        """What stands in the column of a field, a cell a line."""
        return self.cells(self.columns.get(name, ""))

    def free(self) -> list[str]:
        """Columns with a name that no field was told by, in their order."""
        used = set(self.columns.values())
        return [name for name in dict.fromkeys(self.names) if name and name not in used]

    def number(self, text: str) -> Decimal | None:
        """A signed amount, of which a mark beside it was taken; None for any other text."""
        if not text:
            return None
        try:
            return Decimal(plain_number(text, self.decimal, self.thousands))
        except FormatError:
            return None

    def numbers(self, cells: list[str]) -> list[Decimal | None]:
        """The amounts of cells; None for what is none."""
        return [self.number(text) for text in cells]


def parted(cells: list[str]) -> tuple[list[str], list[str]]:
    """(amounts, marks) of cells whose amounts may have a mark beside them; "" where one has none."""
    pairs = [(text, "") if not text or signed(text) else affixed(text) for text in cells]
    return [amount for amount, _ in pairs], [mark for _, mark in pairs]
