"""What a list is narrowed to: a name that nothing has shows nothing, and would pass for "there is nothing"."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tieout.cli.context import USAGE, fail
from tieout.cli.identity import who_decides

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject

Mine = Annotated[bool, typer.Option("--mine", help="yours alone, by your key")]
Nobody = Annotated[bool, typer.Option("--nobody", help="those alone that no person has who may work them")]


def owned(project: OpenProject, mine: bool, nobody: bool) -> dict[str, Any]:
    """Whose cases are listed, as a filter of them takes it: everybody's, where neither is asked. Ends with 2 where both are, or where
    nobody's key is held for one's own."""
    from tieout.cases import READS, WORKS, names_with
    from tieout.security import load_authority

    if mine and nobody:
        fail("--mine and --nobody are two lists: ask for one", USAGE)
    name = who_decides(project, operation=READS) if mine else ""
    if not (mine or nobody):
        return {}
    with project.database.transaction() as connection:
        authority = load_authority(connection)
    if mine:
        return {"owners": tuple(sorted(authority.people[name].called()))}
    return {"workers": tuple(names_with(authority, WORKS))}


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
