"""Lists in another order than their own: by a column, among as many rows as the list's own index gives at once.

An index for each column of a table of millions would be paid for by every row that is written. So the rows that are sorted are the first
of the list as it is (documents: the newest; cases: those with most at risk), found by its index under its filters, and the page says among how
many it sorted where there are more. Pure: rows in, a page out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query

from tieout.api.v1.paging import cut, place, read_place
from tieout.api.v1.problems import ProblemError

# Among so many at most.
MOST_SORTED = 5_000
Sort = Annotated[
    str | None,
    Query(max_length=40, description="a column to sort by, with - before it for the largest or latest first"),
]


# By the name of each column a row's field, and how its value is read from a text.
Columns = Mapping[str, tuple[str, Callable[[str], Any]]]


@dataclass(frozen=True)
class Order:
    """A column that rows are sorted by, from which value on, and whether downwards. Of equal values their number decides."""

    field: str
    number: str
    down: bool
    after: tuple[Any, int] | None

    @classmethod
    def read(cls, asked: str, columns: Columns, number: str, after: str) -> Order:
        """What is asked, among columns. Raises ProblemError."""
        name = asked.removeprefix("-")
        if name not in columns:
            raise ProblemError(422, "sort", f"sorted by {', '.join(columns)}, each with - or without")
        field, kind = columns[name]
        value, last = read_place(after, (kind, int))
        return cls(field, number, asked.startswith("-"), (value, last) if after else None)

    def page(
        self, rows: Sequence[dict[str, Any]], limit: int
    ) -> tuple[Sequence[dict[str, Any]], str | None, int | None]:
        """Of rows (one more than are sorted, where there are more) a page, where the next begins, and among how many was sorted:
        None for all of them."""
        mine, more = cut(rows, MOST_SORTED)
        found = sorted(mine, key=self._key, reverse=self.down)
        if (begin := self.after) is not None:
            found = [r for r in found if (self._key(r) < begin if self.down else self._key(r) > begin)]
        shown, left = cut(found, limit)
        following = place(*self._key(shown[-1])) if left else None
        return shown, following, MOST_SORTED if more else None

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, int]:
        return row[self.field], row[self.number]


def paged(
    rows: Sequence[dict[str, Any]], limit: int, order: Order | None, *by: str
) -> tuple[Sequence[dict[str, Any]], str | None, int | None]:
    """A page of rows, where the next one begins, and among how many was sorted: in an order that somebody asked for, or in the
    rows' own, where the next page begins after the last row's values of `by`."""
    if order is not None:
        return order.page(rows, limit)
    shown, more = cut(rows, limit)
    return shown, place(*(shown[-1][k] for k in by)) if more else None, None
