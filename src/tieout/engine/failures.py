"""The rows of what failed: a lane or one of its items, how often, why, and when it is tried next.

Times are the machine's: a system that asks for a minute means a minute of its own, not of a
virtual month.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tieout.connector_api import AwayError
from tieout.engine.clock import Clock
from tieout.engine.failing import FIRST_S, LONGEST_S, asked_s, longer_s, text_of, wait_s
from tieout.store import Connection, Queries

LaneKey = tuple[str, ...]
_SQL = Queries("tieout.engine")
# Of a lane: more are neither read nor needed, as its rounds are smaller.
MOST_ITEMS = 5_000
_OLD = timedelta(days=1)
# How often a lane is looked at whose system is left alone, in seconds.
_LOOK_AGAIN_S = 10.0


@dataclass(frozen=True)
class Failure:
    """`failures` in a row until now, 0 where it waits and has not failed; nothing of it is tried before `next_at`."""

    failures: int
    next_at: datetime
    error: str


def forget_old_failures(connection: Connection, wall: Clock) -> int:
    """Forget what failed of lanes and items that are there no more (an interface taken out, a file taken away): they
    were not tried for a day; how many."""
    return connection.execute(_SQL["forget_old"], {"before": wall.now() - _OLD}).rowcount


class Failures:
    """The failures of one stage, over one connection; each write is a statement of its own."""

    def __init__(
        self,
        connection: Connection,
        stage: str,
        wall: Clock,
        between_s: tuple[float, float] = (FIRST_S, LONGEST_S),
        chance: random.Random | None = None,
    ) -> None:
        self._connection, self._stage, self._wall = connection, stage, wall
        self._between_s, self._chance = between_s, chance

    def of_lanes(self) -> dict[LaneKey, Failure]:
        """Every lane that failed and has not worked since."""
        rows = self._connection.execute(_SQL["failing_lanes"], {"stage": self._stage})
        return {tuple(r["lane"]): Failure(r["failures"], r["next_at"], r["error"]) for r in rows}

    def of_two(self, lane: LaneKey, other: LaneKey) -> dict[LaneKey, Failure]:
        """The same of two lanes, as it is now."""
        given = {"stage": self._stage, "lane": list(lane), "other": list(other)}
        rows = self._connection.execute(_SQL["failing_now"], given)
        return {tuple(r["lane"]): Failure(r["failures"], r["next_at"], r["error"]) for r in rows}

    def of_items(self, lane: LaneKey) -> dict[str, Failure]:
        """Every item of a lane that failed and has not worked since."""
        given = {"stage": self._stage, "lane": list(lane), "most": MOST_ITEMS}
        rows = self._connection.execute(_SQL["failing_items"], given)
        return {r["item"]: Failure(r["failures"], r["next_at"], r["error"]) for r in rows}

    def failed(
        self, lane: LaneKey, error: BaseException, before: int, item: str = "", with_lane: int = 0
    ) -> Failure:
        """Write that a lane, or an item of it, failed once more than `before`; when it is tried next. An item that fails
        together `with_lane`, which then has failed so often, waits for longer than that."""
        now, failures = self._wall.now(), before + 1
        wait = wait_s(failures, asked_s(error), self._between_s, self._chance)
        if with_lane:
            wait += longer_s(with_lane, self._between_s)
        next_at = now + timedelta(seconds=wait)
        words = text_of(error)
        given = {
            "stage": self._stage, "lane": list(lane), "item": item, "failures": failures,
            "error": words, "now": now, "next_at": next_at,
        }  # fmt: skip
        self._connection.execute(_SQL["failed"], given)
        return Failure(failures, next_at, words)

    def waits(self, lane: LaneKey, error: AwayError) -> Failure:
        """Write that a lane waits, as its system is left alone; until when. It has not failed for that. It is looked at every ten seconds, so
        that a window that is taken out of the project's files ends then."""
        now = self._wall.now()
        next_at = now + timedelta(seconds=min(max(error.retry_after or 0.0, FIRST_S), _LOOK_AGAIN_S))
        words = text_of(error)
        given = {"stage": self._stage, "lane": list(lane), "error": words, "now": now, "next_at": next_at}
        row = self._connection.execute(_SQL["waits"], given).fetchone()
        assert row is not None
        return Failure(row["failures"], next_at, words)

    def worked(self, lane: LaneKey, items: Collection[str] = ("",)) -> None:
        """Forget that a lane, or items of it, failed."""
        given = {"stage": self._stage, "lane": list(lane), "items": list(items)}
        self._connection.execute(_SQL["worked"], given)
