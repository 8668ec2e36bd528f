"""Whether this process can serve: its database answers, and what commits webhooks is alive. Whoever asks, and however
often, it is looked at once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tieout.store import Database

_FRESH_S = 1.0
_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Health:
    """`why` it is not well ("" where it is), and the version of the database's tables."""

    why: str
    tables: str = ""


class Examiner:
    """Looks, in a thread of its own."""

    def __init__(self, database: Database, ailing: Callable[[], str]) -> None:
        self._database, self._ailing = database, ailing
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._looking: asyncio.Future[Health] | None = None
        self._seen: tuple[float, Health] | None = None

    async def look(self) -> Health:
        """Bounded: a database that does not answer for seconds is one that does not answer."""
        if why := self._ailing():
            return Health(why)
        if self._seen is not None and time.monotonic() - self._seen[0] < _FRESH_S:
            return self._seen[1]
        if self._looking is None or self._looking.done():
            loop = asyncio.get_running_loop()
            self._looking = loop.run_in_executor(self._thread, self._ask)
        try:
            found = await asyncio.wait_for(asyncio.shield(self._looking), _PATIENCE_S)
        except TimeoutError:
            return Health(f"database: no answer in {_PATIENCE_S:g} seconds")
        self._seen = (time.monotonic(), found)
        return found

    def _ask(self) -> Health:
        try:
            rows = self._database.rows("select max(name) as name from tieout.schema_migration")
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is that it is not well
            return Health(f"database: {type(error).__name__}")
        return Health("", str(rows[0]["name"]))
