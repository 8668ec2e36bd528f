"""Connections to a lent database that outlive their `close`.

A backend that begins costs 2 ms, and some 5 more until it has read what its catalogs say; most tests open dozens and ask each
for one thing. So the line of one that is closed is kept for the next that is asked for, as if it were new: what a session may hold
(a transaction, locks, settings, prepared statements, what it listens to, counts that it keeps to itself) is given up, and whoever
goes on using the closed one is told that it is closed.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, PGconn, TransactionStatus

from tieout.store import Connection, Database

_GIVEN_UP = (
    b"close all; reset session authorization; reset role; reset all; deallocate all; unlisten *; discard temp;"
    b" select pg_stat_force_next_flush(), pg_advisory_unlock_all()"
)
_MOST = 6


def _dead() -> PGconn:
    found = PGconn.connect(b"host=/nowhere")
    found.finish()
    return found


class _Kept(Connection):
    """One whose line goes back to where it came from."""

    lines: list[PGconn] | None = None

    def close(self) -> None:
        line, self.pgconn, self._closed = self.pgconn, _DEAD, True
        if line is _DEAD:
            return
        if self.lines is None or len(self.lines) >= _MOST or not _as_new(line):
            line.finish()
        else:
            self.lines.append(line)


_DEAD = _dead()


def _as_new(line: PGconn) -> bool:
    """Give up whatever the session holds; False where it cannot be."""
    if line.status != ConnStatus.OK or line.transaction_status == TransactionStatus.ACTIVE:
        return False
    with suppress(psycopg.Error):
        line.notice_handler = line.notify_handler = None
        if line.transaction_status != TransactionStatus.IDLE:
            line.exec_(b"rollback")
        if line.exec_(_GIVEN_UP).status == ExecStatus.TUPLES_OK:
            line.consume_input()
            while line.notifies() is not None:
                pass
            return True
    return False


def _lives(line: PGconn) -> bool:
    with suppress(psycopg.Error):
        return bool(line.exec_(b"select 1").status == ExecStatus.TUPLES_OK)
    return False


class Lent(Database):
    """A database whose connections are kept. `lines` are those that nobody uses now, by what they are called."""

    def __init__(self, dsn: str, stamp_key: bytes, lines: dict[str, list[PGconn]]) -> None:
        super().__init__(dsn, stamp_key)
        self._lines = lines

    def connect(self, *, autocommit: bool = False, name: str = "tieout") -> Connection:
        """As that of any database."""
        lines = self._lines.setdefault(name, [])
        while lines:
            line = lines.pop()
            if _lives(line):
                break
            line.finish()
        else:
            made = super().connect(autocommit=autocommit, name=name)
            line, made.pgconn = made.pgconn, _DEAD
        kept = _Kept(line, row_factory=psycopg.rows.dict_row)
        kept._autocommit, kept.stamp_key, kept.lines = autocommit, self.stamp_key, lines
        return kept
