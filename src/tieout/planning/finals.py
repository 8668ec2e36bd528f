"""Documents that their source never sends otherwise (`Stream.final`): two of one key that say other things are two.

A supplier's number is no key that holds: series begin again each year, credit notes have one of their own, and people number
twice. The first of a key bears it, and each of the others a key of its own beside it; whether one is another one again is its
recipe's to say. One that says the same money is the same one, in whatever words and bytes it comes. One that a person
excluded stays so where it comes again as it was; with other words (another account, another day on which it is due) it is
another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tieout.documents import Document, canonical_bytes
from tieout.documents.states import DocumentState
from tieout.planning.stamped import as_written
from tieout.planning.work import Work
from tieout.processes import recipe_of
from tieout.rules import Interface
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
_APART = "~"
_OWN = re.compile(_APART + "[0-9a-f]{12}$")


@dataclass(frozen=True)
class _Said:
    """What bears a key; `left_out` where a person excluded it."""

    money: object
    document: Document
    left_out: bool = False


def keep_both(connection: Connection, interface: Interface, arrived: Sequence[Work]) -> list[Work]:
    """The works, in their order; each final one under the key of what it says, without those that a person excluded before."""
    finals = [w for w in arrived if w.final and _money(w.document) is not None]
    if not finals:
        return list(arrived)
    known, gone = _known(connection, interface, finals), set[int]()
    for work in finals:
        said = known.setdefault(work.document.key, {})
        money = _money(work.document)
        told = [(k, x) for k, each in said.items() for x in each if x.money == money]
        if any(x.left_out and _words(x.document) == _words(work.document) for _, x in told):
            gone.add(id(work))
            continue
        key = next((k for k, x in told if not x.left_out), "")
        if not key:
            key = _own_key(work) if said else work.document.key
        if key != work.document.key:
            work.document = msgspec.structs.replace(work.document, key=key)
            work.content = canonical_bytes(work.document)
        said.setdefault(key, []).append(_Said(money, work.document))
    return [w for w in arrived if id(w) not in gone]


def _words(document: Document) -> Document:
    """All that it says: without its key, its version and the file that it came in."""
    own = {"key": "", "version": "", "batch": ""}
    return msgspec.structs.replace(document, **{k: v for k, v in own.items() if hasattr(document, k)})


def _money(document: Document) -> object:
    """All that makes another one of it; None for a kind that has no such thing."""
    restating = recipe_of(document).restating
    return None if restating is None else restating.money(document)


def _own_key(work: Work) -> str:
    return f"{work.document.key}{_APART}{hashlib.sha256(work.content).hexdigest()[:12]}"


def _known(
    connection: Connection, interface: Interface, finals: Sequence[Work]
) -> dict[str, dict[str, list[_Said]]]:
    """By the keys that their sources name: the keys of all that stand under each, with what each says."""
    given = {
        "interface": interface.name,
        "entity": interface.entity,
        "keys": sorted({w.document.key for w in finals}),
        "names": sorted({n for w in finals for n in w.document.names()}),
    }
    stamps, found = stamper(connection), dict[str, dict[str, list[_Said]]]()
    for row in connection.execute(_SQL["known_frames"], given):
        document = as_written(stamps, interface.name, row)
        if document is not None:
            key = row["source_key"]
            # A number may look like one with our mark behind it.
            base = key if key in given["keys"] else _OWN.sub("", key)
            said = _Said(_money(document), document, row["state"] == DocumentState.EXCLUDED)
            found.setdefault(base, {}).setdefault(key, []).append(said)
    return found
