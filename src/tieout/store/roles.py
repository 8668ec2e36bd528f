"""Two roles: the owner of the tables, who migrates them, and the application, who works in them and
cannot take back what is append-only."""

from __future__ import annotations

import psycopg
from psycopg import sql

from tieout.store.database import Connection, Database

APPLICATION = "tieout_app"
_APPEND_ONLY = (
    "evidence",
    "evidence_leaf",
    "evidence_head",
    "authority",
    "approval_decision",
    "schema_migration",
    "bulk_decision",
    "close_sheet",
)


def let_application_in(owner: Database, role: str, password: str = "") -> None:
    """Make the application's role where it is missing (with a password), and grant what it needs.

    Done at every start, since tables are added by migrations and partitions by time.
    """
    name = sql.Identifier(role)
    with owner.transaction() as connection:
        # Several start at once: a grant that another makes at the same instant would collide.
        connection.execute("select pg_advisory_xact_lock(7108666)")
        if password:
            make_role(connection, role, password)
            connection.execute(sql.SQL("alter role {} login password {}").format(name, sql.Literal(password)))
        _grant(connection, name)


def make_role(connection: Connection, role: str, password: str) -> bool:
    """Make a role that may log in, in somebody's transaction; False where there is one. Raises psycopg.Error."""
    if connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone() is not None:
        return False
    made = sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
    try:
        with connection.transaction():
            connection.execute(made)
    except psycopg.errors.DuplicateObject:
        return False
    return True


def _grant(connection: Connection, name: sql.Identifier) -> None:
    for statement in (
        "grant usage on schema tieout to {}",
        "grant select, insert, update, delete on all tables in schema tieout to {}",
        "grant usage, select on all sequences in schema tieout to {}",
        "grant execute on all functions in schema tieout to {}",
    ):
        connection.execute(sql.SQL(statement).format(name))
    for table in _APPEND_ONLY:
        connection.execute(
            sql.SQL("revoke update, delete, truncate on tieout.{} from {}").format(
                sql.Identifier(table), name
            )
        )
    for table in ("signature", "credential", "service_key"):
        connection.execute(
            sql.SQL("revoke delete, truncate on tieout.{} from {}").format(sql.Identifier(table), name)
        )
    connection.execute(
        sql.SQL("revoke delete, truncate, update on tieout.approval_request from {}").format(name)
    )
    connection.execute(
        sql.SQL("grant update (state, closed_at, reason) on tieout.approval_request to {}").format(name)
    )
