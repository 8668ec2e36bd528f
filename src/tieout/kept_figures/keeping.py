"""Keeps figures as they were computed last, and computes them anew once something happened.

A figure that is cheap is computed when it is asked for, so that it is of this instant. One that costs more than a page
may take is computed by a worker, a share of the time, and says of which instant it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.evidence import came_since, mark
from tieout.kept_figures.figures import FIGURES, OUTSIDE, Figures, Sessions
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.kept_figures")
_CHEAP_MS = 40
_PAUSE_S = 5.0
_BEFORE_MARK = "|"


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
    row = connection.execute(_SQL["kept"], {"name": name}).fetchone()
    if row is None and name in OUTSIDE:
        return Kept([], now, False)
    if row is not None and not exact:
        aged = not 0 <= (now - row["as_of"]).total_seconds() < span
        fresh = not aged and not _moved(connection, release, row["watermark"])
        if fresh or name in OUTSIDE or row["took_ms"] > _CHEAP_MS:
            return Kept(json.loads(row["content"]), row["as_of"], fresh)
    return _compute(connection, Figures(connection, release, now), name)


def _compute(connection: Connection, figures: Figures, name: str) -> Kept:
    started = time.monotonic()
    # Before anything is read of it: what commits meanwhile is in the figure, and makes it due once more.
    watermark = _watermark(connection, figures.release)
    rows = list(FIGURES[name][0](figures))
    content = json.dumps(rows, default=str)
    took = int((time.monotonic() - started) * 1000)
    given = {"name": name, "content": content, "watermark": watermark, "as_of": figures.now, "took_ms": took}
    connection.execute(_SQL["keep"], given)
    return Kept(json.loads(content), figures.now, True)


def _watermark(connection: Connection, release: Release) -> str:
    """Up to where everything is seen that figures hang on."""
    return f"{_standing(connection, release)}{_BEFORE_MARK}{mark(connection)}"


def _standing(connection: Connection, release: Release) -> str:
    row = connection.execute(_SQL["watermark"]).fetchone()
    assert row is not None
    return f"{release.sha256}:{row['mark']}"


def _moved(connection: Connection, release: Release, before: str) -> bool:
    """Whether anything happened since a watermark, or came to light since that has a smaller number."""
    standing, _, seen = before.partition(_BEFORE_MARK)
    return standing != _standing(connection, release) or came_since(connection, seen)


class KeptFiguresStage:
    """A figure is a lane: computed where it is not current, all of them for no more than a `share` of the time."""

    name = "figures"

    def __init__(
        self, release: Callable[[], Release], sessions: Sessions, clock: Clock, share: float = 0.05
    ) -> None:
        self._release, self._sessions, self._clock = release, sessions, clock
        self.pace = Pace(every_s=_PAUSE_S, share=share)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane a figure that is stale: it aged, or something happened since."""
        now, release = self._clock.now(), self._release()
        known = {r["name"]: r for r in connection.execute(_SQL["kept_marks"])}

        def stale(name: str) -> bool:
            row, span = known.get(name), FIGURES[name][1]
            aged = row is None or not 0 <= (now - row["as_of"]).total_seconds() < span
            return (
                aged or row is None or (name not in OUTSIDE and _moved(connection, release, row["watermark"]))
            )

        return [Due((name,)) for name in FIGURES if stale(name)]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Computes one figure anew."""
        figures = Figures(connection, self._release(), self._clock.now(), self._sessions)
        _compute(connection, figures, lane[0])
        return False
