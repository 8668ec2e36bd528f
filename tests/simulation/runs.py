"""Whole months, run in this process with the product's processes as children."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.acceptance.commands import Warm
from tests.simulation.house import House
from tieout.engine.crash import POINTS
from tieout.operations.open_project import OpenProject
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.demo.scenarios import DemoOptions

ORDERS, SEED = 14, 5
SIZES = {"distributor": ORDERS, "services": 20}
# What died ten times in a minute is started again at once: how long it waits then is tested by itself
# (tests/unit/bootstrap/test_patience.py), and a month only stands still meanwhile.
IMPATIENT = partial(Warm, longest_wait_s=0.3)


class DoneTwice(Demo):
    """A demo whose people do everything once more at once: as whoever does who saw the line to the database die at the commit, and
    does not know what became of it. Where that strikes is chance; that it changes nothing is seen of every act."""

    @staticmethod
    def insist(project: OpenProject, act: Callable[[Any], object]) -> None:
        for _ in range(2):
            Demo.insist(project, act)


def month(**changes: Any) -> DemoResult:
    """One month; defaults are a small one without faults. Where processes die, people do everything twice."""
    given: dict[str, Any] = dict(
        orders=ORDERS, seed=SEED, faults="none", scenario="distributor", folder=None, serve=False,
        kills=0, crash="", quiet=True, close=False,
    )  # fmt: skip
    options = DemoOptions(**{**given, **changes})
    return (DoneTwice if options.kills or options.crash else Demo)(options, IMPATIENT).run()


class Kept:
    """What months came to, so that each runs once: in this process, and in all processes of one run of the tests where they
    share a `folder`."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._known: dict[str, DemoResult] = {}

    @contextmanager
    def _alone(self, name: str) -> Iterator[Path | None]:
        """Whoever wants the same one waits meanwhile."""
        if self.folder is None:
            yield None
            return
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.folder / f"{name}.month"

    def find(self, name: str, play: Callable[[], DemoResult]) -> DemoResult:
        """The month of this name; it is played where nobody has played it."""
        if name not in self._known:
            with self._alone(name) as path:
                if path is not None and path.exists():
                    self._known[name] = pickle.loads(path.read_bytes())
                else:
                    self._keep(name, path, play())
        return self._known[name]

    def stay(self, name: str, play: Callable[[], House]) -> House:
        """One that is played in any case; it is the month of this name if there was none."""
        with self._alone(name) as path:
            house = play()
            self._keep(name, path, house.result)
        return house

    def _keep(self, name: str, path: Path | None, result: DemoResult) -> None:
        # A copy: what is planted into a project that stays is not what its month came to.
        kept = pickle.dumps(result)
        self._known[name] = pickle.loads(kept)
        if path is not None:
            path.write_bytes(kept)


KEPT = Kept()


def staying(folder: Path, scenario: str = "distributor") -> House:
    """A project that stays after its quiet month, which is the one that the others are held against."""
    return KEPT.stay(
        f"quiet-{scenario}", lambda: House(folder, scenario, orders=SIZES[scenario], seed=SEED, rerun=True)
    )


def quiet_month(scenario: str = "distributor") -> DemoResult:
    """The month that the others are held against, everything pulled and replayed again at its end."""
    return KEPT.find(
        f"quiet-{scenario}", lambda: month(scenario=scenario, orders=SIZES[scenario], rerun=True)
    )


# How each company's disturbed month is disturbed. The distributor's processes die at every named point, each death arming the
# next one's, so that nobody kills one at random before it comes to its point; the services company's are killed at random.
DISTURBED: dict[str, dict[str, Any]] = {
    "distributor": {"faults": "heavy", "crash": ",".join(f"{name}:2" for name in POINTS)},
    "services": {"faults": "light", "kills": 3},
}


def disturbed_month(scenario: str) -> DemoResult:
    """The same month under faults, in which processes die; October is closed at its end."""
    return KEPT.find(
        f"disturbed-{scenario}",
        lambda: month(scenario=scenario, orders=SIZES[scenario], close=True, **DISTURBED[scenario]),
    )


def remembered(scenario: str = "distributor", **changes: Any) -> DemoResult:
    """A month; the quiet one is what ran already, and one that is disturbed by no more than the disturbed one is that one, so
    that each campaign costs no month of its own where all run."""
    changes = {k: v for k, v in changes.items() if {"orders": SIZES[scenario], "seed": SEED}.get(k) != v}
    if not changes:
        return quiet_month(scenario)
    if changes.items() <= DISTURBED[scenario].items():
        return disturbed_month(scenario)
    return month(scenario=scenario, **changes)


def complaints(result: DemoResult) -> list[str]:
    """Everything that is not as it must be."""
    found = [f"oracle {f.check}: {f.detail}" for f in result.findings]
    found += [f"{r.interface} {r.period} {r.currency}: residual {r.residual}, gap {r.ledger_gap}"
              for r in result.rows if not r.proven]  # fmt: skip
    found += [f"{r.interface} {r.period} {r.currency}: {r.residual} between it and the ledger's own month"
              for r in result.months if r.residual or r.unexplained]  # fmt: skip
    found += [
        f"account {r.account} {r.period} {r.currency}: {r.residual} of nobody"
        for r in result.accounts
        if r.residual
    ]
    found += [f"missed {p.cause} {p.source_key}" for p in result.missed]
    found += [f"false {f['cause']} {f['source_key']}: {f['detail']}" for f in result.false]
    if result.amount_planted != result.amount_in_exception:
        found.append(f"{result.amount_in_exception} in exception, {result.amount_planted} planted")
    if not result.verified:
        found.append("evidence does not verify")
    for c in result.closed:
        found += [f"{c.entity} not closed: {why}" for why in c.open_tasks]
        if not c.good:
            found.append(f"{c.entity}: revoked {c.revoked}, touched {c.touched}, days {c.days}")
    return found
