"""Drives a whole month: sandbox and product, day by day, then the proofs and the oracle."""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from rich import box
from rich.progress import Progress
from rich.table import Table

from tieout.cli.clearing import clearing_json
from tieout.cli.clearing import show as show_clearing
from tieout.cli.context import Supervising, err, fail, out
from tieout.cli.signing_in import way_in
from tieout.cli.tables import ledger_json, ledger_table, money, tie_out_json, tie_out_table
from tieout.connector_api import ConnectorError
from tieout.delivery import request_verification
from tieout.engine import wake
from tieout.evidence import export_pack
from tieout.evidence.verify import main as verify_pack
from tieout.inbox import pull_again
from tieout.money import Period
from tieout.operations.open_project import OpenProject
from tieout.operations.starting import start_database
from tieout.operations.systems import pin_systems
from tieout.proofs import (
    ClearingRow,
    LedgerRow,
    PayoutProof,
    TieOutRow,
    clearing_rows,
    ledger_rows,
    open_gaps,
    pending,
    prove_payouts,
    statement_gaps,
    take_control_totals,
    tie_out,
)
from tieout.reconcile.ledger import close_matched_cases
from tieout.store import Connection
from tieout_sandbox import Finding, Planted, World
from tieout_sandbox.company import Administrator
from tieout_sandbox.couriers import Courier
from tieout_sandbox.demo.closing import Closed, ClosingScene, closed_json
from tieout_sandbox.demo.scenarios import SCENARIOS, DemoOptions, Scenario
from tieout_sandbox.month import END, LOCK_ON
from tieout_sandbox.world import free_port

PERIODS = (Period(2026, 10), Period(2026, 11))
_PATIENCE_S = 240.0
_T = TypeVar("_T")


