"""Connections: one kind, dict rows, UTC, direct (session locks and LISTEN need that)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg_pool
from psycopg.rows import DictRow, dict_row

from tieout.store.versions import setting

Connection = psycopg.Connection[DictRow]

_OPTIONS = f"-c timezone=UTC -c search_path=tieout,public {setting()}"
_KEEPALIVES: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def connect(dsn: str, *, autocommit: bool = False, name: str = "tieout") -> Connection:
    """A connection. A server that just restarts after a kill is waited for, some seconds."""
    import time

    last: psycopg.Error | None = None
    for attempt in range(40):
        try:
            return psycopg.connect(
                dsn,
                autocommit=autocommit,
                row_factory=dict_row,
                application_name=name,
                options=_OPTIONS,
                **_KEEPALIVES,
            )
        except psycopg.OperationalError as error:
            last = error
            if error.sqlstate in ("28P01", "3D000", "28000"):
                raise
            time.sleep(0.05 + 0.01 * attempt)
    assert last is not None
    raise last


class Pool:
    """Connections that are kept open for requests, which come often and take short; each commits as it goes."""

    def __init__(self, dsn: str, most: int = 16) -> None:
        self._pool: psycopg_pool.ConnectionPool[Connection] = psycopg_pool.ConnectionPool(
            dsn,
            min_size=0,
            max_size=most,
            timeout=10,
            max_idle=120,
            check=psycopg_pool.ConnectionPool.check_connection,
            kwargs={
                "autocommit": True, "row_factory": dict_row, "application_name": "tieout web",
                "options": _OPTIONS, **_KEEPALIVES,
            },
            open=True,
        )  # fmt: skip

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with self._pool.connection() as connection:
            yield connection

    def close(self) -> None:
        """Ends its connections."""
        self._pool.close()


class Database:
    """A DSN, and units of work on it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def connect(self, *, autocommit: bool = False, name: str = "tieout") -> Connection:
        """A connection of its own; whoever asks closes it."""
        return connect(self.dsn, autocommit=autocommit, name=name)

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
