"""A database for a benchmark: as an installation has it, with fsync and with a key for stamps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tieout.store import Database, EmbeddedServer, migrate

# An installation's is made at its first start and lies in a file; which one it is costs nothing.
KEY = bytes(range(32))


@contextmanager
def own_database() -> Iterator[Database]:
    """A server of its own for one benchmark, gone at the end."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "pg") as server:
        database = Database(server.dsn, KEY)
        migrate(database)
        yield database
