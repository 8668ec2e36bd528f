"""What commits pushes: one at fault is refused alone, what is the connection's is tried again, and whatever is
raised it goes on."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.edge import Edge, stripe_event
from tieout.api import Services
from tieout.api.commit_lane import keep
from tieout.api.committer import Committer
from tieout.api.refusals import Refusals
from tieout.api.server import Application
from tieout.api.work import Done, Work
from tieout.connector_api import Item
from tieout.evidence import Entry
from tieout.rules import Release
from tieout.store import AsyncConnection, Database

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


class Failing:
    """What keeps pushes: raises what a test says, so many times, once they are written and before they are committed."""

    def __init__(self) -> None:
        self.raises: list[BaseException] = []
        self.spares = ""

    async def __call__(self, connection: AsyncConnection, interface: str, works: list[Work]) -> None:
        if not self.raises or interface == self.spares:
            await keep(connection, interface, works)
            return
        async with connection.transaction():
            await keep(connection, interface, works)
            raise self.raises.pop()


@pytest.fixture
def failing() -> Failing:
    return Failing()


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def committer(database: Database, failing: Failing, loop: asyncio.Runner) -> Iterator[Tried]:
    made = Tried(database, Refusals(60), failing)
    made.loop = loop
    yield made
    loop.run(made.stop())


class Tried(Committer):
    """With the loop that it is tried in."""

    loop: asyncio.Runner


def item(key: str, body: Any = b"{}") -> Item:
    return Item("event:x", key, f"event:{key}", body)


def commit(
    committer: Tried, items: list[Item], interfaces: tuple[str, ...] = ("stripe",), wakes: bool = True
) -> list[int]:
    """Put them as pushes of their own, in turn to each interface, so that they come as one batch; their statuses."""

    async def run() -> list[int]:
        to = itertools.cycle(interfaces)
        ends: list[asyncio.Future[Done]] = [asyncio.get_running_loop().create_future() for _ in items]
        # In one turn of the loop: what comes in it is one batch.
        for one, end in zip(items, ends, strict=True):
            committer.put(Work(next(to), [one], None, NOW, wakes, end.set_result))
        done: list[Done] = await asyncio.wait_for(asyncio.gather(*ends), 30)
        return [d.status for d in done]

    return committer.loop.run(run())


def kept(database: Database) -> set[str]:
    return {r["source_key"] for r in database.rows("select source_key from tieout.message")}


@pytest.mark.parametrize(("bad", "count"), [(1, 300), (7, 300), (300, 300), (1, 1), (1, 2)])
def test_whoever_is_at_fault_is_refused_alone(
    committer: Tried, database: Database, bad: int, count: int
) -> None:
    """A name that is none is the push's; a body of another type is nobody's data."""
    items = [item(f"k{n}") for n in range(count)]
    at = random.Random(bad).sample(range(count), bad)
    for turn, n in enumerate(at):
        items[n] = item(f"k{n}\0") if turn % 2 == 0 else item(f"k{n}", body=5)
    told = commit(committer, items)
    for n, status in enumerate(told):
        assert status == ((400 if at.index(n) % 2 == 0 else 500) if n in at else 200), n
    assert kept(database) == {f"k{n}" for n in range(count) if n not in at}


def test_many_more_than_a_stack_is_deep_at_fault(committer: Tried, database: Database) -> None:
    told = commit(committer, [item("\ud800") for _ in range(1500)] + [item("good")])
    assert told == [400] * 1500 + [200] and kept(database) == {"good"}


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("lost"), psycopg.errors.DeadlockDetected("d"), psycopg.errors.DiskFull("f"),
        psycopg.errors.UndefinedTable("t"), psycopg.InterfaceError("closed"), OSError(28, "full"), MemoryError(),
    ],
    ids=lambda e: type(e).__name__,
)  # fmt: skip
def test_what_is_the_connections_is_tried_again(
    committer: Tried, database: Database, failing: Failing, error: BaseException
) -> None:
    failing.raises = [error]
    assert commit(committer, [item("a"), item("b")]) == [503, 503]
    assert kept(database) == set()
    assert commit(committer, [item("a"), item("b")]) == [200, 200]
    assert kept(database) == {"a", "b"} and committer.ailing() == ""


def test_a_limit_that_one_row_passes_is_not_the_connections(
    committer: Tried, database: Database, failing: Failing
) -> None:
    """An index entry that is too large is an operational error by its class: its neighbours are kept at once."""
    failing.raises = [psycopg.errors.ProgramLimitExceeded("index row size")]
    assert commit(committer, [item("a"), item("b")]) == [200, 200]
    assert kept(database) == {"a", "b"}


def test_what_fails_at_its_commit_is_not_acknowledged(committer: Tried, database: Database) -> None:
    """The database says that a row is written before it says that it is committed."""
    with database.transaction() as connection:
        connection.execute("""
            create function public.too_late() returns trigger language plpgsql as $$
            begin raise exception 'not at the end'; end $$;
            create constraint trigger too_late after insert on tieout.message deferrable initially deferred
            for each row when (new.source_key like 'late%') execute function public.too_late()""")
    assert commit(committer, [item("late")]) == [400]
    assert commit(committer, [item("a"), item("late"), item("b")]) == [200, 400, 200]
    assert commit(committer, [item("c"), item("late")], ("stripe", "shop")) == [200, 400]
    assert kept(database) == {"a", "b", "c"}


def test_pushes_of_several_interfaces_are_one_transaction(
    committer: Tried, database: Database, failing: Failing
) -> None:
    failing.raises = [psycopg.OperationalError("lost")]
    failing.spares = "stripe"
    assert commit(committer, [item("a"), item("b")], ("stripe", "shop")) == [503, 503]
    assert kept(database) == set()
    assert commit(committer, [item("a"), item("b")], ("stripe", "shop")) == [200, 200]
    assert kept(database) == {"a", "b"}


def test_a_push_that_wakes_makes_its_interfaces_polls_due(committer: Tried, database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.transaction() as connection:
        connection.execute(
            "insert into tieout.poll_cursor (interface, stream, due_at, polling) values"
            " ('stripe', 'idle', %(t)s, false), ('stripe', 'polled', %(t)s, true), ('shop', 'idle', %(t)s, false)",
            {"t": later},
        )

    def cursors() -> list[tuple[Any, ...]]:
        rows = database.rows("select interface, stream, due_at, asked from tieout.poll_cursor order by 1, 2")
        return [tuple(row.values()) for row in rows]

    unasked = ("shop", "idle", later, False)
    assert commit(committer, [item("a")], wakes=False) == [200]
    assert cursors() == [unasked, ("stripe", "idle", later, False), ("stripe", "polled", later, False)]
    assert commit(committer, [item("b"), item("c")]) == [200, 200]
    assert cursors() == [unasked, ("stripe", "idle", NOW, False), ("stripe", "polled", NOW, True)]


class _Odd(BaseException):
    pass


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt(), _Odd()], ids=lambda e: type(e).__name__)
def test_whatever_is_raised_it_goes_on(
    committer: Tried, database: Database, failing: Failing, error: BaseException
) -> None:
    failing.raises = [error]
    assert commit(committer, [item("a")]) == [503]
    assert commit(committer, [item("a"), item("b")]) == [200, 200]
    assert kept(database) == {"a", "b"}


@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit()], ids=lambda e: type(e).__name__)
def test_a_task_that_died_is_started_anew(
    committer: Tried, database: Database, failing: Failing, error: BaseException
) -> None:
    """Somebody raises what ends a task: its pushes are sent again."""
    failing.raises = [error]
    assert commit(committer, [item("a")]) == [503]
    assert commit(committer, [item("a")]) == [200]
    assert committer.ailing() == "" and kept(database) == {"a"}


class Together:
    """What keeps pushes: two batches at a time, neither before the other is there."""

    def __init__(self) -> None:
        self.both = asyncio.Barrier(2)

    async def __call__(self, connection: AsyncConnection, interface: str, works: list[Work]) -> None:
        await asyncio.wait_for(self.both.wait(), 60)
        await keep(connection, interface, works)


def test_the_same_pushes_at_the_same_time_are_kept_once(database: Database, loop: asyncio.Runner) -> None:
    """Two lanes commit beside each other: who sends the same keys in another order waits for the other, and never both."""
    told: list[int] = []

    async def put() -> None:
        committer = Committer(database, Refusals(60), Together())
        for turn in range(10):
            keys = [f"k{turn}-{n:03}" for n in range(200)]
            ends: list[asyncio.Future[Done]] = []
            for order in (keys, keys[::-1]):
                for key in order:
                    ends.append(asyncio.get_running_loop().create_future())
                    committer.put(Work("stripe", [item(key)], None, NOW, True, ends[-1].set_result))
                while not any(lane.batch for lane in committer._lanes):
                    await asyncio.sleep(0)
            told.extend(d.status for d in await asyncio.wait_for(asyncio.gather(*ends), 120))
        await committer.stop()

    loop.run(put())
    assert [status for status in told if status != 200] == [] and len(told) == 4000
    assert kept(database) == {f"k{turn}-{n:03}" for turn in range(10) for n in range(200)}
    (evidence,) = database.rows("select count(*) as n from tieout.evidence where action = 'message.received'")
    assert evidence["n"] == 2000


def test_what_was_cancelled_says_so_and_is_started_anew(committer: Tried, database: Database) -> None:
    assert commit(committer, [item("a")]) == [200] and committer.ailing() == ""

    async def cancel() -> None:
        committer._tasks[0].cancel()
        await asyncio.wait(committer._tasks[:1])

    committer.loop.run(cancel())
    assert "not alive: CancelledError" in committer.ailing()
    assert commit(committer, [item("b")]) == [200] and committer.ailing() == ""
    assert kept(database) == {"a", "b"}


def test_after_its_end_pushes_are_sent_elsewhere(committer: Tried, database: Database) -> None:
    committer.loop.run(committer.stop())
    assert "not alive" in committer.ailing()
    assert commit(committer, [item("a")]) == [503] and kept(database) == set()


def test_pushes_of_a_loop_that_ended_keep_nobody_elses_waiting(committer: Tried, database: Database) -> None:
    """Each of them is kept with those of the next, or its sender was told to send it again."""
    told: dict[str, int] = {}

    async def put() -> None:
        for key in ("a", "b"):
            end = partial(lambda key, done: told.setdefault(key, done.status), key)
            committer.put(Work("stripe", [item(key)], None, NOW, True, end))

    asyncio.run(put())
    assert commit(committer, [item("c")]) == [200]
    again = {key for key, status in told.items() if status == 503}
    assert kept(database) | again == {"a", "b", "c"} and "c" not in again


def test_a_loop_that_ended_within_a_commit_leaves_a_connection_that_nobody_uses(
    committer: Tried, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute("lock table tieout.message in access exclusive mode")

        async def put() -> None:
            end = asyncio.get_running_loop().create_future()
            committer.put(Work("stripe", [item("a")], None, NOW, True, end.set_result))
            while not any(lane.batch for lane in committer._lanes):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)

        asyncio.run(put())
    assert commit(committer, [item("b"), item("a")]) == [200, 200]
    assert kept(database) == {"a", "b"}


def test_an_answer_that_breaks_is_its_pushs_alone(committer: Tried, database: Database) -> None:
    told: list[int] = []

    def breaks(done: Done) -> None:
        raise ValueError("nobody can be told")

    async def put() -> None:
        ends = [lambda d: told.append(d.status), breaks, lambda d: told.append(d.status)]
        for n, end in enumerate(ends):
            committer.put(Work("stripe", [item(f"k{n}")], None, NOW, True, end))
        while len(told) < 2:
            await asyncio.sleep(0.01)

    committer.loop.run(asyncio.wait_for(put(), 30))
    assert told == [200, 200] and kept(database) == {"k0", "k1", "k2"}


def test_health_says_that_nothing_is_committed(database: Database) -> None:
    services = Services(
        name="x", environment="test", database=database, clock=_Clock(), release=lambda: Release("0" * 64, {}, {}, {}),
        session=lambda _: None, connector_of=lambda _: None, host="127.0.0.1", port=1,  # type: ignore[arg-type,return-value]
    )  # fmt: skip
    application = Application(services)
    assert ask(application, "/healthz") == (200, b"ok")
    assert ask(application, "/readyz")[0] == 200
    asyncio.run(application.close())
    for path in ("/healthz", "/readyz"):
        status, body = ask(application, path)
        assert status == 503 and b"webhooks is not alive" in body


class _Clock:
    def now(self) -> datetime:
        return NOW


def ask(application: Callable[..., Awaitable[None]], path: str) -> tuple[int, bytes]:
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1), "scheme": "http",
        "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(application(scope, receive, send))  # type: ignore[arg-type]
    return told[0]["status"], b"".join(m.get("body", b"") for m in told[1:])


def test_counts_that_cannot_be_recorded_are_told_with_the_next(database: Database) -> None:
    refusals = Refusals(60)
    first = refusals.note("webhook.refused", "stripe", "bad", NOW, 0)
    assert first is not None
    refusals.put_back(first, 0)
    for _ in range(4):
        assert refusals.note("webhook.refused", "stripe", "bad", NOW, 1) is None
    assert refusals.due(59) == []
    (entry,) = refusals.due(60)
    assert isinstance(entry, Entry) and entry.detail["count"] == 5
    refusals.put_back(entry, 60)
    committer = Committer(database, refusals)

    async def live() -> None:
        committer.start()
        await committer.stop()

    asyncio.run(live())
    rows = database.rows("select detail::jsonb ->> 'count' as n from tieout.evidence")
    assert rows == [{"n": "5"}]


def test_reasons_are_few_however_many_there_are() -> None:
    refusals = Refusals(60)
    for n in range(1000):
        refusals.note("webhook.malformed", "stripe", f"at byte {n}\0\ud800", NOW, 0)
    (entry,) = refusals.due(60)
    assert entry.detail["count"] == 999 and len(entry.detail["counts"]) == 9
    assert entry.detail["counts"]["other reasons"] == 991
    assert "\0" not in repr(entry.detail) and "\ud800" not in "".join(entry.detail["counts"])


@pytest.mark.long
def test_a_wait_for_a_commit_ends(database: Database, tmp_path: Path) -> None:
    """Somebody holds the table: whoever pushes is told to come again, and nothing is kept twice."""
    edge = Edge(database, tmp_path, people=False, commit_s=1)
    try:
        with database.transaction() as connection:
            connection.execute("lock table tieout.message in access exclusive mode")
            told = [edge.push(stripe_event("evt_1"))]
            threads = [
                threading.Thread(target=lambda n=n: told.append(edge.push(stripe_event(f"evt_{n}"))))
                for n in range(5)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [status for status, _ in told] == [503] * 6
        deadline = time.monotonic() + 120
        while edge.push(stripe_event("evt_1"))[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert all(edge.push(stripe_event(f"evt_{n}"))[0] == 200 for n in range(5))
        assert edge.kept() == {f"stripe evt_{n}": 1 for n in range(5)}
    finally:
        edge.stop()
