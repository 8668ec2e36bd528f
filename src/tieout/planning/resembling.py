"""Lines of exports that may be known ones in other words.

An export (CSV, OFX) is known by its lines, and a line by its bank's own id, or by its day, amount and words. A bank that words a
line otherwise in a later export, or moves its day beneath the same id, tells of a new one by its name. Where an export
does not tell a known line of the days that it covers, and has a new one that is like it, that new one is marked: a person says
whether it is the same. Those that an export tells again as they were are no doubt.

A line that is known by a key of before (`FrameLine.former_keys`) is told again. Where such a key may be another one's, the message
that the known one came in says, as it is read today; where it cannot be read, the line is like the known one, and a person's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import msgspec

from tieout.documents import Document, FrameLine, canonical_bytes, kind_of
from tieout.planning.stamped import as_written
from tieout.planning.work import Work
from tieout.rules import Interface
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
# The documents that today's reader makes of a message that was taken before; none where it cannot be read.
ReadAgain = Callable[[int], Iterable[Document]]
# How far a bank may move the day of a line that keeps its id.
_MOVED = timedelta(days=10)


class LikeLines:
    """The lines of an interface that came by themselves, on the days of a batch and around them."""

    def __init__(self, connection: Connection, interface: Interface, read_again: ReadAgain) -> None:
        self._connection, self._interface = connection, interface
        self._read_again, self._said = read_again, dict[int, frozenset[str]]()
        self._message_of: dict[str, int] = {}
        self._known: dict[str, FrameLine] = {}
        self._like: dict[tuple[object, ...], list[str]] = {}

    def mark(self, works: Sequence[Work]) -> list[Work]:
        """Mark the works that may be lines which their own message does not tell as they were told before. The works that
        are known already, by a key that they bore before."""
        exports: dict[int, list[Work]] = {}
        for work in works:
            if isinstance(work.document, FrameLine) and work.document.likeness():
                exports.setdefault(work.message_id, []).append(work)
        if not exports:
            return []
        self._read([w for each in exports.values() for w in each])
        known: list[Work] = []
        for each in exports.values():
            again = [(w, key) for w in each if (key := self._known_as(w))]
            known += [w for w, _ in again]
            gone = {id(w) for w, _ in again}
            self._mark([w for w in each if id(w) not in gone], [key for _, key in again])
        return known

    def _known_as(self, work: Work) -> str:
        """The key of before by which a line is known; "" where it is not."""
        line = work.document
        assert isinstance(line, FrameLine)
        if line.key in self._known:
            return ""
        for key in line.former_keys():
            if key in self._known and (line.former_key_is_its_own() or line.key in self._said_in(key)):
                return key
        return ""

    def _said_in(self, key: str) -> frozenset[str]:
        """The keys that the message of a known line has today, but for those of several that had one key before: of them one
        was kept, and nobody knows which."""
        message = self._message_of.get(key, 0)
        if message not in self._said:
            told = {d.key: d for d in (self._read_again(message) if message else ())}
            before = Counter(k for d in told.values() if isinstance(d, FrameLine) for k in d.former_keys())
            self._said[message] = frozenset(
                k
                for k, d in told.items()
                if not (isinstance(d, FrameLine) and any(before[f] > 1 for f in d.former_keys()))
            )
        return self._said[message]

    def _read(self, works: Sequence[Work]) -> None:
        days = [w.document.occurred_at for w in works]
        given = {
            "interface": self._interface.name,
            "kinds": sorted({kind_of(w.document) for w in works}),
            "since": min(days) - _MOVED,
            "until": max(days) + _MOVED,
        }
        stamps = stamper(self._connection)
        for row in self._connection.execute(_SQL["lines_around"], given):
            self._add(as_written(stamps, self._interface.name, row), row["message_id"])

    def _add(self, document: Document | None, message_id: int) -> None:
        if isinstance(document, FrameLine) and document.key not in self._known:
            self._known[document.key] = document
            self._message_of[document.key] = message_id
            for likeness in document.likeness():
                self._like.setdefault(likeness, []).append(document.key)

    def _mark(self, export: Sequence[Work], again: Iterable[str]) -> None:
        """`again` are the keys of the known lines that the export tells, by names of before."""
        told = {w.document.key for w in export} | set(again)
        for work in export:
            line = work.document
            assert isinstance(line, FrameLine)
            known = self._known.get(line.key)
            if known is not None:
                # What was said of it then is said of it now.
                _say(work, known.resembles)
                continue
            like = (k for likeness in line.likeness() for k in self._like.get(likeness, ()))
            _say(work, next((k for k in like if k not in told), msgspec.UNSET))
        for work in export:
            self._add(work.document, work.message_id)


def _say(work: Work, resembles: str | msgspec.UnsetType) -> None:
    if resembles is msgspec.UNSET:
        return
    work.document = msgspec.structs.replace(work.document, resembles=resembles)
    work.content = canonical_bytes(work.document)
