"""Writes entries in the transaction of what they testify to."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tieout.evidence.model import Entry
from tieout.store import Connection


def record(connection: Connection, entries: Iterable[Entry]) -> int:
    """Append entries by COPY; how many. They commit or vanish with the transaction."""
    count = 0
    with connection.cursor().copy(
        b"copy tieout.evidence (at, actor, action, subject, entity, detail, content_hash) from stdin"
    ) as copy:
        for entry in entries:
            detail = json.dumps(entry.detail, sort_keys=True, default=str)
            copy.write_row(
                (entry.at, entry.actor, entry.action, entry.subject, entry.entity, detail, entry.content_hash)
            )
            count += 1
    return count
