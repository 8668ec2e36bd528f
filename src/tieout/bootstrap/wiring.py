"""One opened project: database, clock, sessions, stages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from tieout.alerting import AlertStage, Channels
from tieout.approvals import EscalationStage
from tieout.bootstrap.discover import discover
from tieout.bootstrap.upgrading import stamp_what_is_there
from tieout.close import (
    CloseState,
    LatenessStage,
    Revalued,
    RevocationStage,
    gather,
    revaluation_interface,
    revalue,
    sign,
    state_of,
)
from tieout.connect import (
    Connector,
    ConnectorError,
    ConnectorRegistry,
    FileReader,
    LedgerFacts,
    LedgerReader,
    OpenItem,
    Poller,
    RemoteFolder,
    SetupError,
    TaxEngine,
    Writer,
)
from tieout.delivery import DeliveryStage, VerifyStage
from tieout.documents import JournalEntry
from tieout.documents.taxation import TaxDetermination, TaxQuestion
from tieout.engine import Clock, FileClock, Lane, Loop, SystemClock, Worker, arm_crash_point
from tieout.evidence import Entry, Sealer, Signer, load_or_make_signer, record
from tieout.extracts import Extract, make_extract
from tieout.money import Period
from tieout.observe import get_logger, set_up_logs, set_up_tracing
from tieout.overview import OverviewStage
from tieout.payables import (
    FilingStage,
    PaymentRunError,
    Proposal,
    accrual_interface,
    accrue,
    payment_interface,
    propose_run,
)
from tieout.pipeline import FetchStage, FolderStage, PollStage, ProcessStage
from tieout.reconcile.ledger import (
    Reconciler,
    ReconcileStage,
    Run,
    close_matched_cases,
    reconciliation_interface,
)
from tieout.rules import Entity, Interface, Release
from tieout.security import Person, hold_key, load_or_make_key
from tieout.security.identity import drop_old
from tieout.settings import (
    Project,
    ProjectError,
    cells_of,
    fingerprint,
    load_project,
    read_environment,
    write_mapping,
)
from tieout.store import (
    Connection,
    Database,
    EmbeddedServer,
    ensure_partitions,
    let_application_in,
    migrate,
)
from tieout.telling import TellingStage

_log = get_logger(__name__)
_DELIVERY_THREADS = 3
# How often the project's files are looked at; to look is cheap, to read them is not.
_LOOK_S = 0.05


class App:
    """A project that is open. `database_of` starts the embedded server where none is given."""

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
        self._stamp_key = load_or_make_key(self.project.state / "keys" / "stamp.key")
        self._sessions: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._release, self._looked_at = self.project.release, 0.0
        self._files: object = None
        self._release_lock = threading.Lock()
        self._kept: tuple[str, date] | None = None
        self._closed_at = 0.0

    # database

    @property
    def database(self) -> Database:
        """The database; an embedded one must run already (see `start_database`)."""
        if self._database is None:
            hold_key(self.dsn, self._stamp_key)
            self._database = Database(self.dsn)
        return self._database

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

    def start_database(self) -> EmbeddedServer | None:
        """Start the embedded server unless a DSN is given, and migrate."""
        server = None
        if not self.project.dsn:
            server = EmbeddedServer(self.project.state / "postgres").start()
        owner = Database(self.owner_dsn)
        applied = migrate(owner)
        if self.owner_dsn != self.dsn:
            role = str(conninfo_to_dict(self.dsn).get("user") or "")
            let_application_in(owner, role, server.application_password if server else "")
        if "0004_approvals.sql" in applied:
            hold_key(self.owner_dsn, self._stamp_key)
            with owner.transaction() as connection:
                stamp_what_is_there(connection)
        self._keep_house()
        return server

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
            if time.monotonic() - self._looked_at > _LOOK_S:
                self._look()
                self._looked_at = time.monotonic()
            return self._release

    def _look(self) -> None:
        seen = fingerprint(self.project.folder)
        if seen == self._files:
            return
        try:
            project = load_project(self.project.folder, self.registry, self.project.dsn)
        except ProjectError as error:
            _log.warning("project files are not usable", error=str(error))
        else:
            self._release = project.release
        self._files = seen

    # systems

    def connector_of(self, system: str) -> Connector:
        return self.registry[self.project.systems[system].connector]

    def session(self, system: str) -> Any:
        """The system's open session, opened at first use."""
        with self._lock:
            if system not in self._sessions:
                config = self.project.systems[system]
                self._sessions[system] = self.connector_of(system).open(config)
            return self._sessions[system]

    def poller_of(self, system: str) -> Poller | None:
        session = self.session(system)
        return session if isinstance(session, Poller) else None

    def writer_of(self, system: str) -> Writer | None:
        session = self.session(system)
        return session if isinstance(session, Writer) else None

    def reader_of(self, system: str) -> LedgerReader | None:
        session = self.session(system)
        return session if isinstance(session, LedgerReader) else None

    def file_reader_of(self, system: str) -> FileReader | None:
        session = self.session(system)
        return session if isinstance(session, FileReader) else None

    def remote_folder_of(self, system: str) -> RemoteFolder | None:
        session = self.session(system)
        return session if isinstance(session, RemoteFolder) else None

    @property
    def ledgers(self) -> list[str]:
        return sorted({entity.ledger for entity in self.project.release.entities.values()})

    def targets(self) -> Sequence[str]:
        """Systems that take effects."""
        return [*self.ledgers, *self.project.sinks.values()]

    # what processing asks of the ledger

    def facts(self, entity: Entity) -> LedgerFacts:
        reader = self.reader_of(entity.ledger)
        return reader.facts() if reader else LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        reader = self.reader_of(entity.ledger)
        return reader.foreign(references) if reader else {}

    def determine(
        self, engine: str, questions: Sequence[TaxQuestion]
    ) -> dict[str, tuple[TaxDetermination | None, str]]:
        """What a tax engine says of each document by its key, or why it says nothing."""
        session = self.session(engine) if engine in self.project.systems else None
        if not isinstance(session, TaxEngine):
            return {q.key: (None, f"{engine!r} is no tax engine of this project") for q in questions}
        found: dict[str, tuple[TaxDetermination | None, str]] = {}
        for question in questions:
            try:
                found[question.key] = session.determine([question])[0], ""
            except ConnectorError as error:
                found[question.key] = None, str(error)[:300]
        return found

    # reconciling

    def reconcile(self, entity: str, until: date, dry: bool = False) -> Run:
        """Match what is open in an entity's ledger up to a day. One run of an entity at a time.

        Raises LookupError where nothing governs it, MatchingError (rules), ConnectorError.
        """
        connection = self.database.connect(autocommit=True)
        lane = Lane(connection, "reconcile", entity)
        try:
            while not lane.take():
                time.sleep(0.1)
            return self._reconciler(entity, until)[1].run(connection, dry)
        finally:
            connection.close()

    def open_items(
        self, entity: str, until: date, lines: Sequence[int] = ()
    ) -> tuple[Interface, list[OpenItem], list[OpenItem]]:
        """The interface that reconciles an entity; cash, and what is due, that nobody is at: of these `lines`,
        where any are given.

        Raises as `reconcile` does.
        """
        interface, reconciler = self._reconciler(entity, until)
        connection = self.database.connect(autocommit=True)
        try:
            return interface, *reconciler.open(connection, lines)
        finally:
            connection.close()

    def _reconciler(self, entity: str, until: date) -> tuple[Interface, Reconciler]:
        release = self.release()
        interface = reconciliation_interface(release, entity)
        if interface is None:
            raise LookupError(
                f"no interface reconciles {entity}: put interfaces/reconciliation.toml into the project, with "
                f'system = "{release.entities[entity].ledger}" and entity = "{entity}"'
            )
        reader = self.reader_of(interface.system)
        if reader is None:
            raise LookupError(f"{interface.system} is no ledger that can be read")
        return interface, Reconciler(release, interface, reader, until, self.clock.now())

    def close_matched_cases(self, connection: Connection) -> bool:
        """A worker's step: cases of cash that a match has applied by now. A case may wait a second;
        a wake-up comes with every message."""
        if time.monotonic() - self._closed_at > 1:
            self._closed_at = time.monotonic()
            close_matched_cases(connection, self.clock.now())
        return False

    # closing

    def close_state(self, entity: str, period: Period) -> CloseState:
        """How an entity's close of a period stands, by evidence read now. Raises ConnectorError."""
        release, now = self.release(), self.clock.now()
        connection = self.database.connect(autocommit=True)
        try:
            gather(connection, release, self.session, entity, period, now)
            return state_of(connection, release, self.session, entity, period, now)
        finally:
            connection.close()

    def sign_close(
        self, entity: str, period: Period, tasks: Sequence[str], who: str | Person, key: str = ""
    ) -> list[tuple[str, str]]:
        """A person's signature of tasks. Raises CloseError, AuthorityError, ConnectorError."""
        release, now = self.release(), self.clock.now()
        connection = self.database.connect(autocommit=True)
        try:
            gather(connection, release, self.session, entity, period, now)
            return sign(connection, release, self.session, entity, period, tasks, who, key, now)
        finally:
            connection.close()

    def lock_books(self, entity: str, period: Period, kind: str, who: str) -> dict[str, date | None]:
        """Lock an entity's books up to a period's end; every lock as it is then. Raises ConnectorError."""
        book = self.release().entities[entity]
        reader = self.reader_of(book.ledger)
        if reader is None:
            raise SetupError(f"{book.ledger} is no ledger that can be locked")
        reader.set_lock(kind, period.last)
        found = reader.locks()
        detail = {"kind": kind, "until": period.last.isoformat()}
        with self.database.transaction() as connection:
            record(
                connection,
                [Entry(self.clock.now(), who, "close.locked", f"{entity}:{period}", entity, detail)],
            )
        return found

    def extract(self, entity: str, period: Period) -> Extract:
        """An extract of a period, in a snapshot of its own. Raises ExtractError, ConnectorError."""
        state = self.close_state(entity, period)
        release = self.release()
        reader = self.reader_of(release.entities[entity].ledger)
        if reader is None:
            raise SetupError(f"{release.entities[entity].ledger} is no ledger that can be read")
        connection = self.database.connect(autocommit=True)
        try:
            now = self.clock.now()
            return make_extract(connection, release, reader, entity, period, state.closed_at, now)
        finally:
            connection.close()

    def revalue(self, entity: str, on: date, dry: bool = False) -> list[Revalued]:
        """Revalue an entity's foreign items at a day's end. Raises LookupError where nothing governs it,
        ValueError without a rate, ConnectorError."""
        release = self.release()
        interface = revaluation_interface(release, entity)
        if interface is None:
            raise LookupError(
                f"nothing revalues {entity}: mappings/accounts.csv needs revaluation.adjustment, .gain and .loss, and "
                f"an interface of {release.entities[entity].ledger} the stream revaluations"
            )
        reader = self.reader_of(interface.system)
        if reader is None:
            raise LookupError(f"{interface.system} is no ledger that can be read")
        connection = self.database.connect(autocommit=True)
        try:
            return revalue(connection, release, interface, reader, on, self.clock.now(), dry)
        finally:
            connection.close()

    # paying

    def propose_payments(
        self, entity: str, pay_on: date, until: date, by: str = "", dry: bool = False
    ) -> Proposal:
        """Propose a payment run of an entity. Raises PaymentRunError, ConnectorError."""
        release = self.release()
        interface = payment_interface(release, entity)
        if interface is None:
            raise PaymentRunError(
                f"no interface pays for {entity}: put interfaces/payments.toml into the project, with a system "
                f'of connector "payments" and entity = "{entity}"'
            )
        reader = self.reader_of(release.entities[entity].ledger)
        if reader is None:
            raise PaymentRunError(f"{release.entities[entity].ledger} is no ledger that can be read")
        connection = self.database.connect(autocommit=True)
        lane = Lane(connection, "propose payments", entity)
        try:
            while not lane.take():
                time.sleep(0.1)
            return propose_run(
                connection,
                release,
                interface,
                reader,
                pay_on=pay_on,
                until=until,
                by=by,
                now=self.clock.now(),
                dry=dry,
            )
        finally:
            connection.close()

    def accrue(self, entity: str, on: date, dry: bool = False) -> list[JournalEntry]:
        """Accrue what an entity received and was not billed for at a day's end.

        Raises LookupError where nothing governs it, ValueError where Odoo's stock accrues by itself.
        """
        release = self.release()
        interface = accrual_interface(release, entity)
        if interface is None:
            raise LookupError(
                f'no interface accrues for {entity}: its interface of connector "procurement" needs the stream '
                "accruals"
            )
        connection = self.database.connect(autocommit=True)
        try:
            return accrue(connection, interface, on, self.clock.now(), dry)
        finally:
            connection.close()

    # running

    @property
    def signer(self) -> Signer:
        return load_or_make_signer(self.project.state / "keys" / "evidence.key")

    def pin_systems(self) -> None:
        """Refuse a system that is not the one that this environment was pinned to.

        Raises SetupError: credentials or a database of another environment.
        """
        for name in self.ledgers:
            session = self.session(name)
            if not hasattr(session, "marker"):
                continue
            with self.database.transaction() as connection:
                row = connection.execute(
                    "select fingerprint, environment from tieout.pinned_system where system = %s",
                    (name,),
                ).fetchone()
                mine = f"{self.project.environment}:{self.project.name}"
                if row is None:
                    found = session.marker(mine)
                    if found != mine:
                        raise SetupError(
                            f"{name} is pinned to {found!r} already, this project is {mine!r}: "
                            f"use the database of this environment"
                        )
                    connection.execute(
                        "insert into tieout.pinned_system values (%s, %s, %s, %s)",
                        (name, self.project.environment, found, self.clock.now()),
                    )
                    continue
                found = session.marker(mine)
                if found != row["fingerprint"]:
                    raise SetupError(
                        f"{name} answers as {found!r}, but was pinned as {row['fingerprint']!r}: "
                        f"it is another database; put the right one into tieout.toml"
                    )

    @property
    def process(self) -> ProcessStage:
        """The stage that plans."""
        return ProcessStage(self.release, self.connector_of, self, dict(self.project.sinks), self.clock)

    def worker(self) -> Worker:
        """The loops of one worker process."""
        clock, process = self.clock, self.process
        polls = PollStage(self.release, self.poller_of, clock)
        folders = FolderStage(self.project.watch, self.release, self.file_reader_of, clock)
        fetch = FetchStage(
            self.project.fetch, self.release, self.remote_folder_of, self.file_reader_of, clock
        )
        verify = VerifyStage(self.reader_of, lambda: self.ledgers, clock)
        overdue = EscalationStage(self.release, clock)
        revoking, late = RevocationStage(self.release, clock), LatenessStage(self.release, clock)
        sealer = Sealer(self.signer, clock, self.project.witness)
        loops = [
            Loop("process", self.database, [process.step]),
            Loop("intake", self.database, [polls.step, folders.step, fetch.step]),
            Loop(
                "seal",
                self.database,
                [
                    sealer.step,
                    verify.step,
                    self.close_matched_cases,
                    overdue.step,
                    revoking.step,
                    late.step,
                    self.housekeeping,
                ],
            ),
        ]
        overview = OverviewStage(self.release, self.session, clock)
        loops.append(Loop("overview", self.database, [overview.step]))
        telling = TellingStage(f"/tieout/{self.project.name}", SystemClock(), self.project.private)
        channels = Channels(
            self.project.alerts, self.project.name, self.project.identity.url, self.project.private
        )
        alerts = AlertStage(self.release, self.project.alerts, channels, clock)
        loops.append(Loop("tell", self.database, [telling.step, alerts.step]))
        filing = FilingStage(self.release, clock)
        loops.append(Loop("file payments", self.database, [filing.step]))
        daily = ReconcileStage(self.release, self.reconcile, clock)
        loops.append(Loop("reconcile", self.database, [daily.step]))
        for number in range(_DELIVERY_THREADS):
            stage = DeliveryStage(self.writer_of, clock, self.targets)
            loops.append(Loop(f"deliver{number}", self.database, [stage.step]))
        return Worker(self.database, loops)

    def check(self) -> list[tuple[str, bool, str]]:
        """(what, works, what it is or what to do) of every system."""
        found = []
        for name in self.project.systems:
            try:
                found.append((name, True, str(self.session(name).check())))
            except ConnectorError as error:
                found.append((name, False, str(error)))
        return found

    def check_system(self, name: str) -> list[tuple[str, bool, str]]:
        """A system step by step, until one does not work: (step, works, what it is or what to do)."""
        config, connector = self.project.systems[name], self.connector_of(name)
        missing = [f.name for f in connector.config if f.required and not config.text(f.name)]
        if missing:
            return [("settings", False, f"[systems.{name}] lacks {', '.join(missing)}")]
        steps = [
            ("settings", True, f"{len(connector.config)} settings, {connector.title} {connector.version}")
        ]
        for step, ask in self._questions(name):
            try:
                steps.append((step, True, ask()))
            except ConnectorError as error:
                return [*steps, (step, False, str(error))]
        return steps

    def _questions(self, name: str) -> list[tuple[str, Callable[[], str]]]:
        """What is asked of a system, and what each answer says."""
        session = self.session(name)
        asked: list[tuple[str, Callable[[], str]]] = [
            ("answers, and lets us in", lambda: str(session.check()))
        ]
        if isinstance(session, LedgerReader):
            today = self.clock.now().date()
            asked.append(("reads locks and rates", lambda: f"{len(session.facts().rates)} rates"))
            asked.append(("reads entries", lambda: f"{len(session.trial_balance(today))} balances"))
            asked.append(("reads locks of the books", lambda: f"{len(session.locks())} kinds of lock"))
        if isinstance(session, Poller):
            for interface in self.project.release.interfaces.values():
                if interface.system == name:
                    asked += [self._page_of(session, interface, stream) for stream in interface.streams]
        return asked

    def _page_of(self, session: Poller, interface: Interface, stream: str) -> tuple[str, Callable[[], str]]:
        """One page of a stream, as it would be polled now; it is not taken in."""

        def ask() -> str:
            options = {"overlap_minutes": interface.overlap_minutes, **interface.options}
            page = session.poll(stream, {"options": options}, self.clock.now())
            return f"{len(page.items)} items on its first page"

        return f"reads {stream}", ask

    def mapping_cells(self, table: str) -> tuple[list[str], list[list[str]]]:
        """Header and rows of a mapping's file, every column; nothing where it stands in no file."""
        path = self.project.folder / "mappings" / f"{table}.csv"
        return cells_of(path.read_text(encoding="utf-8-sig")) if path.is_file() else ([], [])

    def change_mapping(self, table: str, header: list[str], rows: list[list[str]]) -> Path:
        """Put a table in the place of a mapping's file; it is in force at once. Raises ProjectError."""
        path = self.project.folder / "mappings" / f"{table}.csv"
        before = path.read_bytes() if path.is_file() else b""
        write_mapping(self.project.folder, table, header, rows)
        try:
            load_project(self.project.folder, self.registry, self.project.dsn)
        except ProjectError:
            path.write_bytes(before)
            raise
        # Before anybody is told that it is in force, every process that looks has seen it.
        time.sleep(2 * _LOOK_S)
        return path

    def close(self) -> None:
        for session in self._sessions.values():
            close = getattr(session, "close", None)
            if close is not None:
                close()
