"""Writes entries in the transaction of what they testify to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tieout.evidence.model import Entry
from tieout.store import AsyncConnection, Connection

_COPY = b"copy tieout.evidence (at, actor, action, subject, entity, detail, content_hash) from stdin"


def record(connection: Connection, entries: Iterable[Entry]) -> int:
    """Append entries by COPY; how many. They commit or vanish with the transaction."""
    count = 0
    with connection.cursor().copy(_COPY) as copy:
        for entry in entries:
            copy.write_row(_row(entry))
            count += 1
    return count


async def record_async(connection: AsyncConnection, entries: Iterable[Entry]) -> None:
    """`record` for an event loop."""
    async with connection.cursor().copy(_COPY) as copy:
        for entry in entries:
            await copy.write_row(_row(entry))


def _row(entry: Entry) -> tuple[Any, ...]:
    detail = json.dumps(entry.detail, sort_keys=True, default=str)
    return entry.at, entry.actor, entry.action, entry.subject, entry.entity, detail, entry.content_hash
