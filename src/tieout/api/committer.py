"""Group commit: many webhooks, one transaction, one fsync; each is answered only then.

What belongs to the connection (lost, a deadlock, a full disk) fails the batch, and its senders send again. Anything
else is one push's own fault: the batch is halved until that one stands alone and is refused, and its neighbours are
kept.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

import psycopg

from tieout.api.refusals import Refusals
from tieout.connector_api import Item
from tieout.documents.states import MessageState
from tieout.engine import crash_point, in_halves, is_of_batch
from tieout.evidence import Entry, record
from tieout.inbox import accept, check_items
from tieout.observe import get_logger
from tieout.security import StampError
from tieout.store import Connection, Database

_log = get_logger(__name__)
_MOST = 400
_MOST_BYTES = 8 << 20
_TICK_S = 0.5
# A commit that takes longer hangs: at a lock that nobody frees, say.
_STUCK_S = 60.0
_TIMEOUTS = "set lock_timeout = '10s'; set statement_timeout = '30s'"
_AGAIN = "the database does not answer: send it again"


@dataclass(frozen=True)
class Done:
    """What became of a push. `status` is HTTP's: 200 kept, 400 refused, 500 broken on it, 503 not now."""

    status: int
    why: str = ""


@dataclass
class Work:
    """One verified push or one refusal on its way to the database."""

    interface: str
    items: list[Item]
    entry: Entry | None
    at: datetime
    wakes: bool
    done: asyncio.Future[Done]
    loop: asyncio.AbstractEventLoop
    size: int = field(init=False)

    def __post_init__(self) -> None:
        # Here, in the thread of whoever sends: what breaks on one push breaks its own request alone.
        self.size = sum(len(item.body) for item in self.items if isinstance(item.body, bytes))


def keep(connection: Connection, interface: str, works: list[Work]) -> None:
    """Keep the pushes of one interface by one statement. Raises ItemError and what the database raises."""
    items = [item for w in works for item in w.items]
    check_items(items)
    wakes = any(w.wakes for w in works)
    accept(connection, interface, items, "webhook", works[-1].at, state=MessageState.LISTED, wakes=wakes)


def _answer(batch: list[Work], done: Done) -> None:
    """Let the requests of a batch be answered: one call into each event loop, not one each."""

    def finish(works: list[Work]) -> None:
        for work in works:
            if not work.done.done():
                work.done.set_result(done)

    for loop in {id(w.loop): w.loop for w in batch}.values():
        # A loop that was closed meanwhile has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, [w for w in batch if w.loop is loop])


Keep = Callable[[Connection, str, list[Work]], None]


