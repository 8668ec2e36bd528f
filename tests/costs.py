"""What the files of tests cost: seconds of processor time of all that they started, PostgreSQL, browsers and orphans among it.

A plug-in of pytest, by `make test-costs` alone: each worker counts what it starts in a control group of its own, so that a busy
machine changes little of it. What it finds is kept in costs.toml, by which files begin (sharing.py) and by which a test holds what
`make test` runs to its limits (architecture/test_costs.py).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "tests" / "costs.toml"
HEAD = """# Seconds of processor time, by `make test-costs`. `now` is what `make test` runs of a file, `long` what is marked so; `tests` is
# how many functions it had. `shared` is what a whole run takes beside its tests: collecting, and each worker's PostgreSQL.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a file costs, in seconds of processor time, and how many functions of tests it had when it was measured."""

    tests: int
    now: float
    long: float


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured, by file and by name."""

    files: dict[str, Cost]
    shared: dict[str, float]

    def as_toml(self) -> str:
        lines = [HEAD, "[shared]"]
        lines += [f'"{name}" = {seconds:.1f}' for name, seconds in sorted(self.shared.items())]
        lines += ["", "[files]"]
        lines += [
            f'"{file}" = {{ tests = {c.tests}, now = {c.now:.1f}, long = {c.long:.1f} }}'
            for file, c in sorted(self.files.items())
        ]
        return "\n".join(lines) + "\n"


def recorded(path: Path = RECORD) -> Record:
    """What is kept; nothing where there is none."""
    held: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Record({f: Cost(**cost) for f, cost in held.get("files", {}).items()}, held.get("shared", {}))


def functions_in(file: str) -> int:
    """How many functions of tests a file has; 0 where there is no such file."""
    path = ROOT / file
    found = (
        re.findall(r"^ *(?:async )?def test_", path.read_text(encoding="utf-8"), re.MULTILINE)
        if path.exists()
        else []
    )
    return len(found)


def merged(
    before: Record, now: Counter[str], long: Counter[str], shared: Counter[str], whole: bool
) -> Record:
    """What was known, with what was measured in its place. Of a run of a few files what is shared says nothing."""
    files = {file: cost for file, cost in before.files.items() if (ROOT / file).exists()}
    files |= {file: Cost(functions_in(file), now[file], long[file]) for file in {*now, *long}}
    return Record(files, dict(shared) if whole else before.shared)


class Meter:
    """Counts the processor time of this process and of all that it starts, from here on."""

    def __init__(self) -> None:
        self._group, self._unit = self._place()
        for old in self._group.parent.glob("tieout-tests-*"):
            # Of an earlier run: a group of which no process is left.
            with suppress(OSError):
                old.rmdir()
        try:
            self._group.mkdir()
            (self._group / "cgroup.procs").write_text(str(os.getpid()))
        except OSError as error:
            raise pytest.UsageError(
                f"no control group can be made in {self._group.parent} ({error}): measure on Linux as root, or by "
                "`systemd-run --user --scope -p Delegate=yes make test-costs`"
            ) from error

    @staticmethod
    def _place() -> tuple[Path, str]:
        """A group of its own below the one that this process is in, of whichever version counts time; and the file that tells it."""
        where = Path("/proc/self/cgroup")
        of = {}
        for line in where.read_text().splitlines() if where.exists() else ():
            _, kinds, path = line.split(":", 2)
            of.update(dict.fromkeys(kinds.split(","), path))
        name = f"tieout-tests-{os.getpid()}"
        if "cpuacct" in of:
            return Path(f"/sys/fs/cgroup/cpuacct{of['cpuacct']}") / name, "cpuacct.usage"
        return Path(f"/sys/fs/cgroup{of.get('', '/')}") / name, "cpu.stat"

    def seconds(self) -> float:
        """How many so far."""
        text = (self._group / self._unit).read_text()
        if self._unit == "cpuacct.usage":
            return int(text) / 1e9
        return int(text.split("usage_usec ")[1].split()[0]) / 1e6


class Counting:
    """What each file cost in this process."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.long: Counter[str] = Counter()
        self.shared: Counter[str] = Counter()
        self._meter = Meter()
        # What was counted since as of something else.
        self._apart = 0.0

    def pytest_collection_finish(self) -> None:
        self.shared["collecting"] += self._meter.seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """What each process needs belongs to no file, whichever is the first."""
        before = self._meter.seconds()
        try:
            return (yield)
        finally:
            if fixturedef.argname == "server":
                took = self._meter.seconds() - before
                self.shared["PostgreSQL"] += took
                self._apart += took

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before, self._apart = self._meter.seconds(), 0.0
        try:
            return (yield)
        finally:
            into = self.long if item.get_closest_marker("long") else self.now
            into[item.nodeid.partition("::")[0]] += self._meter.seconds() - before - self._apart

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["costs"] = [dict(c) for c in (self.now, self.long, self.shared)]


class Keeping:
    """Writes down what all processes counted, once the run is over and nothing failed."""

    def __init__(self, counting: Counting | None) -> None:
        self._counting = counting
        self._found = [Counter[str](), Counter[str](), Counter[str]()]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        for total, counted in zip(
            self._found, getattr(node, "workeroutput", {}).get("costs", ()), strict=False
        ):
            total.update(counted)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._counting is not None:
            self._found = [self._counting.now, self._counting.long, self._counting.shared]
        if exitstatus == 0:
            whole = session.config.args == session.config.getini("testpaths")
            RECORD.write_text(merged(recorded(), *self._found, whole=whole).as_toml(), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    worker = hasattr(config, "workerinput")
    shares = not worker and bool(config.getoption("numprocesses", None))
    counting = None if shares else Counting()
    if counting is not None:
        config.pluginmanager.register(counting, "tieout-counting")
    if not worker:
        config.pluginmanager.register(Keeping(counting), "tieout-keeping")
