"""A company's month in one process: the sandbox in a thread, the product's stages one after the other.

No worker, no web side, no webhooks: what is pushed is polled. So a day of a small month takes a fraction of a second, and the whole
can be copied with the process that holds it (trunk.py).
"""

from __future__ import annotations

import importlib
import os
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.bootstrap import wiring
from tieout.bootstrap.wiring import worker
from tieout.cases import list_open, solve_case
from tieout.close import CloseState
from tieout.engine import Runner
from tieout.money import Period
from tieout.operations.closing import close_state, sign_close
from tieout.operations.open_project import OpenProject
from tieout.operations.starting import prepare_database
from tieout.operations.systems import pin_systems
from tieout.proofs import pending
from tieout.store import Connection
from tieout_sandbox import World
from tieout_sandbox.demo import scenarios
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.scenarios import SCENARIOS, DemoOptions
from tieout_sandbox.month import LAST_BANKING_DAY, LOCK_ON
from tieout_sandbox.ports import free_port
from tieout_sandbox.world import IBAN_USD

OCTOBER = Period(2026, 10)
SEED = 5
# What works in a settled day, in this order; what only keeps figures or tells people is not needed here.
_WORKING = ("files", "poll0", "process", "deliver0", "reconcile", "file payments", "verify")
_PASSES = 80


class _Still(Demo):
    """The demo's own people, settled by whoever plays it."""

    def __init__(self, options: DemoOptions, books: Books) -> None:
        super().__init__(options, lambda *_, **__: None)  # type: ignore[arg-type, return-value]
        self._books = books

    def settle(self, project: OpenProject) -> None:
        self._books.settle()


def apart(act: Callable[..., object]) -> Callable[..., None]:
    """`act` in a process of its own, which ends with it: matching starts threads of Polars, and a process with threads is not copied."""

    def run(*given: object) -> None:
        child = os.fork()
        if child == 0:
            try:
                act(*given)
            except BaseException:  # noqa: BLE001 - said, and known by the way it ends
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise RuntimeError(f"{act} failed")

    return run


def _match_apart() -> None:
    """Let matching be done apart. Polars is imported before that, since every copy would import it again for longer than it
    matches: without the threads of its allocator it has none that works, until it is used."""
    os.environ["_RJEM_MALLOC_CONF"] = "background_thread:false"
    importlib.import_module("polars")
    for module in (wiring, scenarios):
        if not hasattr(module.reconcile, "__wrapped__"):
            matching = apart(module.reconcile)
            matching.__wrapped__ = module.reconcile  # type: ignore[attr-defined]
            module.reconcile = matching  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Line:
    """A line that somebody books by hand: the account's code, and its balance (debit positive)."""

    account: str
    balance: Decimal


