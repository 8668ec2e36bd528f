"""Whole months, run in this process with the product's processes as children."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from tieout.bootstrap.supervisor import Supervisor
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.demo.scenarios import DemoOptions

ORDERS, SEED = 14, 5
# What died ten times in a minute is started again at once: how long it waits then is tested by itself
# (tests/unit/bootstrap/test_patience.py), and a month only stands still meanwhile.
IMPATIENT = partial(Supervisor, longest_wait_s=0.3)


def month(**changes: Any) -> DemoResult:
    """One month; defaults are a small one without faults."""
    given: dict[str, Any] = dict(
        orders=ORDERS, seed=SEED, faults="none", scenario="distributor", folder=None, serve=False,
        kills=0, crash="", quiet=True, close=False,
    )  # fmt: skip
    return Demo(DemoOptions(**{**given, **changes}), IMPATIENT).run()


@cache
def quiet_month() -> DemoResult:
    """The month that the others are held against."""
    return month(rerun=True, close=True)


def remembered(**changes: Any) -> DemoResult:
    """A month; the quiet one that the others are held against runs once a process, whoever asks for it."""
    return quiet_month() if changes.items() <= {"orders": ORDERS, "seed": SEED}.items() else month(**changes)


def complaints(result: DemoResult) -> list[str]:
    """Everything that is not as it must be."""
    found = [f"oracle {f.check}: {f.detail}" for f in result.findings]
    found += [f"{r.interface} {r.period} {r.currency}: residual {r.residual}, gap {r.ledger_gap}"
              for r in result.rows if not r.proven]  # fmt: skip
    found += [f"missed {p.cause} {p.source_key}" for p in result.missed]
    found += [f"false {f['cause']} {f['source_key']}" for f in result.false]
    if result.amount_planted != result.amount_in_exception:
        found.append(f"{result.amount_in_exception} in exception, {result.amount_planted} planted")
    if not result.verified:
        found.append("evidence does not verify")
    for c in result.closed:
        found += [f"{c.entity} not closed: {why}" for why in c.open_tasks]
        if not c.good:
            found.append(f"{c.entity}: revoked {c.revoked}, touched {c.touched}, days {c.days}")
    return found
