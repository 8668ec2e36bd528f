"""PostgreSQL: connections, migrations, the embedded server, backup. Knows no business word."""

from tieout.store.backup import RestoreError, back_up, check_backup, holds_tables, restore
from tieout.store.database import AsyncConnection, Connection, Database, Pool, connect
from tieout.store.embedded import EmbeddedServer
from tieout.store.errors import EmbeddedServerError
from tieout.store.migrate import MigrationError, migrate, missing
from tieout.store.owning import FolderHeldError, FolderLock, command_of, end_process, identity_of
from tieout.store.partitions import ensure_partitions
from tieout.store.queries import Queries
from tieout.store.roles import let_application_in, make_role
from tieout.store.snapshots import ManyInstantsError, snapshot
from tieout.store.texts import can_be_kept, fit_to_keep
from tieout.store.versions import VersionError, require_same
from tieout.store.watching import VersionWatch

__all__ = [
    "AsyncConnection",
    "Connection",
    "Database",
    "Pool",
    "EmbeddedServer",
    "EmbeddedServerError",
    "FolderHeldError",
    "FolderLock",
    "ManyInstantsError",
    "MigrationError",
    "Queries",
    "RestoreError",
    "VersionError",
    "VersionWatch",
    "back_up",
    "can_be_kept",
    "check_backup",
    "command_of",
    "connect",
    "end_process",
    "ensure_partitions",
    "fit_to_keep",
    "identity_of",
    "holds_tables",
    "let_application_in",
    "make_role",
    "migrate",
    "missing",
    "require_same",
    "restore",
    "snapshot",
]