class Books:
    """A company, its project and its month, played by `play`. `orders` is the size of the month."""

    def __init__(self, scenario: str, orders: int, folder: Path, dsn: str) -> None:
        _match_apart()
        options = DemoOptions(
            orders=orders, seed=SEED, faults="none", scenario=scenario, folder=folder, serve=False, kills=0, crash="",
            quiet=True, plant=False,
        )  # fmt: skip
        # Whether somebody paused an interface: what is to be asked of it is never asked.
        self.paused = False
        self.scenario_name, self.folder, self.project_folder = scenario, folder, folder / "project"
        self.world = World(folder / "outside", seed=SEED)
        self.world.start()
        self._demo = _Still(options, self)
        self.admin = self._demo._administrator(self.world)
        self.scenario: Any = SCENARIOS[scenario](options, self.world, self.admin)
        self.month: Any = self.scenario.set_up(self.project_folder, free_port())
        with (self.project_folder / "tieout.toml").open("a") as file:
            file.write(f'\n[database]\ndsn = "{dsn}"\n')
        if scenario == "services":
            self._told_of_the_last_day()
        self._open()
        prepare_database(self.project, None)
        pin_systems(self.project)
        self.scenario.open(self.project)

    def _told_of_the_last_day(self) -> None:
        """The bank tells of a month's last banking day also where nothing moved: a small month may have no line on it."""
        issue = self.month._issue_statement

        def issued(day: date) -> None:
            issue(day)
            if day == LAST_BANKING_DAY and not self.month._lines.get(day):
                made = self.world.bank.statement(IBAN_USD, day)
                self.month.drop("bank", f"{IBAN_USD[-4:]}-{day:%Y%m%d}.xml", made)

        self.month._issue_statement = issued

    # a copy of all this is made while nothing is open (trunk.py)

    def _open(self) -> None:
        self.project = OpenProject(self.project_folder)
        self._runners: dict[str, list[Runner]] = {
            loop.name: loop._runners for loop in worker(self.project)._loops
        }
        self.connection: Connection = self.project.database.connect(autocommit=True)

    def let_go(self) -> None:
        """Hold nothing open: no connection, no thread."""
        self.connection.close()
        self.project.close()
        self.world.stop()

    def take_up(self) -> None:
        """As it was before `let_go`."""
        self.world.start()
        self._open()

    # the month

    def play(self, days: Iterator[date] | list[date]) -> None:
        """Let days happen, with what the company's people do about each."""
        for day in days:
            if day == LOCK_ON:
                self._demo._close_october(self.project, self.world, self.scenario)
            self.month.play_day(day)
            self.settle()
            self.scenario.after_day(self._demo, self.project, day)
            self._decide()

    def _decide(self) -> None:
        """People explain what the sandbox's month has of its own: the bank gives a payment back."""
        for row in list_open(self.connection, "payment_returned"):
            with self.connection.transaction():
                solve_case(
                    self.connection,
                    row["case_id"],
                    self.project.clock.now(),
                    "paid again",
                    self.scenario.clerk,
                )

    def settle(self) -> None:
        """Let the product work until nothing can move any more."""
        for _ in range(_PASSES):
            for name in _WORKING:
                self._step(name)
            left = pending(self.connection, self.project.clock.now())
            left["polls"] *= not self.paused
            if not any(left.values()) and not self._files():
                self._step("seal")
                return
        raise RuntimeError(f"the month stands still at {self.project.clock.now()}: {left}")

    def _step(self, name: str) -> None:
        for runner in self._runners[name]:
            runner._not_before = 0.0
            while runner.step(self.connection) and name != "seal":
                runner._not_before = 0.0

    def _files(self) -> bool:
        return any(
            p.is_file() and p.name[0] != "."
            for _, folder in self.project.settings.watch
            for p in folder.iterdir()
        )

    def pass_time(self, span: timedelta = timedelta(minutes=2)) -> None:
        """Time passes, and what happens in it."""
        self.scenario.wait(span)
        self.settle()

    def reread(self) -> None:
        """The project's files were changed: every process has seen it by now."""
        self.project.look_now()

    # the close

    @property
    def entity(self) -> str:
        return str(self.scenario.entities[0])

    def state(self, period: Period = OCTOBER, entity: str = "") -> CloseState:
        """How a close stands by evidence that is read now."""
        return close_state(self.project, entity or self.entity, period)

    def sign(self, who: int, tasks: tuple[str, ...] = (), period: Period = OCTOBER) -> dict[str, str]:
        """One of the two signers signs all that is done, or some tasks, in every entity: task and what became of it."""
        name, key = self.scenario.signers[who]
        found = {}
        for entity in self.scenario.entities:
            found |= dict(sign_close(self.project, entity, period, tasks, name, key))
        return found

    def close(self, period: Period = OCTOBER) -> None:
        """Both look; the first person signs all that is done, the second as well, and the close itself last."""
        for entity in self.scenario.entities:
            self.state(period, entity)
        for who in (0, 1, 0):
            self.pass_time()
            self.sign(who, period=period)

    def closed(self, period: Period = OCTOBER) -> bool:
        """Whether every entity is closed, by evidence that is read now."""
        return all(self.state(period, entity).closed for entity in self.scenario.entities)

    # what people and others do past it

    def entry(self, lines: list[Line], on: date, reference: str, journal: str = "MISC") -> int:
        """Somebody books an entry by hand in the first company; its id in Odoo."""
        rows = [
            {
                "account_id": self.account(x.account), "name": reference,
                "debit": float(max(x.balance, Decimal(0))), "credit": float(max(-x.balance, Decimal(0))),
            }
            for x in lines
        ]  # fmt: skip
        domain = [["code", "=", journal], ["company_id", "=", self.company]]
        (number,) = self.admin.call("account.journal", "search", domain=domain, context=self.context)
        vals = {
            "journal_id": number, "date": on.isoformat(), "ref": reference, "line_ids": [[0, 0, r] for r in rows],
        }  # fmt: skip
        made = self.admin.call("account.move", "create", vals_list=[vals], context=self.context)
        self.admin.call("account.move", "action_post", ids=made, context=self.context)
        return int(made[0])

    def account(self, code: str) -> int:
        """An account's id in the first company's chart."""
        domain = [["code", "=", code], ["company_ids", "in", [self.company]]]
        (found,) = self.admin.call("account.account", "search", domain=domain, context=self.context)
        return int(found)

    @property
    def company(self) -> int:
        return int(self.project.settings.release.entities[self.entity].company_id)

    @property
    def context(self) -> dict[str, Any]:
        return {"allowed_company_ids": [self.company]}

    def unlock(self) -> None:
        """Odoo's people take the lock away."""
        self._lock(False)

    def lock(self, until: date = OCTOBER.last) -> None:
        """Odoo's people lock the year up to a day."""
        self._lock(until.isoformat())

    def _lock(self, value: object) -> None:
        self.admin.call("res.company", "write", ids=[self.company], vals={"fiscalyear_lock_date": value})

    def sql(self, text: str, *values: object) -> list[dict[str, Any]]:
        """Somebody's own statement, past the product."""
        done = self.connection.execute(text.encode(), values)
        return done.fetchall() if done.description else []

    def edit(self, name: str, old: str, new: str) -> None:
        """Somebody changes a file of the project."""
        path = self.project_folder / name
        text = path.read_text() if path.exists() else ""
        if old and old not in text:
            raise ValueError(f"{name} has no {old!r}")
        path.write_text(text.replace(old, new) if old else text + new)
        time.sleep(0.02)
        self.reread()
