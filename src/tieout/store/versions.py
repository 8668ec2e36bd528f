"""Which version of Tieout may work in a database: the one whose migrations are applied there, and no other.

A version is the migrations that its code knows. Whoever opens a database for work compares them with what is applied
(`require_same`); every connection says its version to the server (`own_version.setting`), and a trigger on every table refuses
what a Tieout of another version writes (`fence`). So a version that never heard of this, and one that runs while
another migrates, is kept out by the database: its writes fail, and before a call to a system there is always a
write. It is no protection against somebody who wants in with SQL: that is what stamps and evidence are for.
"""

from __future__ import annotations

from importlib import resources

from psycopg import sql

from tieout.store.database import Connection
from tieout.store.own_version import known

# What the fence raises: of the class "not in the prerequisite state", on which a loop lets go of its connection.
SQLSTATE = "55T01"
_TRIGGER = "other_versions"
# A worker is whoever keeps a connection open: a loop, a listener, the web side's pool. Short commands are `tieout`.
_AT_WORK = "tieout %"
_OLDER = (
    "the database is of an older version of Tieout ({}): end every worker and web side of that version; `tieout up` of "
    "this one migrates it"
)


class VersionError(Exception):
    """The database is of another version than this program; the message says which, and what to do."""


def applied(connection: Connection) -> tuple[str, ...]:
    """The names of the migrations that a database has, in order; none where it holds no tables of Tieout."""
    there = connection.execute("select to_regclass('tieout.schema_migration') as name").fetchone()
    if there is None or there["name"] is None:
        return ()
    rows = connection.execute("select name from tieout.schema_migration order by name").fetchall()
    return tuple(row["name"] for row in rows)


def difference(mine: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    """Why a program that knows the migrations `mine` may not work in a database that has `theirs`; "" where it may."""
    newer = [name for name in theirs if name not in mine]
    if newer:
        return (
            f"the database was migrated by a newer version of Tieout ({', '.join(newer)}), and this one knows up to "
            f"{mine[-1]}: end this program, and start the version that the database is of"
        )
    missing = [name for name in mine if name not in theirs]
    if missing:
        return _OLDER.format(f"{', '.join(missing)} not applied")
    return ""


def require_same(connection: Connection) -> None:
    """Raises VersionError where the database is of another version than this program, or of one that let every other
    work beside it."""
    why = difference(known(), applied(connection))
    if not why:
        row = connection.execute(
            "select to_regprocedure('tieout.refuse_other_versions()') as name"
        ).fetchone()
        if row is None or row["name"] is None:
            why = _OLDER.format("its tables let other versions write")
    if why:
        raise VersionError(why)


def at_work(connection: Connection) -> list[str]:
    """Who else works in this database now, by what their connections are called: workers and web sides, of any
    version. One that is just between two connections is not seen: the fence stops it."""
    connection.execute("select pg_stat_clear_snapshot()")
    rows = connection.execute(
        "select application_name, pid, coalesce(host(client_addr), 'this machine') as place from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and application_name like %s"
        " order by application_name, pid",
        (_AT_WORK,),
    ).fetchall()
    return [f"{r['application_name']} (server process {r['pid']}, from {r['place']})" for r in rows]


def unfenced(connection: Connection) -> list[str]:
    """Tables without the fence, which are all where the last version that migrated did not know it."""
    rows = connection.execute(
        "select c.relname as name from pg_class c where c.relnamespace = 'tieout'::regnamespace"
        " and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'schema_migration'"
        " and not exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname = %s) order by 1",
        (_TRIGGER,),
    ).fetchall()
    return [row["name"] for row in rows]


def fence(connection: Connection) -> None:
    """Let no table take what a Tieout of another version writes: at every migration, so that no new table is
    forgotten."""
    text = resources.files("tieout.store").joinpath("fence.sql").read_text(encoding="utf-8")
    connection.execute(text.encode())
    statement = sql.SQL(
        "create trigger {} before insert or update or delete on tieout.{}"
        " for each statement execute function tieout.refuse_other_versions()"
    )
    for name in unfenced(connection):
        connection.execute(statement.format(sql.Identifier(_TRIGGER), sql.Identifier(name)))
