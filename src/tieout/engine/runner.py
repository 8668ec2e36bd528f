"""The Runner: the one place that works lanes off.

A stage says which lanes have work and what a round of one lane is; the Runner does the rest: one worker
at a time on a lane, no lane that keeps another from its turn, waits that are rows, sets that are halved
until what is at fault stands alone, an end between two rounds when the process is told to stop.

Words: an *item* is the smallest thing that can fail by itself; a *round* is one turn of a lane; a
failure is the item's, or the lane's where no item can be at fault (see `failing.is_of_batch`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import psycopg

from tieout.connector_api import AwayError
from tieout.engine.clock import Clock, SystemClock
from tieout.engine.failing import FIRST_S, LONGEST_S, asked_s, is_of_batch, text_of
from tieout.engine.failures import Failure, Failures, LaneKey
from tieout.engine.lanes import Lane
from tieout.engine.turn import Turn
from tieout.observe import get_logger
from tieout.store import Connection

_log = get_logger(__name__)
# The lane of a stage that could not list its lanes.
_WHOLE: LaneKey = ()


@dataclass(frozen=True)
class Pace:
    """How often a stage looks: at most each `every_s` seconds, and for no more than a `share` of the time. What failed
    waits for `first_s` seconds at first and `longest_s` at last."""

    every_s: float = 0.0
    share: float = 1.0
    first_s: float = FIRST_S
    longest_s: float = LONGEST_S


@dataclass(frozen=True)
class Due:
    """A lane that may have work now. `asks` is the system that its rounds ask: where that says when to come back,
    every lane of the stage that asks it waits."""

    lane: LaneKey
    asks: str = ""

    @property
    def system(self) -> LaneKey:
        """The lane under which the system's word is kept; no lane of work has an empty first name and a second."""
        return ("", self.asks)


class Stage(Protocol):
    """What the Runner runs. `name` is in the lock of each of its lanes and in the rows of what failed."""

    name: str
    pace: Pace

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """The lanes that may have work now, the most urgent first."""
        ...

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """One turn of a lane, which nobody else works meanwhile; True where something moved. Whatever it raises is
        the lane's, which then waits; what goes through `turn` is isolated item by item."""
        ...


