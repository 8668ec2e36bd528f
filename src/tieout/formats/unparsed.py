"""What a reader did not understand, kept while it reads."""

from __future__ import annotations

from tieout.formats.encodings import Decoded
from tieout.formats.model import Place, Unread


class Remainder:
    """Base of every reader: notes by what they are, with a count and the first one's place."""

    def __init__(self, decoded: Decoded | None = None) -> None:
        self._unread: dict[str, tuple[int, Place]] = {}
        for place in decoded.unknown if decoded else ():
            self._note("a byte whose letter is not known (no encoding fits)", place)

    @property
    def remainder(self) -> tuple[Unread, ...]:
        """What was not understood; complete once the events are read."""
        return tuple(Unread(what, count, place) for what, (count, place) in self._unread.items())

    def _note(self, what: str, place: Place) -> None:
        count, first = self._unread.get(what, (0, place))
        self._unread[what] = (count + 1, first)
