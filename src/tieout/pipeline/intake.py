"""Intake: messages are kept byte for byte; acknowledged means committed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.connect import Item
from tieout.engine import wake
from tieout.evidence import Entry, record, salted_hash
from tieout.store import Connection, Queries

_SQL = Queries("tieout.pipeline")


@dataclass(frozen=True)
class Accepted:
    """How many messages were new, and how many were known already."""

    new: int
    known: int


def accept(
    connection: Connection,
    interface: str,
    items: Sequence[Item],
    transport: str,
    now: datetime,
    *,
    state: str = "received",
) -> Accepted:
    """Put items into the inbox, in the caller's transaction, with their evidence.

    A repeated dedupe key has no second effect. `state` is `listed` for what is kept and
    shown but never processed (an event that no interface knows, a push that only wakes a poll).
    """
    if not items:
        return Accepted(0, 0)
    by_key = {item.dedupe_key: item for item in reversed(items)}
    chosen = list(by_key.values())[::-1]
    count = len(chosen)
    rows = connection.execute(
        _SQL["accept"],
        {
            "interface": [interface] * count,
            "stream": [item.stream for item in chosen],
            "dedupe_key": [item.dedupe_key for item in chosen],
            "source_key": [item.source_key for item in chosen],
            "transport": [transport] * count,
            "sha": [hashlib.sha256(item.body).digest() for item in chosen],
            "at": [now] * count,
            "state": [state] * count,
        },
    ).fetchall()
    if not rows:
        return Accepted(0, len(items))
    salts = [os.urandom(16) for _ in rows]
    bodies = [by_key[row["dedupe_key"]].body for row in rows]
    connection.execute(
        _SQL["add_bodies"],
        {"id": [r["message_id"] for r in rows], "at": [now] * len(rows), "salt": salts, "body": bodies},
    )
    record(
        connection,
        [
            Entry(
                now,
                transport,
                "message.received",
                f"{interface}:{row['dedupe_key']}",
                detail={"message_id": row["message_id"], "state": state},
                content_hash=salted_hash(salt, body),
            )
            for row, salt, body in zip(rows, salts, bodies, strict=True)
        ],
    )
    wake(connection)
    return Accepted(len(rows), len(items) - len(rows))
