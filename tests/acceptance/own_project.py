"""A project of one's own, begun alone: simulated systems that are nobody's sandbox, `tieout up`, and the way through the wizard in a real
browser. The journey's test walks it, and a script counts its time and clicks."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
from playwright.sync_api import Page, expect

from tieout_sandbox import Month, World
from tieout_sandbox.company import Administrator, Company
from tieout_sandbox.month import FIRST
from tieout_sandbox.ports import free_port

PASSWORD = "five words that nobody guesses"
ORDERS, DAYS = 20, 6


@dataclass
class Outside:
    """The systems of a company whose month has begun, in whose Odoo people have worked for a while."""

    world: World
    admin: Administrator
    company: Company
    month: Month

    def entry(self) -> None:
        """Somebody posts an entry by hand: the company's books are empty no more."""
        context = {"allowed_company_ids": [self.company.id]}
        accounts = {
            r["code"]: r["id"]
            for r in self.admin.call(
                "account.account", "search_read", domain=[["code", "in", ["101511", "301000"]]], fields=["code"],
                context=context,
            )
        }  # fmt: skip
        journal = self.admin.call(
            "account.journal", "search_read", domain=[["code", "=", "MISC"]], fields=["code"], context=context
        )[0]["id"]
        lines = [
            [0, 0, {"account_id": accounts["101511"], "debit": 1000.0, "credit": 0.0}],
            [0, 0, {"account_id": accounts["301000"], "debit": 0.0, "credit": 1000.0}],
        ]
        vals = {"move_type": "entry", "date": "2026-09-30", "journal_id": journal, "line_ids": lines}
        made = self.admin.call("account.move", "create", vals_list=[vals], context=context)
        self.admin.call("account.move", "action_post", ids=made, context=context)

    def posted(self) -> int:
        """How many posted entries stand in the company's books."""
        domain = [["state", "=", "posted"], ["company_id", "=", self.company.id]]
        return len(self.admin.rows("account.move", domain, ["name"], self.company.id))


@contextmanager
def outside(folder: Path) -> Iterator[Outside]:
    """Simulated systems with the first days of a month in them."""
    world = World(folder, seed=1)
    world.start()
    admin = Administrator(world.url("odoo"), world.odoo.database, world.odoo.service.make_key(2))
    company = admin.set_up("Meridian Supply", FIRST)
    month = Month(world, ORDERS)
    month.admin, month.company_id = admin, company.id
    for day in (FIRST + timedelta(days=n) for n in range(DAYS)):
        month.play_day(day)
    try:
        yield Outside(world, admin, company, month)
    finally:
        admin.close()
        world.stop()


@contextmanager
def begun(folder: Path, world: World, environment: str = "test") -> Iterator[str]:
    """`tieout init` and `tieout up` in a folder, at the world's time; the link that it printed."""
    words = [
        sys.executable,
        "-m",
        "tieout",
        "init",
        str(folder),
        "--environment",
        environment,
        "--name",
        "Own",
    ]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    text = (folder / "tieout.toml").read_text()
    text = text.replace("port = 8080", f"port = {free_port()}")
    # The simulators are at addresses of this machine, and live at a time of their own.
    text = text.replace("private = []", 'private = ["127.0.0.0/8"]')
    text += f'\n[clock]\nfile = "{os.path.relpath(world.folder / "clock", folder)}"\n'
    (folder / "tieout.toml").write_text(text)
    with running(folder) as link:
        yield link


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """`tieout up` in a folder; the link that it printed, "" where people were let in already."""
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "up", "--dir", str(folder)],
            stderr=file, stdout=file, env={**os.environ, "COLUMNS": "400"},
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while "Tieout is up" not in log.read_text():
        assert time.monotonic() < deadline and process.poll() is None, log.read_text()
        time.sleep(0.1)
    time.sleep(0.3)
    found = re.search(r"http://localhost:\d+/welcome#\S+", log.read_text())
    try:
        yield found[0] if found else ""
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()


@dataclass
class Walker:
    """Somebody who walks through the wizard in a browser; what they press and choose is counted. `look` is shown each page on the
    way."""

    page: Page
    clicks: int = 0
    look: Any = None
    seen: list[str] = field(default_factory=list)

    def press(self, name: str, exact: bool = True) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.clicks += 1

    def follow(self, name: str) -> None:
        """Follow a link."""
        self.page.get_by_role("link", name=name, exact=True).first.click()
        self.clicks += 1

    def fill(self, where: str, text: str) -> None:
        """Type into a field: a click to get there."""
        self.page.locator(where).fill(text)
        self.clicks += 1

    def stands(self, step: str) -> None:
        """Wait until a step's page is there, and let it be looked at."""
        expect(self.page).to_have_url(re.compile(rf"/set-up/{step}(\?|#|$)"), timeout=20_000)
        expect(self.page.locator("h1")).to_have_text("Set up")
        self.seen.append(step)
        if self.look is not None:
            self.look(self.page, step)

    # the way

    def get_in(self, link: str) -> None:
        """The first administrator, with both factors."""
        self.page.goto(link)
        self.fill("#name", "ann")
        self.fill("#password", PASSWORD)
        self.fill("#again", PASSWORD)
        self.press("Continue")
        secret = self.page.locator("#secret")
        expect(secret).not_to_be_empty()
        self.fill("#first-code", pyotp.TOTP(secret.inner_text().replace(" ", "")).now())
        self.press("Set it up")
        self.press("I have kept them")

    def take_roles(self) -> None:
        self.stands("roles")
        self.press("Give yourself this role")

    def connect_odoo(self, out: Outside) -> None:
        self.stands("odoo")
        self.fill("#set-url", out.world.url("odoo"))
        self.fill("#set-key", out.company.key)
        self.fill("#set-database", out.world.odoo.database)
        self.press("Test and connect")

    def enter_company(self, code: str) -> None:
        self.stands("company")
        self.fill("[name=code]", code)
        self.fill("[name=time_zone]", "America/New_York")
        self.press("Make it an entity")
        expect(self.page.locator(".badge.good")).to_contain_text(f"entity {code}")
        self.follow("Go on")

    def pick_accounts(self) -> None:
        self.stands("accounts")
        self.press("Take these accounts")

    def connect_stripe(self, out: Outside) -> None:
        self.stands("source")
        self.page.get_by_label("What is it").select_option("stripe")
        self.clicks += 1
        self.press("Choose")
        self.fill("#set-url", out.world.url("stripe"))
        self.fill("#set-key", out.world.secrets["stripe_key"])
        self.press("Test and connect")

    def read_it(self) -> None:
        self.stands("interface")
        self.press("Begin to read it")

    def prove(self, month: str) -> None:
        self.stands("figure")
        expect(self.page.locator("#figure")).to_contain_text("documents were read", timeout=60_000)
        # What was read a moment ago is taken in first: a figure is of what stands.
        self.page.wait_for_timeout(1500)
        self.fill("[name=period]", month)
        self.press("Prove this month")
        expect(self.page.locator("#figure table")).to_contain_text("proven", timeout=60_000)


def whole_way(walker: Walker, link: str, out: Outside) -> None:
    """From the printed link to the first figure."""
    walker.get_in(link)
    walker.take_roles()
    walker.connect_odoo(out)
    walker.enter_company("US")
    walker.pick_accounts()
    walker.connect_stripe(out)
    walker.read_it()
    walker.prove("2026-10")


CHROMIUM = shutil.which("chromium")
