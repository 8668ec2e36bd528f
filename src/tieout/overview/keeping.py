"""Keeps figures as they were computed last, and computes them anew once something happened.

A figure that is cheap is computed when it is asked for, so that it is of this instant. One that costs more than a page
may take is computed by a worker, a share of the time, and says of which instant it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.engine import Clock
from tieout.overview.figures import FIGURES, OUTSIDE, Figures, Sessions
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.overview")
_CHEAP_MS = 40
_PAUSE_S = 5.0


@dataclass(frozen=True)
class Kept:
    """`rows` as they were `as_of`; `current` says that nothing happened since."""

    rows: list[dict[str, Any]]
    as_of: datetime
    current: bool


def read_kept(
    connection: Connection, release: Release, name: str, now: datetime, exact: bool = False
) -> Kept:
    """A figure by its name in FIGURES: of this instant where that is cheap, or `exact` is asked for. Raises
    KeyError for a name that is none."""
    _, span = FIGURES[name]
    mark = _watermark(connection, release)
    row = connection.execute(_SQL["kept"], {"name": name}).fetchone()
    if row is None and name in OUTSIDE:
        return Kept([], now, False)
    if row is not None and not exact:
        fresh = row["watermark"] == mark and (now - row["as_of"]).total_seconds() < span
        if fresh or name in OUTSIDE or row["took_ms"] > _CHEAP_MS:
            return Kept(json.loads(row["content"]), row["as_of"], fresh)
    return _compute(connection, Figures(connection, release, now), name, mark)


def _compute(connection: Connection, figures: Figures, name: str, mark: str) -> Kept:
    started = time.monotonic()
    rows = list(FIGURES[name][0](figures))
    content = json.dumps(rows, default=str)
    took = int((time.monotonic() - started) * 1000)
    given = {"name": name, "content": content, "watermark": mark, "as_of": figures.now, "took_ms": took}
    connection.execute(_SQL["keep"], given)
    return Kept(json.loads(content), figures.now, True)


def _watermark(connection: Connection, release: Release) -> str:
    """Moves with whatever figures hang on."""
    row = connection.execute(_SQL["watermark"]).fetchone()
    assert row is not None
    return f"{release.sha256}:{row['mark']}"


class OverviewStage:
    """A worker's step: computes what is not current, taking no more than a `share` of the time."""

    def __init__(
        self, release: Callable[[], Release], sessions: Sessions, clock: Clock, share: float = 0.05
    ) -> None:
        self._release, self._sessions, self._clock, self._share = release, sessions, clock, share
        self._not_before = 0.0

    def step(self, connection: Connection) -> bool:
        started = time.monotonic()
        if started < self._not_before:
            return False
        release, now = self._release(), self._clock.now()
        mark = _watermark(connection, release)
        known = {r["name"]: r for r in connection.execute(_SQL["kept_marks"])}
        figures = Figures(connection, release, now, self._sessions)
        for name, (_, span) in FIGURES.items():
            row = known.get(name)
            aged = row is None or not 0 <= (now - row["as_of"]).total_seconds() < span
            moved = row is not None and row["watermark"] != mark and name not in OUTSIDE
            if aged or moved:
                _compute(connection, figures, name, mark)
        took = time.monotonic() - started
        self._not_before = started + max(_PAUSE_S, took / self._share)
        return False
