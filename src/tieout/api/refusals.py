"""Evidence of what is refused before anybody is known, by counts in a window.

Whoever sends a thousand wrong signatures must not grow the evidence by a thousand entries. The first of a window is
an entry of its own, at once; those after it are counted, and one entry tells their number when the window ends.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tieout.evidence import Entry
from tieout.store import fit_to_keep

_REASONS = 8
_OTHERS = "other reasons"


@dataclass
class _Window:
    ends: float
    since: datetime
    last: datetime
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, why: str, count: int) -> None:
        """Count a reason; of many different ones the later are "other reasons"."""
        known = why in self.reasons or len(self.reasons) < _REASONS
        self.reasons[why if known else _OTHERS] += count


class Refusals:
    """Windows by action and subject. `moment` is seconds of a clock that only goes forward, `at` is what
    an entry says. Subjects are names of the project's, never a stranger's: so windows are few. Any thread
    may ask."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self._windows: dict[tuple[str, str], _Window] = {}

    def note(self, action: str, subject: str, why: str, at: datetime, moment: float) -> Entry | None:
        """One more: the entry to record now where it is the first of its window, else None."""
        why = fit_to_keep(why, 200)
        with self._lock:
            window = self._windows.get((action, subject))
            if window is None:
                self._windows[(action, subject)] = _Window(moment + self._seconds, at, at)
                return Entry(at, _actor(action), action, subject, detail={"why": why})
            window.add(why, 1)
            window.last = at
            return None

    def due(self, moment: float) -> list[Entry]:
        """Entries of the windows that ended by now; an empty one tells nothing."""
        with self._lock:
            ended = [key for key, window in self._windows.items() if window.ends <= moment]
            return [entry for key in ended for entry in self._told(key)]

    def all(self) -> list[Entry]:
        """Entries of every window, ended or not: nothing is counted any more after this."""
        return self.due(math.inf)

    def put_back(self, entry: Entry, moment: float) -> None:
        """An entry that could not be recorded: its counts are told with the next."""
        counts: dict[str, Any] = entry.detail.get("counts") or {entry.detail["why"]: 1}
        with self._lock:
            new = _Window(moment + self._seconds, entry.at, entry.at)
            window = self._windows.setdefault((entry.action, entry.subject), new)
            for why, count in counts.items():
                window.add(why, count)

    def _told(self, key: tuple[str, str]) -> Iterator[Entry]:
        window = self._windows.pop(key)
        if not window.reasons:
            return
        action, subject = key
        counts = dict(sorted(window.reasons.items()))
        detail = {
            "count": window.reasons.total(),
            "counts": counts,
            "since": window.since.isoformat(),
            "why": "counted since the entry before",
        }
        yield Entry(window.last, _actor(action), action, subject, detail=detail)


def _actor(action: str) -> str:
    return "webhook" if action.startswith("webhook.") else "unknown"
