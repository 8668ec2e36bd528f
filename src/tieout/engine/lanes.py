"""Lanes: a session advisory lock a lane. It dies with its connection, so a dead worker's lane
frees itself; it limits contention, while external ids give exactly-once."""

from __future__ import annotations

import hashlib

from tieout.store import Connection


class Lane:
    """A named lock on `connection` (autocommit, direct)."""

    def __init__(self, connection: Connection, *names: str) -> None:
        digest = hashlib.sha256("\x1f".join(names).encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._connection = connection

    def take(self) -> bool:
        """Whether it is ours now; no wait. A lane that this connection holds already is taken once more, and
        must be freed as often."""
        row = self._connection.execute("select pg_try_advisory_lock(%s) as taken", (self._key,)).fetchone()
        return bool(row and row["taken"])

    def take_for_transaction(self) -> bool:
        """As `take`, in a transaction, which frees it at its end."""
        row = self._connection.execute(
            "select pg_try_advisory_xact_lock(%s) as taken", (self._key,)
        ).fetchone()
        return bool(row and row["taken"])

    def free(self) -> None:
        """Give it back. Dying does the same: the lock belongs to the connection."""
        self._connection.execute("select pg_advisory_unlock(%s)", (self._key,))
