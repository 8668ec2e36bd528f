"""Pages that are followed until the last one: a walk that ends, whatever the other side says comes next, and takes no row twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.connector_api.capabilities import Page
from tieout.connector_api.errors import TransientError

# Of a walk within one call, and of one whose place is kept between two calls: a first poll of all that a source ever had.
MOST_PAGES, MOST_POLLED = 20_000, 200_000
# Spans of time in which nothing was are pages without anything; so many in a row are none.
MOST_EMPTY = 1_000
# Two questions may meet in the one row that both are of; so many pages in a row that all say the same are one page.
MOST_ALIKE = 10


class Walk:
    """One walk over the pages of `what`: a cursor that was there before leads in a circle, as does a page that was, and so many pages are no
    list any more. Whatever raises here is TransientError: nothing of the list is believed."""

    def __init__(self, what: str, most: int | None = None) -> None:
        self._what, self._most = what, MOST_PAGES if most is None else most
        self._seen: set[str] = set()
        self._rows: set[str] = set()
        self._pages: set[bytes] = set()
        self._empty = 0

    def onward(self, cursor: object) -> str:
        """The cursor of the next page, as a text. Raises where the walk would not end, or there is more and nothing that leads to it."""
        text = "" if cursor is None else str(cursor)
        if not text:
            raise TransientError(f"{self._what}: there is more, and nothing says where")
        if text in self._seen:
            raise TransientError(
                f"{self._what}: its pages lead back to one that was there before ({text[:80]!r})"
            )
        if len(self._seen) >= self._most:
            raise TransientError(f"{self._what}: more than {self._most} pages, and no end")
        self._seen.add(text)
        return text

    def after(self, rows: Sequence[Mapping[str, Any]], name: str = "id") -> str:
        """The cursor of the next page where that is the name of this one's last row. Raises as `onward`, for a page without rows too."""
        return self.onward(rows[-1][name] if rows else None)

    def numbered(self, number: int, pages: int, rows: Sequence[Any]) -> bool:
        """Whether another page follows page `number` of a list that says to have `pages`. Raises where this one is empty and another is to
        come, or so many are no list."""
        if number >= pages:
            return False
        if not rows:
            raise TransientError(f"{self._what}: page {number} of {pages} has nothing")
        self.onward(number + 1)
        return True

    def fresh(self, rows: Sequence[Any], key: Callable[[Any], str]) -> list[Any]:
        """The rows of a page that were on no page before: one that moved to a later page while it was read counts once. Raises where all of
        them were, and for too many pages in a row without any."""
        self.some(rows)
        found = []
        for row in rows:
            if (name := key(row)) not in self._rows:
                found.append(row)
                self._rows.add(name)
        if rows and not found:
            raise TransientError(
                f"{self._what}: a page comes again, whose rows were there before ({key(rows[0])[:80]})"
            )
        return found

    def once(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows of a page, of a list whose rows have no name and may be alike. Raises where a page of just these was there before, and as
        `fresh`."""
        self.some(rows)
        told = hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).digest()
        if rows and told in self._pages:
            raise TransientError(f"{self._what}: a page comes again that was there before")
        self._pages.add(told)
        return rows

    def some(self, rows: Sequence[Any]) -> None:
        """Count a page of these rows. Raises for too many in a row without any."""
        self._empty = 0 if rows else self._empty + 1
        if self._empty > MOST_EMPTY:
            raise TransientError(f"{self._what}: {MOST_EMPTY} pages without anything, and more to come")


@dataclass(frozen=True)
class Trail:
    """A walk whose place is kept between two pages: how many `pages` it had, how many of the last were `empty`, and the `mark`, a page's cursor that
    is set anew after twice as many pages each time. A circle comes by its mark sooner or later (R. P. Brent, 1980), however long it is.
    `told` is what the last page said that was not empty, and `alike` how many in a row said just that."""

    pages: int = 0
    empty: int = 0
    mark: str = ""
    told: str = ""
    alike: int = 0

    def after(self, what: str, asked: Mapping[str, Any], page: Page, most: int = MOST_POLLED) -> Trail:
        """The trail behind a page that `asked` led to; a new one behind the last. Raises TransientError where the walk would not end: nothing of
        the page is taken then."""
        if not page.more:
            return Trail()
        if page.cursor == asked:
            # It would be asked for ever, and everything behind it never.
            raise TransientError(f"{what}: a page leads to itself")
        told = _digest([item.dedupe_key for item in page.items]) if page.items else ""
        seen = _digest(page.cursor)
        if seen == self.mark:
            raise TransientError(f"{what}: its pages lead back to one that was there before")
        alike = self.alike + 1 if told == self.told else 1
        pages, empties = self.pages + 1, 0 if told else self.empty + 1
        if pages > most:
            raise TransientError(f"{what}: more than {most} pages, and no end")
        if empties > MOST_EMPTY:
            raise TransientError(f"{what}: {MOST_EMPTY} pages without anything, and more to come")
        if told and alike > MOST_ALIKE:
            raise TransientError(f"{what}: {alike} pages in a row that say the same, and more to come")
        mark = seen if pages & (pages - 1) == 0 else self.mark
        return Trail(pages, empties, mark, *((told, alike) if told else (self.told, self.alike)))

    @classmethod
    def of(cls, kept: object) -> Trail:
        """A trail as it was kept by `kept`, which of an earlier version has three parts; a new one where that is none."""
        kinds = [int, int, str, str, int]
        if isinstance(kept, list) and len(kept) in (3, 5) and [type(x) for x in kept] == kinds[: len(kept)]:
            return cls(*kept)
        return cls()

    @property
    def kept(self) -> list[Any]:
        """As it is kept with a cursor."""
        return [self.pages, self.empty, self.mark, self.told, self.alike]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:24]
