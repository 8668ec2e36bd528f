"""One sealer: gap-free leaf numbers, a tree, a signed head a batch, a witness outside."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point
from tieout.evidence.merkle import Frontier, leaf_hash
from tieout.evidence.model import leaf_bytes
from tieout.evidence.signer import Signer, head_bytes
from tieout.store import Connection, Queries

_SQL = Queries("tieout.evidence")
_BATCH = 5_000
# What is committed within so many seconds has one head, one signature and one line of the witness, not one for each commit.
_TOGETHER_S = 0.1


class Sealer:
    """Seals what is committed. Several may run: a lane lets one work at a time."""

    name, pace = "evidence", Pace(every_s=_TOGETHER_S)

    def __init__(self, signer: Signer, clock: Clock, witness: Path) -> None:
        self._signer, self._clock, self._witness = signer, clock, witness
        # Every row of a lower xid is sealed; unknown at the start.
        self._low = ""

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """One lane: the log has one tree."""
        return (Due(("sealer",)),)

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Seal one batch; True where there was one. Nothing is left out of a seal, so nothing is isolated here."""
        return self._seal(connection)

    def _seal(self, connection: Connection) -> bool:
        with connection.transaction():
            if not self._low:
                first = connection.execute(_SQL["lowest_unsealed"]).fetchone()
                assert first is not None
                self._low = first["low"]
            rows = connection.execute(_SQL["unsealed"], {"low": self._low, "limit": _BATCH}).fetchall()
            if not rows:
                return False
            last = connection.execute(_SQL["last_head"]).fetchone()
            tree = Frontier(last["tree_size"], last["peaks"]) if last else Frontier()
            with connection.cursor().copy(
                b"copy tieout.evidence_leaf (leaf_no, evidence_id, leaf_hash) from stdin"
            ) as copy:
                for row in rows:
                    digest = leaf_hash(leaf_bytes(row))
                    copy.write_row((tree.size, row["evidence_id"], digest))
                    tree.append(digest)
            at, root = self._clock.now(), tree.root()
            key_id = self._signer.key_id
            head = {
                "tree_size": tree.size,
                "root_hash": root,
                "signed_at": at,
                "key_id": key_id,
                "signature": self._signer.sign(head_bytes(tree.size, root, at, key_id)),
                "peaks": tree.peaks,
            }
            connection.execute(_SQL["add_head"], head)
            crash_point("seal.before_commit")
        crash_point("seal.after_commit")
        # A crash before this line leaves a head without a witness line: the next one covers it,
        # for a later root commits to every earlier leaf.
        self._testify(head)
        if len(rows) < _BATCH:
            self._low = rows[0]["below"]
        return True

    def _testify(self, head: dict[str, object]) -> None:
        root, signature = head["root_hash"], head["signature"]
        assert isinstance(root, bytes) and isinstance(signature, bytes)
        line = {
            "tree_size": head["tree_size"],
            "root_hash": root.hex(),
            "signed_at": str(head["signed_at"]),
            "key_id": head["key_id"],
            "signature": signature.hex(),
        }
        with self._witness.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
