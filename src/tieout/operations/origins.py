"""What a project declares to be made in its ledgers by intent: recorded as it comes into force, and looked through for what
it leaves unseen."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tieout.evidence import Entry, record
from tieout.rules import Entity, Release
from tieout.rules.governed import governed_accounts
from tieout.rules.origins import Origin, weaknesses
from tieout.store import Connection, Queries

_SQL = Queries("tieout.operations")


def record_origins(connection: Connection, release: Release, now: datetime) -> int:
    """Record in the caller's transaction which declarations began, changed and ended since the last look, with evidence;
    how many did."""
    declared = {(e.code, o.name): o for e in release.entities.values() for o in e.origins}
    connection.execute(_SQL["lock_origins"])
    standing = {
        (r["entity"], r["name"]): r["content"]
        for r in connection.execute(_SQL["standing_origins"]).fetchall()
    }
    entries = []
    for key in sorted({*declared, *standing}):
        origin, before = declared.get(key), standing.get(key)
        if origin is not None and origin.content() == before:
            continue
        given = {"entity": key[0], "name": key[1], "now": now}
        if before is not None:
            connection.execute(_SQL["end_origin"], given)
        if origin is None:
            entries.append(Entry(now, "bootstrap", "origin.ended", key[1], key[0], {"was": before}))
            continue
        content = origin.content()
        row = {**given, "content": json.dumps(content), "release": release.sha256}
        connection.execute(_SQL["begin_origin"], row)
        action = "origin.declared" if before is None else "origin.changed"
        detail: dict[str, Any] = {
            **content,
            "release": release.sha256,
            "weaknesses": weak(release, release.entities[key[0]], origin, now),
        }
        entries.append(Entry(now, "bootstrap", action, key[1], key[0], detail))
    if entries:
        record(connection, entries)
    return len(entries)


def weak(release: Release, entity: Entity, origin: Origin, now: datetime) -> list[str]:
    """What a declaration leaves unseen, today."""
    table = release.mappings.get("journals")
    ours = {row.value for row in table.rows} if table else set()
    return weaknesses(origin, governed_accounts(release, entity.code, now.date(), now.date()), ours)


def origin_rows(connection: Connection, release: Release, entity: str, now: datetime) -> list[dict[str, Any]]:
    """Every declaration of an entity that was ever in force here, those that are first: name, content, release,
    recorded_at, ended_at (None: in force), weaknesses."""
    book = release.entities[entity]
    now_declared = {o.name: o for o in book.origins}
    rows = []
    for row in connection.execute(_SQL["origins"], {"entity": entity}).fetchall():
        origin = now_declared.get(row["name"]) if row["ended_at"] is None else None
        found = weak(release, book, origin, now) if origin is not None else []
        rows.append({**row, "weaknesses": found})
    return rows


def said(origin: Origin) -> str:
    """A declaration as one sentence without its full stop."""
    parts = [", ".join(origin.kinds)]
    parts.append(f"in {', '.join(origin.journals)}" if origin.journals else "in any journal")
    parts.append(f"by {', '.join(origin.users)}" if origin.users else "by anybody")
    if origin.accounts:
        parts.append(f"on {', '.join(origin.accounts)}")
    if origin.most is not None:
        parts.append(f"of at most {origin.most:f}")
    parts.append(f"from {origin.since}")
    if origin.content()["until"] is not None:
        parts.append(f"to {origin.until}")
    return f"{' '.join(parts)}; declared by {origin.declared_by}: {origin.why}"