@dataclass
class DemoResult:
    """What the month came to. Truth and hash are the sandbox's, not the pipeline's."""

    options: DemoOptions
    rows: list[TieOutRow]
    payouts: list[PayoutProof]
    cases: list[dict[str, Any]]
    every_case: list[dict[str, Any]]
    planted: list[Planted]
    findings: list[Finding]
    ledger_sha256: str
    entries: int
    verified: bool
    seconds: float
    restarts: int
    faults: dict[str, int] = field(default_factory=dict)
    rerun_sha256: str = ""
    ledger: list[LedgerRow] = field(default_factory=list)
    peak_mib: dict[str, int] = field(default_factory=dict)
    clearing: list[ClearingRow] = field(default_factory=list)
    by_hand: dict[str, Decimal] = field(default_factory=dict)
    closed: list[Closed] = field(default_factory=list)

    @property
    def missed(self) -> list[Planted]:
        """Planted faults that no case of their cause and source key ever named."""
        found = {(c["cause"], c["source_key"]) for c in self.every_case}
        return [p for p in self.planted if (p.cause, p.source_key) not in found]

    @property
    def false(self) -> list[dict[str, str]]:
        """Cases for which nothing was planted, each as its cause and source key."""
        truth = {(p.cause, p.source_key) for p in self.planted}
        return [
            {"cause": c["cause"], "source_key": c["source_key"]}
            for c in self.every_case
            if (c["cause"], c["source_key"]) not in truth and not self._cut_short(c)
        ]

    def _cut_short(self, case: dict[str, Any]) -> bool:
        """A mail whose sender was killed before it knew the outcome: a mail server cannot be
        asked, so a case is the right end of it, and no fault of the month."""
        disturbed = bool(self.options.kills or self.options.crash)
        return disturbed and case["cause"] == "outcome_undecided" and case["source_key"].endswith(" mail")

    @property
    def amount_planted(self) -> Decimal:
        """The money at risk of everything that was planted, in USD."""
        return sum((p.amount for p in self.planted), Decimal(0))

    @property
    def amount_in_exception(self) -> Decimal:
        """The money of the cases that are open at the end; equal to what was planted where all is well."""
        return sum((c["amount"] for c in self.every_case if c["state"] == "open"), Decimal(0))

    @property
    def unproven_payouts(self) -> list[PayoutProof]:
        """Payouts that are not proven, each with why."""
        return [p for p in self.payouts if not p.proven]

    @property
    def good(self) -> bool:
        """Residuals zero, planted = found, the oracle agrees, evidence verifies."""
        return (
            all(r.proven for r in self.rows)
            and not self.missed
            and not self.false
            and self.amount_planted == self.amount_in_exception
            and not self.findings
            and not any(r.difference or r.others != self.by_hand.get(r.role, 0) for r in self.ledger)
            and not any(r.difference or r.unexplained for r in self.clearing)
            and self.verified
            and all(c.good for c in self.closed)
        )

    def as_json(self) -> dict[str, Any]:
        """The result as `tieout demo --json` writes it: amounts as texts with two decimals, seconds of real
        time."""
        return {
            "scenario": self.options.scenario,
            "seed": self.options.seed,
            "orders": self.options.orders,
            "faults": self.options.faults,
            "planted": {
                "planted": len(self.planted),
                "found": len(self.planted) - len(self.missed),
                "missed": [{"cause": p.cause, "source_key": p.source_key} for p in self.missed],
                "false": self.false,
                "amount_planted": f"{self.amount_planted:.2f}",
                "amount_in_exception": f"{self.amount_in_exception:.2f}",
            },
            "tieout": tie_out_json(self.rows),
            "ledger": ledger_json(self.ledger),
            "clearing": [clearing_json(r) for r in self.clearing],
            "payouts": {
                "count": len(self.payouts),
                "proven": len(self.payouts) - len(self.unproven_payouts),
                "unproven": [{"payout": p.payout_key, "why": p.why} for p in self.unproven_payouts],
            },
            "cases": [
                {
                    "cause": c["cause"],
                    "count": c["count"],
                    "currency": c["currency"],
                    "amount_at_risk": f"{c['amount_at_risk']:.2f}",
                    "recovery": c["recovery"],
                }
                for c in self.cases
            ],
            "close": closed_json(self.closed),
            "oracle": [{"check": f.check, "detail": f.detail} for f in self.findings],
            "ledger_sha256": self.ledger_sha256,
            "evidence": {"entries": self.entries, "verified": self.verified},
            "restarts": self.restarts,
            "peak_mib": self.peak_mib,
            "faults_struck": self.faults,
            "seconds": round(self.seconds, 1),
        }


