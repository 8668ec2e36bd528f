"""Frames with their lines, of which sources give one name to several: bank statements.

The first frame of a name bears it, and another has a name of its own (`apart`): planning tells which is which, by what
they say (see `tieout.planning.telling_apart`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from tieout.documents.base import AWAITS, Document


def awaiting_frame(key: str) -> str:
    """The name under which the lines of a frame that may be held are found by what becomes of it."""
    return f"{AWAITS}frame:{key}"


def place_key(frame: str, place: object) -> str:
    """The key of a line: its frame's, and its place in that."""
    return f"{frame}:{place}"


class FrameLine(Document, frozen=True, kw_only=True):
    """A line of a frame, named by it and by its place there. `shares` as of a frame."""

    shares: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def frame(self) -> str:
        """The key of its frame, if it came with one."""
        return self.key.rpartition(":")[0]

    def apart(self, frame: Document, name: str) -> Self:
        """Itself as a line of a frame that shares `name` and has one of its own."""
        return msgspec.structs.replace(
            self, key=place_key(frame.key, self.key.rpartition(":")[2]), shares=name
        )

    def told(self) -> tuple[object, ...]:
        """All that it says but its name."""
        return ()

    def names(self) -> tuple[str, ...]:
        """A line of a frame that may be held is found by that; of others nothing is kept."""
        return (awaiting_frame(self.frame),) if self.shares else ()

    def awaited_as(self) -> tuple[str, ...]:
        """Nothing waits for a line."""
        return ()


class Frame(Document, frozen=True, kw_only=True):
    """What comes with lines, before them in its message. `shares` is the name that its source gave it, where another
    bears that; the one that bears it has no such field, and the very bytes that it always had. `repeats` is the key of
    another one that claims to be another thing and says the very same, where both cannot be (`only_once`); such a one
    has a name of its own, too."""

    shares: str | msgspec.UnsetType = msgspec.UNSET
    repeats: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def name(self) -> str:
        """What its source calls it: its key, unless another bears that."""
        return self.shares or self.key

    def apart(self, mark: str, repeats: str = "") -> Self:
        """Itself under a name of its own."""
        again = repeats or msgspec.UNSET
        return msgspec.structs.replace(self, key=f"{self.name}~{mark}", shares=self.name, repeats=again)

    def without(self, lines: Sequence[FrameLine]) -> Self:
        """Itself, its own figures less these lines, which another told already."""
        return self

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
        """Whether another one that says the very same, of the same place (`near`), must be this one again."""
        return False

    def near(self) -> str:
        """Where it stands, as a name: one that is it again, under whatever name, stands there too; "" for nowhere."""
        return ""

    def line_keys(self) -> tuple[str, ...]:
        """The keys that its lines may have."""
        return ()

    def names(self) -> tuple[str, ...]:
        """Those that share a name are found by it, and those of one place by that."""
        return tuple(x for x in (f"frame:{self.name}", self.near()) if x)

    def awaited_as(self) -> tuple[str, ...]:
        """Its lines go where it goes."""
        return (awaiting_frame(self.key),)
