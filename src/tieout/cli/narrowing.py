"""What a list is narrowed to: a name that nothing has shows nothing, and would pass for "there is nothing"."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tieout.cli.context import USAGE, fail

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject


def refuse_unknown(
    project: OpenProject,
    entity: str | None = None,
    interface: str | None = None,
    period: str | None = None,
    cause: str | None = None,
) -> None:
    """For a list that came out empty: ends with 2, and what there is, where the project knows no such entity, interface or cause, or
    the period is no month. One that was withdrawn and still has cases does not come out empty."""
    from tieout.money import Period

    release = project.settings.release
    _refuse("--entity", entity, release.entities)
    _refuse("--interface", interface, release.interfaces)
    if period:
        try:
            Period.parse(period)
        except ValueError as error:
            fail(f"--period {period}: {error}", USAGE)
    if cause:
        _refuse_cause(cause)


def _refuse(option: str, given: str | None, known: Collection[str]) -> None:
    if given and given not in known:
        fail(f"{option} {given}: there are {', '.join(sorted(known))}", USAGE)


def _refuse_cause(given: str) -> None:
    from tieout.operations.causes import homes_of_causes
    from tieout.operations.discover import discover

    names = {c.name for _, causes in homes_of_causes(discover().by_name.values()) for c in causes}
    if given not in names:
        near = get_close_matches(given, names, n=3)
        said = f"did you mean {', '.join(near)}?" if near else "docs/CASES.md lists them all"
        fail(f"--cause {given}: there is no such cause: {said}", USAGE)