class Demo:
    """One run, in a folder of its own."""

    def __init__(self, options: DemoOptions, supervisor: Callable[..., Supervising]) -> None:
        self.options, self._supervisor = options, supervisor
        self._kept = options.folder is not None
        self.folder = options.folder or Path(tempfile.mkdtemp(prefix="tieout-demo-"))
        if self._kept and (self.folder / "project").exists():
            fail(f"{self.folder} holds a demo already: give another folder", 2)
        self._killer: _Killer | None = None
        self._looking: Any = None

    def run(self) -> DemoResult:
        """The whole month. A folder that nobody asked for is removed at the end, also where the month fails."""
        started = time.monotonic()
        progress = Progress(console=err, disable=self.options.quiet, transient=True)
        try:
            with progress:
                return self._run(started, progress)
        finally:
            if not self._kept:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, started: float, progress: Progress) -> DemoResult:
        options = self.options
        task = progress.add_task("setting the company up", total=None)
        world = World(self.folder / "outside", seed=options.seed, faults=options.faults)
        world.start()
        admin = self._administrator(world)
        port = free_port()
        folder = self.folder / "project"
        scenario = SCENARIOS[options.scenario](options, world, admin)
        month = scenario.set_up(folder, port)
        project = OpenProject(folder)
        server = start_database(project)
        pin_systems(project)
        # One start after the other: whoever dies at a point is followed by one who dies at the next.
        crashes = [{"TIEOUT_CRASH": point} for point in options.crash.split(",") if point]
        supervisor = self._supervisor(folder, server, first_environments=crashes)
        scenario.open(project)
        supervisor.start()
        courier = Courier(world, f"http://127.0.0.1:{port}")
        world.let_faults(True)
        if options.kills:
            self._killer = _Killer(supervisor, options.kills, options.seed)
            self._killer.start()
        try:
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
            if options.close and not options.odoo_url:
                progress.update(task, description="closing", total=None)
                self._close(project, scenario, result)
            result.seconds = time.monotonic() - started
            return result
        finally:
            if options.serve:
                err.print(f"http://localhost:{port}/ - press Ctrl-C to end", markup=False)
                err.print(f"To get in: {way_in(project)}", markup=False, soft_wrap=True)
                with contextlib.suppress(KeyboardInterrupt):
                    signal.pause()
            supervisor.stop()
            if self._looking is not None:
                self._looking.close()
            admin.close()
            project.close()
            world.stop()

    def _close(self, project: OpenProject, scenario: Scenario, result: DemoResult) -> None:
        """October is closed by people, and verified once more with what they did."""
        result.closed = ClosingScene(self, project, scenario, PERIODS[0]).play()
        connection = project.database.connect(autocommit=True)
        result.entries, result.verified = self._evidence(project, connection)
        connection.close()

    def _administrator(self, world: World) -> Administrator:
        o = self.options
        if o.odoo_url:
            return Administrator(o.odoo_url, o.odoo_db, o.odoo_key)
        key = world.odoo.service.make_key(2)
        return Administrator(world.url("odoo"), world.odoo.database, key)

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

    def _prove(
        self, project: OpenProject, world: World, scenario: Scenario, supervisor: Supervising, started: float
    ) -> DemoResult:
        with project.database.transaction() as connection:
            request_verification(connection)
        self.settle(project)
        connection = project.database.connect(autocommit=True)
        now = project.clock.now()
        close_matched_cases(connection, now)
        rows = self._tie(connection, project, now)
        open_gaps(connection, rows, now)
        scenario.prove(project, connection, now)
        oracle = scenario.oracle()
        sha = oracle.ledger_sha256() if not self.options.odoo_url else ""
        findings = oracle.findings() if not self.options.odoo_url else []
        rerun = self._again(project, connection, oracle) if self.options.rerun else ""
        ledger = [
            r for p in PERIODS for r in ledger_rows(connection, project.settings.release, project.session, p)
        ]
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
            "select cause, source_key, amount, currency, state from tieout.cases"
        ).fetchall()
        # What people tried and were not let do, and what they had approved in vain.
        every += connection.execute(
            "select distinct action as cause, subject as source_key, 0::numeric as amount, '' as currency,"
            " 'done' as state from tieout.evidence where action in ('approval.refused', 'approval.void')"
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
            ledger_sha256=sha,
            entries=entries,
            verified=verified,
            seconds=time.monotonic() - started,
            restarts=supervisor.restarts,
            rerun_sha256=rerun,
            ledger=ledger,
            clearing=clearing,
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
        return str(oracle.ledger_sha256())

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
        pack = self.folder / "evidence.zip"
        with project.database.transaction() as reading:
            count = export_pack(reading, project.signer, project.settings.witness, pack)
        with contextlib.redirect_stdout(io.StringIO()):
            verified = (
                verify_pack(
                    [
                        str(pack),
                        "--witness",
                        str(project.settings.witness),
                        "--key",
                        project.signer.public.hex(),
                    ]
                )
                == 0
            )
        return count, verified and row["entries"] == count


class _Killer(threading.Thread):
    """SIGKILLs a random process of the product at random moments, a given number of times."""

    def __init__(self, supervisor: Supervising, count: int, seed: int) -> None:
        super().__init__(name="killer", daemon=True)
        self._supervisor, self._count = supervisor, count
        self._random = random.Random(seed)
        self._done = threading.Event()
        self.killed: list[str] = []

    def run(self) -> None:
        while len(self.killed) < self._count and not self._done.wait(self._random.uniform(0.3, 1.6)):
            pids = self._supervisor.pids()
            if pids:
                role = self._random.choice(sorted(pids))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pids[role], signal.SIGKILL)
                    self.killed.append(role)

    def finish(self) -> None:
        self._done.set()
        self.join()


