"""Documents that their source never sends otherwise (`Stream.final`): two of one key that say other things are two.

A supplier's number is no key that holds: series begin again each year, credit notes have one of their own, and people number
twice. The first of a key bears it, and each of the others a key of its own beside it; whether one is another one again is its
recipe's to say. One that says the same money is the same one, in whatever words and bytes it comes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec

from tieout.documents import Document, canonical_bytes
from tieout.planning.stamped import as_written
from tieout.planning.work import Work
from tieout.processes import recipe_of
from tieout.rules import Interface
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
_APART = "~"
_OWN = re.compile(_APART + "[0-9a-f]{12}$")
Money = tuple[object, ...]


def keep_both(connection: Connection, interface: Interface, arrived: Sequence[Work]) -> list[Work]:
    """The works, in their order; each final one under the key of what it says."""
    finals = [w for w in arrived if w.final and _money(w.document) is not None]
    if not finals:
        return list(arrived)
    known = _known(connection, interface, finals)
    for work in finals:
        said = known.setdefault(work.document.key, {})
        money = _money(work.document)
        key = next((k for k, told in said.items() if money in told), "")
        if not key:
            key = _own_key(work) if said else work.document.key
        if key != work.document.key:
            work.document = msgspec.structs.replace(work.document, key=key)
            work.content = canonical_bytes(work.document)
        said.setdefault(key, []).append(money)
    return list(arrived)


def _money(document: Document) -> object:
    """All that makes another one of it; None for a kind that has no such thing."""
    restating = recipe_of(document).restating
    return None if restating is None else restating.money(document)


def _own_key(work: Work) -> str:
    return f"{work.document.key}{_APART}{hashlib.sha256(work.content).hexdigest()[:12]}"


def _known(
    connection: Connection, interface: Interface, finals: Sequence[Work]
) -> dict[str, dict[str, list[object]]]:
    """By the keys that their sources name: the keys of all that stand under each, with what each says."""
    given = {
        "interface": interface.name,
        "entity": interface.entity,
        "keys": sorted({w.document.key for w in finals}),
        "names": sorted({n for w in finals for n in w.document.names()}),
    }
    stamps, found = stamper(connection), dict[str, dict[str, list[object]]]()
    for row in connection.execute(_SQL["known_frames"], given):
        document = as_written(stamps, interface.name, row)
        if document is not None:
            key = row["source_key"]
            # A number may look like one with our mark behind it.
            base = key if key in given["keys"] else _OWN.sub("", key)
            found.setdefault(base, {}).setdefault(row["source_key"], []).append(_money(document))
    return found
