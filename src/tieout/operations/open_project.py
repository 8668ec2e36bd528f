"""A project that is open: its database, its release, the sessions of its systems."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from psycopg.conninfo import conninfo_to_dict

from tieout.connector_api import (
    Connector,
    ConnectorError,
    ConnectorRegistry,
    FileReader,
    LedgerReader,
    Poller,
    RemoteFolder,
    Writer,
    open_system,
)
from tieout.engine import Clock, FileClock, SystemClock, arm_crash_point
from tieout.evidence import Entry, Signer, load_or_make_signer, record
from tieout.observe import get_logger, set_up_logs, set_up_tracing
from tieout.operations.discover import discover
from tieout.operations.pinning import Pins
from tieout.operations.taking_over import take_over
from tieout.operations.upgrading import stamp_what_is_there
from tieout.rules import Release
from tieout.security import load_or_make_key
from tieout.security.identity import drop_old
from tieout.settings import (
    Project,
    ProjectError,
    fingerprint,
    load_project,
    read_environment,
)
from tieout.store import (
    Connection,
    Database,
    EmbeddedServer,
    FolderLock,
    MigrationError,
    ensure_partitions,
    let_application_in,
    migrate,
    missing,
)

T = TypeVar("T")

_log = get_logger(__name__)
# How often the project's files are looked at; to look is cheap, to read them is not.
LOOK_S = 0.05
PIN_S = 2.0
ENDING_S = 10.0


class OpenProject:
    """What is open of a project. `start_database` starts the embedded server where no other is named."""

    def __init__(self, folder: Path, *, server: EmbeddedServer | None = None) -> None:
        environment = read_environment()
        set_up_logs(environment.log_level)
        if environment.crash:
            name, _, at = environment.crash.partition(":")
            arm_crash_point(name, int(at or 1))
        self.registry: ConnectorRegistry = discover()
        self.project: Project = load_project(folder, self.registry, environment.dsn)
        set_up_tracing(environment.otlp, self.project.name)
        self.clock: Clock = FileClock(self.project.clock_file) if self.project.clock_file else SystemClock()
        self._server = server
        self._database: Database | None = None
        self._sessions: dict[str, Any] = {}
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._release, self._looked_at = self.project.release, 0.0
        self._files: object = None
        self._release_lock = threading.Lock()
        self._kept: tuple[str, date] | None = None
        self._retired: list[Any] = []
        self._pins = Pins(lambda: self.project, lambda: self.database, self.clock)
        self._taken: FolderLock | None = None

    # database

    @property
    def database(self) -> Database:
        """The database; an embedded one must run already (see `start_database`)."""
        if self._database is None:
            self._database = Database(self.dsn, self.stamp_key)
        return self._database

    @cached_property
    def stamp_key(self) -> bytes:
        """What rows are stamped with; made where there is none."""
        return load_or_make_key(self.project.state / "keys" / "stamp.key")

    @property
    def dsn(self) -> str:
        """The application's way into the database."""
        return self.project.dsn or EmbeddedServer(self.project.state / "postgres").application_dsn

    @property
    def owner_dsn(self) -> str:
        """The owner's: migrations, partitions, backups. The application's own where none is given."""
        if self.project.dsn:
            return self.project.owner_dsn or self.project.dsn
        return EmbeddedServer(self.project.state / "postgres").dsn

    def take_over(self) -> None:
        """Take the project's folder for this process, until it is closed: children that a killed supervisor left are
        ended. Raises FolderHeldError where another process has it."""
        # The embedded server died with its supervisor: what its children are at cannot be written down any more.
        self._taken = take_over(self.project.state, ENDING_S if self.project.dsn else 1.0)

    def reach_database(self) -> EmbeddedServer | None:
        """Use the database of a project that runs as it is. Where none runs, start it as `start_database` does: the
        embedded server is returned then, to be stopped again.

        Raises MigrationError where what runs has other tables than this version, EmbeddedServerError.
        """
        if self.project.dsn:
            mark = FolderLock(self.project.state / "supervisor.lock")
            runs = not mark.take()
            mark.free()
        else:
            runs = EmbeddedServer(self.project.state / "postgres").wait_for_another()
        if not runs:
            return self.start_database()
        if lacking := missing(self.database):
            raise MigrationError(
                f"what runs in {self.project.folder} is of another version (it lacks {', '.join(lacking)}): end it, then start "
                "`tieout up` of this version"
            )
        return None

    def start_database(self) -> EmbeddedServer | None:
        """Start the embedded server unless a DSN is given, as its owner, and migrate.

        Raises EmbeddedServerError (another process owns it, say), MigrationError, psycopg.OperationalError.
        """
        server = None
        if not self.project.dsn:
            server = EmbeddedServer(self.project.state / "postgres").start()
        try:
            self.prepare_database(server)
        except BaseException:
            if server is not None:
                server.stop()
            raise
        return server

    def prepare_database(self, server: EmbeddedServer | None) -> None:
        """Migrate, let the application in, and record what is in force."""
        owner = Database(self.owner_dsn, self.stamp_key)
        applied = migrate(owner)
        if self.owner_dsn != self.dsn:
            role = str(conninfo_to_dict(self.dsn).get("user") or "")
            let_application_in(owner, role, server.application_password if server else "")
        if "0004_approvals.sql" in applied:
            with owner.transaction() as connection:
                stamp_what_is_there(connection)
        self._keep_house()

    def _keep_house(self) -> None:
        """Make partitions ahead and record the release that is in force."""
        release, now = self.release(), self.clock.now()
        owner = Database(self.owner_dsn).connect(autocommit=True)
        made = ensure_partitions(owner, now)
        owner.close()
        if made and self.owner_dsn != self.dsn:
            let_application_in(Database(self.owner_dsn), str(conninfo_to_dict(self.dsn).get("user") or ""))
        connection = self.database.connect(autocommit=True)
        with connection.transaction():
            added = connection.execute(
                "insert into tieout.release (sha256, activated_at) values (%s, %s) on conflict do nothing",
                (release.sha256, now),
            )
            if added.rowcount:
                record(connection, [Entry(now, "bootstrap", "release.activated", release.sha256)])
            drop_old(connection, now)
        connection.close()
        self._kept = (release.sha256, now.date())

    def housekeeping(self, connection: Connection) -> bool:
        """A worker's step: once a day, and whenever the project's files changed."""
        if self._kept != (self.release().sha256, self.clock.now().date()):
            self._keep_house()
        return False

    # release

    def release(self) -> Release:
        """The release in force: the project's files, read again as soon as one of them is another.

        What is replayed right after a mapping was mended is planned by that mapping, whichever process plans it.
        A folder that became unusable keeps the release that was; `tieout check` says why.
        """
        with self._release_lock:
            # Whoever asks while somebody reads them waits: an old release is never planned by once it is another.
            if time.monotonic() - self._looked_at > LOOK_S:
                self._look()
                self._looked_at = time.monotonic()
            return self._release

    def _look(self) -> None:
        seen = fingerprint(self.project.folder)
        if seen == self._files:
            return
        try:
            project = load_project(self.project.folder, self.registry, self.project.dsn)
        except (ProjectError, OSError, ValueError) as error:
            _log.warning("project files are not usable", error=str(error))
        else:
            self._release = project.release
            self._change(project)
        self._files = seen

    def _change(self, project: Project) -> None:
        """Systems as they are now: whoever asks one that was changed opens it anew."""
        with self._lock:
            for name, config in self.project.systems.items():
                if project.systems.get(name) != config and name in self._sessions:
                    # Somebody may be at it: it is closed with everything else.
                    self._retired.append(self._sessions.pop(name))
            self.project = project

    # systems

    def connector_of(self, system: str) -> Connector:
        """The connector of a system, by its name."""
        return self.registry[self.project.systems[system].connector]

    def open_session(self, system: str) -> Any:
        """The system's open session, opened at first use, whoever it is: to ask it that, and to understand its pushes."""
        found = self._sessions.get(system)
        if found is not None:
            return found
        with self._lock:
            opening = self._opening.setdefault(system, threading.Lock())
        # One system that is slow to open keeps no other waiting.
        with opening:
            while (found := self._sessions.get(system)) is None:
                config = self.project.systems[system]
                made = open_system(self.registry[config.connector], config)
                with self._lock:
                    # Its settings may have become others meanwhile.
                    kept = self.project.systems.get(system) == config
                    if kept:
                        self._sessions[system] = made
                    else:
                        self._retired.append(made)
            return found

    def session(self, system: str) -> Any:
        """The system's open session. A ledger's is given out once it is known to be the one of this environment.

        Raises SetupError where it is another, TransientError while it does not answer.
        """
        session = self.open_session(system)
        self._hold(system, session)
        return session

    def _as(self, system: str, capability: type[T]) -> T | None:
        """A session that has a capability; a system without it is not even asked who it is."""
        if not isinstance(self.open_session(system), capability):
            return None
        found: T = self.session(system)
        return found

    def poller_of(self, system: str) -> Poller | None:
        """The system's session where it can be asked for what is new, else None. Raises ConnectorError."""
        return self._as(system, Poller)  # type: ignore[type-abstract]

    def writer_of(self, system: str) -> Writer | None:
        """The system's session where it takes effects, else None. Raises ConnectorError."""
        return self._as(system, Writer)  # type: ignore[type-abstract]

    def reader_of(self, system: str) -> LedgerReader | None:
        """The system's session where it is a ledger, else None. Raises ConnectorError."""
        return self._as(system, LedgerReader)  # type: ignore[type-abstract]

    def file_reader_of(self, system: str) -> FileReader | None:
        """The system's session where it takes files apart, else None. Raises ConnectorError."""
        return self._as(system, FileReader)  # type: ignore[type-abstract]

    def remote_folder_of(self, system: str) -> RemoteFolder | None:
        """The system's session where it has a remote folder, else None. Raises ConnectorError."""
        return self._as(system, RemoteFolder)  # type: ignore[type-abstract]

    @property
    def ledgers(self) -> list[str]:
        """The systems that are the ledger of an entity, by name."""
        return sorted({entity.ledger for entity in self.project.release.entities.values()})

    def targets(self) -> Sequence[str]:
        """Systems that take effects."""
        return [*self.ledgers, *self.project.sinks.values()]

    @property
    def signer(self) -> Signer:
        """Signs the evidence's heads, with a key in a file of the project that is made where there is
        none."""
        return load_or_make_signer(self.project.state / "keys" / "evidence.key")

    def pin_systems(self) -> None:
        """Ask every ledger now whether it is the one of this environment.

        Raises SetupError (credentials or a database of another environment), TransientError where one does not answer.
        """
        for name in self.ledgers:
            self._hold(name, self.open_session(name), anew=True)

    def keep_pinned(self, stop: threading.Event) -> None:
        """Ask every ledger who it is, until `stop` is set: also one that nobody needs yet is shown where it is a wrong
        one, and one that was down is found again before somebody waits for it."""
        wait = 0.0
        while not stop.wait(wait):
            wait = PIN_S
            try:
                # Files that changed may name other systems.
                self.release()
                for name in self.ledgers:
                    with contextlib.suppress(ConnectorError):
                        self.session(name)
            except Exception as error:  # noqa: BLE001 - asked again later
                # It is asked again: this stops no worker.
                _log.warning("ledgers are not asked", error=repr(error)[:300])

    def _hold(self, system: str, session: Any, *, anew: bool = False) -> None:
        if system in self.ledgers and hasattr(session, "marker"):
            self._pins.hold(system, session, anew=anew)

    def close(self) -> None:
        for session in (*self._sessions.values(), *self._retired):
            close = getattr(session, "close", None)
            if close is not None:
                close()
        if self._taken is not None:
            self._taken.free()
