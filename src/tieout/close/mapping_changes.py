"""Mappings that changed: another account or tax is other books, and two people look at it.

Each state of a table is evidence (`mapping.kept`) as it comes into force. The first one is what the project was set up with. Any other
is a case of each entity whose close is looked at, until one person says why and another lets that stand, or the table is as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.close.causes import MAPPING_CHANGED
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Mapping, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_ACTION = "mapping.kept"
# Of a longer table only the digest is kept: that it changed is said, not how.
_MOST_ROWS = 5000
Rows = Sequence[Sequence[str]]


def keep_mappings(connection: Connection, release: Release, now: datetime) -> int:
    """Keep each table as evidence where it is not what was kept last; of how many tables."""
    entries = []
    for table, mapping in sorted(release.mappings.items()):
        rows = _rows(mapping)
        kept = _kept(connection, table)
        if kept and kept[-1]["sha256"] == _digest(rows):
            continue
        detail = {
            "sha256": _digest(rows),
            "count": len(rows),
            "rows": rows if len(rows) <= _MOST_ROWS else None,
        }
        entries.append(Entry(now, "bootstrap", _ACTION, table, "", detail))
    if entries:
        record(connection, entries)
    return len(entries)


def tell_mappings(
    connection: Connection, release: Release, entity: str, period: Period, now: datetime
) -> None:
    """A case for each table that is not as people know it; solved where it is again, or was changed further."""
    given = {"entity": entity, "cause": MAPPING_CHANGED.name}
    with connection.transaction():
        beside_others(connection)
        accepted = {r["source_key"] for r in connection.execute(_SQL["accepted_keys"], given)}
        wanted = []
        for table, mapping in sorted(release.mappings.items()):
            rows, kept = _rows(mapping), _kept(connection, table)
            key = _key(entity, table, _digest(rows))
            known = [k for k in kept[1:] if _key(entity, table, k["sha256"]) in accepted]
            if not kept or key in accepted or _digest(rows) == kept[0]["sha256"]:
                continue
            said = _said(table, (kept[:1] + known)[-1]["rows"], rows)
            who = connection.execute(_SQL["mapping_changer"], {"table": table}).fetchone()
            wanted.append(_case(release, entity, period, key, said, who["actor"] if who else "", now))
        open_cases(connection, wanted, "close")
        still = {c.source_key for c in wanted}
        for row in connection.execute(_SQL["open_late"], given).fetchall():
            if row["source_key"] not in still:
                why = "the table is as people know it, or was changed further"
                solve_by_key(connection, MAPPING_CHANGED.name, row["source_key"], now, why, "close")


def _rows(mapping: Mapping) -> list[list[str]]:
    """A table's rows in one order, whatever that of its file."""
    return sorted([r.key, r.value, r.valid_from.isoformat(), r.valid_to.isoformat()] for r in mapping.rows)


def _digest(rows: Rows) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _key(entity: str, table: str, sha256: str) -> str:
    return f"{entity}:{table}:{sha256[:16]}"


def _kept(connection: Connection, table: str) -> list[dict[str, Any]]:
    """Each state that a table was in, the oldest first: `sha256`, `count`, `rows` (None where they were too many)."""
    rows = connection.execute(_SQL["mappings_kept"], {"table": table, "action": _ACTION})
    return [json.loads(r["detail"]) for r in rows]


def _said(table: str, before: Rows | None, now: Rows) -> str:
    """What changed, in words: a row of another value or other days is one that is gone and one that is new."""
    name = f"mappings/{table}.csv"
    if before is None:
        return f"{name} is another one, of {len(now)} rows"
    old, new = {tuple(r) for r in before}, {tuple(r) for r in now}
    parts = [
        f"{len(some)} {word}, such as {some[0][0]} = {some[0][1]}"
        for word, some in (("new", sorted(new - old)), ("gone", sorted(old - new)))
        if some
    ]
    return f"{name}: {'; '.join(parts)}"


def _case(
    release: Release, entity: str, period: Period, key: str, said: str, changer: str, now: datetime
) -> NewCase:
    cause = MAPPING_CHANGED
    return NewCase(
        cause=cause.name, interface="", entity=entity, period=str(period), source_key=key, amount=Decimal(0),
        currency=release.entities[entity].currency, recovery=cause.say(), detail=said[:300], owner=cause.who, opened_at=now,
        # Without an amount it holds the close: nobody knows yet what it comes to.
        due_at=now + timedelta(hours=24), blocking=True, standing=cause.standing, made_user=changer,
    )  # fmt: skip
