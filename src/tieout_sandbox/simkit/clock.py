"""The sandbox's clock: it moves only when it is told to, and tells others by a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path


class VirtualClock:
    """An instant that `move_to` sets. With a `path` it is written there for other processes,
    by a rename, so that a reader never sees half a text."""

    def __init__(self, start: datetime, path: Path | None = None) -> None:
        self._now, self._path = start.astimezone(UTC), path
        self._publish()

    def now(self) -> datetime:
        """Where it was moved to last."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Raises ValueError for an instant before the present one."""
        if instant < self._now:
            raise ValueError(f"the clock stands at {self._now} and cannot go back to {instant}")
        self._now = instant.astimezone(UTC)
        self._publish()

    def _publish(self) -> None:
        if self._path is not None:
            partial = self._path.with_suffix(".partial")
            partial.write_text(self._now.isoformat())
            partial.replace(self._path)
