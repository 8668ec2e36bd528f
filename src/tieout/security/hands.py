"""The one rule of four eyes: nobody decides alone about what they had a hand in. Pure.

Whoever asks for a second person asks here: approvals, cases that are accepted, write-offs, lessons, signatures of a close.
A person is their account, under every name that sources have for them; where no people are set up yet, a name is all that there
is, and one that is written like another is taken for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tieout.security.names import fold_name, look_of
from tieout.security.people import Authority, Person


def had_a_hand(person: Person, makers: Iterable[str], role: str = "", entity: str = "") -> str:
    """Why a person does not decide about what `makers` made; "" where they may: they made it themselves, are written like
    somebody who did, or were let in (or invited, or reset) by somebody who did. Where they decide by a `role` for an `entity`, also
    where nobody but somebody who made it gave them that role."""
    made = {fold_name(m) for m in makers if m.strip()}
    if person.called() & made:
        return f"{person.name} made it: somebody else approves it"
    looks = {look_of(m): m for m in sorted(made)}
    for name in sorted(person.called()):
        if look_of(name) in looks:
            return f"{name} of {person.name} is written like {looks[look_of(name)]}, who made it: somebody else approves it"
    if given := person.given_by & made:
        return f"{', '.join(sorted(given))} made it, and let {person.name} in: somebody else approves it"
    grants = person.grants_of(role, entity) if role else []
    if grants and all(g.given_by & made for g in grants):
        givers = sorted({n for g in grants for n in g.given_by & made})
        return f"{', '.join(givers)} made it, and gave {person.name} the role: somebody else approves it"
    return ""


def why_not(authority: Authority, who: str, makers: Iterable[str], role: str = "", entity: str = "") -> str:
    """As `had_a_hand`, of whoever is called `who`: their account, or the name alone where nobody has it."""
    account = authority.who_is(who)
    person = authority.people.get(account) or Person(account, True, frozenset(), "")
    return had_a_hand(person, [authority.who_is(m) for m in makers if m.strip()], role, entity)
