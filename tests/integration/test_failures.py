"""Rows of what failed: they end when it works, or when what they are of is there no more."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
import pytest

from tests.integration.test_process import Clock
from tieout.connector_api import TransientError
from tieout.engine import Chore, Due, Failures, Loop, Pace, Runner, Turn, Worker, forget_old_failures
from tieout.engine import worker as engine_worker
from tieout.store import Connection, Database


def rows(database: Database) -> list[tuple[str, str, int]]:
    found = database.rows("select stage, item, failures from tieout.failure order by 1, 2")
    return [(r["stage"], r["item"], r["failures"]) for r in found]


def test_a_lane_waits_longer_each_time_and_its_row_ends_when_it_works(database: Database) -> None:
    connection, clock = database.connect(autocommit=True), Clock()
    broken, tried = [True], list[datetime]()

    def act(_: Connection) -> bool:
        tried.append(clock.now())
        if broken[0]:
            raise ValueError("a defect")
        return True

    chore = Chore("chore", act)
    for _ in range(200):
        Runner(chore, clock).step(connection)
        clock.at += timedelta(seconds=1)
    waits = [(b - a).total_seconds() for a, b in itertools.pairwise(tried)]
    assert 8 <= len(tried) <= 14 and waits[-1] > 10 * waits[0] and max(waits) <= 73
    assert rows(database) == [("chore", "", len(tried))]
    broken[0] = False
    clock.at += timedelta(minutes=2)
    assert Runner(chore, clock).step(connection) and rows(database) == []
    connection.close()


def test_a_thousand_failures_in_a_row_and_more_wait_no_longer(database: Database) -> None:
    """The 1,024th overflowed, and nothing waited any more."""
    connection, clock = database.connect(autocommit=True), Clock()
    failures = Failures(connection, "chore", clock)
    for before in (1022, 1023, 1024, 10**6):
        failure = failures.failed(("",), ValueError("again"), before)
        assert timedelta(seconds=45) < failure.next_at - clock.now() < timedelta(seconds=75)
    connection.close()


def test_where_a_system_says_when_to_come_back_every_lane_that_asks_it_waits(database: Database) -> None:
    connection, clock = database.connect(autocommit=True), Clock()
    asked: list[str] = []

    class Asking:
        name, pace = "asking", Pace()

        def lanes(self, connection: Connection) -> list[Due]:
            return [Due(("a",), "shop"), Due(("b",), "shop"), Due(("c",), "bank")]

        def round(self, connection: Connection, lane: tuple[str, ...], turn: object) -> bool:
            asked.append(lane[0])
            if lane[0] == "a" and asked.count("a") == 1:
                raise TransientError("too many requests", 30.0)
            return False

    runner = Runner(Asking(), clock)
    runner.step(connection)
    clock.at += timedelta(seconds=20)
    runner.step(connection)
    assert asked == ["a", "c", "c"]
    clock.at += timedelta(seconds=11)
    runner.step(connection)
    runner.step(connection)
    assert asked == ["a", "c", "c", "a", "b", "c", "a", "b", "c"] and rows(database) == []
    connection.close()


def test_what_is_there_no_more_is_forgotten_after_a_day(database: Database) -> None:
    connection, clock = database.connect(autocommit=True), Clock()
    failures = Failures(connection, "folder", clock)
    failures.failed(("gone",), ValueError("no such file"), 0, "a.csv")
    clock.at += timedelta(hours=20)
    failures.failed(("there",), ValueError("cannot be moved"), 40)
    assert forget_old_failures(connection, clock) == 0
    clock.at += timedelta(hours=5)
    assert forget_old_failures(connection, clock) == 1
    assert rows(database) == [("folder", "", 41)]
    connection.close()


def test_a_failure_is_kept_whatever_is_in_its_words(database: Database) -> None:
    connection = database.connect(autocommit=True)
    failures = Failures(connection, "poll", Clock())
    for n, words in enumerate(("half \ud800", "nul \x00", "", "long " * 10_000)):
        failures.failed(("a", str(n)), ValueError(words), 0)
    errors = [r["error"] for r in database.rows("select error from tieout.failure order by lane")]
    assert errors[:3] == ["ValueError: half ?", "ValueError: nul ?", "ValueError"] and len(errors[3]) == 500
    connection.close()


def test_a_lane_that_failed_in_another_worker_a_moment_ago_waits_in_this_one_too(database: Database) -> None:
    first, second = database.connect(autocommit=True), database.connect(autocommit=True)
    clock, tried = Clock(), list[str]()

    class Broken:
        name, pace = "broken", Pace()

        def __init__(self, who: str) -> None:
            self.who, self.between = who, lambda: False

        def lanes(self, connection: Connection) -> list[Due]:
            # The other worker has its turn after this one has looked up what waits.
            self.between()
            return [Due(("a",))]

        def round(self, connection: Connection, lane: tuple[str, ...], turn: object) -> bool:
            tried.append(self.who)
            raise ValueError("a defect")

    other = Runner(Broken("other"), clock)
    mine = Broken("mine")
    mine.between = lambda: other.step(second)
    Runner(mine, clock).step(first)
    assert tried == ["other"] and rows(database) == [("broken", "", 1)]
    first.close()
    second.close()


def test_what_a_pace_put_off_is_made_up_for_before_the_sweep(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_worker, "SWEEP_S", 3600.0)
    first, again = threading.Event(), threading.Event()

    def act(_: Connection) -> bool:
        (again if first.is_set() else first).set()
        return False

    loop = Loop("paced", database, [Chore("paced", act, Pace(every_s=0.3))])
    loop.start()
    assert first.wait(30)
    # Too early for its pace: nothing else will wake it.
    loop.wakes.set()
    assert again.wait(30)
    loop.stopping.set()
    loop.wakes.set()
    loop.join(30)
    assert not loop.is_alive()


def test_a_round_that_hangs_is_named_and_none_other(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hang(_: Connection) -> bool:
        begun.set()
        return go_on.wait(30)

    loops = [
        Loop("quick", database, [Chore("quick", lambda _: False)]),
        Loop("slow", database, [Chore("slow", hang, lane="x")]),
    ]
    worker = Worker(database, loops)
    assert worker.hangs(0.0) == ""
    worker.start()
    assert begun.wait(30)
    assert worker.hangs(0.0) == "slow x" and worker.hangs(60.0) == ""
    go_on.set()
    worker.stop()
    assert worker.hangs(0.0) == ""


class Unlisted:
    """A stage that cannot list its lanes while it is `broken`."""

    name, pace = "unlisted", Pace()

    def __init__(self, clock: Clock) -> None:
        self.clock, self.broken, self.cuts = clock, True, False
        self.listed, self.worked = list[datetime](), 0

    def lanes(self, connection: Connection) -> list[Due]:
        self.listed.append(self.clock.now())
        if self.broken and self.cuts:
            connection.execute("select pg_terminate_backend(pg_backend_pid())")
        if self.broken:
            raise ValueError("a defect")
        return [Due(("a",))]

    def round(self, connection: Connection, lane: tuple[str, ...], turn: object) -> bool:
        self.worked += 1
        return False


@pytest.mark.parametrize("restarts", [False, True])
def test_a_stage_that_cannot_list_its_lanes_waits_longer_each_time(
    database: Database, restarts: bool
) -> None:
    connection, clock = database.connect(autocommit=True), Clock()
    stage = Unlisted(clock)
    runner = Runner(stage, clock)
    for _ in range(100):
        runner = Runner(stage, clock) if restarts else runner
        runner.step(connection)
        clock.at += timedelta(seconds=1)
    waits = [(b - a).total_seconds() for a, b in itertools.pairwise(stage.listed)]
    assert 6 <= len(stage.listed) <= 12 and waits[-1] > 10 * waits[0]
    assert rows(database) == [("unlisted", "", len(stage.listed))]
    stage.broken = False
    clock.at += timedelta(minutes=2)
    runner.step(connection)
    assert stage.worked == 1 and rows(database) == []
    # Nothing waits any more, and what fails next is the first in a row again.
    stage.broken = True
    runner.step(connection)
    assert rows(database) == [("unlisted", "", 1)]
    connection.close()


def test_a_stage_whose_listing_costs_the_connection_waits_too(database: Database) -> None:
    """Else its loop would make connections for ever, and no stage after it would have its turn."""
    clock = Clock()
    stage, lost = Unlisted(clock), 0
    stage.cuts = True
    runner = Runner(stage, clock)
    for _ in range(100):
        connection = database.connect(autocommit=True)
        try:
            runner.step(connection)
        except psycopg.Error:
            lost += 1
        connection.close()
        clock.at += timedelta(seconds=1)
    # The first is the server's; each other one is written over the next connection, a second later.
    assert lost == len(stage.listed) <= 13 and rows(database) == [("unlisted", "", lost - 1)]


class _Cutting:
    """Three lanes, of which one costs its connection so many times."""

    name, pace = "cutting", Pace()

    def __init__(self, cuts: int) -> None:
        self.cuts, self.rounds = cuts, list[str]()

    def lanes(self, connection: Connection) -> list[Due]:
        return [Due((name,)) for name in ("bad", "good", "other")]

    def round(self, connection: Connection, lane: tuple[str, ...], turn: Turn) -> bool:
        self.rounds.append(lane[0])
        if lane[0] == "bad" and self.cuts:
            self.cuts -= 1
            connection.close()
            connection.execute("select 1")
        return False


def test_a_server_that_died_once_makes_no_lane_wait(database: Database) -> None:
    """Its lane comes again in the next pass, after those that it could keep from their turn; at the second time it waits."""
    for cuts, seen, failed in (
        (1, ["bad", "good", "other", "bad"], []),
        (2, ["bad", "good", "other", "bad", "good", "other"], [("cutting", "", 1)]),
    ):
        stage, clock = _Cutting(cuts), Clock()
        runner = Runner(stage, clock)
        for _ in range(cuts + 1):
            connection = database.connect(autocommit=True)
            with suppress(psycopg.Error):
                runner.step(connection)
            connection.close()
        assert stage.rounds == seen and rows(database) == failed
