"""Lanes: a session advisory lock a lane. It dies with its connection, so a dead worker's lane
frees itself; it limits contention, while external ids give exactly-once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from tieout.connector_api import TransientError
from tieout.store import Connection

# How long somebody waits for who holds a lane; a run of many thousand items takes less.
PATIENCE_S = 120.0
_PAUSE_S = 0.1


class LaneBusyError(TransientError):
    """Somebody else holds a lane for longer than is waited: who, and what to do."""


class Lane:
    """A named lock on `connection` (autocommit, direct)."""

    def __init__(self, connection: Connection, *names: str) -> None:
        self._name = " ".join(names)
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

    def wait(self, what: str, patience_s: float = PATIENCE_S, for_transaction: bool = False) -> None:
        """Take it as soon as it is free, within `patience_s`; `what` is what its holder does, in words. Raises LaneBusyError: nothing
        was done then."""
        take: Callable[[], bool] = self.take_for_transaction if for_transaction else self.take
        until = time.monotonic() + patience_s
        while not take():
            if time.monotonic() >= until:
                raise LaneBusyError(
                    f"somebody else {what} ({self._holder()}), for more than {patience_s:g} s: nothing was done; try again once that has "
                    "ended, or end its process: its lane is free then"
                )
            time.sleep(min(_PAUSE_S, patience_s))

    def _holder(self) -> str:
        """Who holds it, in words."""
        row = self._connection.execute(
            "select a.pid, a.application_name, a.backend_start from pg_locks l join pg_stat_activity a using (pid)"
            " where l.locktype = 'advisory' and l.granted and l.objsubid = 1"
            " and (l.classid::bigint << 32 | l.objid::bigint) = %s limit 1",
            (self._key,),
        ).fetchone()
        if row is None:
            return f"lane {self._name}"
        name = row["application_name"] or "a program"
        return f"lane {self._name}: {name}, database process {row['pid']}, connected since {row['backend_start']:%Y-%m-%d %H:%M:%S}"

    def free(self) -> None:
        """Give it back. Dying does the same: the lock belongs to the connection."""
        self._connection.execute("select pg_advisory_unlock(%s)", (self._key,))
