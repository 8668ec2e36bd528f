"""Connections: dict rows, UTC, direct (session locks and LISTEN need that); one kind, and the same for an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg_pool
from psycopg.rows import DictRow, dict_row

from tieout.store.own_version import setting


class Connection(psycopg.Connection[DictRow]):
    """A connection; `stamp_key` is what the rows of its database are stamped with, None where whoever opened it has no key."""

    stamp_key: bytes | None = None


_OPTIONS = f"-c timezone=UTC -c search_path=tieout,public {setting()}"
_KEEPALIVES: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class AsyncConnection(psycopg.AsyncConnection[DictRow]):
    """The same for an event loop, whose turns it never holds up while the database works."""

    stamp_key: bytes | None = None


# Of a server that just restarts after a kill: seconds between tries, about ten in all.
_WAITS_S = [0.05 + 0.01 * attempt for attempt in range(40)]
# No try will go better: a password, a database that does not exist, somebody who may not come in.
_FINAL = ("28P01", "3D000", "28000")


def connect(
    dsn: str, *, autocommit: bool = False, name: str = "tieout", stamp_key: bytes | None = None
) -> Connection:
    """A connection. A server that just restarts after a kill is waited for, some seconds. Raises OperationalError."""
    for wait in (*_WAITS_S, None):
        try:
            made = Connection.connect(dsn, **_how(autocommit, name))
        except psycopg.OperationalError as error:
            if wait is None or error.sqlstate in _FINAL:
                raise
            time.sleep(wait)
        else:
            made.stamp_key = stamp_key
            return made
    raise AssertionError


async def connect_async(
    dsn: str, *, autocommit: bool = False, name: str = "tieout", stamp_key: bytes | None = None
) -> AsyncConnection:
    """`connect` for an event loop. Raises OperationalError."""
    for wait in (*_WAITS_S, None):
        try:
            made = await AsyncConnection.connect(dsn, **_how(autocommit, name))
        except psycopg.OperationalError as error:
            if wait is None or error.sqlstate in _FINAL:
                raise
            await asyncio.sleep(wait)
        else:
            made.stamp_key = stamp_key
            return made
    raise AssertionError


def _how(autocommit: bool, name: str) -> dict[str, Any]:
    return {
        "autocommit": autocommit,
        "row_factory": dict_row,
        "application_name": name,
        "options": _OPTIONS,
        **_KEEPALIVES,
    }


class Pool:
    """Connections that are kept open for requests, which come often and take short; each commits as it goes."""

    def __init__(self, dsn: str, most: int = 16, stamp_key: bytes | None = None) -> None:
        def give_key(connection: Connection) -> None:
            connection.stamp_key = stamp_key

        self._pool: psycopg_pool.ConnectionPool[Connection] = psycopg_pool.ConnectionPool(
            dsn,
            connection_class=Connection,
            configure=give_key,
            min_size=0,
            max_size=most,
            timeout=10,
            max_idle=120,
            check=psycopg_pool.ConnectionPool.check_connection,
            kwargs=_how(True, "tieout web"),
            open=True,
        )

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with self._pool.connection() as connection:
            yield connection

    def close(self) -> None:
        """Ends its connections."""
        self._pool.close()


class Database:
    """A DSN, and units of work on it. Every connection carries the `stamp_key`."""

    def __init__(self, dsn: str, stamp_key: bytes | None = None) -> None:
        self.dsn, self.stamp_key = dsn, stamp_key

    def connect(self, *, autocommit: bool = False, name: str = "tieout") -> Connection:
        """A connection of its own; whoever asks closes it."""
        return connect(self.dsn, autocommit=autocommit, name=name, stamp_key=self.stamp_key)

    async def connect_async(self, *, autocommit: bool = False, name: str = "tieout") -> AsyncConnection:
        """`connect` for an event loop."""
        return await connect_async(self.dsn, autocommit=autocommit, name=name, stamp_key=self.stamp_key)

    def pool(self, most: int) -> Pool:
        """Connections that are kept open, `most` of them at the same time; whoever asks closes it."""
        return Pool(self.dsn, most, self.stamp_key)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One connection, one transaction: committed at the end, rolled back on an error."""
        connection = self.connect()
        try:
            with connection.transaction():
                yield connection
        finally:
            connection.close()

    def rows(self, query: str, *args: Any) -> list[DictRow]:
        """Read with a connection of its own."""
        with self.transaction() as connection:
            return connection.execute(query.encode(), args or None).fetchall()
