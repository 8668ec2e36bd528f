"""A company's month that stays: everything runs, and people sign in to its web side."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pyotp

from tests.acceptance.commands import Warm
from tieout.alerting import open_alerts
from tieout.security import (
    AddPerson,
    Begin,
    Change,
    Confirm,
    GrantRole,
    change_authority,
    key_hash,
    load_authority,
)
from tieout.security.identity import Identity, Origin, Site, csrf_of
from tieout.store import Connection
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.demo.scenarios import DemoOptions

PASSWORD = "five words that nobody guesses"


class _Staying(Demo):
    """A demo that ends when it is told to, before its close."""

    def __init__(self, house: House, options: DemoOptions) -> None:
        super().__init__(options, Warm)
        self._house = house

    def _close(self, project: Any, scenario: Any, result: Any) -> None:
        self._house.project, self._house.scenario, self._house.demo = project, scenario, self
        self._house.result = result
        self._house.ready.set()
        self._house.done.wait()


class House:
    """A whole project after its month: its cases are open, nothing is signed."""

    project: Any
    scenario: Any
    demo: Any
    # What the month came to.
    result: DemoResult
    # What a test keeps beside it.
    olga: Any = None
    demo_world: Any = None

    def __init__(
        self, folder: Path, scenario: str = "services", orders: int = 20, seed: int = 5, rerun: bool = False
    ) -> None:
        self.ready, self.done = threading.Event(), threading.Event()
        self.kind = scenario
        options = DemoOptions(
            orders=orders, seed=seed, faults="none", scenario=scenario, folder=folder, serve=False, kills=0, crash="",
            quiet=True, rerun=rerun,
        )  # fmt: skip
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(options,), daemon=True)
        self._thread.start()
        while not self.ready.wait(0.1):
            if self._failed:
                raise self._failed[0]
        self.base = self.project.settings.identity.url
        self.connection: Connection = self.project.database.connect(autocommit=True)
        self.identity = Identity(
            self.connection, self.now, Site("localhost", self.base, f"Tieout {self.project.settings.name}")
        )
        self.secrets: dict[str, str] = {}

    def _run(self, options: DemoOptions) -> None:
        try:
            _Staying(self, options).run()
        except BaseException as error:  # noqa: BLE001 - raised by whoever waits
            self._failed.append(error)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def stop(self) -> None:
        self.connection.close()
        self.done.set()
        self._thread.join(60)

    # people

    def grant(self, name: str, role: str, entity: str = "*") -> None:
        """Let somebody in with a role, whoever is there already."""
        people = load_authority(self.connection).people
        changes: list[Change] = []
        if not people:
            first = tuple(
                AddPerson(name=n, human=True, names=(), key_sha256=key_hash(n)) for n in ("ann", "ben")
            )
            self._change(Begin(people=first), "first start")
        if name not in load_authority(self.connection).people:
            changes.append(AddPerson(name=name, human=True, names=(), key_sha256=""))
        changes.append(GrantRole(name=name, role=role, entity=entity, limit=None))
        for change in changes:
            number = self._change(change, "ann")
            self._change(Confirm(no=number), "ben")

    def _change(self, change: Change, by: str) -> int:
        with self.connection.transaction():
            return change_authority(self.connection, change, by, self.now())

    def session(self, name: str) -> tuple[str, dict[str, str]]:
        """Somebody signed in with whatever their roles need: the cookie's token, and the headers of a browser."""
        signed = self.identity.accept(self.identity.invite(name, "ann"), f"{PASSWORD} {name}", Origin("test"))
        if signed.next == "enrol":
            secret, _ = self.identity.offer_totp(signed.session)
            self.secrets[name] = secret
            code = pyotp.TOTP(secret).at(self.now())
            signed, _ = self.identity.confirm_totp(signed.session, code, Origin("test"))
        assert signed.next == "done", signed.next
        csrf = csrf_of(self.connection, signed.token)
        headers = {"cookie": f"tieout={signed.token}", "origin": self.base, "x-tieout-csrf": csrf}
        return signed.token, headers

    def api(self, name: str, roles: tuple[str, ...] = ()) -> httpx2.Client:
        """Somebody's client of the API, let in with these roles."""
        for role in roles:
            self.grant(name, role)
        return httpx2.Client(base_url=f"{self.base}/api/v1", headers=self.session(name)[1], timeout=60)


def planted_causes(house: House) -> dict[str, Decimal]:
    """Causes that were planted and stand open as cases, with the money that the sandbox says they hold."""
    rows = house.connection.execute(
        "select cause, source_key from tieout.cases where state = 'open'"
    ).fetchall()
    there = {(r["cause"], r["source_key"]) for r in rows}
    found: dict[str, Decimal] = {}
    for each in house.scenario.planted:
        if (each.cause, each.source_key) in there:
            found[each.cause] = found.get(each.cause, Decimal(0)) + each.amount
    return found


def misnamed(house: House, http: httpx2.Client, seconds: float = 30) -> list[str]:
    """Of what was planted: what Today or an alert does not name with its cause, its money and something to do; and
    what is named though nobody planted it."""
    truth = planted_causes(house)
    deadline = time.monotonic() + seconds
    alerts: dict[str, Any] = {}
    while set(truth) - set(alerts) and time.monotonic() < deadline:
        # The worker looks every few seconds.
        time.sleep(0.2)
        alerts = {a["cause"]: a for a in open_alerts(house.connection)}
    today = {f["cause"]: f for f in http.get("/today").json()["failed"]}
    wrong = []
    for cause, amount in truth.items():
        told, alert = today.get(cause), alerts.get(cause)
        if told is None or Decimal(told["amount"]) != amount or not told["recovery"].strip():
            wrong.append(f"Today, {cause}: {told}, planted {amount}")
        if alert is None or alert["amount"] != amount or not alert["action"].strip():
            wrong.append(f"alert, {cause}: {alert}, planted {amount}")
    named = {c for c in (*today, *alerts) if c != "close_task_late"}
    return wrong + [f"{c} was not planted" for c in sorted(named - set(truth))]
