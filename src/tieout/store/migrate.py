"""Forward-only migrations: numbered SQL files, each in one transaction, each hash recorded.

Expand, then contract: a migration never removes what the version before it still reads.
"""

from __future__ import annotations

import hashlib
from importlib import resources

from tieout.store.database import Connection, Database

_LOCK = 7_108_665


class MigrationError(Exception):
    """The database's history and the files disagree."""


def files() -> list[tuple[str, str]]:
    """(name, SQL) of every migration, in order."""
    folder = resources.files("tieout.store").joinpath("migrations")
    found = [(f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir()]
    return sorted((name, text) for name, text in found if name.endswith(".sql"))


def missing(database: Database) -> list[str]:
    """The migrations of this version that a database lacks; nothing is changed."""
    with database.transaction() as connection:
        if not (
            connection.execute("select to_regclass('tieout.schema_migration') as t").fetchone() or {}
        ).get("t"):
            return [name for name, _ in files()]
        known = {row["name"] for row in connection.execute("select name from tieout.schema_migration")}
    return [name for name, _ in files() if name not in known]


def wait_for_migrations(connection: Connection) -> None:
    """From here to the end of the transaction nobody else makes or changes tables."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def migrate(database: Database) -> list[str]:
    """Apply what is missing; the names that were applied.

    Raises MigrationError where an applied migration's file has changed since.
    """
    applied = []
    with database.transaction() as connection:
        wait_for_migrations(connection)
        connection.execute("create schema if not exists tieout")
        connection.execute(
            "create table if not exists tieout.schema_migration ("
            " name text primary key, sha256 text not null,"
            " applied_at timestamptz not null default now())"
        )
        rows = connection.execute("select name, sha256 from tieout.schema_migration").fetchall()
        known = {row["name"]: row["sha256"] for row in rows}
        for name, sql in files():
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name in known:
                if known[name] != digest:
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
    return applied
