"""PostgreSQL: connections, migrations, the embedded server, backup. Knows no business word."""

from tieout.store.backup import RestoreError, back_up, check_backup, holds_tables, restore
from tieout.store.database import Connection, Database, Pool, connect
from tieout.store.embedded import EmbeddedServer, EmbeddedServerError
from tieout.store.migrate import MigrationError, migrate
from tieout.store.partitions import ensure_partitions
from tieout.store.queries import Queries
from tieout.store.roles import let_application_in, make_role

__all__ = [
    "Connection",
    "Database",
    "Pool",
    "EmbeddedServer",
    "EmbeddedServerError",
    "MigrationError",
    "Queries",
    "RestoreError",
    "back_up",
    "check_backup",
    "connect",
    "ensure_partitions",
    "holds_tables",
    "let_application_in",
    "make_role",
    "migrate",
    "restore",
]
