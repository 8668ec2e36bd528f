"""How often a system is asked: one pace for each, kept by all processes of this machine together.

A pace is declared (what a vendor publishes: so much a second, so much a day, one call at a time), or found: a system that turns calls
away (429) is asked more slowly from then on, until it takes them again. What is spent is calls, or points where a vendor counts
the cost of each (GraphQL). Workers on several machines keep a pace each.
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
from pathlib import Path

import msgspec

from tieout.connector_api.errors import TransientError
from tieout.connector_api.retry_after import LONGEST_S

# Where it was found: the first step, the slowest, and after how many calls in a row that were taken the pace is halved again.
_STEP_S, _SLOWEST_S, _QUIET_CALLS = 0.25, 1.0, 50
# How long somebody waits for their turn, looking every so often, and when they come back then.
_PATIENCE_S, _LOOK_S, _BACK_S = 30.0, 0.05, 5.0
_DAY_S = 86_400


@dataclass(frozen=True)
class Budget:
    """What a vendor grants: `a_second` for ever, of which `burst` may be spent at once; `a_day`, from midnight to midnight (UTC); `alone`:
    no call begins while another is under way. 0 where nothing is granted, and so nothing is counted."""

    a_second: float = 0.0
    burst: float = 1.0
    a_day: float = 0.0
    alone: bool = False

    @property
    def declared(self) -> bool:
        """Whether anything is."""
        return bool(self.a_second or self.a_day or self.alone)


@dataclass
class Spent:
    """What was spent: `due` is the instant from which the next call may begin where nothing is left to be spent at once, `day` and `today` what
    the day took; `found_s` is the pace that was found, in seconds a call, and `taken` how many were taken since."""

    due: float = 0.0
    day: int = 0
    today: float = 0.0
    found_s: float = 0.0
    taken: int = 0

    def spend(self, budget: Budget, cost: float, now: float, system: str) -> float:
        """Seconds until a call of this cost may begin; it is spent. Raises TransientError, and spends nothing, where that is too long or
        the day has nothing left."""
        day = int(now // _DAY_S)
        today = self.today if day == self.day else 0.0
        if budget.a_day and today + cost > budget.a_day:
            left_s = (day + 1) * _DAY_S - now
            until = datetime.fromtimestamp((day + 1) * _DAY_S, UTC)
            said = f"{system}: what may be asked of it a day ({budget.a_day:g}) is spent; it is asked again from {until:%Y-%m-%d %H:%M} UTC on"
            raise TransientError(said, min(left_s, LONGEST_S))
        each_s = max(1 / budget.a_second if budget.a_second else 0.0, self.found_s)
        queue_s = 0.0 if budget.alone else _PATIENCE_S
        # A clock that was set back makes nobody wait for longer than one turn.
        due = (
            self.due
            if self.due - now <= max(each_s * cost, each_s * budget.burst) + queue_s
            else now + each_s
        )
        wait_s = max(due - max(budget.burst - cost, 0.0) * each_s - now, 0.0)
        if wait_s > max(queue_s, each_s):
            raise TransientError(f"{system}: as many calls wait as it takes in {wait_s:.0f} seconds", wait_s)
        self.due, self.day, self.today = max(due, now) + cost * each_s, day, today + cost
        return wait_s

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
    """The pace of one system, by its address; safe for processes and threads of this machine."""

    def __init__(
        self,
        system: str,
        budget: Budget = Budget(),
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._system, self._budget = system, budget
        self._now, self._sleep = now, sleep

    @property
    def found_s(self) -> float:
        """The pace that was found, in seconds a call; 0 where none was."""
        return self._read().found_s

    @contextmanager
    def turn(self, cost: float = 1.0) -> Iterator[None]:
        """Wait for one's turn; where calls go alone it is kept until the answer is there. Raises TransientError where it does not come."""
        if not self._budget.declared and not self._path().exists():
            yield
            return
        with self._held() as handle:
            spent = _read(handle)
            wait_s = spent.spend(self._budget, cost, self._now(), self._system)
            _write(handle, spent)
            if self._budget.alone:
                self._sleep_s(wait_s)
                yield
                return
        self._sleep_s(wait_s)
        yield

    def taken(self) -> None:
        """A call was answered."""
        if self._path().exists() and self.found_s:
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
        with suppress(FileNotFoundError), self._path().open("rb") as file:
            return _parsed(file.read(400))
        return Spent()

    @contextmanager
    def _held(self) -> Iterator[int]:
        """A file of this user, held by nobody else meanwhile."""
        folder = self._path().parent
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
            raise OSError(f"{folder} is somebody else's: take it away, or set TMPDIR")
        handle = os.open(self._path(), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
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

    def _path(self) -> Path:
        folder = Path(tempfile.gettempdir()) / f"tieout-pace-{os.getuid()}"
        return folder / hashlib.sha256(self._system.encode()).hexdigest()[:24]


def _read(handle: int) -> Spent:
    os.lseek(handle, 0, os.SEEK_SET)
    return _parsed(os.read(handle, 400))


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
