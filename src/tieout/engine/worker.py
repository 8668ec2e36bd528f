"""A worker: loops in threads. A loop drains its steps until none finds work, then waits for a
wake-up or for the sweep, at most a second."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tieout.engine.wake import Listener
from tieout.observe import get_logger
from tieout.store import Connection, Database

_log = get_logger(__name__)
SWEEP_SECONDS = 1.0

Step = Callable[[Connection], bool]


def let_people_first() -> None:
    """Let this process wait where processors are short: whoever looks at a page is answered before a run of matching,
    say, goes on. Where the system does not let it, it stays as it is."""
    with suppress(OSError):
        os.nice(10)


class Loop(threading.Thread):
    """One thread with a connection of its own. A step returns True where it found work; its
    failure is logged and never stops its neighbours."""

    def __init__(self, name: str, database: Database, steps: list[Step]) -> None:
        super().__init__(name=name, daemon=True)
        self._database, self._steps = database, steps
        self.wakes = threading.Event()
        self.stopping = threading.Event()

    def run(self) -> None:
        connection: Connection | None = None
        while not self.stopping.is_set():
            try:
                if connection is None or connection.closed:
                    connection = self._database.connect(autocommit=True, name=f"tieout {self.name}")
                self.drain(connection)
            except psycopg.OperationalError as error:
                _log.warning("connection lost", loop=self.name, error=str(error))
                if connection is not None:
                    with suppress(psycopg.Error):
                        connection.close()
                connection = None
                self.stopping.wait(0.3)
                continue
            self.wakes.wait(SWEEP_SECONDS)
            self.wakes.clear()
        if connection is not None:
            connection.close()

    def drain(self, connection: Connection) -> None:
        busy = True
        while busy and not self.stopping.is_set():
            busy = False
            for step in self._steps:
                try:
                    busy = step(connection) or busy
                except psycopg.OperationalError:
                    raise
                except Exception:
                    _log.exception("step failed", loop=self.name, step=getattr(step, "__name__", ""))
                    self.stopping.wait(0.5)


class Worker:
    """The loops of one process and their listener."""

    def __init__(self, database: Database, loops: list[Loop]) -> None:
        self._loops = loops
        self._listener = Listener(database, [loop.wakes for loop in loops])

    def start(self) -> None:
        self._listener.start()
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        self._listener.stopping.set()
        for loop in self._loops:
            loop.stopping.set()
            loop.wakes.set()
        for loop in self._loops:
            loop.join(20)
