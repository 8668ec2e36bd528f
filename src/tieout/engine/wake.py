"""Wake-ups: NOTIFY inside the transaction that made the work, so it is sent at its commit.

A wake-up is a hint: a lost one is repaired by the worker's sweep.
"""

from __future__ import annotations

import threading

import psycopg

from tieout.store import Connection, Database

CHANNEL = "tieout_wake"


def wake(connection: Connection) -> None:
    """Wake the workers when the transaction of `connection` commits."""
    connection.execute("select pg_notify('tieout_wake', '')")


class Listener(threading.Thread):
    """Sets every given event when a wake-up comes; connects again when the line is cut."""

    def __init__(self, database: Database, events: list[threading.Event]) -> None:
        super().__init__(name="listener", daemon=True)
        self._database, self._events = database, events
        self.stopping = threading.Event()

    def run(self) -> None:
        """Until `stopping`: every notification sets every event, and so does every connection, since what was sent before it
        is missed."""
        while not self.stopping.is_set():
            try:
                connection = self._database.connect(autocommit=True, name="tieout listener")
                connection.execute(f"listen {CHANNEL}".encode())
                # What was sent while nobody listened is found now, not by the sweep.
                self._set()
                while not self.stopping.is_set():
                    for _ in connection.notifies(timeout=1.0, stop_after=1):
                        self._set()
            except psycopg.Error:
                self.stopping.wait(0.3)

    def _set(self) -> None:
        for event in self._events:
            event.set()
