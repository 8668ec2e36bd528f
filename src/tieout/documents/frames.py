"""Frames with their lines, of which sources give one name to several: bank statements.

The first frame of a name bears it, and another has a name of its own (`apart`): planning tells which is which, by what
they say (see `tieout.planning.telling_apart`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Self

import msgspec

from tieout.documents.base import AWAITS, Document


def awaiting_frame(key: str) -> str:
    """The name under which the lines of a frame that may be held are found by what becomes of it."""
    return f"{AWAITS}frame:{key}"


def place_key(frame: str, place: object) -> str:
    """The key of a line: its frame's, and its place in that."""
    return f"{frame}:{place}"


# From what to what a frame's lines lead.
Leads = tuple[Decimal, Decimal]


def reaches(start: Decimal, end: Decimal, others: Iterable[Leads]) -> bool:
    """Whether frames lead from one balance to another, one after the other."""
    steps: dict[Decimal, list[Decimal]] = {}
    for begin, to in others:
        steps.setdefault(begin, []).append(to)
    reached, left = {start}, [start]
    while left and end not in reached:
        new = [to for to in steps.get(left.pop(), ()) if to not in reached]
        reached.update(new)
        left += new
    return end in reached


def _mark(frame: Document) -> str:
    return frame.key.rpartition("~")[2].partition(".")[0]


class FrameLine(Document, frozen=True, kw_only=True):
    """A line of a frame, named by it and by its place there. `shares` as of a frame; `resembles` is the key of another
    line that has no frame either and that it may be in other words (`likeness`). `unproven` as of a frame."""

    shares: str | msgspec.UnsetType = msgspec.UNSET
    unproven: bool | msgspec.UnsetType = msgspec.UNSET
    resembles: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def frame(self) -> str:
        """The key of its frame, if it came with one."""
        return self.key.rpartition(":")[0]

    @property
    def goes_with_frame(self) -> bool:
        """Whether its frame may be held: it goes where that goes."""
        return bool(self.shares or self.unproven)

    def apart(self, frame: Document, name: str, place: object = None) -> Self:
        """Itself as a line of a frame that shares `name` and has one of its own; at its own place there, or at another."""
        at = self.key.rpartition(":")[2] if place is None else place
        return msgspec.structs.replace(self, key=place_key(frame.key, at), shares=name)

    def told(self) -> tuple[object, ...]:
        """All that it says but its name."""
        return ()

    def moved(self) -> Decimal:
        """By how much it moves what its frame leads from and to, signed."""
        return Decimal(0)

    def bare(self) -> tuple[object, ...]:
        """What every telling of it has in common, in whatever words."""
        return ()

    def former_keys(self) -> tuple[str, ...]:
        """The keys that the very same line bore before its interface was declared as it is now, or by an earlier release."""
        return ()

    def former_key_is_its_own(self) -> bool:
        """Whether what bears such a key is this very line; else only the message that it came in says so."""
        return True

    def likeness(self) -> tuple[tuple[object, ...], ...]:
        """What a line that may be this one in other words has in common with it; nothing where its frame says which it is."""
        return ()

    def names(self) -> tuple[str, ...]:
        """A line of a frame that may be held is found by that; of others nothing is kept."""
        return (awaiting_frame(self.frame),) if self.goes_with_frame else ()

    def awaited_as(self) -> tuple[str, ...]:
        """Nothing waits for a line."""
        return ()


class Frame(Document, frozen=True, kw_only=True):
    """What comes with lines, before them in its message. `shares` is the name that its source gave it, where another
    bears that; the one that bears it has no such field, and the very bytes that it always had. `repeats` is the key of
    another one that claims to be another thing and says the very same, where both cannot be (`only_once`); `against` is
    that of one that tells otherwise of what it tells itself. Such a one has a name of its own, too. `unproven` says in
    words why nothing shows that its lines are all there, where a person has to say so."""

    shares: str | msgspec.UnsetType = msgspec.UNSET
    unproven: str | msgspec.UnsetType = msgspec.UNSET
    repeats: str | msgspec.UnsetType = msgspec.UNSET
    against: str | msgspec.UnsetType = msgspec.UNSET
    mingled: bool | msgspec.UnsetType = msgspec.UNSET

    @property
    def name(self) -> str:
        """What its source calls it: its key, unless another bears that."""
        return self.shares or self.key

    def apart(self, mark: str, repeats: str = "", against: str = "", mingled: bool = False) -> Self:
        """Itself under a name of its own."""
        return msgspec.structs.replace(
            self,
            key=f"{self.name}~{mark}",
            shares=self.name,
            repeats=repeats or msgspec.UNSET,
            against=against or msgspec.UNSET,
            mingled=mingled or msgspec.UNSET,
        )

    def without(self, lines: Sequence[FrameLine]) -> Self:
        """Itself, its own figures less these lines, which another told already."""
        return self

    def narrowed(self, before: Sequence[FrameLine], after: Sequence[FrameLine]) -> Self:
        """Itself without the lines that it begins and ends with, which others told: it leads from where they end to
        where they begin."""
        return self.without((*before, *after))

    def came_with(self, other: Self) -> bool:
        """Whether both are what is left of one frame of which others told the middle."""
        return bool(self.shares and self.shares == other.shares) and _mark(self) == _mark(other)

    def leads(self) -> tuple[Decimal, Decimal] | None:
        """From what to what its lines lead; None where it says nothing of that."""
        return None

    def follows(self, other: Self) -> bool:
        """Whether it tells of what comes after all that another tells."""
        return False

    def claim(self) -> tuple[object, ...]:
        """All by which it says which one it is."""
        return ()

    def told(self) -> tuple[object, ...]:
        """What it says of its lines together: it is the same where it claims to be and says the same."""
        return ()

    def claims_to_be(self, other: Self) -> bool:
        """Whether it says that it is the very one that `other` is."""
        return self.claim() == other.claim()

    def begins_as(self, other: Self) -> bool:
        """Whether both tell of the same from its beginning: of two that claim to be one, what both tell is one."""
        return False

    def only_once(self) -> bool:
        """Whether another one that says the very same, of the same place (`places`), must be this one again."""
        return False

    def places(self) -> tuple[str, ...]:
        """Where it stands, as names: one that tells of the same, under whatever name, stands at one of them, too."""
        return ()

    def line_keys(self) -> tuple[str, ...]:
        """The keys that its lines may have."""
        return ()

    def names(self) -> tuple[str, ...]:
        """Those that share a name are found by it, and those of one place by that."""
        return (f"frame:{self.name}", *self.places())

    def awaited_as(self) -> tuple[str, ...]:
        """Its lines go where it goes."""
        return (awaiting_frame(self.key),)
