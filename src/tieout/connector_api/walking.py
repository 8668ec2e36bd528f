"""Pages that are followed until the last one: a walk that ends, whatever the other side says comes next."""

from __future__ import annotations

from tieout.connector_api.errors import TransientError

MOST_PAGES = 20_000


class Walk:
    """One walk over the pages of `what`: a cursor that was there before leads in a circle, and so many pages are no list any more."""

    def __init__(self, what: str, most: int = MOST_PAGES) -> None:
        self._what, self._most = what, most
        self._seen: set[str] = set()

    def onward(self, cursor: object) -> str:
        """The cursor of the next page, as a text. Raises TransientError where the walk would not end: nothing of it is believed."""
        text = str(cursor)
        if text in self._seen:
            raise TransientError(
                f"{self._what}: its pages lead back to one that was there before ({text[:80]!r})"
            )
        if len(self._seen) >= self._most:
            raise TransientError(f"{self._what}: more than {self._most} pages, and no end")
        self._seen.add(text)
        return text
