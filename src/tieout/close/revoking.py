"""Late data revokes the signatures that it touches, whoever looks or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tieout.close.service import revoke_late
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.evidence import came_since, mark
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
# Somebody sees it on a page, and nothing waits for it.
_PAUSE_S = 0.5


class RevocationStage:
    """An entity's signed period is a lane. It is looked at once something happened since it was looked at last, and
    all of them for no more than a share of the time."""

    name = "revocation"

    def __init__(self, release: Callable[[], Release], clock: Clock, share: float = 0.1) -> None:
        self._release, self._clock = release, clock
        self.pace = Pace(every_s=_PAUSE_S, share=share)
        # Up to which evidence each period was looked at, and all of them, by this process.
        self._seen: dict[LaneKey, str] = {}
        self._all_seen = ""

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an entity and period that is signed, where evidence came since it was looked at last."""
        if not came_since(connection, self._all_seen):
            return ()
        now = mark(connection)
        known = self._release().entities
        rows = connection.execute(_SQL["standing"]).fetchall()
        standing = sorted({(r["entity"], r["period"]) for r in rows if r["entity"] in known})
        due = [Due(lane) for lane in standing if came_since(connection, self._seen.get(lane, ""))]
        if not due:
            self._all_seen = now
        return due

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Revokes what late data touches; True where something was revoked."""
        entity, period = lane
        # What happens while it is looked at is looked at the next time.
        seen = mark(connection)
        revoked = revoke_late(connection, self._release(), entity, Period.parse(period), self._clock.now())
        self._seen[lane] = seen
        return bool(revoked)
