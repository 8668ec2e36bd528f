"""Starting a project's database: the embedded server, migrations, what a database needs before anybody works in it."""

from __future__ import annotations

from datetime import date

from psycopg.conninfo import conninfo_to_dict

from tieout.close import keep_mappings, keep_rules, record_rules
from tieout.evidence import Entry, record
from tieout.operations.open_project import OpenProject
from tieout.operations.origins import record_origins
from tieout.operations.set_up_steps import end_taken_roles
from tieout.operations.upgrading import stamp_totals, stamp_what_is_there, stamp_who_gave
from tieout.planning import NOTHING_IS_POSTED
from tieout.security.identity import drop_old
from tieout.store import (
    Connection,
    Database,
    EmbeddedServer,
    FolderLock,
    MigrationError,
    Queries,
    ensure_partitions,
    let_application_in,
    migrate,
    missing,
)

_SQL = Queries("tieout.operations")


def reach_database(project: OpenProject) -> EmbeddedServer | None:
    """Use the database of a project that runs as it is. Where none runs, start it as `start_database` does: the
    embedded server is returned then, to be stopped again.

    Raises MigrationError where what runs has other tables than this version, EmbeddedServerError.
    """
    settings = project.settings
    if settings.dsn:
        mark = FolderLock(settings.state / "supervisor.lock")
        runs = not mark.take()
        mark.free()
    else:
        runs = EmbeddedServer(settings.state / "postgres").wait_for_another()
    if not runs:
        return start_database(project)
    if lacking := missing(project.database):
        raise MigrationError(
            f"what runs in {settings.folder} is of another version (it lacks {', '.join(lacking)}): end it, then start "
            "`tieout up` of this version"
        )
    return None


def start_database(project: OpenProject) -> EmbeddedServer | None:
    """Start the embedded server unless a DSN is given, as its owner, and migrate.

    Raises EmbeddedServerError (another process owns it, say), MigrationError, psycopg.OperationalError.
    """
    server = None
    if not project.settings.dsn:
        server = EmbeddedServer(project.settings.state / "postgres").start()
    try:
        prepare_database(project, server)
    except BaseException:
        if server is not None:
            server.stop()
        raise
    return server


def prepare_database(project: OpenProject, server: EmbeddedServer | None) -> None:
    """Migrate, let the application in, and record what is in force. Raises MigrationError, psycopg.Error."""
    owner = Database(project.owner_dsn, project.stamp_key)
    applied = migrate(owner)
    if project.owner_dsn != project.dsn:
        let_application_in(owner, _application_role(project), server.application_password if server else "")
    if "0004_approvals.sql" in applied:
        with owner.transaction() as connection:
            stamp_what_is_there(connection)
    if "0045_second_persons.sql" in applied:
        with owner.transaction() as connection:
            stamp_who_gave(connection)
    if "0052_control_total_stamps.sql" in applied:
        with owner.transaction() as connection:
            stamp_totals(connection)
    keep_house(project)


def keep_house(project: OpenProject) -> None:
    """Make partitions ahead, record the release that is in force, and drop what is kept of sign-ins for a while only."""
    release, now = project.release(), project.clock.now()
    owner = Database(project.owner_dsn).connect(autocommit=True)
    made = ensure_partitions(owner, now)
    owner.close()
    if made and project.owner_dsn != project.dsn:
        let_application_in(Database(project.owner_dsn), _application_role(project))
    connection = project.database.connect(autocommit=True)
    with connection.transaction():
        added = connection.execute(_SQL["activate_release"], {"sha256": release.sha256, "now": now})
        if added.rowcount:
            record(connection, [Entry(now, "bootstrap", "release.activated", release.sha256)])
        record_origins(connection, release, now)
        keep_rules(connection, release, now)
        keep_mappings(connection, release, now)
        record_rules(connection, release, now)
        drop_old(connection, now)
        end_taken_roles(project, connection, now)
        posted_to = [e.code for e in release.entities.values() if e.posts]
        given = {"now": now, "reason": NOTHING_IS_POSTED, "entities": posted_to}
        connection.execute(_SQL["take_up_read"], given)
    connection.close()


class Housekeeping:
    """A worker's chore: `keep_house` once a day, and whenever the project's files changed."""

    def __init__(self, project: OpenProject) -> None:
        self._project = project
        self._kept: tuple[str, date] | None = None

    def __call__(self, connection: Connection) -> bool:
        """One look. Raises whatever `keep_house` raises."""
        today = (self._project.release().sha256, self._project.clock.now().date())
        if self._kept != today:
            keep_house(self._project)
            self._kept = today
        return False


def _application_role(project: OpenProject) -> str:
    return str(conninfo_to_dict(project.dsn).get("user") or "")
