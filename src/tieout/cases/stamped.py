"""What evidence says of a case, with a stamp: whoever can write a row of evidence cannot make one that is believed.

A stamp lies in the detail of the entry, since evidence is sealed as it is written. Entries of before there were stamps have none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tieout.evidence import Entry
from tieout.security import stamper
from tieout.store import Connection

STAMP = "stamp"


def stamped(connection: Connection, entry: Entry) -> Entry:
    """An entry about a case with its stamp; as it is where the connection has no key to make one."""
    if connection.stamp_key is None:
        return entry
    made = stamper(connection).stamp(
        *_parts(entry.at, entry.actor, entry.action, entry.subject, entry.entity, entry.detail)
    )
    return Entry(
        entry.at, entry.actor, entry.action, entry.subject, entry.entity, {**entry.detail, STAMP: made.hex()}
    )  # fmt: skip


def is_stamped(detail: Mapping[str, Any]) -> bool:
    """Whether an entry says that it has a stamp, right or wrong."""
    return STAMP in detail


def stamp_holds(connection: Connection, row: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
    """Whether an entry of evidence (`at`, `actor`, `action`, `subject`, `entity`) with this detail is as it was written."""
    try:
        stamp = bytes.fromhex(detail[STAMP])
    except (KeyError, TypeError, ValueError):
        return False
    given = (row["at"], row["actor"], row["action"], row["subject"], row["entity"], detail)
    return stamper(connection).holds(stamp, *_parts(*given))


def _parts(
    at: datetime, actor: str, action: str, subject: str, entity: str, detail: Mapping[str, Any]
) -> tuple[str, ...]:
    said = {name: value for name, value in detail.items() if name != STAMP}
    when = at.astimezone(UTC).isoformat()
    return ("case told", when, actor, action, subject, entity, json.dumps(said, sort_keys=True, default=str))
