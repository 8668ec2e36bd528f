"""Lines of exports that may be known ones in other words.

An export (CSV, OFX) is known by its lines, and a line by its bank's own id, or by its day, amount and words. A bank that words a
line otherwise in a later export, or moves its day beneath the same id, tells of a new one by its name. Where an export
does not tell a known line of the days that it covers, and has a new one that is like it, that new one is marked: a person says
whether it is the same. Those that an export tells again as they were are no doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tieout.documents import Document, FrameLine, canonical_bytes, kind_of
from tieout.planning.stamped import as_written
from tieout.planning.work import Work
from tieout.rules import Interface
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
# How far a bank may move the day of a line that keeps its id.
_MOVED = timedelta(days=10)


class LikeLines:
    """The lines of an interface that came by themselves, on the days of a batch and around them."""

    def __init__(self, connection: Connection, interface: Interface) -> None:
        self._connection, self._interface = connection, interface
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
        known = []
        for message, each in exports.items():
            known += [w for w in each if self._was_known(w)]
            exports[message] = [w for w in each if not self._was_known(w)]
        for each in exports.values():
            self._mark(each)
        return known

    def _was_known(self, work: Work) -> bool:
        line = work.document
        assert isinstance(line, FrameLine)
        return any(key in self._known for key in line.former_keys())

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
            self._add(as_written(stamps, self._interface.name, row))

    def _add(self, document: Document | None) -> None:
        if isinstance(document, FrameLine) and document.key not in self._known:
            self._known[document.key] = document
            for likeness in document.likeness():
                self._like.setdefault(likeness, []).append(document.key)

    def _mark(self, export: Sequence[Work]) -> None:
        told = {w.document.key for w in export}
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
            self._add(work.document)


def _say(work: Work, resembles: str | msgspec.UnsetType) -> None:
    if resembles is msgspec.UNSET:
        return
    work.document = msgspec.structs.replace(work.document, resembles=resembles)
    work.content = canonical_bytes(work.document)
