"""A log that goes on after its database was restored, for tests: entries, heads, a witness outside, all in memory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tieout.evidence import Signer
from tieout.evidence.merkle import Frontier, leaf_hash
from tieout.evidence.signer import head_bytes

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
START = datetime(2026, 10, 5, 12, tzinfo=UTC)


@dataclass
class Log:
    """`entries` and `heads` are the database's, `witness` is outside and only grows."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, Any]] = field(default_factory=list)
    witness: list[dict[str, Any]] = field(default_factory=list)
    at: datetime = START
    said: int = 0

    def add(self, count: int, action: str = "tested", detail: Any = None) -> None:
        for _ in range(count):
            self.said += 1
            entry = {
                "evidence_id": self.said, "at": self.at.isoformat(), "actor": "t", "action": action, "subject": "s",
                "entity": "", "detail": json.dumps(detail or {"n": self.said}), "content_hash": None,
            }  # fmt: skip
            self.entries.append({"leaf_no": len(self.entries), "entry": entry})

    def seal(self) -> None:
        self.at += timedelta(minutes=1)
        tree = Frontier()
        for line in self.entries:
            raw = json.dumps(line["entry"], sort_keys=True, separators=(",", ":")).encode()
            tree.append(leaf_hash(raw))
        root = tree.root()
        signature = SIGNER.sign(head_bytes(tree.size, root, self.at, SIGNER.key_id))
        head = {
            "tree_size": tree.size, "root_hash": root.hex(), "signed_at": self.at.isoformat(), "key_id": SIGNER.key_id,
            "signature": signature.hex(),
        }  # fmt: skip
        self.heads.append(head)
        # As the sealer writes it down.
        self.witness.append({**head, "signed_at": str(self.at)})

    def batch(self, count: int) -> None:
        self.add(count)
        self.seal()

    def backup(self, unsealed: int = 0) -> Log:
        """The database as it is, with some entries that nobody sealed yet."""
        made = Log(list(self.entries), list(self.heads), [], self.at, self.said)
        made.add(unsealed)
        return made

    def restore(self, backup: Log, record: bool = True, **changed: Any) -> None:
        """The database goes back; the witness does not."""
        self.at += timedelta(minutes=1)
        self.entries, self.heads = list(backup.entries), list(backup.heads)
        if record:
            self.add(1, "database.restored", self.record(backup) | changed)
            self.seal()

    def record(self, backup: Log) -> dict[str, Any]:
        last = self.witness[-1]
        head = backup.heads[-1] if backup.heads else None
        return {
            "restored": {
                "tree_size": head["tree_size"] if head else 0,
                "root_hash": head["root_hash"] if head else hashlib.sha256().hexdigest(),
            },
            "witness": {
                "tree_size": last["tree_size"], "root_hash": last["root_hash"], "signed_at": last["signed_at"],
                "most": max(x["tree_size"] for x in self.witness),
            },
        }  # fmt: skip
