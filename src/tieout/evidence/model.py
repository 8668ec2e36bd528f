"""An evidence entry, and the hashes over it.

Entries hold no payload: a salted hash stands for it, whose salt lies with the payload in the
message vault. An erasure takes both, and the seals stay whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# That the database went back to an earlier state, openly; the verifier knows this word (`evidence/verify.py`).
RESTORED = "database.restored"


@dataclass(frozen=True)
class Entry:
    """Who did what to which record, when. `detail` holds ids, states and reasons only."""

    at: datetime
    actor: str
    action: str
    subject: str
    entity: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    content_hash: bytes | None = None


def salted_hash(salt: bytes, content: bytes) -> bytes:
    return hashlib.sha256(salt + content).digest()


def leaf_bytes(row: dict[str, Any]) -> bytes:
    """The canonical bytes of a stored entry: what its leaf hash runs over."""
    content_hash = row["content_hash"]
    return json.dumps(
        {
            "evidence_id": row["evidence_id"],
            "at": row["at"].astimezone(UTC).isoformat(),
            "actor": row["actor"],
            "action": row["action"],
            "subject": row["subject"],
            "entity": row["entity"],
            "detail": row["detail"],
            "content_hash": bytes(content_hash).hex() if content_hash is not None else None,
        },
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
