"""Which frames that came under one name are the same, and what each of the others is called.

A source may give one name to several things: pages of a statement, two currencies of an account, two statements of a
day. A frame that claims to be one that is known, and says the same with the same lines, adds nothing. Any other has a name of
its own beside the one that bears the name, by a hash of all that it says; of two that claim to be one and begin alike, what both
tell is one. One that says the very same as another under another name, where both cannot be, is marked as that again. Whether
such a frame contradicts another is its recipe's to say: nothing is dropped here but what is known.

The first of a name bears it, whichever that is. This is all that depends on the order in which they come: each is
known again by what it says, whatever it is called, and no name is ever given to another.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import msgspec

from tieout.documents import Document, Frame, FrameLine, canonical_bytes, decode_document
from tieout.documents.states import DocumentState
from tieout.planning.work import Work
from tieout.rules import Interface
from tieout.security import stamper
from tieout.security.stamps import Stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
Told = Counter[tuple[object, ...]]
# The documents that today's reader makes of a message that was taken before; none where it cannot be read.
ReadAgain = Callable[[int], Iterable[Document]]


@dataclass
class _Unit:
    """A frame and its lines, as they came in one message."""

    frame: Work
    lines: list[Work] = field(default_factory=list)

    @property
    def said(self) -> Frame:
        """The frame itself."""
        assert isinstance(self.frame.document, Frame)
        return self.frame.document

    @cached_property
    def told(self) -> Told:
        """What its lines say, each as often as it is said."""
        return Counter(_line(w.document).told() for w in self.lines)

    @cached_property
    def mark(self) -> str:
        """A name for all that it says."""
        digest = hashlib.sha256()
        for work in (self.frame, *self.lines):
            digest.update(work.content)
        return digest.hexdigest()[:12]


@dataclass
class _Known:
    """A frame that was taken, and the lines that are kept of it: by its message, or in a unit of this very batch."""

    frame: Frame
    message_id: int = 0
    unit: _Unit | None = None
    kept: Told = field(default_factory=Counter)

    @property
    def lines(self) -> Told:
        """What the lines say that are kept of it."""
        return self.unit.told if self.unit is not None else self.kept

    def says(self, other: Frame, told: Told) -> bool:
        """Whether it says all that another does, whose lines tell `told`."""
        return self.frame.told() == other.told() and not told - self.lines


def tell_apart(
    connection: Connection, interface: Interface, arrived: Sequence[Work], read_again: ReadAgain
) -> list[Work]:
    """The works that say anything new, in their order, each under a name that is its own."""
    pieces = _units(arrived)
    frames = [p.said for p in pieces if isinstance(p, _Unit)]
    if not frames:
        return list(arrived)
    known = _KnownFrames(connection, interface, frames)
    again = cache(lambda message_id: _units_of(read_again(message_id)))
    found: list[Work] = []
    for piece in pieces:
        if isinstance(piece, Work):
            found.append(piece)
        else:
            found += known.take(piece, again)
    return found


def _units(arrived: Iterable[Work]) -> list[_Unit | Work]:
    """Frames with the lines that came after them; anything else by itself."""
    found: list[_Unit | Work] = []
    unit: _Unit | None = None
    for work in arrived:
        document = work.document
        if isinstance(document, Frame):
            unit = _Unit(work)
            found.append(unit)
        elif (
            unit is not None
            and isinstance(document, FrameLine)
            and (work.message_id, document.frame) == (unit.frame.message_id, unit.frame.document.key)
        ):
            unit.lines.append(work)
        else:
            found.append(work)
    return found


def _units_of(documents: Iterable[Document]) -> list[tuple[Frame, Told]]:
    """Frames, and what their lines say."""
    found: list[tuple[Frame, Told]] = []
    for document in documents:
        if isinstance(document, Frame):
            found.append((document, Counter()))
        elif isinstance(document, FrameLine) and found and document.frame == found[-1][0].key:
            found[-1][1][document.told()] += 1
    return found


class _KnownFrames:
    """What is known under the names of a batch; it grows with what the batch itself brings."""

    def __init__(self, connection: Connection, interface: Interface, arrived: Sequence[Frame]) -> None:
        self._connection, self._interface = connection, interface
        self._stamps = stamper(connection)
        given = {
            "interface": interface.name,
            "entity": interface.entity,
            "keys": sorted({f.name for f in arrived}),
            "names": sorted({n for f in arrived for n in f.names()}),
        }
        rows = connection.execute(_SQL["known_frames"], given).fetchall()
        self._taken = {row["source_key"] for row in rows}
        self._by_name: dict[str, list[_Known]] = {}
        self._unread: dict[str, list[_Known]] = {}
        for row in rows:
            frame = as_written(self._stamps, interface.name, row)
            # What somebody changed past us says nothing that another could be the same as.
            if isinstance(frame, Frame):
                known = _Known(frame, row["message_id"])
                self._add(known)
                self._unread.setdefault(frame.name, []).append(known)

    def take(self, unit: _Unit, again: Callable[[int], list[tuple[Frame, Told]]]) -> list[Work]:
        """What of a unit is new, under names of its own; nothing where it is known."""
        said = unit.said
        known = self._beside(said)
        alike = [k for k in known if said.claims_to_be(k.frame)]
        if known and (
            said.apart(unit.mark).key in self._taken
            or any(k.says(said, unit.told) for k in alike)
            or any(_read_alike(said, unit.told, k, again) for k in known)
        ):
            return []
        twin = ""
        if said.only_once():
            others = (k for k in known if k not in alike and not k.frame.repeats)
            twin = next((k.frame.key for k in others if k.says(said, unit.told)), "")
        if twin or said.key in self._taken:
            family = [k for k in alike if said.begins_as(k.frame)]
            unit = _named_apart(unit, said.apart(unit.mark, twin), family)
        self._taken.add(unit.said.key)
        self._add(_Known(unit.said, unit=unit))
        return [unit.frame, *unit.lines]

    def _add(self, known: _Known) -> None:
        for name in known.frame.names():
            self._by_name.setdefault(name, []).append(known)

    def _beside(self, said: Frame) -> list[_Known]:
        """The frames of its name, and those that stand where it stands and tell of as much; their lines are read once
        somebody asks."""
        found: dict[int, _Known] = {}
        for name in said.names():
            for known in self._by_name.get(name, ()):
                if known.frame.name == said.name or said.begins_as(known.frame):
                    found[id(known)] = known
        for name in {k.frame.name for k in found.values()}:
            self._read_lines(self._unread.pop(name, []))
        return list(found.values())

    def _read_lines(self, known: list[_Known]) -> None:
        by_key: dict[str, list[_Known]] = {}
        for each in known:
            for key in each.frame.line_keys():
                by_key.setdefault(key, []).append(each)
        if not by_key:
            return
        given = {"interface": self._interface.name, "keys": sorted(by_key)}
        for row in self._connection.execute(_SQL["known_lines"], given):
            line = as_written(self._stamps, self._interface.name, row)
            if not isinstance(line, FrameLine) or _told_only(row):
                continue
            bearers = by_key[row["source_key"]]
            # An older version let a frame take the place of another under its key: each has what came with it.
            for each in [k for k in bearers if k.message_id == row["message_id"]] or bearers:
                each.kept[line.told()] += 1


def _told_only(row: dict[str, Any]) -> bool:
    """Whether a line was taken by an older version for another telling of what was booked: it is booked nowhere."""
    planned = row["state"] in (DocumentState.PLANNED, DocumentState.POSTED)
    return bool(planned and row["revision"] > 1 and not row["measure_count"])


def _read_alike(
    said: Frame, told: Told, known: _Known, again: Callable[[int], list[tuple[Frame, Told]]]
) -> bool:
    """Whether the message that a known one came in says today what this one says: what our own reader made different is
    no difference. Only where all of the known one's lines are kept, for an older version lost some."""
    if not known.message_id or known.lines.total() < len(known.frame.line_keys()):
        return False
    if not (said.claims_to_be(known.frame) or said.begins_as(known.frame)):
        return False
    return any(
        frame.claims_to_be(said) and (frame.told(), lines) == (said.told(), told)
        for frame, lines in again(known.message_id)
    )


