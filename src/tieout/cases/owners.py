"""Whose a case is: a person who works here and may work cases of its entity. Pure.

Projects name who answers for an interface (`owner` in tieout.toml), which may be a person or a team such as "treasury". A
team's case is no person's yet: it is shown as the team's, and listed with those that nobody has. So is a case of somebody who
was let go, or who may not work its entity's cases any more.
"""

from __future__ import annotations

from enum import StrEnum

from tieout.security import Authority, Person
from tieout.security.roles import entities_of, may

READS, WORKS = "cases:read", "cases:write"
_NAMED = 12


class OwnerError(ValueError):
    """Somebody whose a case cannot be: why, and who can."""


class OwnerIs(StrEnum):
    """What stands as owner: somebody who may work the case, a team of the project's files, or nobody (any more)."""

    PERSON = "person"
    TEAM = "team"
    NOBODY = "nobody"


def people_who(authority: Authority, operation: str, entity: str) -> tuple[str, ...]:
    """Everybody who works here and may do `operation` for an entity ("" is of none: for every one), by name."""
    of = entity or "*"
    return tuple(sorted(p.name for p in _working(authority) if may(p.grants, operation, of)))


def where_people(authority: Authority, operation: str) -> dict[str, frozenset[str]]:
    """For which entities each of those who work here may do `operation`; "*" among them: for every one."""
    found = {p.name: entities_of(p.grants, operation) for p in _working(authority)}
    return {name: entities for name, entities in sorted(found.items()) if entities}


def check_owner(authority: Authority, owner: str, entity: str) -> str:
    """The name of whom `owner` names (in whatever of their names), where a case of `entity` can be theirs. Raises
    OwnerError, in the same words for somebody without a role and for somebody whom nobody knows. Until people are let in
    any name will do."""
    if not owner.strip():
        raise OwnerError("a case is somebody's: say whose")
    if not authority.people:
        return owner.strip()
    able, name = people_who(authority, WORKS, entity), authority.who_is(owner)
    if name not in able:
        raise OwnerError(
            f"{owner.strip()!r} is nobody who works here and may work cases of {entity or 'every entity'}: "
            f"{named(able)}"
        )
    return name


def owner_is(authority: Authority, owner: str, entity: str) -> OwnerIs:
    """What stands as a case's owner."""
    if not owner:
        return OwnerIs.NOBODY
    person = authority.people.get(authority.who_is(owner))
    if person is None:
        return OwnerIs.TEAM
    works = person.active and person.human and may(person.grants, WORKS, entity or "*")
    return OwnerIs.PERSON if works else OwnerIs.NOBODY


def names_with(authority: Authority, operation: str) -> list[tuple[str, str]]:
    """Every name of whoever may do `operation`, with each entity that they may do it for ("*": every one): what a query
    tells persons' cases by."""
    where = where_people(authority, operation)
    return [
        (called, entity)
        for name, entities in where.items()
        for called in sorted(authority.people[name].called())
        for entity in sorted(entities)
    ]


def _working(authority: Authority) -> list[Person]:
    return [p for p in authority.people.values() if p.active and p.human]


def named(names: tuple[str, ...]) -> str:
    """Who can, in words."""
    if not names:
        return "nobody has a role for that yet, an administrator gives one"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
