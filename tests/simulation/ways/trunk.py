"""One month a company, and of each of its days as many copies as there are ways to be planted on it.

A copy is the process itself (fork), which holds the simulators, with the database as a PostgreSQL template and the folders beside it.
The month is played once, to its end, and looked at: nothing is planted in it, and it must close (the control). What is planted before the
end grows in copies of its day, which wait until then; a copy plays what is left of the month.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import psycopg

from tests.databases import STRATEGY
from tests.simulation.ways.apart import Apart
from tests.simulation.ways.books import OCTOBER, Books
from tests.simulation.ways.way import Outcome, Told, Way, held_against, look, play
from tieout_sandbox.month import LOCK_ON

# A small month has of everything one, and is a month all the same.
ORDERS = {"distributor": 6, "services": 5}
_LONGEST_S = 900
_T = TypeVar("_T")


@dataclass
class Played:
    """What became of a company's month without any way; `control` is what kept it open: nothing. `texts` are all that its close says."""

    company: str
    control: list[str] = field(default_factory=list)
    control_s: float = 0.0
    texts: list[str] = field(default_factory=list)


class Trunk:
    """The month of a company. `server_dsn` is its server's owner, `folder` where it lives."""

    def __init__(self, company: str, folder: Path, server_dsn: str) -> None:
        self._folder, self._dsn = folder, server_dsn
        self._name = f"trunk_{company}_{os.getpid()}"
        self._sql(f"drop database if exists {self._name}", f"create database {self._name}")
        given = psycopg.conninfo.conninfo_to_dict(server_dsn)
        dsn = psycopg.conninfo.make_conninfo("", **{**given, "dbname": self._name})
        self._company = company
        self.books = Books(company, ORDERS[company], folder / "live", dsn)

    def run(self, ways: Sequence[Way]) -> Iterator[Outcome | Played]:
        """What becomes of the month itself where nothing is planted, then outcomes as they come."""
        started = time.monotonic()
        # By the day of the lock everything of October is here.
        days = [d for d in self.books.month.days() if d <= LOCK_ON]
        waiting = []
        for at, day in enumerate(days):
            if some := [w for w in ways if w.on == day]:
                waiting.append(self._waiting(some, days[at:], f"day{at}"))
            self.books.play([day])
        (played,) = self._each([self._as_it_is], "control")
        yield replace(played, control_s=time.monotonic() - started)
        for outcome in self._planted(ways, waiting):
            yield held_against(outcome, played.texts)

    def _planted(self, ways: Sequence[Way], waiting: Sequence[Apart[Outcome]]) -> Iterator[Outcome]:
        yield from self._copies([w for w in ways if w.on is None and not w.signed], [])
        if signed := [w for w in ways if w.signed]:
            self.books.close()
            yield from self._copies(signed, [])
        self.books.let_go()
        for each in waiting:
            yield from each.go()
        self.books.take_up()

    def _as_it_is(self) -> Played:
        """The month itself, once two people signed all that lets itself be signed: nothing keeps it open."""
        self.books.close()
        texts, found = list[str](), list[str]()
        for entity in self.books.scenario.entities:
            for s in self.books.state(entity=entity).tasks:
                texts.append(f"{s.task.name}: {s.finding.why}")
                if s.state != "signed":
                    found.append(f"{entity} {texts[-1]}")
        texts += [t for t in look(self.books, OCTOBER)[1] if t not in texts]
        return Played(self._company, found, texts=texts)

    def stop(self) -> None:
        """Nothing of it is left."""
        self.books.let_go()
        self._sql(f"drop database if exists {self._name} with (force)")

    def _copies(self, ways: Sequence[Way], rest: list[date]) -> Iterator[Outcome]:
        """A copy for each thing that is planted: whatever is tried with one and the same is tried in copies of that one."""
        groups: dict[Callable[[Books], Told], list[Way]] = {}
        for way in ways:
            groups.setdefault(way.act, []).append(way)
        for found in self._each([partial(self._grown, some, rest) for some in groups.values()], "kept"):
            yield from found

    def _grown(self, ways: Sequence[Way], rest: list[date]) -> list[Outcome]:
        """What is planted grows until the month's end; then each way has a copy of it."""
        started = time.monotonic()
        try:
            told = ways[0].act(self.books)
            if rest:
                self.books.play(rest)
            self.books.settle()
        except Exception:  # noqa: BLE001 - said of each of them
            return [Outcome(w.name, False, "", None, error=traceback.format_exc()[-4000:]) for w in ways]
        grown_s = (time.monotonic() - started) / len(ways)
        tries = [partial(_tried, way, self.books, told) for way in ways]
        found = [tries[0]()] if len(ways) == 1 else list(self._each(tries, "grown"))
        return [replace(x, seconds=x.seconds + grown_s) for x in found]

    def _waiting(self, ways: Sequence[Way], rest: list[date], name: str) -> Apart[Outcome]:
        """A copy of the month as it stands now, which waits; told to go, it says what becomes of some ways."""
        self.books.let_go()
        kept, folder, live = f"{self._name}_{name}", self._folder / name, self._folder / "live"
        self._copy_database(self._name, kept)
        shutil.copytree(live, folder, symlinks=True)

        def act() -> Iterator[Outcome]:
            self._put_back(kept, folder)
            self.books.take_up()
            yield from self._copies(ways, rest)
            self.books.let_go()
            self._sql(f"drop database {kept}")

        made = Apart(act)
        self.books.take_up()
        return made

    def _each(self, acts: Sequence[Callable[[], _T]], name: str) -> Iterator[_T]:
        """What each of `acts` says, done in a copy of what is here now; everything is as it was afterwards."""
        if not acts:
            return
        self.books.let_go()
        kept, folder, live = f"{self._name}_{name}", self._folder / name, self._folder / "live"
        self._copy_database(self._name, kept)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(live, folder, symlinks=True)
        for act in acts:
            yield self._apart(act, self._folder / f"{name}.said")
            self._put_back(kept, folder)
        self._sql(f"drop database {kept}")
        self.books.take_up()

    def _apart(self, act: Callable[[], _T], path: Path) -> _T:
        """What `act` says in a process of its own, which is this one as it stands now."""
        path.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            signal.alarm(_LONGEST_S)
            self.books.take_up()
            path.write_bytes(pickle.dumps(act()))
            os._exit(0)
        os.waitpid(child, 0)
        found: _T = pickle.loads(path.read_bytes())
        return found

    def _put_back(self, kept: str, folder: Path) -> None:
        live = self._folder / "live"
        self._copy_database(kept, self._name)
        shutil.rmtree(live)
        shutil.copytree(folder, live, symlinks=True)

    def _copy_database(self, source: str, target: str) -> None:
        self._sql(
            f"drop database if exists {target} with (force)",
            f"create database {target} template {source} {STRATEGY}",
        )

    def _sql(self, *statements: str) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def _tried(way: Way, books: Books, told: Told) -> Outcome:
    started = time.monotonic()
    try:
        found = play(way, books, told)
    except Exception:  # noqa: BLE001 - said by whoever asked
        found = Outcome(way.name, False, "", told, error=traceback.format_exc()[-4000:])
    return replace(found, seconds=time.monotonic() - started)
