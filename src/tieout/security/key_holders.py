"""Who held the key by which a service account did something: to whoever made a key it was shown.

A service account decides nothing; what it brings, proposes or asks for is the work of whoever holds its key. So nobody decides about what
came by a key that they made themselves, as nobody decides about what they made. Who made which is in sealed evidence.
"""

from __future__ import annotations

from collections.abc import Iterable

from tieout.security.people import Authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.security")


def by_a_key_of(connection: Connection, authority: Authority, who: str, makers: Iterable[str]) -> str:
    """Why `who` does not decide about what `makers` made: one of them is a service account of which they made a key; "" where
    none is."""
    made = {authority.who_is(m) for m in makers if m.strip()}
    accounts = sorted(m for m in made if m in authority.people and not authority.people[m].human)
    if not accounts:
        return ""
    given = {"accounts": accounts, "who": authority.who_is(who)}
    row = connection.execute(_SQL["made_a_key"], given).fetchone()
    if row is None:
        return ""
    return f"{row['subject']} made it, and {who} made a key of {row['subject']}: somebody else approves it"
