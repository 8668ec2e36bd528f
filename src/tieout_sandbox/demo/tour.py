"""`tieout up` in an empty folder: a company on the sandbox, whose days pass while somebody looks around.

The company's systems are simulators in this process, which go on where they were when it is started again. The project's files are as
those of a real one, so what is tried here is tried on the product itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tieout.cases import list_open
from tieout.causes import cause_named
from tieout.cli.context import Supervising, err, fail, open_project
from tieout.cli.running import take_and_start, wait_for_any
from tieout.cli.sandbox import throw_away
from tieout.engine import wake
from tieout.operations.open_project import OpenProject
from tieout.operations.systems import pin_systems
from tieout.proofs import open_gaps, pending, take_control_totals, tie_out
from tieout.security import load_authority
from tieout_sandbox.couriers import Courier
from tieout_sandbox.demo.deeds import DEEDS
from tieout_sandbox.demo.desk import Company, Desk
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.guests import Guests
from tieout_sandbox.demo.living import Living, NeverBegunError
from tieout_sandbox.demo.result import PERIODS
from tieout_sandbox.month import LOCK_ON
from tieout_sandbox.ports import Hold, free_port, hold

_SETTLING_S = 30.0
_PORT = 8080
_LAST = date(2026, 10, 31)


class Tour:
    """A company on the sandbox, in a project of its own; a day passes every `day_s` seconds."""

    insist = staticmethod(Demo.insist)

    def __init__(
        self, folder: Path, supervisor: Callable[..., Supervising], day_s: float, kind: str, seed: int = 1
    ) -> None:
        self.folder, self._supervisor, self._day = folder.resolve(), supervisor, day_s
        self._kind, self._seed = kind, seed
        self._stopping = threading.Event()
        self._again = threading.Event()
        self._held: Hold | None = None

    def run(self, stop: threading.Event) -> None:
        """Start everything, let days pass until `stop` is set, stop everything. Where it is thrown away from its page, another
        company is set up."""
        desk: Desk | None = None
        while not stop.is_set():
            self._stopping.clear()
            self._again.clear()
            living = self._company(desk)
            if desk is None:
                desk = Desk(living.desk_port, living.tokens.named("desk"), self._begin_again)
                desk.start()
            self._live(living, desk, stop)
            if not self._again.is_set():
                break
            throw_away(self.folder)
        if desk is not None:
            desk.stop()

    def _begin_again(self, kind: str) -> None:
        self._kind = kind
        self._again.set()

    def _company(self, desk: Desk | None) -> Living:
        """The company of the folder, or one that is set up in it."""
        if not (self.folder / ".sandbox").is_dir():
            err.print(f"{self.folder} is empty: a company on the sandbox is set up in it")
            # Written into the company's files now, listened at a minute later.
            self._held = hold(_PORT)
            port = _PORT if self._held else free_port()
            return Living.begin(self.folder, self._kind, self._seed, port, desk.port if desk else free_port())
        try:
            err.print(f"{self.folder}: its company on the sandbox goes on")
            return Living.take_up(self.folder)
        except NeverBegunError:
            fail(
                f"{self.folder}: its company cannot go on: its setting up was cut, or an older version made it. "
                "`tieout up --anew` throws it away and begins another"
            )
        except OSError as error:
            fail(
                f"{self.folder}: its company's systems cannot be served: {error}. End what has that port, and start again"
            )

    def _live(self, living: Living, desk: Desk, stop: threading.Event) -> None:
        project = open_project(self.folder)
        server = take_and_start(project, has_port=self._held is not None)
        pin_systems(project)
        if not _people(project):
            living.scenario.open(project)
        guests = Guests(project, living.tokens)
        guests.let_in()
        supervisor = self._supervisor(self.folder, server)
        if self._held:
            self._held.hand_over()
        supervisor.start()
        player = threading.Thread(target=self._play, args=(project, living), daemon=True)
        try:
            wait_for_any(stop, supervisor.ready, supervisor.ended)
            self._let_go()
            if supervisor.ready.is_set():
                desk.company = _company_of(project, living, guests)
                err.print(f"Tieout is up: {project.settings.identity.url}/")
                err.print("Get in by this link, as somebody who may do everything here:")
                err.print(desk.link, soft_wrap=True)
                player.start()
            wait_for_any(stop, supervisor.ended, self._again)
        finally:
            desk.company = None
            self._stopping.set()
            if player.is_alive():
                player.join(_SETTLING_S)
            supervisor.stop()
            project.close()
            living.stop()
        if supervisor.reason:
            fail(f"Tieout ended: {supervisor.reason}. What it wrote is in {project.settings.state}")

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None

    def _play(self, project: OpenProject, living: Living) -> None:
        courier = Courier(living.world, f"http://127.0.0.1:{living.port}")
        for day in living.days:
            if self._stopping.wait(self._day):
                return
            if day == LOCK_ON and day not in living.begun:
                self._end_october(project, living)
            with living.day(day):
                courier.carry()
                self.settle(project)
                self._quietly(lambda day=day: living.scenario.after_day(self, project, day))  # type: ignore[misc]
                if self._stopping.is_set():
                    return
            self._quietly(lambda day=day: self._take_figures(project, day))  # type: ignore[misc]
        self._quietly(lambda: self._prove(project, living))
        err.print("The company's month is over: its cases wait for you")
        while not self._stopping.wait(1.0):
            # Time goes on, so that what is asked every hour is asked.
            living.world.clock.move_to(living.world.clock.now() + timedelta(minutes=1))
            courier.carry()

    def _end_october(self, project: OpenProject, living: Living) -> None:
        """What a source's lists did not show yet is there, the month is cut off, and its books are locked in Odoo."""
        living.act("caught_up", DEEDS["caught_up"].act)
        self._quietly(lambda: living.scenario.before_lock(self, project, _LAST))
        living.act("lock", DEEDS["lock"].act)

    def _take_figures(self, project: OpenProject, day: date) -> None:
        """Somebody asks the sources for their own figures each evening: without them no row of the tie-out is proven, however much was
        posted."""
        connection = project.database.connect(autocommit=True)
        try:
            for period in PERIODS:
                if period.first <= day and not self._stopping.is_set():
                    take_control_totals(
                        connection, project.release(), project.session, period, project.clock.now()
                    )
        finally:
            connection.close()

    def _prove(self, project: OpenProject, living: Living) -> None:
        """What is found by holding sides against each other alone is on Today as well."""
        with project.database.transaction() as connection:
            now = project.clock.now()
            open_gaps(connection, tie_out(connection, project.release()), now)
            living.scenario.prove(project, connection, now)

    def _quietly(self, act: Callable[[], object]) -> None:
        """Let people act; what goes wrong is told, and the days go on."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whoever looks around goes on looking
            if not self._stopping.is_set():
                err.print(f"The company's people could not do something: {type(error).__name__}: {error}")

    def settle(self, project: OpenProject) -> None:
        """Wait until nothing moves, or it takes too long for a tour."""
        deadline = time.monotonic() + _SETTLING_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            with contextlib.suppress(psycopg.OperationalError), project.database.transaction() as connection:
                wake(connection)
                left = pending(connection, project.clock.now())
                if not any(left.values()):
                    return
            time.sleep(0.05)


def _people(project: OpenProject) -> bool:
    with project.database.transaction() as connection:
        return bool(load_authority(connection).people)


def _company_of(project: OpenProject, living: Living, guests: Guests) -> Company:
    """What the sandbox's page is about."""

    def open_cases() -> list[dict[str, Any]]:
        with project.database.transaction() as connection:
            return [{**row, "title": cause_named(row["cause"]).title} for row in list_open(connection)]

    def facts(what: str, case: dict[str, Any]) -> dict[str, Any]:
        with project.database.transaction() as connection:
            return DEEDS[what].facts(connection, case) if case else {}

    return Company(
        base=project.settings.identity.url, name=project.settings.name, kind=living.kind, guests=guests, living=living,
        open_cases=open_cases, facts=facts,
    )  # fmt: skip
