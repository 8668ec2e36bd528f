"""What may speak against an effect at the moment of sending it: looked at as its attempt is committed, and by nobody before.

What is planned may wait for its lane for long. A guard is asked of each set that is about to be sent, in the transaction that
commits its attempt; whoever knows what an effect rests on gives one (the bank's files: `payables`). What it speaks against is not sent: it
waits, where somebody is about to decide, or is held as a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tieout.money import Amount
from tieout.rules import Release
from tieout.store import Connection


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """Why an effect is not sent. `cause` is that of the case that holds it, with `worth` (positive); "" where it waits alone, as another case
    or a message that nobody read yet says why."""

    why: str
    cause: str = ""
    worth: Amount | None = None


Guard = Callable[[Connection, Sequence[Mapping[str, Any]]], Mapping[str, Objection]]
"""Asked of deliveries as they were claimed; by external id what speaks against one."""


def books_guard(release: Callable[[], Release]) -> Guard:
    """What speaks against effects of entities whose books nothing is posted to: they wait, also those that were planned before."""

    def guard(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Objection]:
        entities = release().entities
        quiet = {code for code, entity in entities.items() if not entity.posts}
        return {
            str(r["external_id"]): Objection(why=f"nothing is posted to the books of {r['entity']}")
            for r in rows
            if r["entity"] in quiet
        }

    return guard


def each_of(*guards: Guard) -> Guard:
    """A guard that says what any of several says against an effect, the first of them."""

    def guard(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Objection]:
        against: dict[str, Objection] = {}
        for each in guards:
            left = [r for r in rows if str(r["external_id"]) not in against]
            against |= each(connection, left) if left else {}
        return against

    return guard


def nothing_speaks_against(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> Mapping[str, Objection]:
    """The guard of targets that take whatever is planned for them."""
    return {}
