"""Drives a whole month: sandbox and product, day by day, then the proofs and the oracle."""

from __future__ import annotations

import contextlib
import io
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from rich.progress import Progress

from tieout.cli.context import Supervising, err, fail
from tieout.cli.signing_in import way_in
from tieout.connector_api import ConnectorError, LedgerReader
from tieout.delivery import request_verification
from tieout.engine import wake
from tieout.evidence import export_pack
from tieout.evidence.verify import main as verify_pack
from tieout.inbox import pull_again
from tieout.operations.open_project import OpenProject
from tieout.operations.starting import start_database
from tieout.operations.systems import pin_systems
from tieout.proofs import (
    AccountMonth,
    MonthRow,
    TieOutRow,
    clearing_rows,
    keep_ledger_month,
    ledger_rows,
    open_gaps,
    pending,
    prove_payouts,
    read_ledger_month,
    statement_gaps,
    take_control_totals,
    tie_out,
)
from tieout.reconcile.ledger import close_matched_cases
from tieout.store import Connection
from tieout_sandbox import Finding, World
from tieout_sandbox.company import Administrator, version_at
from tieout_sandbox.counting import Counts, counted, moved
from tieout_sandbox.couriers import Courier
from tieout_sandbox.demo.closing import ClosingScene
from tieout_sandbox.demo.processes import Killer, peaks
from tieout_sandbox.demo.result import PERIODS, DemoResult
from tieout_sandbox.demo.scenarios import SCENARIOS, DemoOptions, Scenario
from tieout_sandbox.month import END, LOCK_ON
from tieout_sandbox.ports import free_port

_PATIENCE_S = 240.0
_T = TypeVar("_T")


