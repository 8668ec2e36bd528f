"""Who somebody is at the command line: the one whose key they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tieout.cli.context import USAGE, fail

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.security import Person

NO_KEY = "say who you are: TIEOUT_KEY_FILE names the file with your key (`tieout people key` makes one)"


def held_key() -> str:
    """The key of whoever calls, "" where they hold none."""
    from tieout.settings import read_environment

    try:
        return read_environment().key
    except OSError as error:
        fail(f"your key cannot be read: {error}", USAGE)


def who_works(
    project: OpenProject, otherwise: str, *, operation: str, entity: str | Callable[[], str] = ""
) -> str:
    """The name under which work that decides nothing (files are taken in, what is held is planned again) goes into the
    evidence: as `who_decides` says, but `otherwise` until people are let in."""
    from tieout.security import StampError, load_authority

    try:
        with project.database.transaction() as connection:
            nobody = not load_authority(connection).people
    except StampError as error:
        fail(str(error), USAGE)
    return otherwise if nobody else _holder(project, "", operation, entity).name


def who_decides(
    project: OpenProject,
    claimed: str = "",
    *,
    operation: str = "",
    entity: str | Callable[[], str] = "",
) -> str:
    """The name under which a decision goes into the evidence.

    A key says it, a claimed name must be that one, and their roles must cover the `operation` for the `entity` ("": for
    one at least). A service account decides nothing. Until people are let in a name is nobody's, and nobody decides: the command
    ends with what to do.
    """
    person = _holder(project, claimed, operation, entity)
    if not person.human:
        why = f"{person.name} is a service account: a person decides that"
        note_refusal(project, person.name, why)
        fail(why, USAGE)
    return person.name


def _holder(project: OpenProject, claimed: str, operation: str, entity: str | Callable[[], str]) -> Person:
    """Whose key is held, where they may do the `operation`."""
    from tieout.security import NOBODY_LET_IN, AuthorityError, StampError, load_authority, person_of
    from tieout.security.roles import entities_of, may

    key = held_key()
    try:
        with project.database.transaction() as connection:
            people = load_authority(connection).people
            person = person_of(connection, key) if people and key else None
    except (AuthorityError, StampError) as error:
        note_refusal(project, "unknown", str(error))
        fail(str(error), USAGE)
    if person is None:
        why = NO_KEY if people else NOBODY_LET_IN
        note_refusal(project, claimed.strip() or "nobody", why)
        fail(why, USAGE)
    if claimed and claimed != person.name:
        why = f"this is {person.name}'s key, not {claimed}'s"
        note_refusal(project, person.name, why)
        fail(why, USAGE)
    if operation:
        entity = entity if isinstance(entity, str) else entity()
        allowed = may(person.grants, operation, entity) if entity else entities_of(person.grants, operation)
        if not allowed:
            why = f"{person.name} has no role for {operation}" + (f" of {entity}" if entity else "")
            note_refusal(project, person.name, why)
            fail(f"{why}: `tieout people grant` gives one", USAGE)
    return person


def note_refusal(project: OpenProject, who: str, why: str) -> None:
    """Leave evidence of what somebody tried and was not let do."""
    from tieout.evidence import Entry, record

    with project.database.transaction() as connection:
        entry = Entry(project.clock.now(), who, "authority.refused", "command line", "", {"why": why[:300]})
        record(connection, [entry])
