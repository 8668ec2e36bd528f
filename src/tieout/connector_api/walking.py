"""Pages that are followed until the last one: a walk that ends, whatever the other side says comes next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tieout.connector_api.errors import TransientError

# Of a walk within one call, and of one whose place is kept between two calls: a first poll of all that a source ever had.
MOST_PAGES, MOST_POLLED = 20_000, 200_000
# Spans of time in which nothing was are pages without anything; so many in a row are none.
MOST_EMPTY = 1_000


class Walk:
    """One walk over the pages of `what`: a cursor that was there before leads in a circle, as does a page that was, and so many pages are no
    list any more. Whatever raises here is TransientError: nothing of the list is believed."""

    def __init__(self, what: str, most: int | None = None) -> None:
        self._what, self._most = what, MOST_PAGES if most is None else most
        self._seen: set[str] = set()
        self._pages: set[bytes] = set()

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

    def after(self, rows: list[dict[str, Any]], name: str = "id") -> str:
        """The cursor of the next page where that is the name of this one's last row. Raises as `onward`, for a page without rows too."""
        return self.onward(rows[-1][name] if rows else None)

    def page(self, number: int, keys: Iterable[str]) -> int:
        """The number of the next page of a list that is asked for by numbers, after the page of `keys`. Raises where that page was there before."""
        told = list(keys)
        seen = hashlib.sha256(json.dumps(told).encode()).digest()
        if told and seen in self._pages:
            raise TransientError(f"{self._what}: page {number} is one that was there before")
        self._pages.add(seen)
        return int(self.onward(number + 1))


@dataclass(frozen=True)
class Trail:
    """A walk whose place is kept between two pages: how many `pages` it had, how many of the last were `empty`, and the `mark`, a page's cursor that
    is set anew after twice as many pages each time. A circle comes by its mark sooner or later (R. P. Brent, 1980), however long it is."""

    pages: int = 0
    empty: int = 0
    mark: str = ""

    def onward(self, what: str, cursor: Mapping[str, Any], empty: bool, most: int = MOST_POLLED) -> Trail:
        """The trail after one more page, behind which `cursor` leads on. Raises TransientError where the walk would not end."""
        seen = hashlib.sha256(json.dumps(cursor, sort_keys=True, default=str).encode()).hexdigest()[:24]
        if seen == self.mark:
            raise TransientError(f"{what}: its pages lead back to one that was there before")
        pages, empties = self.pages + 1, self.empty + 1 if empty else 0
        if pages > most:
            raise TransientError(f"{what}: more than {most} pages, and no end")
        if empties > MOST_EMPTY:
            raise TransientError(f"{what}: {MOST_EMPTY} pages without anything, and more to come")
        return Trail(pages, empties, seen if pages & (pages - 1) == 0 else self.mark)

    @classmethod
    def of(cls, kept: object) -> Trail:
        """A trail as it was kept by `kept`; a new one where that is none."""
        if isinstance(kept, list) and len(kept) == 3 and [type(x) for x in kept] == [int, int, str]:
            return cls(*kept)
        return cls()

    @property
    def kept(self) -> list[Any]:
        """As it is kept with a cursor."""
        return [self.pages, self.empty, self.mark]