def peaks(pids: dict[str, int]) -> dict[str, int]:
    """The largest resident memory that each process had, in MiB; the server's buffers are shared
    by its backends and set apart by its configuration, so it is left out."""
    found = {}
    for role, pid in pids.items():
        if role == "postgres":
            continue
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    found[role] = int(line.split()[1]) // 1024
    return found


def _count(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for found in counts:
        for name, number in found.items():
            total[name] = total.get(name, 0) + number
    return total


def show(result: DemoResult) -> None:
    """The month on a terminal."""
    out.print(tie_out_table(result.rows, out.width))
    # The closed month alone: its last day is the cut-off.
    out.print(ledger_table(r for r in result.ledger if r.period == str(PERIODS[0])))
    clearing = [r for r in result.clearing if r.as_of == PERIODS[0].last]
    if clearing:
        show_clearing(clearing, items=False)
    if result.cases:
        _show_cases(result)
    proven = len(result.payouts) - len(result.unproven_payouts)
    if result.payouts:
        out.print(f"Payouts: {proven} of {len(result.payouts)} proven to the bank, residual 0.00")
    for payout in result.unproven_payouts:
        out.print(f"  {payout.payout_key}: {payout.why}", markup=False)
    found = len(result.planted) - len(result.missed)
    out.print(
        f"Planted faults: {found} of {len(result.planted)} found, {len(result.false)} false; "
        f"{money(result.amount_in_exception)} in exception, {money(result.amount_planted)} planted"
    )
    for finding in result.findings[:12]:
        out.print(f"ORACLE {finding.check}: {finding.detail}", style="red", markup=False)
    for p in result.missed:
        out.print(f"MISSED {p.cause} {p.source_key}", style="red", markup=False)
    for f in result.false[:12]:
        out.print(f"FALSE {f['cause']} {f['source_key']}", style="red", markup=False)
    for closed in result.closed:
        _show_close(closed)
    word = "verified" if result.verified else "[red]NOT verified[/red]"
    out.print(f"Evidence: {result.entries} entries, {word}")
    out.print(f"Ledger {result.ledger_sha256[:16]}, {result.seconds:.1f} s")


def _show_cases(result: DemoResult) -> None:
    table = Table(title="Cases", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("what failed", no_wrap=True)
    table.add_column("cases", justify="right")
    table.add_column("at risk", justify="right", no_wrap=True)
    table.add_column("what recovers it")
    for case in result.cases:
        amount = f"{money(case['amount_at_risk'])} {case['currency']}"
        table.add_row(case["cause"].replace("_", " "), str(case["count"]), amount, case["recovery"])
    out.print(table)


def _show_close(c: Closed) -> None:
    state = (
        f"closed on business day {c.days}, {c.minutes} minutes after its last data"
        if c.days is not None
        else "[red]NOT closed[/red]"
    )
    out.print(f"Close of {c.entity} {c.period}: {c.tasks} tasks, {state}")
    for why in c.open_tasks[:8]:
        out.print(f"  open: {why}", style="red", markup=False)
    if c.late_cause:
        out.print(
            f"  a late event ({c.late_cause}) took back the signatures of {', '.join(c.revoked)}",
            markup=False,
        )
    if sorted(c.revoked) != sorted(c.touched):
        out.print(f"  REVOKED {c.revoked}, not {c.touched}", style="red", markup=False)
