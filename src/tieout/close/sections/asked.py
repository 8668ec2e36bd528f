"""What a section of the printed close is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tieout.close.model import CloseState
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection


@dataclass(frozen=True)
class Asked:
    """A close of `entity` and `period` as `state` has it at `now`, over a connection to the database."""

    connection: Connection
    release: Release
    entity: str
    period: Period
    state: CloseState
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The entity's time zone, in which every instant is written."""
        return self.release.entities[self.entity].zone

    @property
    def given(self) -> dict[str, str]:
        """What nearly every query is given."""
        return {"entity": self.entity, "period": str(self.period)}
