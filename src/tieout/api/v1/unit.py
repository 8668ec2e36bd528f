"""One write, one transaction: what it does, the key that it was sent with and what it was answered commit together.

A process that dies before the commit has done nothing, one that dies after it has done everything, and whoever sends
the same key again is answered alike. What lies outside the database is done once the transaction committed, by what the
transaction recorded (`Unit.after`), so that whoever comes next can do it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from starlette.requests import Request

from tieout.store import Connection, Pool, Queries

_SQL = Queries("tieout.api.v1")
SCOPE = "tieout.unit"
# Lets one of two that send the same key at the same time go first; it ends with its transaction.
_LOCKS = b"idempotency\x1f"


@dataclass(frozen=True)
class Key:
    """Whose key it is (two callers may use the same one), and of which request."""

    who: bytes
    key: str
    request_sha256: bytes

    @property
    def lock(self) -> int:
        """The number of the advisory lock of this key."""
        digest = hashlib.sha256(_LOCKS + self.who + b"\x1f" + self.key.encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


@dataclass(frozen=True)
class Kept:
    """What a key was answered with; `status` is None where an earlier version began and never answered."""

    request_sha256: bytes
    status: int | None
    content_type: str
    body: bytes


class BusyError(Exception):
    """The same key is being answered at this moment."""


@dataclass
class Unit:
    """A transaction on a connection of the pool. `after` is done once it committed, before anybody is answered."""

    connection: Connection
    after: list[Callable[[], None]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def begin(cls, pool: Pool) -> Unit:
        """Take a connection and begin. Raises psycopg.Error."""
        stack = ExitStack()
        unit = cls(stack.enter_context(pool.connection()), _stack=stack)
        try:
            unit.connection.execute("begin")
        except BaseException:
            stack.close()
            raise
        return unit

    def known(self, key: Key) -> Kept | None:
        """What this key was answered with; None: it was never sent. Raises BusyError."""
        row = self.connection.execute(_SQL["lock_once"], {"lock": key.lock}).fetchone()
        if row is None or not row["mine"]:
            raise BusyError
        row = self.connection.execute(_SQL["known_once"], {"scope": key.who, "key": key.key}).fetchone()
        if row is None:
            return None
        body = bytes(row["body"] or b"")
        return Kept(bytes(row["request_sha256"]), row["status"], row["content_type"], body)

    def ready(self) -> None:
        """From here on it is the operation's."""
        self.connection.execute("savepoint effect")

    def keep(self, key: Key, status: int, content_type: str, body: bytes, now: datetime) -> None:
        """Record the answer beside its effect."""
        given: dict[str, Any] = {
            "scope": key.who, "key": key.key, "sha": key.request_sha256, "now": now, "status": status,
            "content_type": content_type, "body": body,
        }  # fmt: skip
        self.connection.execute(_SQL["keep_once"], given)

    def settle(self) -> None:
        """Where a statement failed and nobody took that back, take back whatever the operation did."""
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            self.connection.execute("rollback to savepoint effect")
            self.after.clear()

    def commit(self) -> None:
        """Raises psycopg.Error; then nobody knows, and the same key finds out."""
        try:
            self.connection.execute("commit")
        finally:
            self.close()

    def roll_back(self) -> None:
        """Undo whatever was done; nothing where it ended already."""
        self.close()

    def close(self) -> None:
        """Give the connection back; whatever is not committed is undone."""
        try:
            if (
                not self.connection.closed
                and self.connection.info.transaction_status != TransactionStatus.IDLE
            ):
                self.connection.execute("rollback")
        except psycopg.Error:
            # It is broken: the pool throws it away, the server undoes what it did.
            self.connection.close()
        finally:
            self._stack.close()


def unit_of(request: Request) -> Unit | None:
    """The transaction of the write that is being answered; None where it is none."""
    unit: Unit | None = request.scope.get(SCOPE)
    return unit