def _named_apart(unit: _Unit, named: Frame, family: Sequence[_Known]) -> _Unit:
    """A unit under a name of its own, without the lines that others of its claim and beginning told already."""
    told_already: Told = sum((known.lines for known in family), Counter())
    lines, left_out = [], []
    for work in unit.lines:
        line = _line(work.document)
        if told_already[line.told()] > 0:
            told_already[line.told()] -= 1
            left_out.append(line)
        else:
            lines.append(_renamed(work, line.apart(named, named.name)))
    return _Unit(_renamed(unit.frame, named.without(left_out)), lines)


def _renamed(work: Work, document: Document) -> Work:
    work.document, work.content = document, canonical_bytes(document)
    return work


def _line(document: Document) -> FrameLine:
    assert isinstance(document, FrameLine)
    return document


def as_written(stamps: Stamper, interface: str, row: dict[str, Any]) -> Document | None:
    """A document of a row, as it was written; None where somebody changed it past us, or its kind is nobody's any more."""
    sha = hashlib.sha256(row["content"].encode()).digest()
    given = (row["source_key"], row["revision"], row["message_id"], sha)
    if row["state"] == DocumentState.SUPERSEDED or not stamps.holds(
        row["stamp"], "document", interface, *given
    ):
        return None
    try:
        return decode_document(row["content"].encode())
    except msgspec.ValidationError:
        return None
