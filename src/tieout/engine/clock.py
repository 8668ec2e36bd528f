"""The one clock. No business rule reads another: neither the wall clock nor SQL's now()."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, with its zone."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time, in UTC."""
        return datetime.now(UTC)


class FileClock:
    """A clock that somebody else drives: the sandbox writes an ISO 8601 instant to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = (-1, -1)
        self._now = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """The instant that the file names."""
        stat = self._path.stat()
        if (stat.st_mtime_ns, stat.st_ino) != self._stamp:
            self._now = datetime.fromisoformat(self._path.read_text().strip()).astimezone(UTC)
            self._stamp = (stat.st_mtime_ns, stat.st_ino)
        return self._now
