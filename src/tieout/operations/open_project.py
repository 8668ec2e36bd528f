"""A project that is open: its files as they were read last, its database, its clock, the sessions of its systems.

What is done with it stands in the use cases beside this module, which take it as their first argument.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from tieout.connector_api import (
    Connector,
    ConnectorRegistry,
    FileReader,
    LedgerReader,
    Poller,
    RemoteFolder,
    SystemConfig,
    Writer,
)
from tieout.engine import Clock, FileClock, SystemClock, arm_crash_point
from tieout.evidence import Signer, load_or_make_signer
from tieout.observe import get_logger, set_up_logs, set_up_tracing
from tieout.operations.discover import discover
from tieout.operations.pinning import Pins
from tieout.operations.sessions import Sessions
from tieout.operations.taking_over import take_over
from tieout.rules import Release
from tieout.security import load_or_make_key
from tieout.security.kept_tokens import KeptTokens
from tieout.settings import Project, ProjectError, fingerprint, load_project, read_environment
from tieout.store import Database, EmbeddedServer, FolderLock

T = TypeVar("T")

_log = get_logger(__name__)
# How often the project's files are looked at, in seconds; to look is cheap, to read them is not.
LOOK_S = 0.05
_ENDING_S = 10.0


class OpenProject:
    """What is open of the project in a folder. `settings` are its files as they were read last.

    Raises ProjectError where the files are not usable.
    """

    def __init__(self, folder: Path) -> None:
        environment = read_environment()
        set_up_logs(environment.log_level)
        if environment.crash:
            name, _, at = environment.crash.partition(":")
            arm_crash_point(name, int(at or 1))
        self.registry: ConnectorRegistry = discover()
        self.settings: Project = load_project(folder, self.registry, environment.dsn)
        set_up_tracing(environment.otlp, self.settings.name)
        clock_file = self.settings.clock_file
        self.clock: Clock = FileClock(clock_file) if clock_file else SystemClock()
        self._database: Database | None = None
        self.tokens = KeptTokens(lambda: self.database, self.clock)
        self._sessions = Sessions(self.registry, self.settings.systems, self.made_with)
        self._pins = Pins(lambda: self.settings, lambda: self.database, self.clock)
        self._release, self._looked_at, self._changed_at = self.settings.release, 0.0, 0.0
        self._files: object = None
        self._release_lock = threading.Lock()
        self._taken: FolderLock | None = None

    def take_over(self) -> None:
        """Take the project's folder for this process, until it is closed: children that a killed supervisor left are
        ended. Raises FolderHeldError where another process has it."""
        # The embedded server died with its supervisor: what its children are at cannot be written down any more.
        self._taken = take_over(self.settings.state, _ENDING_S if self.settings.dsn else 1.0)

    def close(self) -> None:
        """Close the sessions of systems, and let others have the folder."""
        self._sessions.close()
        if self._taken is not None:
            self._taken.free()

    @property
    def made_with(self) -> dict[str, Any]:
        """What of `SystemConfig` a session of this project works with, beside its settings."""
        return {"tokens": self.tokens, "paces": self.settings.state / "pace", "now": self.clock.now}

    # database and keys

    @property
    def database(self) -> Database:
        """The database; an embedded one must run already (see `starting.start_database`)."""
        if self._database is None:
            self._database = Database(self.dsn, self.stamp_key)
        return self._database

    @property
    def dsn(self) -> str:
        """The application's way into the database."""
        return self.settings.dsn or EmbeddedServer(self.settings.state / "postgres").application_dsn

    @property
    def owner_dsn(self) -> str:
        """The owner's: migrations, partitions, backups. The application's own where none is given."""
        if self.settings.dsn:
            return self.settings.owner_dsn or self.settings.dsn
        return EmbeddedServer(self.settings.state / "postgres").dsn

    @cached_property
    def stamp_key(self) -> bytes:
        """What rows are stamped with; made where there is none."""
        return load_or_make_key(self.settings.state / "keys" / "stamp.key")

    @property
    def signer(self) -> Signer:
        """Signs the evidence's heads, with a key in a file of the project that is made where there is
        none."""
        return load_or_make_signer(self.settings.state / "keys" / "evidence.key")

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
            return self._release

    def look_now(self) -> None:
        """Read the project's files where one of them is another, however short ago they were looked at. Where one just
        became another, every process has seen it when this returns."""
        with self._release_lock:
            self._look()
            wait = self._changed_at + 2 * LOOK_S - time.monotonic()
        if wait > 0:
            time.sleep(wait)

    def _look(self) -> None:
        seen = fingerprint(self.settings.folder)
        if seen != self._files:
            try:
                settings = load_project(self.settings.folder, self.registry, self.settings.dsn)
            except (ProjectError, OSError, ValueError) as error:
                _log.warning("project files are not usable", error=str(error))
            else:
                self._release = settings.release
                self._sessions.change(settings.systems)
                self.settings = settings
            self._files, self._changed_at = seen, time.monotonic()
        self._looked_at = time.monotonic()

    # systems

    @property
    def ledgers(self) -> list[str]:
        """The systems that are the ledger of an entity, by name."""
        return sorted({entity.ledger for entity in self.settings.release.entities.values()})

    def targets(self) -> Sequence[str]:
        """Systems that take effects."""
        return [*self.ledgers, *self.settings.sinks.values()]

    def connector_of(self, system: str) -> Connector:
        """The connector of a system, by the system's name. Raises KeyError for no system of this project."""
        return self.registry[self.settings.systems[system].connector]

    def open_session(self, system: str) -> Any:
        """The system's open session, whoever it is: to ask it that, and to understand its pushes. Raises ConnectorError."""
        return self._sessions.of(system)

    def session(self, system: str) -> Any:
        """The system's open session. A ledger's is given out once it is known to be the one of this environment.

        Raises SetupError where it is another, TransientError while it does not answer, AwayError within a window of its own: nothing
        is asked then.
        """
        session = self.open_session(system)
        self.let_ask(system)
        self._hold(system, session)
        return session

    def let_ask(self, system: str) -> None:
        """Raises AwayError within a maintenance of a system, or outside of its hours."""
        self._made(system).let_ask()

    def away(self, system: str) -> str:
        """Until when a system is left alone, in words; "" where it may be asked."""
        config = self._made(system)
        away = config.away()
        return f"{system} {away.words(config.now())}" if away else ""

    def closed_s(self, system: str, since: datetime, until: datetime) -> float:
        """For how many seconds a system was left alone between two instants, as its hours are declared now."""
        return self._made(system).hours.closed_s(since, until)

    def _made(self, system: str) -> SystemConfig:
        return replace(self.settings.systems[system], now=self.clock.now)

    def pin(self, system: str) -> None:
        """Ask a ledger now whether it is the one of this environment. Raises SetupError where it is another,
        TransientError where it does not answer, AwayError within a window of its own."""
        self.let_ask(system)
        self._hold(system, self.open_session(system), anew=True)

    def _hold(self, system: str, session: Any, *, anew: bool = False) -> None:
        if system in self.ledgers and hasattr(session, "marker"):
            self._pins.hold(system, session, anew=anew)

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
        """The system's session where it takes files apart, else None: nothing is asked of it for that. Raises ConnectorError."""
        session = self.open_session(system)
        return session if isinstance(session, FileReader) else None

    def remote_folder_of(self, system: str) -> RemoteFolder | None:
        """The system's session where it has a remote folder, else None. Raises ConnectorError."""
        return self._as(system, RemoteFolder)  # type: ignore[type-abstract]

    def _as(self, system: str, capability: type[T]) -> T | None:
        """A session that has a capability; a system without it is not even asked who it is."""
        if not isinstance(self.open_session(system), capability):
            return None
        found: T = self.session(system)
        return found
