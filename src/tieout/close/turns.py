"""Whose turn it is with an account that does not certify itself, and in which words it is not somebody's. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tieout.security import Person

PREPARE, SIGN, REJECT = "prepare", "sign", "reject"


class Turn(NamedTuple):
    """What somebody may do with an account: `may` are PREPARE, SIGN, REJECT, and `why_not` says why neither of the first two
    is theirs. `waits_for` is what is open, whoever asks; "" for nothing."""

    may: tuple[str, ...]
    why_not: str
    waits_for: str


class Roles(NamedTuple):
    """The roles of an entity: who prepares, and who reviews (whoever signs its close)."""

    entity: str
    preparer: str
    reviewer: str


def turn_of(
    person: Person, roles: Roles, prepared_by: str | None, same: Callable[[Person, str], bool]
) -> Turn:
    """Whose turn it is: `prepared_by` is "" where nobody prepared it, None where nothing is left to do; `same` says whether two
    are one, or are written alike."""
    if prepared_by is None:
        return Turn((), "is certified already", "")
    if not prepared_by:
        waits_for = f"a {roles.preparer} says why it is as it is"
        if _holds(person, roles.preparer, roles.entity):
            return Turn((PREPARE,), "", waits_for)
        return Turn((), f"a {roles.preparer} prepares it first", waits_for)
    waits_for = f"another person, a {roles.reviewer}, signs it"
    own = same(person, prepared_by)
    if not _holds(person, roles.reviewer, roles.entity):
        why = f"a {roles.reviewer} signs it, who did not prepare it"
        return Turn((REJECT,) if own else (), why, waits_for)
    if own:
        return Turn((REJECT,), "who prepared it, or is written like them, does not sign it", waits_for)
    return Turn((SIGN, REJECT), "", waits_for)


def _holds(person: Person, role: str, entity: str) -> bool:
    return person.human and bool(person.grants_of(role, entity))
