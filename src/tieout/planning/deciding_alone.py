"""What one person may decide alone: up to a limit, also in pieces; above it another one decides as well.

Of exclusions, acceptances and write-offs alike, by the entity's `alone_limit`. Each that one person decides is kept, and counts with what
they decide within `split_days` of it. Until people are let in there is no second person, and names are taken at their word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from tieout.planning.who_signs import sign_role_now
from tieout.rules import Demand, Release, Step
from tieout.security import load_authority, look_of
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")
Kind = Literal["exclude", "accept", "write_off", "match"]
ABOVE = "above what one person decides alone"


@dataclass(frozen=True)
class Alone:
    """Decisions of one person at one instant, of an entity."""

    connection: Connection
    release: Release
    entity: str
    person: str
    now: datetime

    def above(self, company: Decimal | None, limit: Decimal | None = None) -> bool:
        """Whether `company` (in the entity's currency; None: nobody knows how much it is) needs another person: it is above
        the limit (the entity's own, where no other is given), by itself or with what this person decided alone before."""
        rules = self.release.closing.of(self.entity)
        most = rules.alone_limit if limit is None else limit
        if not load_authority(self.connection).people:
            # Nobody is anybody yet: there is no second person until the first ones are let in.
            return False
        if company is None or company > most:
            return True
        if not company:
            return False
        given: dict[str, object] = {"entity": self.entity, "look": look_of(self.person)}
        # Two at the same instant are one after the other.
        self.connection.execute(_SQL["alone_at_a_time"], given).fetchall()
        given |= {"since": self.now - timedelta(days=rules.split_days)}
        row = self.connection.execute(_SQL["alone_before"], given).fetchone()
        assert row is not None
        return bool(company + row["sum"] > most)

    def keep(self, kind: Kind, subject: str, company: Decimal | None) -> None:
        """Keep that they decided this alone."""
        if company:
            given = {
                "at": self.now,
                "entity": self.entity,
                "person": self.person,
                "look": look_of(self.person),
            }
            given |= {"kind": kind, "subject": subject, "company": company}
            self.connection.execute(_SQL["keep_alone"], given)

    @property
    def demand(self) -> Demand:
        """Whom it needs: another one who signs the entity's close."""
        step = Step(sign_role_now(self.connection, self.release, self.entity, self.now))
        return Demand(policies=(ABOVE,), steps=(step,), service_level_hours=24, escalate_to="")
