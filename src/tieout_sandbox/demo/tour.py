"""`tieout up` in an empty folder: a company on the sandbox, whose days pass while somebody looks around.

The company's systems are simulators in this process: they live as long as it runs. The project's files are as those of a
real one, so what is tried here is tried on the product itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg

from tieout.cli.context import Supervising, answers, err, fail, open_project
from tieout.cli.running import take_and_start, wait_for_any
from tieout.cli.sandbox import OUTSIDE
from tieout.cli.signing_in import way_in
from tieout.engine import wake
from tieout.operations.open_project import OpenProject
from tieout.operations.reconciling import reconcile
from tieout.operations.systems import pin_systems
from tieout.proofs import pending
from tieout.security import (
    AddPerson,
    Begin,
    Change,
    Confirm,
    GrantRole,
    change_authority,
    key_hash,
    new_key,
)
from tieout.security.roles import ROLES
from tieout_sandbox import Month, World, write_project
from tieout_sandbox.company import Administrator
from tieout_sandbox.couriers import Courier
from tieout_sandbox.month import FIRST
from tieout_sandbox.planted_faults import plant_faults
from tieout_sandbox.ports import free_port

ORDERS = 60
GUEST = "guest"
_SETTLING_S = 30.0
_PORT = 8080


class Tour:
    """A company on the sandbox, in a project of its own; a day passes every `day_s` seconds."""

    def __init__(
        self, folder: Path, supervisor: Callable[..., Supervising], day_s: float, seed: int = 1
    ) -> None:
        self.folder, self._supervisor, self._day = folder.resolve(), supervisor, day_s
        self._stopping = threading.Event()
        self._seed = seed

    def run(self, stop: threading.Event) -> None:
        """Start everything, let days pass until `stop` is set, stop everything."""
        err.print(f"{self.folder} is empty: a company on the sandbox is set up in it")
        world = World(self.folder / OUTSIDE, seed=self._seed)
        world.start()
        admin = Administrator(world.url("odoo"), world.odoo.database, world.odoo.service.make_key(2))
        company = admin.set_up("Meridian Supply", FIRST)
        port = _PORT if not answers(_PORT) else free_port()
        write_project(self.folder, world, company, port)
        month = Month(world, ORDERS, plant=plant_faults)
        month.admin, month.company_id = admin, company.id
        project = open_project(self.folder)
        server = take_and_start(project)
        pin_systems(project)
        supervisor = self._supervisor(self.folder, server)
        supervisor.start()
        player = threading.Thread(target=self._play, args=(project, world, month, port), daemon=True)
        try:
            wait_for_any(stop, supervisor.ready, supervisor.ended)
            if supervisor.ready.is_set():
                err.print(f"Tieout is up: {project.settings.identity.url}/")
                _let_in(project)
                err.print("To get in, as somebody who may do everything here:")
                err.print(way_in(project), soft_wrap=True)
                player.start()
            wait_for_any(stop, supervisor.ended)
        finally:
            self._stopping.set()
            if player.is_alive():
                player.join(_SETTLING_S)
            supervisor.stop()
            admin.close()
            project.close()
            world.stop()
        if supervisor.reason:
            fail(f"Tieout ended: {supervisor.reason}. What it wrote is in {project.settings.state}")

    def _play(self, project: OpenProject, world: World, month: Month, port: int) -> None:
        courier = Courier(world, f"http://127.0.0.1:{port}")
        for day in month.days():
            if self._stopping.wait(self._day):
                return
            month.play_day(day)
            courier.carry()
            self._settle(project)
            with contextlib.suppress(Exception):
                reconcile(project, "US", day)
            self._settle(project)
        err.print("The company's month is over: its cases wait for you")
        while not self._stopping.wait(1.0):
            # Time goes on, so that what is asked every hour is asked.
            world.clock.move_to(world.clock.now() + timedelta(minutes=1))

    def _settle(self, project: OpenProject) -> None:
        """Wait until nothing moves, or it takes too long for a tour."""
        deadline = time.monotonic() + _SETTLING_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            with contextlib.suppress(psycopg.OperationalError), project.database.transaction() as connection:
                wake(connection)
                left = pending(connection, project.clock.now())
                if not any(left.values()):
                    return
            time.sleep(0.05)


def _let_in(project: OpenProject) -> None:
    """Whoever looks around may do everything: on the sandbox two administrators who are nobody said so."""
    people = tuple(
        AddPerson(name=n, human=True, names=(), key_sha256=key_hash(new_key())) for n in ("ann", "ben")
    )
    changes: list[Change] = [AddPerson(name=GUEST, human=True, names=(), key_sha256="")]
    changes += [
        GrantRole(name=GUEST, role=role, entity="*", limit=None) for role in ROLES if role != "approver"
    ]
    now = project.clock.now()
    with project.database.transaction() as connection:
        change_authority(connection, Begin(people=people), "the sandbox", now)
        for change in changes:
            number = change_authority(connection, change, "ann", now)
            change_authority(connection, Confirm(no=number), "ben", now)
