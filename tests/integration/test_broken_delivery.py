"""What one effect does to its lane where its sending fails in ways that look like the system's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.test_process import Site, row
from tests.stages import step
from tieout.connector_api import Outcome, OutcomeStatus, Sending, TransientError, UnknownOutcomeError
from tieout.delivery import DeliveryStage
from tieout.delivery.stage import MOST_LOST
from tieout.documents import ledger_lines
from tieout.store import Database


@dataclass
class Wall:
    """The machine's clock, which a test moves."""

    at: datetime = datetime(2026, 10, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Atomic:
    """A ledger that takes a set as a whole or not at all, as Odoo does; on sets that hold what is bad it fails."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        self.held: set[str] = set()
        self.sent: Counter[str] = Counter()
        self.error = error

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        self.sent.update(s.external_id for s in batch)
        if any("_bad_" in s.external_id for s in batch):
            raise self.error()
        self.held |= {s.external_id for s in batch}
        return self.look_up(batch)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        return [
            Outcome(
                s.external_id, OutcomeStatus.CONFIRMED, 1, "m",
                read_back={"lines": [[x.account, str(x.amount)] for x in ledger_lines(s.body)]},
            )
            if s.external_id in self.held
            else Outcome(s.external_id, OutcomeStatus.ABSENT)
            for s in batch
        ]  # fmt: skip


class BadLine:
    """A ledger behind a line that loses what it is sent, time after time, and then does not."""

    def __init__(self, losses: int) -> None:
        self.held: set[str] = set()
        self.left = losses

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        if self.left:
            self.left -= 1
            raise UnknownOutcomeError("the connection was cut")
        self.held |= {s.external_id for s in batch}
        return self.look_up(batch)

    look_up = Atomic.look_up


def test_a_line_that_loses_many_answers_in_a_row_makes_no_case(database: Database) -> None:
    """An invoice is a handful of calls: on a bad line each of several sendings in a row loses one."""
    site = Site(database)
    site.take(row("a"))
    site.work()
    target, wall = BadLine(12), Wall()
    stage = DeliveryStage(lambda _: target, site.clock, lambda: ["odoo"])
    with database.connect(autocommit=True) as connection:
        for _ in range(60):
            step(stage, connection, wall)
            wall.at += timedelta(minutes=4)
    assert target.left == 0 and site.states() == {"a": "posted"}
    assert not database.rows("select 1 from tieout.cases")
    assert not database.rows("select 1 from tieout.failure")


@pytest.mark.parametrize(
    "error", [lambda: UnknownOutcomeError("502"), lambda: TransientError("503", 0.0)], ids=["unknown", "busy"]
)
def test_an_effect_on_which_its_system_fails_each_time_stands_alone(
    database: Database, error: Callable[[], Exception]
) -> None:
    site = Site(database)
    site.take(*(row(k) for k in ("a_bad", *(f"good{n}" for n in range(30)))))
    site.work()
    target, wall = Atomic(error), Wall()
    stage = DeliveryStage(lambda _: target, site.clock, lambda: ["odoo"])
    connection = database.connect(autocommit=True)
    for _ in range(40):
        step(stage, connection, wall)
        # As soon as the lane goes on, and no later.
        found = connection.execute(
            "select max(next_at) as at from tieout.failure where stage = 'deliver' and item = ''"
        ).fetchone()
        wall.at = max(wall.at, found["at"] if found and found["at"] else wall.at) + timedelta(milliseconds=1)
    states = site.states()
    assert [k for k, s in states.items() if s != "posted"] == ["a_bad"], states
    for _ in range(80):
        wall.at += timedelta(minutes=4)
        step(stage, connection, wall)
    connection.close()
    assert max(n for k, n in target.sent.items() if "_bad_" not in k) <= 8
    if isinstance(error(), UnknownOutcomeError):
        assert MOST_LOST <= max(target.sent.values()) <= 2 * MOST_LOST
        assert database.rows("select cause from tieout.cases") == [{"cause": "not_taken_by_target"}]
    else:
        # Nothing happened there: it waits on, and that is shown.
        assert not database.rows("select 1 from tieout.cases")
        assert database.rows("select failures from tieout.failure where item <> ''")[0]["failures"] > 12
