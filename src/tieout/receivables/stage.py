"""Reads an entity's receivables again once something happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.evidence import came_since
from tieout.receivables.reading import standing_interface
from tieout.rules import Entity, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.receivables")
# A read is the whole of what customers owe; what happens meanwhile is in the next one.
_PAUSE_S = 5.0


class ReceivablesStage:
    """An entity is a lane. It is read once something happened or a day began since it was read last, and all of them for no more than a
    share of the time: a busy day is read as often as the ledger answers, a quiet one not at all."""

    name = "receivables"

    def __init__(
        self, release: Callable[[], Release], read: Callable[[str], object], clock: Clock, share: float = 0.1
    ) -> None:
        self._release, self._read, self._clock = release, read, clock
        self.pace = Pace(every_s=_PAUSE_S, share=share)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an entity whose project says what its customers owe, where evidence came since it was read."""
        release = self._release()
        due = []
        for code, entity in sorted(release.entities.items()):
            if standing_interface(release, code) is None:
                continue
            last = connection.execute(_SQL["read_last"], {"entity": code}).fetchone()
            if (
                last is None
                or self._another_day(last["read_at"], entity)
                or came_since(connection, last["seen"])
            ):
                due.append(Due((code,), entity.ledger))
        return due

    def _another_day(self, read_at: datetime, entity: Entity) -> bool:
        """Whether a day began since: a promise may be over by it."""
        now = self._clock.now().astimezone(entity.zone).date()
        return now > read_at.astimezone(entity.zone).date()

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises ConnectorError (the ledger)."""
        self._read(lane[0])
        return False