class Demo:
    """One run, in a folder of its own."""

    def __init__(
        self,
        options: DemoOptions,
        supervisor: Callable[..., Supervising],
        opened: Callable[[OpenProject], object] = lambda project: None,
    ) -> None:
        """`opened` is told the project once its database runs, and before its ledger is asked."""
        self.options, self._supervisor, self._opened = options, supervisor, opened
        self._kept = options.folder is not None
        self.folder = options.folder or Path(tempfile.mkdtemp(prefix="tieout-demo-"))
        if self._kept and (self.folder / "project").exists():
            fail(f"{self.folder} holds a demo already: give another folder", 2)
        self._killer: Killer | None = None
        self._looking: Any = None
        # What stays in an Odoo of somebody's own, in words, once the month ended, however that was.
        self.left: list[str] = []

    def run(self) -> DemoResult:
        """The whole month. A folder that nobody asked for is removed at the end, also where the month fails; service accounts in an Odoo
        of somebody's own are archived then, unless a folder is kept and the month was played to its end."""
        started = time.monotonic()
        progress = Progress(console=err, disable=self.options.quiet, transient=True)
        try:
            with progress, contextlib.ExitStack() as ends:
                return self._run(started, progress, ends)
        finally:
            if not self._kept:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, started: float, progress: Progress, ends: contextlib.ExitStack) -> DemoResult:
        """`ends` is told how what is begun here is ended, the last first."""
        options = self.options
        task = progress.add_task("setting the company up", total=None)
        world = World(self.folder / "outside", seed=options.seed, faults=options.faults)
        ends.callback(world.stop)
        world.start()
        admin = self._administrator(world)
        ends.push(partial(self._leave, admin))
        self._names = admin.companies() if options.odoo_url else {}
        self._others: Counts = counted(admin, self._names)
        port = free_port()
        folder = self.folder / "project"
        scenario = SCENARIOS[options.scenario](options, world, admin)
        month = scenario.set_up(folder, port)
        project = OpenProject(folder)
        ends.callback(project.close)
        # One start after the other: whoever dies at a point is followed by one who dies at the next.
        crashes = [{"TIEOUT_CRASH": point} for point in options.crash.split(",") if point]
        supervisor = self._supervisor(folder, start_database(project), first_environments=crashes)
        ends.callback(supervisor.stop)
        ends.callback(self._stop_looking)
        ends.push(partial(self._serve, project, port))
        self._opened(project)
        pin_systems(project)
        scenario.open(project)
        supervisor.start()
        courier = Courier(world, f"http://127.0.0.1:{port}")
        world.let_faults(True)
        if options.kills:
            self._killer = Killer(supervisor, options.kills, options.seed)
            self._killer.start()
        days = month.days()
        progress.update(task, total=len(days))
        for day in days:
            progress.update(task, description=f"{day:%d %B}")
            if day == LOCK_ON:
                self._close_october(project, world, scenario)
            month.play_day(day)
            courier.carry()
            self.settle(project)
            scenario.after_day(self, project, day)
            progress.advance(task)
        progress.update(task, description="proving", total=None)
        if self._killer is not None:
            self._killer.finish()
        world.let_faults(False)
        result = self._prove(project, world, scenario, supervisor, started)
        if options.close:
            progress.update(task, description="closing", total=None)
            self._close(project, scenario, result)
        result.findings += [Finding("others", detail) for detail in self._others_moved(admin)]
        result.seconds = time.monotonic() - started
        return result

    def _serve(self, project: OpenProject, port: int, kind: type[BaseException] | None, *_: Any) -> None:
        """Leave the web side running until somebody ends it, where that was asked for."""
        if not self.options.serve or kind is KeyboardInterrupt:
            return
        err.print(f"http://localhost:{port}/ - press Ctrl-C to end")
        err.print(f"To get in: {way_in(project)}", soft_wrap=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()

    def _leave(self, admin: Administrator, kind: type[BaseException] | None, *_: Any) -> None:
        """Nobody works in the companies from here on: what stays there is told."""
        if self.options.odoo_url:
            self.left = admin.left(archive=kind is not None or not self._kept)
        admin.close()

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.close()

    def _close(self, project: OpenProject, scenario: Scenario, result: DemoResult) -> None:
        """October is closed by people, and verified once more with what they did."""
        result.closed = ClosingScene(self, project, scenario, PERIODS[0]).play()
        connection = project.database.connect(autocommit=True)
        result.entries, result.verified = self._evidence(project, connection)
        connection.close()

    def _administrator(self, world: World) -> Administrator:
        o = self.options
        if o.odoo_url:
            return Administrator(o.odoo_url, o.odoo_db, o.odoo_key, version_at(o.odoo_url), o.odoo_login)
        key = world.odoo.service.make_key(2)
        return Administrator(world.url("odoo"), world.odoo.database, key)

    def _others_moved(self, admin: Administrator) -> list[str]:
        """Where a company that was there before has more, fewer or other records of something than then."""
        found = moved(self._others, counted(admin, self._names))
        return [f"{self._names[company]}, {what}" for company, told in found.items() for what in told]

    def _close_october(self, project: OpenProject, world: World, scenario: Scenario) -> None:
        """Before the books are locked the month must tie: what it lacks is pulled again."""
        self._find_gaps(project)
        # By now the lists have caught up with the reports.
        world.stripe.hidden.clear()
        for interface in project.settings.release.interfaces:
            self.insist(project, partial(pull_again, interface=interface, clock=project.clock))
        self.settle(project)
        self._find_gaps(project)
        scenario.before_lock(self, project, date(2026, 10, 31))
        scenario.lock(date(2026, 10, 31))

    def _find_gaps(self, project: OpenProject) -> None:
        now = project.clock.now()
        self.insist(project, lambda c: open_gaps(c, self._tie(c, project, now), now))

    @staticmethod
    def insist(project: OpenProject, act: Callable[[Any], object]) -> None:
        """Do something that may be done twice, also when the database dies under it or a system is
        busy."""
        for attempt in range(10):
            try:
                connection = project.database.connect(autocommit=True)
                act(connection)
                connection.close()
                return
            except (psycopg.OperationalError, ConnectorError):
                if attempt == 9:
                    raise
                time.sleep(0.3)

    def settle(self, project: OpenProject) -> None:
        """Wait until nothing can move any more."""
        deadline = time.monotonic() + _PATIENCE_S
        left: dict[str, int] = {}
        # The virtual clock moved: nobody else tells the workers.
        self._look(project, wake)
        while time.monotonic() < deadline:
            # Files first: one that is taken between the two looks is a message by the second.
            files = any(
                p.is_file() and p.name[0] != "."
                for _, folder in project.settings.watch
                for p in folder.iterdir()
            )
            found = self._look(project, lambda connection: pending(connection, project.clock.now()))
            if found is not None:
                left = found
                if not any(left.values()) and not files:
                    return
            time.sleep(0.02)
        fail(f"the month stands still at {project.clock.now()}: {left}; logs in {project.settings.state}")

    def _look(self, project: OpenProject, act: Callable[[Any], _T]) -> _T | None:
        """Ask the database, over one connection for the whole month, since a new one for every look cost more than the
        looks; None where it does not answer now."""
        try:
            if self._looking is None:
                self._looking = project.database.connect(autocommit=True)
            return act(self._looking)
        except psycopg.OperationalError:
            if self._looking is not None:
                self._looking.close()
            self._looking = None
            return None

    def _read_again(self, project: OpenProject, scenario: Scenario) -> None:
        """All is read back from the ledger, and what customers owe is read: workers do so in their own time, and whoever compares
        wants it now."""
        with project.database.transaction() as connection:
            request_verification(connection)
        self.settle(project)
        self.insist(project, lambda _: scenario.tell_owed(project))
        self.settle(project)

    def _prove(
        self, project: OpenProject, world: World, scenario: Scenario, supervisor: Supervising, started: float
    ) -> DemoResult:
        self._read_again(project, scenario)
        connection = project.database.connect(autocommit=True)
        now = project.clock.now()
        close_matched_cases(connection, now)
        rows = self._tie(connection, project, now)
        open_gaps(connection, rows, now)
        scenario.prove(project, connection, now)
        oracle = scenario.oracle()
        held, findings = oracle.held(), oracle.findings()
        (self.folder / "held.txt").write_text("".join(f"{line}\n" for line in held.lines()))
        rerun = self._again(project, connection, oracle) if self.options.rerun else ""
        ledger = [
            r for p in PERIODS for r in ledger_rows(connection, project.settings.release, project.session, p)
        ]
        release, months, accounts = project.settings.release, list[MonthRow](), list[AccountMonth]()
        for entity, period in ((e, p) for e in release.entities.values() for p in PERIODS):
            reader = project.session(entity.ledger)
            if isinstance(reader, LedgerReader):
                found = read_ledger_month(connection, release, reader, entity.code, period)
                with connection.transaction():
                    keep_ledger_month(connection, entity.code, period, *found, now)
                months += found[0]
                accounts += found[1]
        days = [*(p.last for p in PERIODS[:1]), END]
        clearing = [
            r for d in days for r in clearing_rows(connection, project.settings.release, project.session, d)
        ]
        cases = connection.execute(
            "select cause, currency, count(*)::int as count, sum(amount) as amount_at_risk,"
            " min(recovery) as recovery from tieout.cases where state = 'open'"
            " group by cause, currency order by sum(amount) desc, cause"
        ).fetchall()
        every = connection.execute(
            "select cause, source_key, amount, currency, state, detail from tieout.cases"
        ).fetchall()
        # What people tried and were not let do, and what they had approved in vain.
        every += connection.execute(
            "select distinct action as cause, subject as source_key, 0::numeric as amount, '' as currency,"
            " 'done' as state, '' as detail from tieout.evidence where action in ('approval.refused', 'approval.void')"
        ).fetchall()
        entries, verified = self._evidence(project, connection)
        result = DemoResult(
            options=self.options,
            rows=rows,
            payouts=prove_payouts(connection),
            cases=cases,
            every_case=every,
            planted=scenario.planted,
            findings=findings,
            held=held,
            entries=entries,
            verified=verified,
            seconds=time.monotonic() - started,
            restarts=supervisor.restarts,
            rerun_sha256=rerun,
            ledger=ledger,
            clearing=clearing,
            months=months,
            accounts=accounts,
            by_hand=scenario.by_hand,
            faults=_count(f.counts for f in world.all_faults()),
            peak_mib=peaks(supervisor.pids()),
        )
        connection.close()
        return result

    def _tie(self, connection: Connection, project: OpenProject, now: datetime) -> list[TieOutRow]:
        for period in PERIODS:
            take_control_totals(connection, project.settings.release, project.session, period, now)
        statement_gaps(connection, now)
        return tie_out(connection, project.settings.release)

    def _again(self, project: OpenProject, connection: Any, oracle: Any) -> str:
        """Pull everything again, take every file again, replay every case: nothing may change."""
        for interface in project.settings.release.interfaces:
            pull_again(connection, interface, project.clock)
        for _, folder in project.settings.watch:
            for path in sorted((folder / "taken").iterdir()):
                partial = folder / f".again-{path.name}"
                shutil.copy(path, partial)
                partial.rename(folder / f"again-{path.name}")
        connection.execute("select pg_notify('tieout_wake', '')")
        self.settle(project)
        return str(oracle.held().sha256)

    def _evidence(self, project: OpenProject, connection: Any) -> tuple[int, bool]:
        """Wait until everything is sealed, export a pack and verify it."""
        for _ in range(300):
            row = connection.execute(
                "select (select count(*) from tieout.evidence) as entries,"
                " (select count(*) from tieout.evidence_leaf) as sealed"
            ).fetchone()
            if row["entries"] == row["sealed"]:
                break
            connection.execute("select pg_notify('tieout_wake', '')")
            time.sleep(0.05)
        pack, witness = self.folder / "evidence.zip", self.folder / "witness-before.jsonl"
        # Whoever keeps a witness keeps it before they ask for a pack: what is sealed meanwhile is not in either.
        shutil.copy(project.settings.witness, witness)
        with project.database.transaction() as reading:
            count = export_pack(reading, project.signer, project.settings.witness, pack)
        with contextlib.redirect_stdout(io.StringIO()):
            verified = (
                verify_pack(
                    [
                        str(pack),
                        "--witness",
                        str(witness),
                        "--key",
                        project.signer.public.hex(),
                    ]
                )
                == 0
            )
        # What was there is in it, and maybe what came meanwhile.
        return count, verified and row["entries"] <= count


def _count(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for found in counts:
        for name, number in found.items():
            total[name] = total.get(name, 0) + number
    return total
