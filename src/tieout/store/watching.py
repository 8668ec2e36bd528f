"""A running program looks again whether its database is still of its version."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tieout.store.database import Connection, Database
from tieout.store.versions import VersionError, require_same

_EVERY_S = 1.0


class VersionWatch(threading.Thread):
    """Looks once a second, on a connection of its own, and calls `ended` once with the reason when another version
    migrated the database. What was written in between the fence refuses: this is for the words, and for an end."""

    def __init__(self, database: Database, ended: Callable[[str], None], every_s: float = _EVERY_S) -> None:
        super().__init__(name="version watch", daemon=True)
        self._database, self._ended, self._every = database, ended, every_s
        self.stopping = threading.Event()

    def run(self) -> None:
        connection: Connection | None = None
        while not self.stopping.wait(self._every):
            try:
                if connection is None or connection.closed:
                    connection = self._database.connect(autocommit=True, name="tieout watch")
                require_same(connection)
            except VersionError as error:
                self._ended(str(error))
                break
            except psycopg.Error:
                # The database is away: whoever works notices that, too, and waits for it.
                if connection is not None:
                    with suppress(psycopg.Error):
                        connection.close()
                connection = None
        if connection is not None:
            connection.close()