class Committer:
    """Collects what came while the last commit ran and commits it as one, in a thread that is started anew
    whatever it dies of. `keep` writes the pushes of one interface; counts of `refusals` are recorded when their
    windows end."""

    def __init__(self, database: Database, refusals: Refusals, keep: Keep = keep) -> None:
        self._database, self._refusals, self._keep = database, refusals, keep
        self._connection: Connection | None = None
        self._coming: list[Work] = []
        self._queue: list[Work] = []
        self._batch: list[Work] = []
        self._ready = threading.Condition()
        self._stopping = False
        self._died_of = ""
        self._busy_since = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread where it does not run."""
        with self._ready:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                self._thread.start()

    def put(self, work: Work) -> None:
        """Hand a push over, in its loop's thread; its future is answered."""
        # With all that came in this turn of the loop, at its end: the thread would begin with the first one alone, and
        # take turns with the loop for the others.
        if not self._coming or self._coming[-1].loop is not work.loop:
            work.loop.call_soon(self._hand_over)
        self._coming.append(work)

    def _hand_over(self) -> None:
        """To the thread; one that died is started anew."""
        coming, self._coming = self._coming, []
        if self._thread is None or not self._thread.is_alive():
            if self._stopping:
                _answer(coming, Done(503, "this server stops: send it again"))
                return
            _log.warning("the committer is started anew", died_of=self._died_of)
            self.start()
        with self._ready:
            self._queue += coming
            self._ready.notify()

    def stop(self, seconds: float = 10) -> None:
        """Commit what is there, and end."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join(seconds)

    def ailing(self) -> str:
        """Why it does not commit; "" while it does."""
        if self._thread is None or not self._thread.is_alive():
            return f"the thread that commits webhooks is not alive{self._died_of and ': ' + self._died_of}"
        since = self._busy_since
        if since and time.monotonic() - since > _STUCK_S:
            return f"a commit of webhooks has run for more than {_STUCK_S:g} seconds"
        return ""

    def _run(self) -> None:
        while True:
            try:
                self._turns()
                return
            # Whatever it is: if this thread ends, nobody's push is kept any more.
            except BaseException as error:  # noqa: BLE001 - this thread must not end
                self._died_of = f"{type(error).__name__}: {str(error)[:200]}"
                _log.exception("the committer broke, and goes on")
                with self._ready:
                    # Broken on the way to a batch: its first is let go, or it would break on it for ever.
                    batch = self._batch or self._queue[:1]
                    self._queue = self._queue if self._batch else self._queue[1:]
                    self._batch, self._busy_since = [], 0.0
                _answer(batch, Done(503, _AGAIN))
                self._drop()
                time.sleep(0.05)

    def _turns(self) -> None:
        while True:
            with self._ready:
                if not self._queue and not self._stopping:
                    self._ready.wait(_TICK_S)
                self._take()
                over = self._stopping and not self._batch
            self._busy_since = time.monotonic()
            if self._batch:
                self._settle(self._batch)
            self._tell(self._refusals.all() if over else self._refusals.due(time.monotonic()))
            self._batch, self._busy_since = [], 0.0
            if over:
                self._drop()
                return

    def _take(self) -> None:
        """The next batch: so many, and so many bytes. Whoever waits no longer is left out."""
        size = 0

        def fits(work: Work) -> bool:
            nonlocal size
            size += work.size
            return size <= _MOST_BYTES

        first = self._queue[:_MOST]
        count = max(1, sum(1 for _ in takewhile(fits, first)))
        self._batch, self._queue = first[:count], self._queue[count:]
        self._batch = [w for w in self._batch if not w.done.done()]

    def _tell(self, entries: list[Entry]) -> None:
        """Record what was counted; what cannot be recorded now is counted on."""
        if not entries:
            return
        try:
            connection = self._connected()
            with connection.transaction():
                record(connection, entries)
        except Exception as error:  # noqa: BLE001 - counts are recorded later, and stop no push
            _log.warning("counts of refusals are not recorded yet", error=type(error).__name__)
            self._drop()
            for entry in entries:
                self._refusals.put_back(entry, time.monotonic())

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._database.connect(autocommit=True, name="tieout intake")
            self._connection.execute(_TIMEOUTS)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _settle(self, batch: list[Work]) -> None:
        """Commit a batch, or as much of it as can be; each of it is answered."""

        def commit(part: list[Work]) -> None:
            self._commit(self._connected(), part)
            _answer(part, Done(200))

        def alone(work: Work, error: Exception) -> None:
            # A stamp, a disk or a memory says nothing of any push: the same push can be kept in a moment.
            if is_of_batch(error) or isinstance(error, StampError | OSError):
                raise error
            _answer([work], _at_fault(error))

        try:
            in_halves(batch, commit, alone)
        except Exception as error:  # noqa: BLE001 - every push of the batch is answered
            # Not acknowledged: the sender sends again, and the pull repairs.
            self._drop()
            _log.warning("not committed", error=type(error).__name__)
            _answer(batch, Done(503, _AGAIN))

    def _commit(self, connection: Connection, batch: list[Work]) -> None:
        entries = [w.entry for w in batch if w.entry is not None]
        by_interface: dict[str, list[Work]] = {}
        for work in batch:
            if work.items:
                by_interface.setdefault(work.interface, []).append(work)
        if len(by_interface) == 1 and not entries:
            # As a rule: then the one statement is the transaction, which is two ways to the database less.
            crash_point("intake.before_commit")
            for interface, works in by_interface.items():
                self._keep(connection, interface, works)
        else:
            with connection.transaction():
                if entries:
                    record(connection, entries)
                for interface, works in by_interface.items():
                    self._keep(connection, interface, works)
                crash_point("intake.before_commit")
        crash_point("intake.after_commit")


def _at_fault(error: Exception) -> Done:
    """Of a push that failed alone: what no row can hold is refused; what is nobody's data is our defect, and its
    sender may send it again."""
    if isinstance(error, psycopg.Error | ValueError | RecursionError):
        return Done(
            400, f"signed, and cannot be kept: {str(error).splitlines()[0][:200] if str(error) else ''}"
        )
    _log.exception("a push broke its commit")
    return Done(500, f"{type(error).__name__}: it was logged, and nothing was kept")
