"""Group commit: many webhooks, one transaction, one fsync; each is answered only then."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from tieout.connect import Item
from tieout.engine import crash_point
from tieout.evidence import Entry, record
from tieout.pipeline import accept
from tieout.store import Connection, Database

_MOST = 400


@dataclass
class Work:
    """One verified push or one refusal on its way to the database."""

    interface: str
    items: list[Item]
    entry: Entry | None
    at: datetime
    wakes: bool
    done: asyncio.Future[bool]
    loop: asyncio.AbstractEventLoop


def _answer(batch: list[Work], ok: bool) -> None:
    """Let the requests of a batch be answered: one call into each event loop, not one each."""

    def finish(works: list[Work]) -> None:
        for work in works:
            if not work.done.done():
                work.done.set_result(ok)

    for loop in {id(w.loop): w.loop for w in batch}.values():
        loop.call_soon_threadsafe(finish, [w for w in batch if w.loop is loop])


class Committer(threading.Thread):
    """Collects what came while the last commit ran and commits it as one."""

    def __init__(self, database: Database, after: Callable[[Connection, set[str]], None]) -> None:
        super().__init__(name="committer", daemon=True)
        self._database, self._after = database, after
        self._queue: list[Work] = []
        self._ready = threading.Condition()
        self._stopping = False

    def put(self, work: Work) -> None:
        with self._ready:
            self._queue.append(work)
            self._ready.notify()

    def stop(self) -> None:
        with self._ready:
            self._stopping = True
            self._ready.notify()

    def run(self) -> None:
        connection: Connection | None = None
        while True:
            with self._ready:
                while not self._queue and not self._stopping:
                    self._ready.wait()
                if self._stopping and not self._queue:
                    return
                batch, self._queue = self._queue[:_MOST], self._queue[_MOST:]
            try:
                if connection is None or connection.closed:
                    connection = self._database.connect(name="tieout intake")
                self._commit(connection, batch)
                ok = True
            except psycopg.Error:
                # Not acknowledged: the sender sends again, and the pull repairs.
                ok = False
                if connection is not None:
                    connection.close()
                connection = None
            _answer(batch, ok)

    def _commit(self, connection: Connection, batch: list[Work]) -> None:
        by_interface: dict[str, list[Any]] = {}
        for work in batch:
            by_interface.setdefault(work.interface, []).append(work)
        with connection.transaction():
            entries = [w.entry for w in batch if w.entry is not None]
            if entries:
                record(connection, entries)
            for interface, works in by_interface.items():
                items = [item for w in works for item in w.items]
                if items:
                    accept(connection, interface, items, "webhook", works[-1].at, state="listed")
            self._after(connection, {w.interface for w in batch if w.wakes})
            crash_point("intake.before_commit")
        crash_point("intake.after_commit")
