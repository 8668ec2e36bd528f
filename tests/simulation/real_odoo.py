"""A month on a real Odoo whose server is killed on the way, beside the same month on the simulator: `make campaign-odoo`.

The server is a test database that the environment names (docs/ODOO.md); TIEOUT_TEST_ODOO_RESTART is a command that kills the
server without warning and starts it again. What differs between the two ledgers is written down row by row.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2

from tests.simulation.apart import odoo_apart
from tests.simulation.campaign import DOCS, revision
from tests.simulation.differing import MOST_KEPT, differing
from tests.simulation.runs import IMPATIENT, complaints, month
from tieout.operations.open_project import OpenProject
from tieout_sandbox.company import version_at
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.demo.scenarios import DemoOptions

_GIVEN = {n: os.environ.get(f"TIEOUT_TEST_ODOO_{n}", "") for n in ("URL", "DB", "KEY", "LOGIN", "RESTART")}
_PATIENCE_S = 180


class ServerDies(Demo):
    """A demo on days of which the ledger's server dies while the day is worked on, and comes back."""

    def __init__(self, options: DemoOptions, days: set[date], restart: str) -> None:
        super().__init__(options, IMPATIENT)
        self._days, self._restart = days, restart
        self._moment = random.Random(options.seed)
        self.deaths: list[str] = []

    def settle(self, project: OpenProject) -> None:
        """People wait until the server is there again before they do anything there; the product does not."""
        today = project.clock.now().date()
        killer = None
        if today in self._days:
            self._days.discard(today)
            killer = threading.Thread(target=self._kill, args=(today,))
            killer.start()
        super().settle(project)
        if killer is not None:
            killer.join()
            super().settle(project)

    def _kill(self, today: date) -> None:
        time.sleep(self._moment.uniform(0.5, 4))
        subprocess.run(["sh", "-c", self._restart], check=True, timeout=60)
        began = time.monotonic()
        while True:
            try:
                httpx2.get(f"{self.options.odoo_url}/web/login", timeout=10)
                break
            except httpx2.HTTPError:
                if time.monotonic() - began > _PATIENCE_S:
                    raise
                time.sleep(0.5)
        self.deaths.append(f"{today:%d %B}, {time.monotonic() - began:.0f} s")


def days_of(count: int) -> set[date]:
    """Days on which much is booked; the first is the one on which the books are locked."""
    return (
        {date(2026, 11, 4), *(date(2026, 10, day) for day in (9, 20, 15, 28)[: count - 1])}
        if count
        else set()
    )


def page(
    version: str, at: str, result: DemoResult, beside: DemoResult, deaths: list[str], other: list[str]
) -> str:
    """What came of it, to be committed."""
    o = result.options
    found = len(result.planted) - len(result.missed)
    wrong = complaints(result) + [f"on the simulator: {c}" for c in complaints(beside)]
    rows = len(result.held.rows) if result.held else 0
    return "\n".join([
        f"# A month on a real Odoo {version}: {o.scenario}", "",
        f"At revision {at}, on {datetime.now():%d %B %Y}, by `make campaign-odoo`: {o.orders} orders, seed {o.seed}, "
        f"{result.seconds:.0f} s.", "",
        "| what | came to |", "|---|---|",
        f"| planted faults, by Odoo's own API where a person would act | {found} of {len(result.planted)} found, {len(result.false)} false |",
        f"| money in exception | {result.amount_in_exception:.2f}, {result.amount_planted:.2f} planted |",
        f"| residuals of {len(result.rows)} tie-outs | {sum(r.proven for r in result.rows)} proven |",
        f"| what the oracle read apart and found otherwise, other companies' rows among it | {len(result.findings)} |",
        *(f"| close of {c.entity} {c.period} | {c.tasks} tasks, {len(c.open_tasks)} open, business day {c.days} |" for c in result.closed),
        f"| deaths of the server (SIGKILL), and how long it was gone | {'; '.join(deaths) or 'none'} |",
        f"| evidence | {result.entries} entries, {'verified' if result.verified else 'NOT verified'} |",
        f"| posted lines | {rows}, {len(beside.held.rows) if beside.held else 0} on the simulator |",
        f"| the ledger's hash, read apart | `{result.ledger_sha256}` |",
        f"| the simulator's | `{beside.ledger_sha256}` |",
        f"| rows that differ | {len(other)} |", "",
        *([f"- {w}" for w in wrong] or ["Nothing is wrong with either."]), "",
        *(["Rows that differ (- on the simulator alone, + on the real one alone):", "", "```", *other[:MOST_KEPT], "```", ""] if other else []),
    ])  # fmt: skip


def run(scenario: str, orders: int, seed: int, kills: int, folder: Path = DOCS) -> int:
    """Both months, and the page of them."""
    if not _GIVEN["URL"] or (kills and not _GIVEN["RESTART"]):
        print(
            "TIEOUT_TEST_ODOO_URL, _DB and _KEY name the server, TIEOUT_TEST_ODOO_RESTART kills and starts it"
        )
        return 2
    given: dict[str, Any] = dict(
        orders=orders, seed=seed, faults="none", scenario=scenario, folder=None, serve=False, kills=0, crash="",
        quiet=True, odoo_url=_GIVEN["URL"], odoo_db=_GIVEN["DB"], odoo_key=_GIVEN["KEY"],
        odoo_login=_GIVEN["LOGIN"] or "admin",
    )  # fmt: skip
    at = revision()
    played, now = version_at(_GIVEN["URL"]), datetime.now(UTC)
    version = played.series
    demo = ServerDies(DemoOptions(**given), days_of(kills), _GIVEN["RESTART"])
    result = demo.run()
    # What Odoo dates by its own day, both do on the same one.
    with odoo_apart(played, now) as apart:
        beside = month(scenario=scenario, orders=orders, seed=seed, close=True, **apart.given)
    assert result.held and beside.held
    other = differing(beside.held.lines(), result.held.lines())
    text = page(version, at, result, beside, demo.deaths, other)
    (folder / f"odoo-{version}-{scenario}.md").write_text(text)
    print(text)
    return 1 if complaints(result) or len(demo.deaths) != kills else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", choices=("distributor", "services"), default="distributor")
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=3)
    given = parser.parse_args()
    return run(given.scenario, given.orders, given.seed, given.kills)


if __name__ == "__main__":
    raise SystemExit(main())
