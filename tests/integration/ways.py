"""Ways around the second person, as docs/SEGREGATION.md lists them: each is a scene that somebody plays who wants to decide alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

H = TypeVar("H")


@dataclass(frozen=True)
class Way(Generic[H]):
    """`does` is a line of the table: what somebody tries; `by` where; `holds` what stops it; `evidence` what is left of it."""

    does: str
    by: str
    holds: str
    evidence: str
    scene: Callable[[H], None]


class Ways(dict[str, Way[H]]):
    """Ways by the names of their scenes, in their order."""

    def way(
        self, does: str, by: str, holds: str, evidence: str
    ) -> Callable[[Callable[[H], None]], Callable[[H], None]]:
        """Keeps the scene under it as one more way."""

        def keep(scene: Callable[[H], None]) -> Callable[[H], None]:
            assert scene.__name__ not in self
            self[scene.__name__] = Way(does, by, holds, evidence, scene)
            return scene

        return keep

    def table(self, first: int = 1) -> str:
        """The ways as a table of the documentation, numbered from `first`."""
        lines = ["| | what is tried | where | what holds | what it leaves |", "|---|---|---|---|---|"]
        lines += [
            f"| {n} | {w.does} | {w.by} | {w.holds} | {w.evidence} |"
            for n, w in enumerate(self.values(), first)
        ]
        return "\n".join(lines)
