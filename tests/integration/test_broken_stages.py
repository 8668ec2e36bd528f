"""Two workers, and a worker that is told to stop: what the one knows must not undo what the other does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.test_process import Site, row
from tests.integration.test_stage_isolation import Target
from tests.stages import drain, step
from tieout.connector_api import Item, Outcome, Page, Sending, TransientError
from tieout.delivery import DeliveryStage, VerifyStage, request_verification
from tieout.engine import Due, Failures, LaneKey, Pace, Runner, SystemClock, Turn
from tieout.inbox import PollStage, poll_now, pull_again
from tieout.operations.discover import discover
from tieout.store import Connection, Database


class Two:
    """A stage of two lanes at one system; `during` happens while the first is worked."""

    name, pace = "two", Pace()

    def __init__(self) -> None:
        self.worked: list[str] = []
        self.during: Any = lambda: None
        self.down = False

    def lanes(self, connection: Connection) -> Sequence[Due]:
        return [Due(("a",), "bank"), Due(("b",), "bank")]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        if lane == ("a",):
            self.during()
            return False
        if self.down:
            raise TransientError("come back in an hour", 3600.0)
        self.worked.append(lane[0])
        return False


def test_what_another_worker_was_told_meanwhile_holds(database: Database) -> None:
    one, other = database.connect(autocommit=True), database.connect(autocommit=True)
    first, second = Two(), Two()
    second.down = True
    first.during = lambda: Runner(second).step(other)
    Runner(first).step(one)
    rows = one.execute("select lane, next_at from tieout.failure where stage = 'two'").fetchall()
    assert ["b"] in [r["lane"] for r in rows]
    assert first.worked == [], "a system was asked before the hour that it asked for was over"
    assert min(r["next_at"] for r in rows) > datetime.now(UTC) + timedelta(minutes=50)
    one.close(), other.close()


def test_a_read_back_that_is_cut_off_is_begun_again(database: Database) -> None:
    site = Site(database)
    site.take(*(row(f"k{n}") for n in range(4)))
    site.work()
    connection, target = database.connect(autocommit=True), Target()
    drain(DeliveryStage(lambda _: target, site.clock, lambda: ["odoo"]), connection)
    connection.execute(
        "insert into tieout.poll_cursor (interface, stream, due_at) values ('odoo', '#verify', '2000-01-01')"
    )
    stops: list[bool] = []
    read: list[str] = []

    class Reader:
        def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
            read.extend(s.external_id for s in batch)
            if len(batch) > 1:
                raise ValueError("a defect")
            stops.append(True)
            return target.read_back(batch, ids)

    stage = VerifyStage(lambda _: Reader(), lambda: ["odoo"], site.clock, timedelta(hours=1))  # type: ignore[arg-type, return-value]
    runner = Runner(stage)
    runner.stopping = lambda: bool(stops)
    runner.step(connection)
    assert len([r for r in set(read)]) and stops
    due = connection.execute("select due_at from tieout.poll_cursor where stream = '#verify'").fetchone()
    assert due is not None and due["due_at"] <= site.clock.now(), (
        "it counts as read back, and most of it was not"
    )
    connection.close()


@pytest.mark.parametrize("more", [False, True])
def test_what_is_to_be_pulled_again_is_while_a_poll_runs(database: Database, more: bool) -> None:
    site, other = Site(database), database.connect(autocommit=True)
    begun: list[Any] = []

    class Source:
        def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
            begun.append(cursor.get("after", "the beginning"))
            if len(begun) == 2:
                # Somebody says so while this page is on its way.
                pull_again(other, "stripe", site.clock)
            key = f"p{len(begun)}"
            return Page([Item(stream, key, key, row(key))], {"after": key}, more and len(begun) == 2)

    stage = PollStage(site.release, lambda s: discover()["stripe"], lambda s: Source(), site.clock)
    runner = Runner(stage)
    runner.step(other)
    site.clock.at += timedelta(days=1)
    runner.step(other)
    runner.step(other)
    assert begun[:3] == ["the beginning", "p1", "the beginning"], "what was asked for is forgotten"
    other.close()


def test_a_push_that_comes_while_its_stream_is_polled_is_polled_for_right_after(database: Database) -> None:
    """What it told of was perhaps on a page that was read already: it waited for the next time by the schedule."""
    site, other = Site(database), database.connect(autocommit=True)
    connection, pushes = database.connect(autocommit=True), [True, True, False, False]

    class Source:
        def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
            page = int(cursor.get("page", 0))
            if page == 0 and pushes.pop(0):
                poll_now(other, "stripe", site.clock)
                poll_now(other, "stripe", site.clock)
            return Page([], {"page": 0 if page else 1}, more=not page)

    source = Source()
    stage = PollStage(site.release, lambda _: discover()["stripe"], lambda _: source, site.clock)  # type: ignore[arg-type, return-value]
    for again in (True, True, False):
        step(stage, connection)
        (cursor,) = database.rows("select due_at, polling from tieout.poll_cursor")
        assert (cursor["due_at"] <= site.clock.now()) is again and not cursor["polling"]
    # One that comes while nothing is polled makes it due, as ever.
    poll_now(other, "stripe", site.clock)
    (cursor,) = database.rows("select due_at, asked from tieout.poll_cursor")
    assert cursor["due_at"] == site.clock.now() and not cursor["asked"]
    connection.close(), other.close()


def test_a_read_back_that_is_asked_for_while_one_runs_is_done(database: Database) -> None:
    site = Site(database)
    site.take(row("a"))
    site.work()
    connection, target = database.connect(autocommit=True), Target()
    drain(DeliveryStage(lambda _: target, site.clock, lambda: ["odoo"]), connection)
    connection.execute(
        "insert into tieout.poll_cursor (interface, stream, due_at) values ('odoo', '#verify', '-infinity')"
    )
    times: list[int] = []

    class Reader:
        def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
            times.append(len(batch))
            if len(times) == 1:
                request_verification(connection)
            return target.read_back(batch, ids)

    stage = VerifyStage(lambda _: Reader(), lambda: ["odoo"], site.clock, timedelta(hours=1))  # type: ignore[arg-type, return-value]
    for _ in range(4):
        step(stage, connection)
    assert times == [1, 1]
    connection.close()


def test_what_still_waits_is_known_however_many_failed(database: Database) -> None:
    connection = database.connect(autocommit=True)
    connection.execute(
        "insert into tieout.failure (stage, lane, item, failures, error, since, failed_at, next_at)"
        " select 'x', '{a}', 'item ' || n, 1, 'e', now(), now(), now() - interval '1 minute' from generate_series(1, 5000) n"
    )
    connection.execute(
        "insert into tieout.failure (stage, lane, item, failures, error, since, failed_at, next_at)"
        " values ('x', '{a}', 'waits', 9, 'e', now(), now(), now() + interval '1 minute')"
    )
    assert "waits" in Failures(connection, "x", SystemClock()).of_items(("a",))
    connection.close()
