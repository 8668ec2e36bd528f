"""docs/BENCHMARKS.md: every benchmark, run one after another, written down from that one run."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from benchmarks import bankfiles, intake, odoo, pipeline
from benchmarks.matching import measure


class Result(Protocol):
    """What a benchmark found."""

    def page(self) -> str:
        """Its section of docs/BENCHMARKS.md."""


class Benchmark(Protocol):
    """A module of benchmarks: its sizes, and how it is run at one."""

    FULL: Any
    TOY: Any
    run: Any


ALL: dict[str, Benchmark] = {
    "intake": intake,
    "pipeline": pipeline,
    "odoo": odoo,
    "bankfiles": bankfiles,
    "matching": measure,
}


def run(name: str, toy: bool) -> Result:
    """Run one at its full or its toy size. Raises NoAnswerError, AssertionError."""
    benchmark = ALL[name]
    found: Result = benchmark.run(benchmark.TOY if toy else benchmark.FULL)
    return found


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def written(results: Sequence[Result], toy: bool) -> str:
    """The whole page."""
    toys = "**At toy sizes: that everything runs is all that these figures say.**\n\n" if toy else ""
    sections = "\n".join(result.page() for result in results)
    return f"""# Benchmarks

`make bench` wrote this from one run on {datetime.now(UTC):%Y-%m-%d}, at revision {_revision()}, with Python {platform.python_version()} on
{os.cpu_count()} cores. Each stands beside a peer in the same run, alternating, with the ratio of their medians: read the
figures as ratios. No test asserts a time; each benchmark runs in `make test-all` at a toy size, where what it counts is held
against what must be there. Pages of the console over a large database, beside Django's admin: [console](campaigns/console.md).

{toys}{sections}"""
