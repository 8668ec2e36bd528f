"""Which frames that came under one name are the same, and what each of the others is called.

A source may give one name to several things: pages of a statement, two currencies of an account, two statements of a
day. A frame that claims to be one that is known, and says the same with the same lines, adds nothing. Any other has a name of
its own beside the one that bears the name, by a hash of all that it says; of two that claim to be one and begin alike, what both
tell is one. One that says the very same as another under another name, where both cannot be, is marked as that again. Whether
such a frame contradicts another is its recipe's to say: nothing is dropped here but what is known.

One that tells of a stretch that others told, and goes on (see `tieout.planning.overlaps`), is narrowed to what only it
tells; one that tells otherwise of it is marked as being against the other.

The first of a name bears it, whichever that is. This is all that depends on the order in which they come: each is
known again by what it says, whatever it is called, and no name is ever given to another.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from tieout.documents import Document, Frame, FrameLine, canonical_bytes
from tieout.documents.states import DocumentState
from tieout.planning.overlaps import Overlap, Telling, Told, overlap, rest_of, told_of
from tieout.planning.resembling import LikeLines, ReadAgain
from tieout.planning.stamped import as_written
from tieout.planning.work import Work
from tieout.rules import Interface
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
_BOOKED = (DocumentState.PLANNED, DocumentState.POSTED)


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
        return told_of(self.telling.lines)

    @cached_property
    def telling(self) -> Telling:
        """The frame with its lines as they came."""
        return Telling(self.said, tuple(_line(w.document) for w in self.lines))

    @cached_property
    def mark(self) -> str:
        """A name for all that it says."""
        digest = hashlib.sha256()
        for work in (self.frame, *self.lines):
            digest.update(work.content)
        return digest.hexdigest()[:12]


@dataclass
class _Known:
    """A frame that was taken, and the lines that are kept of it: by its message, or in a unit of this very batch. One that does
    not stand (`aside`: a person left it out, or may do so yet) tells nothing that another could leave out for it, but for
    the lines that a person let go on alone (`alone`); `held` while that is open."""

    frame: Frame
    message_id: int = 0
    unit: _Unit | None = None
    aside: bool = False
    kept: list[FrameLine] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    held: bool = False

    @property
    def stands(self) -> bool:
        """Whether its lines go on with it."""
        frame = self.frame
        return not (
            self.aside or (self.unit is not None and (frame.against or frame.repeats or frame.unproven))
        )

    @property
    def lines(self) -> Told:
        """What the lines say that are kept of it."""
        return self.unit.told if self.unit is not None else told_of(self.kept)

    @property
    def telling(self) -> Telling:
        """It with its lines, in their order, and those of them that nobody may count on."""
        unit = self.unit
        lines = unit.telling.lines if unit is not None else tuple(sorted(self.kept, key=lambda x: x.key))
        aside = (n for n, line in enumerate(lines) if not self._counts(line))
        return Telling(self.frame, lines, frozenset(aside))

    def _counts(self, line: FrameLine) -> bool:
        return line.key not in self.left_out if self.stands else line.key in self.alone

    def says(self, other: Frame, told: Told) -> bool:
        """Whether it says all that another does, whose lines tell `told`."""
        return self.frame.told() == other.told() and not told - self.lines


def tell_apart(
    connection: Connection, interface: Interface, arrived: Sequence[Work], read_again: ReadAgain
) -> list[Work]:
    """The works that say anything new, in their order, each under a name that is its own."""
    pieces = _units(arrived)
    frames = [p.said for p in pieces if isinstance(p, _Unit)]
    dropped = {
        id(w)
        for w in LikeLines(connection, interface, read_again).mark([p for p in pieces if isinstance(p, Work)])
    }
    pieces = [p for p in pieces if id(p) not in dropped]
    if not frames:
        return [p for p in pieces if isinstance(p, Work)]
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
                aside = row["state"] in (DocumentState.EXCLUDED, DocumentState.REFUSED)
                held = row["state"] == DocumentState.REFUSED
                known = _Known(frame, row["message_id"], aside=aside, held=held)
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
        found: list[Work] = []
        for new in self._told_apart(unit, known, alike):
            self._taken.add(new.said.key)
            self._add(_Known(new.said, unit=new))
            found += [new.frame, *new.lines]
        return found

    def _told_apart(self, unit: _Unit, known: Sequence[_Known], alike: Sequence[_Known]) -> list[_Unit]:
        """A unit that is not known as such, under the name that is its own; none where others told all of it, and several
        where they told of its middle."""
        said = unit.said
        others = [k for k in known if k not in alike]
        twin = ""
        if said.only_once():
            stand = (k for k in others if k.stands and not k.frame.repeats)
            twin = next((k.frame.key for k in stand if k.says(said, unit.told)), "")
        begun = [k for k in alike if said.begins_as(k.frame)]
        family = [Overlap(k.lines) for k in begun]
        if twin:
            return [_named_apart(unit, said.apart(unit.mark, twin), family)]
        found = _overlapping(unit, [k for k in known if k not in begun], self._near(said))
        against = next((k.frame.key for k, it in found if it.against), "")
        told = [it for _, it in found]
        longer = bool(begun) and self._another_download(unit, begun, [k for k, _ in found])
        if not against and (longer or (found and not begun)):
            return _narrowed(unit, [*family, *told])
        if found or begun or said.key in self._taken:
            mingled = any(it.mingled or not it.against for _, it in found)
            named = said.apart(unit.mark, against=against, mingled=bool(against) and mingled)
            return [_named_apart(unit, named, [*family, *told])]
        return [unit]

    def _another_download(self, unit: _Unit, begun: Sequence[_Known], told: Sequence[_Known]) -> bool:
        """Whether a unit is the one that claims to be it and begins alike, taken from the bank at another hour: line by line
        the same, as far as the shorter one goes. `told` are the others that tell of what it tells."""
        if len(begun) != 1:
            return False
        (known,) = begun
        ours, theirs = unit.telling, known.telling
        count = min(len(ours.lines), len(theirs.lines))
        if not known.stands or ours.told[:count] != theirs.told[:count] or not _whole(theirs):
            return False
        near = self._near(unit.said)
        beside = [f.leads() for f in near if f.key != known.frame.key]
        it = overlap(ours, theirs, [x for x in beside if x is not None])
        if it is None or it.against:
            return False
        if len(ours.lines) <= count:
            return True
        # What goes on from there by other lines says that those of this one are none of the account.
        keys, end = {known.frame.key, *(k.frame.key for k in told)}, known.frame.leads()
        goes_on = (f.leads() for f in near if f.key not in keys and f.line_keys())
        return end is not None and all(leads is None or leads[0] != end[1] for leads in goes_on)

    def _add(self, known: _Known) -> None:
        for name in known.frame.names():
            self._by_name.setdefault(name, []).append(known)

    def _beside(self, said: Frame) -> list[_Known]:
        """The frames of its name, and those that stand where it stands and may tell of the same; their lines are read once
        somebody asks."""
        found: dict[int, _Known] = {}
        for name in said.names():
            for known in self._by_name.get(name, ()):
                found[id(known)] = known
        for name in {k.frame.name for k in found.values()}:
            self._read_lines(self._unread.pop(name, []))
        # What proves itself is not left out for what a person has still to believe, or did not.
        return [k for k in found.values() if said.unproven or k.stands or k.alone or not k.frame.unproven]

    def _near(self, said: Frame) -> list[Frame]:
        """All frames that stand where it stands."""
        found = {k.frame.key: k.frame for name in said.places() for k in self._by_name.get(name, ())}
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
                each.kept.append(line)
                if row["state"] == DocumentState.EXCLUDED:
                    each.left_out.add(line.key)
                elif row["state"] in _BOOKED or (each.held and row["state"] == DocumentState.NORMALISED):
                    # Who accepted it let it go on; what becomes of it is in its case.
                    each.alone.add(line.key)


def _whole(telling: Telling) -> bool:
    """Whether all lines of a frame are kept with it."""
    return tuple(line.key for line in telling.lines) == telling.frame.line_keys()


def _told_only(row: dict[str, Any]) -> bool:
    """Whether a line was taken by an older version for another telling of what was booked: it is booked nowhere."""
    return bool(row["state"] in _BOOKED and row["revision"] > 1 and not row["measure_count"])


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


def _overlapping(
    unit: _Unit, others: Sequence[_Known], near: Sequence[Frame]
) -> list[tuple[_Known, Overlap]]:
    """Those of another claim that tell of what it tells, and what of it."""
    leads = [(frame.key, frame.leads()) for frame in near]
    found = []
    for known in others:
        beside = [x for key, x in leads if x is not None and key != known.frame.key]
        it = overlap(unit.telling, known.telling, beside)
        if it is not None:
            found.append((known, it))
    return found


def _named_apart(unit: _Unit, named: Frame, told_already: Sequence[Overlap]) -> _Unit:
    """A unit under a name of its own, without the lines that others told already."""
    lines = unit.telling.lines
    kept, out = rest_of(lines, told_already)
    renamed = [_renamed(unit.lines[n], lines[n].apart(named, named.name)) for n in kept]
    return _Unit(_renamed(unit.frame, named.without([lines[n] for n in out])), renamed)


def _narrowed(unit: _Unit, told_already: Sequence[Overlap]) -> list[_Unit]:
    """A unit from where others end to where others begin, its lines counted anew; of each stretch that only it tells one."""
    lines = unit.telling.lines
    kept, _ = rest_of(lines, told_already)
    left = set(kept)
    starts = [n for n in kept if n - 1 not in left]
    ends = [n + 1 for n in kept if n + 1 not in left]
    found = []
    for number, (first, end) in enumerate(zip(starts, ends, strict=True), 1):
        mark = unit.mark if number == 1 else f"{unit.mark}.{number}"
        frame = unit.said.apart(mark).narrowed(lines[:first], lines[end:])
        renamed = [
            _renamed(unit.lines[n], lines[n].apart(frame, frame.name, f"{at:05d}"))
            for at, n in enumerate(range(first, end), 1)
        ]
        found.append(_Unit(_renamed(replace(unit.frame, supersedes=[]), frame), renamed))
    return found


def _renamed(work: Work, document: Document) -> Work:
    work.document, work.content = document, canonical_bytes(document)
    return work


def _line(document: Document) -> FrameLine:
    assert isinstance(document, FrameLine)
    return document
