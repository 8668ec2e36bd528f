"""What is not asked since it was declared so waits, and has not failed: no count, no alert, no case, and it is shown with its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.test_process import Clock
from tests.stages import step
from tieout.alerting import find_alerts
from tieout.api.status import read_status
from tieout.api.waits import read_waits
from tieout.connector_api import AwayError, Page, TransientError
from tieout.engine import Due, LaneKey, Pace, Runner, Turn
from tieout.inbox import PollStage
from tieout.operations.discover import discover
from tieout.rules import Entity, Interface, Release
from tieout.store import Connection, Database

NOW = datetime(2026, 12, 6, 4, 30, tzinfo=UTC)
SHOP = Interface("shop", "shopify", "US", ("orders",), "sales", "order to cash")
RELEASE = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {"shop": SHOP}, {})
WORDS = (
    "shopify waits for its next day until 2026-12-07 00:00 UTC: what may be asked of it a day (9) is spent"
)


def away(asked_s: float = 3600.0) -> AwayError:
    return AwayError(WORDS, NOW + timedelta(hours=19, minutes=30), asked_s)


class Asking:
    """Two lanes that ask one system, with an item each."""

    name, pace = "poll", Pace()

    def __init__(self, errors: list[Exception | None]) -> None:
        self.errors, self.asked = errors, list[str]()

    def lanes(self, connection: Connection) -> Sequence[Due]:
        return [Due(("shop", "a"), "shopify"), Due(("shop", "b"), "shopify")]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        self.asked.append(lane[1])
        error = self.errors.pop(0) if self.errors else None

        def act(item: str) -> bool:
            if error is not None:
                raise error
            return True

        return turn.each(["x"], lambda x: x, act)


def rows(database: Database) -> list[tuple[str, str, int, timedelta]]:
    found = database.rows("select lane, item, failures, next_at from tieout.failure order by lane, item")
    return [(r["lane"][-1], r["item"], r["failures"], r["next_at"] - NOW) for r in found]


@pytest.mark.parametrize(("asked_s", "wait_s"), [(3600.0, 10.0), (4.0, 4.0), (0.0, 0.05)])
def test_a_lane_waits_without_having_failed_and_its_system_is_not_asked_by_another(
    asked_s: float, wait_s: float, database: Database
) -> None:
    """It is looked at again every ten seconds: a window may be taken out of the files."""
    connection, clock = database.connect(autocommit=True), Clock(NOW)
    stage = Asking([away(asked_s)])
    runner = Runner(stage, clock)
    runner.step(connection)
    assert stage.asked == ["a"]
    assert rows(database) == [("a", "", 0, timedelta(seconds=wait_s))]
    runner.step(connection)
    # The other lane, whose system nobody said of that it waits any more, may look: that asks nobody.
    assert stage.asked == ["a", "b"]
    clock.at = NOW + timedelta(seconds=11)
    runner.step(connection)
    assert rows(database) == [], "what works again is forgotten"
    connection.close()


def test_what_failed_before_stays_counted_and_no_more(database: Database) -> None:
    connection, clock = database.connect(autocommit=True), Clock(NOW)
    stage = Asking([TransientError("down"), None, away(), away(), TransientError("down"), None])
    runner = Runner(stage, clock)
    counts = []
    for number in range(4):
        runner.step(connection)
        if number < 3:
            assert not [r for r in rows(database) if r[1]], "no item waits by itself for that"
        counts += [r[2] for r in rows(database) if r[0] == "a" and not r[1]]
        clock.at += timedelta(minutes=1)
    assert counts == [1, 1, 1, 2]
    connection.close()


def test_it_is_shown_with_its_end_and_nobody_is_alerted(database: Database) -> None:
    connection = database.connect(autocommit=True)

    class Source:
        def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
            raise away()

    stage = PollStage(lambda: RELEASE, lambda s: discover()["shopify"], lambda s: Source(), Clock(NOW))
    for _ in range(20):
        step(stage, connection)
        connection.execute("update tieout.failure set next_at = now() - interval '1 second'")
    assert find_alerts(connection, RELEASE, NOW + timedelta(days=3)) == []
    status = read_status(database, RELEASE)
    (flow,) = status.flows
    assert (flow["waits"], flow["last_error"], status.waits) == (WORDS, "", [WORDS])
    assert read_waits(connection, RELEASE, entities=["US"]) == [WORDS]
    assert read_waits(connection, RELEASE, entities=[]) == []
    said = status.of(frozenset(["US"]), RELEASE)
    assert said.waits == [WORDS] and status.of(frozenset(["DE"]), RELEASE).waits == []
    # Somebody who does not look at it any more (it was paused) does not wait for that.
    connection.execute("update tieout.failure set next_at = now() - interval '2 minutes'")
    assert read_status(database, RELEASE).waits == []
    connection.close()


def test_a_system_within_a_window_is_shown_before_anybody_asks_it(database: Database) -> None:
    def away_of(system: str) -> str:
        return "odoo waits for the window until 06:00" if system == "odoo" else ""

    status = read_status(database, RELEASE, away_of)
    assert status.waits == ["odoo waits for the window until 06:00"]
    with database.transaction() as connection:
        assert read_waits(connection, RELEASE, away_of, ["DE"]) == []
