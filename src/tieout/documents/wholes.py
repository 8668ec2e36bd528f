"""Documents that come in wholes whose sources give one name to several: a statement with its lines.

The first whole of a name bears it, and another has a name of its own (`apart`): planning tells which is which, by what
they say (see `tieout.planning.telling_apart`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from tieout.documents.base import AWAITS, Document


def whole_name(key: str) -> str:
    """The name under which the parts of a whole are found by what becomes of it."""
    return f"{AWAITS}whole:{key}"


def part_key(whole: str, place: object) -> str:
    """The key of a part: its whole's, and its place in that."""
    return f"{whole}:{place}"


class Part(Document, frozen=True, kw_only=True):
    """A part of a whole, named by it and by its place there. `shares` as of a whole."""

    shares: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def whole(self) -> str:
        """The key of its whole, if it came with one."""
        return self.key.rpartition(":")[0]

    def apart(self, whole: Document, name: str) -> Self:
        """Itself as a part of a whole that shares `name` and has one of its own."""
        return msgspec.structs.replace(
            self, key=part_key(whole.key, self.key.rpartition(":")[2]), shares=name
        )

    def told(self) -> tuple[object, ...]:
        """All that it says but its name."""
        return ()

    def names(self) -> tuple[str, ...]:
        """A part of a whole that may be held is found by that; of others nothing is kept."""
        return (whole_name(self.whole),) if self.shares else ()

    def awaited_as(self) -> tuple[str, ...]:
        """Nothing waits for a part."""
        return ()


class Whole(Document, frozen=True, kw_only=True):
    """What comes with parts, before them in its message. `shares` is the name that its source gave it, where another
    bears that; the one that bears it has no such field, and the very bytes that it always had. `repeats` is the key of
    another one of its name that claims to be another thing and says the very same."""

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

    def without(self, parts: Sequence[Part]) -> Self:
        """Itself, its own figures less these parts, which another told already."""
        return self

    def claim(self) -> tuple[object, ...]:
        """All by which it says which one it is."""
        return ()

    def told(self) -> tuple[object, ...]:
        """What it says of its parts together: it is the same where it claims to be and says the same."""
        return ()

    def claims_to_be(self, other: Self) -> bool:
        """Whether it says that it is the very one that `other` is; what one of them does not say, does not tell
        them apart."""
        return self.claim() == other.claim()

    def begins_as(self, other: Self) -> bool:
        """Whether both tell of the same from its beginning: of two that claim to be one, what both tell is one."""
        return False

    def part_keys(self) -> tuple[str, ...]:
        """The keys that its parts may have."""
        return ()

    def names(self) -> tuple[str, ...]:
        """Those that share a name are found by it."""
        return (f"whole:{self.name}",)

    def awaited_as(self) -> tuple[str, ...]:
        """Its parts go where it goes."""
        return (whole_name(self.key),)
