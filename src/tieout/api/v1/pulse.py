"""Whether something happened, and of which kinds: one question to the database, however many listen."""

from __future__ import annotations

import threading
import time
from collections import deque

from tieout.store import Pool, Queries

_SQL = Queries("tieout.api.v1")
_SPAN_S = 0.7
_KEPT = 200


class Pulse:
    """Remembers the kinds of the last changes by the number of the evidence up to which they go."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._lock = pool, threading.Lock()
        self._top, self._looked = -1, 0.0
        self._seen: deque[tuple[int, frozenset[str]]] = deque(maxlen=_KEPT)

    def since(self, number: int) -> tuple[int, frozenset[str]]:
        """How far the evidence goes, and which kinds of thing it says beyond `number` (such as case, document)."""
        with self._lock:
            if time.monotonic() - self._looked > _SPAN_S:
                self._look()
            kinds = [k for top, k in self._seen if top > number]
            return self._top, frozenset().union(*kinds)

    def _look(self) -> None:
        with self._pool.connection() as connection:
            row = connection.execute(_SQL["pulse"], {"after": self._top}).fetchone()
        self._looked = time.monotonic()
        if row is not None and row["top"] > self._top:
            if self._top >= 0:
                self._seen.append((row["top"], frozenset(row["kinds"] or ())))
            self._top = row["top"]