class Chore:
    """A stage of one lane with nothing in it to isolate."""

    def __init__(
        self, name: str, act: Callable[[Connection], bool], pace: Pace = Pace(), lane: str = ""
    ) -> None:
        self.name, self._act, self.pace, self._lane = name, act, pace, (lane,)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """Its one lane."""
        return (Due(self._lane),)

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Does it once; True where something moved."""
        return self._act(connection)


def _never() -> bool:
    return False


class Runner:
    """Runs one stage: `step` is a worker's step. `wall` is the machine's clock."""

    def __init__(self, stage: Stage, wall: Clock | None = None) -> None:
        self.stage, self._wall = stage, wall or SystemClock()
        self.stopping: Callable[[], bool] = _never
        self._not_before = 0.0
        # Somebody wanted a pass, and the stage's pace put it off.
        self._owed = False
        # The lane at work, and since when by the machine's monotonic clock.
        self._at: tuple[LaneKey, float] | None = None
        # The lane at which the line to the database was lost: whatever the reason, the others have their turn first.
        self._cut: tuple[LaneKey, Exception] | None = None
        # Those at which it was lost once: as a rule the server died, and they are tried again in the same pass, as the last.
        self._suspects: set[LaneKey] = set()
        # The stage's own failure, which is that it could not list its lanes; read once, then kept.
        self._whole: Failure | None = None
        self._begun = False

    @property
    def name(self) -> str:
        """Its stage's name."""
        return self.stage.name

    def hangs(self, most_s: float) -> str:
        """The lane whose round is under way for more than `most_s` seconds by now, in words; "" for none. May be asked from
        another thread."""
        at = self._at
        if at is None or time.monotonic() - at[1] < most_s:
            return ""
        return f"{self.name} {' '.join(at[0])}".strip()

    def owed_s(self) -> float | None:
        """Seconds until a pass that its pace put off may be made; None where none was."""
        return max(self._not_before - time.monotonic(), 0.0) if self._owed else None

    def step(self, connection: Connection) -> bool:
        """A round of every lane that has work and does not wait; True where something moved.

        Raises psycopg.Error where the line to the database is lost, and nothing else.
        """
        started = time.monotonic()
        self._owed = started < self._not_before
        if self._owed:
            return False
        worked = self._rounds(connection)
        pace, took = self.stage.pace, time.monotonic() - started
        self._not_before = started + max(pace.every_s, took / pace.share if pace.share < 1 else 0.0)
        return worked

    def _rounds(self, connection: Connection) -> bool:
        pace = self.stage.pace
        failures = Failures(connection, self.name, self._wall, (pace.first_s, pace.longest_s))
        if self._cut is not None:
            self._was_cut(*self._cut, failures)
            self._cut = None
        lanes = self._lanes(connection, failures)
        self._suspects &= {_WHOLE, *(due.lane for due in lanes)}
        lanes = sorted(lanes, key=lambda due: due.lane in self._suspects)
        # Read to leave alone what waits: where nothing or one lane is due, what is read of that with its lock is enough.
        known = failures.of_lanes() if len(lanes) > 1 else {}
        worked = False
        for due in lanes:
            if self.stopping():
                break
            if self._held_back(due, known):
                continue
            lock = Lane(connection, self.name, *due.lane)
            if not lock.take():
                continue
            try:
                # Another worker may have failed at it, or mended it, since all of them were read.
                for key in (due.lane, due.system):
                    known.pop(key, None)
                known |= failures.of_two(due.lane, due.system)
                if not self._held_back(due, known):
                    worked = self._round(connection, due, failures, known) or worked
            finally:
                if not connection.closed:
                    lock.free()
        return worked

    def _was_cut(self, lane: LaneKey, error: Exception, failures: Failures) -> None:
        """A lane at which the line is lost twice without a round between has failed; once is the server's matter."""
        if lane not in self._suspects:
            self._suspects.add(lane)
            return
        failed = failures.failed(lane, error, _count(failures.of_two(lane, lane).get(lane)))
        if lane == _WHOLE:
            self._whole = failed

    def _held_back(self, due: Due, known: dict[LaneKey, Failure]) -> bool:
        return any(self._waits(known.get(key)) for key in (due.lane, due.system))

    def _waits(self, failure: Failure | None) -> bool:
        return failure is not None and failure.next_at > self._wall.now()

    def _lanes(self, connection: Connection, failures: Failures) -> Sequence[Due]:
        """What the stage lists; a stage that cannot even list them waits as a whole."""
        if not self._begun:
            # What a process before this one left; from here on what is listed here is what counts.
            self._whole = failures.of_two(_WHOLE, _WHOLE).get(_WHOLE)
            self._begun = True
        if self._waits(self._whole):
            return ()
        try:
            found = self.stage.lanes(connection)
        except Exception as error:  # noqa: BLE001 - a stage that cannot list its lanes waits
            known = {_WHOLE: self._whole} if self._whole is not None else {}
            self._whole = self._failed(Due(_WHOLE), failures, known, error)
            return ()
        self._suspects.discard(_WHOLE)
        if self._whole is not None:
            failures.worked(_WHOLE)
            self._whole = None
        return found

    def _round(
        self, connection: Connection, due: Due, failures: Failures, known: dict[LaneKey, Failure]
    ) -> bool:
        turn = Turn(failures, due.lane, _count(known.get(due.lane)), self._wall, self.stopping)
        self._at = (due.lane, time.monotonic())
        try:
            worked = self.stage.round(connection, due.lane, turn)
        except Exception as error:  # noqa: BLE001 - the failure is the lane's: see engine/failing.py
            self._failed(due, failures, known, error)
            return False
        finally:
            self._at = None
        self._suspects.discard(due.lane)
        for key in (due.lane, due.system):
            if key in known and turn.proves:
                failures.worked(key)
        return worked

    def _failed(
        self, due: Due, failures: Failures, known: dict[LaneKey, Failure], error: Exception
    ) -> Failure:
        if isinstance(error, AwayError):
            return self._wait(due, failures, known, error)
        before = _count(known.get(due.lane))
        if is_of_batch(error):
            _log.warning(
                "lane waits", stage=self.name, lane=due.lane, failures=before + 1, error=text_of(error)
            )
        else:
            _log.exception("lane failed", stage=self.name, lane=due.lane, failures=before + 1)
        try:
            # On a line that is gone this raises: every lane of this thread needs another one.
            failed = failures.failed(due.lane, error, before)
            if due.asks and asked_s(error):
                known[due.system] = failures.failed(due.system, error, 0)
        except psycopg.Error:
            self._cut = (due.lane, error)
            raise
        return failed

    def _wait(self, due: Due, failures: Failures, known: dict[LaneKey, Failure], error: AwayError) -> Failure:
        """A lane's system is left alone, as was declared: that is no failure, and its other lanes need not look."""
        waits = failures.waits(due.lane, error)
        if due.asks:
            known[due.system] = waits
        return waits


def _count(failure: Failure | None) -> int:
    return failure.failures if failure is not None else 0
