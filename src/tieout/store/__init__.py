"""PostgreSQL: connections, migrations, the embedded server, backup. Knows no business word."""

from tieout.store.backup import back_up, restore
from tieout.store.database import Connection, Database, Pool, connect
from tieout.store.embedded import EmbeddedServer, EmbeddedServerError
from tieout.store.migrate import MigrationError, migrate
from tieout.store.partitions import ensure_partitions
from tieout.store.queries import Queries
from tieout.store.roles import let_application_in
from tieout.store.versions import VersionError, require_same
from tieout.store.watching import VersionWatch

__all__ = [
    "Connection",
    "Database",
    "Pool",
    "EmbeddedServer",
    "EmbeddedServerError",
    "MigrationError",
    "Queries",
    "VersionError",
    "VersionWatch",
    "back_up",
    "connect",
    "ensure_partitions",
    "let_application_in",
    "migrate",
    "require_same",
    "restore",
]
