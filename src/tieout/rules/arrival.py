"""When a file that appears in a folder is whole, as its project declares it."""

from __future__ import annotations

from dataclasses import dataclass

SETTLING, RENAME, MARKER = "settling", "rename", "marker"
WHOLE_BY = (SETTLING, RENAME, MARKER)
PROVEN, CONTROL_FILE, WHEN_SETTLED = "proven", "control file", "when settled"
COMPLETE = (PROVEN, CONTROL_FILE, WHEN_SETTLED)
CONTROL_SUFFIX = ".control"


@dataclass(frozen=True)
class Arrival:
    """How files come into one folder. `whole_by` is settling (size and time unchanged for `settle_seconds` of the
    machine's clock), rename (a sender gives a file its name once it is written) or marker (a file of its name and one of
    `markers` says so). Names that end in one of `partial` are still written, in any case. What is not whole after
    `late_minutes` is a case, and is taken once it is whole all the same."""

    whole_by: str = SETTLING
    settle_seconds: float = 5.0
    markers: tuple[str, ...] = (".done", ".ok")
    partial: tuple[str, ...] = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload")
    late_minutes: float = 60.0

    def marks(self, name: str) -> bool:
        """Whether a file of this name is no file to take, but says something of another one."""
        ends = (CONTROL_SUFFIX, *(self.markers if self.whole_by == MARKER else ()))
        return name.endswith(ends)

    def markers_of(self, name: str) -> tuple[str, ...]:
        """The names of the files any of which says that a file is whole; none where no marker is asked for."""
        return tuple(name + suffix for suffix in self.markers) if self.whole_by == MARKER else ()

    def beside(self, name: str) -> tuple[str, ...]:
        """The names of all files that say something of a file."""
        return (name + CONTROL_SUFFIX, *self.markers_of(name))

    def is_partial(self, name: str) -> bool:
        """Whether a name says that its file is still written."""
        return name.lower().endswith(tuple(x.lower() for x in self.partial))
