"""How often a system is asked: one pace for each, kept by all processes of this machine together.

A pace is declared (what a vendor publishes, or the project's file says: so much a second, so much a day, one call at a time), or found: a
system that turns calls away (429) is asked more slowly from then on, until it takes them again. What is spent is calls, or points where a
vendor counts the cost of each (GraphQL) and tells with each answer what is left. It is kept in files of the project's folder, so that workers and
web sides share it and a start does not forget a day; workers on several machines with a folder each keep a pace each.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from tieout.connector_api.errors import AwayError, TransientError
from tieout.connector_api.retry_after import LONGEST_S

# Where it was found: the first step, the slowest, and after how many calls in a row that were taken the pace is halved again.
_STEP_S, _SLOWEST_S, _QUIET_CALLS = 0.25, 1.0, 50
# How long somebody waits for their turn, looking every so often, and when they come back then.
_PATIENCE_S, _LOOK_S, _BACK_S = 30.0, 0.05, 5.0
_DAY_S = 86_400
_MOST_TOLD = 1e9
_BYTES = 800


@dataclass(frozen=True)
class Budget:
    """What a vendor grants: `a_second` for ever, of which `burst` may be spent at once; `a_day`, from midnight to midnight (UTC); `alone`:
    no call begins while another is under way. 0 where nothing is granted, and so nothing is counted. `told`: each answer says what is
    left and how fast that fills, which then stands for both."""

    a_second: float = 0.0
    burst: float = 1.0
    a_day: float = 0.0
    alone: bool = False
    told: bool = False

    @property
    def declared(self) -> bool:
        """Whether anything is."""
        return bool(self.a_second or self.a_day or self.alone)


NO_LIMIT = Budget()


@dataclass
class Spent:
    """What was spent: `due` is the instant from which the next call may begin where nothing is left to be spent at once, `day` and `today` what
    the day took; `found_s` is the pace that was found, in seconds a call, and `taken` how many were taken since. `rate` a second and `most`
    at once are what the system told last, 0 where it told nothing."""

    due: float = 0.0
    day: int = 0
    today: float = 0.0
    found_s: float = 0.0
    taken: int = 0
    rate: float = 0.0
    most: float = 0.0

    def spend(self, budget: Budget, cost: float, now: float, system: str) -> float:
        """Seconds until a call of this cost may begin; it is spent. Raises TransientError where that is too long, AwayError where the day has
        nothing left: then nothing is spent."""
        day = int(now // _DAY_S)
        today = self.today if day == self.day else 0.0
        if budget.a_day and today + cost > budget.a_day:
            until = datetime.fromtimestamp((day + 1) * _DAY_S, UTC)
            said = f"{system} waits for its next day until {until:%Y-%m-%d %H:%M} UTC: what may be asked of it a day ({budget.a_day:.15g}) is spent"
            raise AwayError(said, until, min(until.timestamp() - now, LONGEST_S))
        a_second, burst = self._granted(budget)
        each_s = max(1 / a_second if a_second else 0.0, self.found_s)
        queue_s = 0.0 if budget.alone else _PATIENCE_S
        # A clock that was set back makes nobody wait for longer than one turn.
        due = self.due if self.due - now <= max(each_s * cost, each_s * burst) + queue_s else now + each_s
        wait_s = max(due - max(burst - cost, 0.0) * each_s - now, 0.0)
        if wait_s > max(queue_s, each_s):
            raise TransientError(f"{system}: as many calls wait as it takes in {wait_s:.0f} seconds", wait_s)
        self.due, self.day, self.today = max(due, now) + cost * each_s, day, today + cost
        return wait_s

    def _granted(self, budget: Budget) -> tuple[float, float]:
        """What may be spent a second, and at once."""
        told = budget.told and self.rate > 0
        return (self.rate, self.most) if told else (budget.a_second, budget.burst)

    def tell(self, left: float, most: float, rate: float, now: float) -> None:
        """The system said what is left of the most that it has, and how much a second comes back. What makes no sense is left alone."""
        if 0 < rate < _MOST_TOLD and 0 < most < _MOST_TOLD and -_MOST_TOLD < left < _MOST_TOLD:
            self.rate, self.most = rate, most
            # More left than there can be lies in the past, which is as much as there can be.
            self.due = now + (most - left) / rate

    def take(self) -> None:
        """A call was answered: after many of them a pace that was found is halved, and then dropped."""
        self.taken += 1
        if self.found_s and self.taken >= _QUIET_CALLS:
            self.taken = 0
            self.found_s = self.found_s / 2 if self.found_s > _STEP_S else 0.0

    def slow_down(self) -> None:
        """A call was turned away."""
        self.taken = 0
        self.found_s = min(max(self.found_s * 2, _STEP_S), _SLOWEST_S)


class Pace:
    """The pace of one system, by its address or whatever else it is shared by; safe for processes and threads of this machine. `called` is its
    name in what is said; it is kept in `folder`, or where a project gives none in one of this user's in the system's temporary folder."""

    def __init__(
        self,
        system: str,
        budget: Budget = NO_LIMIT,
        *,
        called: str = "",
        folder: Path | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key, self._system, self.budget = system, called or system, budget
        self._now, self._sleep = now, sleep
        self._own, self._given = folder is None, folder

    @property
    def found_s(self) -> float:
        """The pace that was found, in seconds a call; 0 where none was."""
        return self._read().found_s

    @contextmanager
    def turn(self, cost: float = 1.0) -> Iterator[None]:
        """Wait for one's turn; where calls go alone it is kept until the answer is there. Raises TransientError where it does not come, AwayError
        where the day's budget is spent."""
        if not self.budget.declared and not self._path.exists():
            yield
            return
        with self._held() as handle:
            spent = _read(handle)
            wait_s = spent.spend(self.budget, cost, self._now(), self._system)
            _write(handle, spent)
            if self.budget.alone:
                self._sleep_s(wait_s)
                yield
                return
        self._sleep_s(wait_s)
        yield

    def told(self, left: float, most: float, rate: float) -> None:
        """An answer said how much is `left` of the `most` that there can be, and at which `rate` a second it fills: points, as the vendor counts."""
        if self.budget.told:
            with self._held() as handle:
                spent = _read(handle)
                spent.tell(left, most, rate, self._now())
                _write(handle, spent)

    def taken(self) -> None:
        """A call was answered."""
        if self.found_s:
            with self._held() as handle:
                spent = _read(handle)
                spent.take()
                _write(handle, spent)

    def turned_away(self, asked_s: float | None) -> None:
        """A call was turned away. One that says to come back at once (0) asks for nothing else."""
        if asked_s == 0:
            return
        with self._held() as handle:
            spent = _read(handle)
            spent.slow_down()
            _write(handle, spent)

    def _sleep_s(self, wait_s: float) -> None:
        if wait_s > 0:
            self._sleep(wait_s)

    def _read(self) -> Spent:
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            return _parsed(file.read(_BYTES))
        return Spent()

    @contextmanager
    def _held(self) -> Iterator[int]:
        """A file that is held by nobody else meanwhile; in the temporary folder, where others may write, one of this user's."""
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=not self._own, exist_ok=True)
        if self._own and (folder.lstat().st_uid != os.getuid() or folder.is_symlink()):
            raise OSError(f"{folder} is somebody else's: take it away, or set TMPDIR")
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            self._hold(handle)
            yield handle
        finally:
            os.close(handle)

    def _hold(self, handle: int) -> None:
        """Wait until nobody else has the turn. Raises TransientError where that takes too long: a call may last two minutes."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    said = f"{self._system} is asked by somebody else, and takes one call at a time"
                    raise TransientError(said, _BACK_S) from None
                time.sleep(_LOOK_S)

    @cached_property
    def _path(self) -> Path:
        folder = self._given or Path(tempfile.gettempdir()) / f"tieout-pace-{os.getuid()}"
        return folder / hashlib.sha256(self._key.encode()).hexdigest()[:24]


def _read(handle: int) -> Spent:
    os.lseek(handle, 0, os.SEEK_SET)
    return _parsed(os.read(handle, _BYTES))


def _write(handle: int, spent: Spent) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    os.truncate(handle, 0)
    os.write(handle, msgspec.json.encode(spent))


def _parsed(raw: bytes) -> Spent:
    """What was kept; nothing where it is none, as earlier versions wrote it or half of one."""
    try:
        return msgspec.json.decode(raw, type=Spent)
    except (ValueError, TypeError):
        return Spent()
