"""One connection that commits batches of pushes one after another: many webhooks, one transaction, one fsync.

What belongs to the connection (lost, a deadlock, a full disk) fails the batch, and its senders send again. Anything
else is one push's own fault: the batch is halved until that one stands alone and is refused, and its neighbours are
kept.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg

from tieout.api.work import Done, Work
from tieout.engine import Halves, crash_point, is_of_batch
from tieout.evidence import Entry, record_async
from tieout.inbox import accept_pushed
from tieout.observe import get_logger
from tieout.security import StampError
from tieout.store import AsyncConnection, Database

_log = get_logger(__name__)
# One statement of one shape, whose plan is the same however many pushes it keeps: it is made once, not for each batch.
_SETTINGS = (
    "set lock_timeout = '10s'; set statement_timeout = '30s'; set plan_cache_mode = force_generic_plan"
)
AGAIN = "the database does not answer: send it again"


async def keep(connection: AsyncConnection, interface: str, works: list[Work]) -> None:
    """Keep the pushes of one interface by one statement. Raises what the database raises, and ValueError for what no row
    can hold."""
    items = [item for w in works for item in w.items]
    await accept_pushed(connection, interface, items, works[-1].at, wakes=any(w.wakes for w in works))


Keep = Callable[[AsyncConnection, str, list[Work]], Awaitable[None]]


def answer_all(batch: list[Work], done: Done) -> None:
    """Let each be answered."""
    for work in batch:
        try:
            work.finish(done)
        except Exception:  # noqa: BLE001 - an answer that breaks is that push's alone
            _log.exception("an answer to a push broke")


class CommitLane:
    """`batch` is what it is at, since `busy_since` (of `time.monotonic`, 0 where it is at nothing)."""

    def __init__(self, database: Database, keep: Keep) -> None:
        self._database, self._keep = database, keep
        self._connection: AsyncConnection | None = None
        self.batch: list[Work] = []
        self.busy_since = 0.0

    async def settle(self, batch: list[Work]) -> None:
        """Commit a batch, or as much of it as can be; each of it is answered."""
        self.batch, self.busy_since = batch, time.monotonic()
        halves = Halves(batch)
        try:
            while part := halves.take():
                try:
                    await self._commit(await self._connected(), part)
                except Exception as error:
                    for work in halves.failed(part, error):
                        # A stamp, a disk or a memory says nothing of any push: the same push can be kept in a moment.
                        if is_of_batch(error) or isinstance(error, StampError | OSError):
                            raise
                        answer_all([work], _at_fault(error))
                else:
                    answer_all(part, Done(200))
        except Exception as error:  # noqa: BLE001 - every push of the batch is answered
            # Not acknowledged: the sender sends again, and the pull repairs.
            _log.warning("not committed", error=type(error).__name__)
            self.give_up()
        self.batch, self.busy_since = [], 0.0

    async def record(self, entries: list[Entry]) -> bool:
        """Record what was counted; False where it cannot be recorded now."""
        try:
            connection = await self._connected()
            async with connection.transaction():
                await record_async(connection, entries)
        except Exception as error:  # noqa: BLE001 - counts are recorded later, and stop no push
            _log.warning("counts of refusals are not recorded yet", error=type(error).__name__)
            self.close()
            return False
        return True

    def give_up(self) -> None:
        """What it is at is sent again by its senders, and by another connection."""
        batch, self.batch, self.busy_since = self.batch, [], 0.0
        self.close()
        answer_all(batch, Done(503, AGAIN))

    def close(self) -> None:
        """At once, without a word to the other side."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.pgconn.finish()

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            connection = await self._database.connect_async(autocommit=True, name="tieout intake")
            self._connection = connection
            await connection.execute(_SETTINGS)
        return self._connection

    async def _commit(self, connection: AsyncConnection, batch: list[Work]) -> None:
        entries = [w.entry for w in batch if w.entry is not None]
        by_interface: dict[str, list[Work]] = {}
        for work in batch:
            if work.items:
                by_interface.setdefault(work.interface, []).append(work)
        if len(by_interface) == 1 and not entries:
            # As a rule: then the one statement is the transaction, which is two ways to the database less.
            crash_point("intake.before_commit")
            for interface, works in by_interface.items():
                await self._keep(connection, interface, works)
        else:
            async with connection.transaction():
                if entries:
                    await record_async(connection, entries)
                # In one order, as their keys are: two lanes that meet wait for each other one way.
                for interface in sorted(by_interface):
                    await self._keep(connection, interface, by_interface[interface])
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
