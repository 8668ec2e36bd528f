"""Forward-only migrations: numbered SQL files, each in one transaction, each hash recorded.

Expand, then contract: a migration never removes what the version before it still reads.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from importlib import resources

from tieout.store.database import Connection, Database
from tieout.store.own_version import known
from tieout.store.versions import applied as applied_in
from tieout.store.versions import at_work, difference, fence, unfenced

_LOCK = 7_108_665
# A connection whose program just ended is seen for a moment.
_LEAVING_S = 5.0


class MigrationError(Exception):
    """The database cannot be migrated as it is; the message says why, and what to do."""


def files() -> list[tuple[str, str]]:
    """(name, SQL) of every migration, in order."""
    folder = resources.files("tieout.store").joinpath("migrations")
    return [(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in known()]


def missing(database: Database) -> list[str]:
    """The migrations of this version that a database lacks; nothing is changed."""
    with database.transaction() as connection:
        there = applied_in(connection)
    return [name for name in known() if name not in there]


def wait_for_migrations(connection: Connection) -> None:
    """From here to the end of the transaction nobody else makes or changes tables."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def migrate(database: Database, leaving_s: float = _LEAVING_S) -> list[str]:
    """Apply what is missing, and put the fence around the tables; the names that were applied.

    Raises MigrationError where an applied migration's file has changed since, where a newer version was here, and,
    if anything is to be changed, where somebody works in the database still after `leaving_s` seconds.
    """
    applied = []
    with database.transaction() as connection:
        # A migration may write while neither version is the database's: the fence lets it.
        connection.execute("set local application_name to 'migration'")
        wait_for_migrations(connection)
        connection.execute("create schema if not exists tieout")
        connection.execute(
            "create table if not exists tieout.schema_migration ("
            " name text primary key, sha256 text not null,"
            " applied_at timestamptz not null default now())"
        )
        rows = connection.execute("select name, sha256 from tieout.schema_migration").fetchall()
        there = {row["name"]: row["sha256"] for row in rows}
        _refuse_newer(sorted(there))
        if there and (len(there) < len(known()) or unfenced(connection)):
            _refuse_while_at_work(connection, leaving_s)
        for name, sql in files():
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name in there:
                if there[name] != digest:
                    raise MigrationError(
                        f"migration {name} was applied with another content: restore the file; "
                        f"changes go into a new migration"
                    )
                continue
            connection.execute(sql.encode())
            connection.execute(
                "insert into tieout.schema_migration (name, sha256) values (%s, %s)",
                (name, digest),
            )
            applied.append(name)
        fence(connection)
    return applied


def _refuse_newer(there: Sequence[str]) -> None:
    if set(there) - set(known()):
        raise MigrationError(difference(known(), tuple(there)))


def _refuse_while_at_work(connection: Connection, leaving_s: float) -> None:
    """Two versions never work side by side: whoever works now ends before the tables change."""
    deadline = time.monotonic() + leaving_s
    while busy := at_work(connection):
        if time.monotonic() > deadline:
            raise MigrationError(
                f"the tables are to be migrated, but {len(busy)} connections of workers and web sides are open: "
                f"{'; '.join(busy[:12])}. End every `tieout up`, `tieout worker` and `tieout serve` of this "
                "project, on every machine, and start again; nothing was changed"
            )
        time.sleep(0.1)
