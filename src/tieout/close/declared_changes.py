"""What the project declares of what must come, and of what is made in the ledger by intent, holds as two people know it.

Whoever may write the project's files could declare away what a month lacks, on the last day of a close that does not end. Each state of
what is declared is evidence, and one that nobody let stand is a case (`mapping_changes`). Until then what was declared to come no more
still has to come, and what was declared to be made by intent is nobody's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from tieout.close.governed_files import ENTITY, INTERFACES, expected_of, governed_tables, origins_of
from tieout.close.mapping_changes import known_rows
from tieout.close.planning import FINAL
from tieout.close.signatures import standing_signatures
from tieout.money import Period
from tieout.rules import Interface, Release
from tieout.rules.expected import Expected
from tieout.rules.origins import Origin
from tieout.store import Connection


def as_declared(connection: Connection, release: Release, entity: str, period: Period) -> Release:
    """The release with what must come, and with what is made in the ledger by intent, as it was declared first or let stand last; of
    a period that is closed, by then."""
    final = standing_signatures(connection, entity, period).get(FINAL)
    closed_at = final.signed_at if final else None
    now = {name: dict(rows) for name, rows in governed_tables(release).items()}
    coming, books = f"{INTERFACES}:{entity}", f"{ENTITY}:{entity}"
    interfaces, entities = release.interfaces, release.entities
    known = known_rows(connection, release, coming, entity, closed_at)
    if known is not None and known != now[coming]:
        interfaces = {
            name: _as_expected(i, known, now[coming]) if i.entity == entity else i
            for name, i in interfaces.items()
        }
    known = known_rows(connection, release, books, entity, closed_at)
    if known is not None and known != now[books]:
        prefix = origins_of(entity)
        then = {w: said for w, said in known.items() if w.startswith(prefix)}
        if then != {w: said for w, said in now[books].items() if w.startswith(prefix)}:
            origins = tuple(_origin(w.removeprefix(prefix), json.loads(said)) for w, said in then.items())
            entities = {**entities, entity: replace(entities[entity], origins=origins)}
    return replace(release, entities=entities, interfaces=interfaces)


def _origin(name: str, said: Mapping[str, Any]) -> Origin:
    """What `Origin.content` wrote."""
    given = {key: value for key, value in said.items() if value is not None}
    return msgspec.convert({"name": name, **given}, Origin, strict=False)


def _as_expected(interface: Interface, known: Mapping[str, str], now: Mapping[str, str]) -> Interface:
    where = expected_of(interface.name)
    if known.get(where) == now.get(where) or where not in known:
        return interface
    return replace(interface, expected=msgspec.convert(json.loads(known[where]), Expected, strict=False))
