"""Group commit: pushes that come while others are committed are the next batch; each is answered only once it is kept.

All of it runs in the event loop that the pushes came in by, which waits for the database without holding anybody up: a
thread of its own took turns with the loop several times a batch, and that cost more than its work. While one batch is
on its way, a second lane takes what has come meanwhile, where that is worth a commit.
"""

from __future__ import annotations

import asyncio
import time

from tieout.api.commit_lane import CommitLane, Keep, answer_all, keep
from tieout.api.refusals import Refusals
from tieout.api.work import Done, Work
from tieout.evidence import Entry
from tieout.observe import get_logger
from tieout.store import Database

_log = get_logger(__name__)
_LANES = 2
# So many must wait for a lane to begin beside another one: of few, a commit of their own costs more than the wait.
_BESIDE = 16
_MOST = 400
# While a batch is hashed and stamped, the loop does nothing else.
_MOST_BYTES = 4 << 20
_TICK_S = 0.5
# A commit that takes longer hangs: at a lock that nobody frees, say.
_STUCK_S = 60.0


class Committer:
    """Shares what is put out to its lanes, each in a task that goes on whatever is raised in it. `keep` writes the pushes
    of one interface; counts of `refusals` are recorded when their windows end. Of one event loop at a time."""

    def __init__(self, database: Database, refusals: Refusals, keep: Keep = keep) -> None:
        self._database, self._refusals, self._keep = database, refusals, keep
        self._lanes: list[CommitLane] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._queue: list[Work] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._died_of = ""

    def start(self) -> None:
        """Begin in the running loop, unless it runs already."""
        if self._tasks and not self._ended():
            return
        if self._tasks:
            _log.warning("the committer is started anew", died_of=self._died_of)
        self._let_go()
        loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        self._lanes = [CommitLane(self._database, self._keep) for _ in range(_LANES)]
        self._tasks = [loop.create_task(self._run(lane), name="committer") for lane in self._lanes]
        loop.call_later(_TICK_S, self._tick, self._tasks[0])

    def _let_go(self) -> None:
        """Of what ran until now nothing is used again: what a task was in the middle of is not known."""
        for lane, task in zip(self._lanes, self._tasks, strict=True):
            if task.done() or task.get_loop().is_closed():
                lane.give_up()
            else:
                # It gives up by itself, once it no longer waits on its connection.
                task.cancel()

    def _ended(self) -> bool:
        return any(task.done() for task in self._tasks)

    def _tick(self, task: asyncio.Task[None]) -> None:
        """Windows of refusals end also while nobody pushes."""
        if self._tasks and task is self._tasks[0] and not task.done():
            self._wake.set()
            task.get_loop().call_later(_TICK_S, self._tick, task)

    def put(self, work: Work) -> None:
        """Hand a push over, in the event loop; it is finished later, never at once."""
        if self._stopping:
            stopped = Done(503, "this server stops: send it again")
            asyncio.get_running_loop().call_soon(answer_all, [work], stopped)
            return
        self._queue.append(work)
        if not self._tasks or self._ended():
            self.start()
        if len(self._queue) in (1, _BESIDE):
            self._wake.set()

    async def stop(self, seconds: float = 10) -> None:
        """Commit what is there, record what was counted, and end; what takes longer is given up."""
        self._stopping = True
        self._wake.set()
        try:
            async with asyncio.timeout(seconds):
                self.start()
                await asyncio.wait(self._tasks)
                await self._tell(self._lanes[0], self._refusals.all())
        except TimeoutError:
            _log.warning("not all was committed before the end", pushes=len(self._queue))
        self._let_go()

    def ailing(self) -> str:
        """Why it does not commit; "" while it does."""
        if self._stopping or self._ended():
            return f"what commits webhooks is not alive{self._died_of and ': ' + self._died_of}"
        for lane in self._lanes:
            if lane.busy_since and time.monotonic() - lane.busy_since > _STUCK_S:
                return f"a commit of webhooks has run for more than {_STUCK_S:g} seconds"
        return ""

    async def _run(self, lane: CommitLane) -> None:
        while True:
            try:
                await self._turns(lane)
                return
            # Whatever it is: if this task ends, pushes are kept by one lane less, or by none.
            except BaseException as error:
                self._died_of = f"{type(error).__name__}: {str(error)[:200]}"
                if not lane.batch and not _ends_a_task(error):
                    # Broken on the way to a batch: its first is let go, or it would break on it for ever.
                    lane.batch, self._queue = self._queue[:1], self._queue[1:]
                lane.give_up()
                if _ends_a_task(error):
                    raise
                _log.exception("the committer broke, and goes on")
                await asyncio.sleep(0.05)

    async def _turns(self, lane: CommitLane) -> None:
        while True:
            if not self._is_due(lane):
                self._wake.clear()
                await self._wake.wait()
            batch = self._take() if self._is_due(lane) else []
            if batch:
                await lane.settle(batch)
            elif self._stopping and not self._queue:
                return
            if lane is self._lanes[0]:
                await self._tell(lane, self._refusals.due(time.monotonic()))

    def _is_due(self, lane: CommitLane) -> bool:
        """Whether this lane takes what waits now."""
        if self._stopping:
            return True
        beside = any(other.batch for other in self._lanes if other is not lane)
        return len(self._queue) >= (_BESIDE if beside else 1)

    def _take(self) -> list[Work]:
        """The next batch: so many, and so many bytes. Whoever waits no longer is left out."""
        size = count = 0
        batch = []
        for work in self._queue[:_MOST]:
            size += work.size
            if size > _MOST_BYTES and count:
                break
            count += 1
            if not work.over:
                batch.append(work)
        del self._queue[:count]
        if len(self._queue) >= _BESIDE:
            self._wake.set()
        return batch

    async def _tell(self, lane: CommitLane, entries: list[Entry]) -> None:
        """Record what was counted; what cannot be recorded now is counted on."""
        if entries and not await lane.record(entries):
            for entry in entries:
                self._refusals.put_back(entry, time.monotonic())


def _ends_a_task(error: BaseException) -> bool:
    """Whether a task that does not end on it would be against whoever wants it to: its loop ends."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, GeneratorExit)
