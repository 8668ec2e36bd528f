"""Lets the people of a company on the sandbox in: two administrators who do nothing else, and whoever works there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tieout.operations.open_project import OpenProject
from tieout.security import AddPerson, Begin, Change, Confirm, GrantRole, change_authority, key_hash

ADMINISTRATORS = ("ann", "ben")


def let_in(project: OpenProject, people: Iterable[tuple[str, str, str]], keys: Mapping[str, str]) -> None:
    """Let in `people` (name, role of every entity or "", what sources call them), each with their key of `keys`, which has
    those of the two administrators, too."""

    def person(name: str, known_as: str = "") -> AddPerson:
        names = (known_as,) if known_as else ()
        return AddPerson(name=name, human=True, names=names, key_sha256=key_hash(keys[name]))

    first, second = ADMINISTRATORS
    changes: list[Change] = []
    for name, role, known_as in people:
        changes.append(person(name, known_as))
        if role:
            changes.append(GrantRole(name=name, role=role, entity="*", limit=None))
    now = project.clock.now()
    with project.database.transaction() as connection:
        change_authority(connection, Begin(people=(person(first), person(second))), "first start", now)
        for change in changes:
            number = change_authority(connection, change, first, now)
            change_authority(connection, Confirm(no=number), second, now)
