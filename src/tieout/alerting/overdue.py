"""A case past its time goes to its owner again, and then to the controllers of its entity. Each step is told once, and is in the evidence.

The first step is of a case whose owner is a person: they are told once its time is past, and whoever has it after them is told anew. The
second is declared (`escalate_after_hours`): as long after the first, where nobody commented meanwhile, the controllers are told. A case
that no person has goes to them as long after its time. Another time for it begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tieout.cases import WORKS, Told, names_with, tell
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.evidence import Entry, record
from tieout.security import Authority, load_authority
from tieout.settings import CaseSettings
from tieout.store import Connection, Queries

_SQL = Queries("tieout.alerting")
_ACTOR, _ROLE, _MOST = "tieout", "controller", 500
Row = dict[str, Any]


class OverdueStage:
    """A case is an item: one that cannot be told of keeps none from being told."""

    name = "overdue cases"

    def __init__(self, settings: CaseSettings, clock: Clock, pause_s: float = 10.0) -> None:
        self._after, self._clock = timedelta(hours=settings.escalate_after_hours), clock
        self.pace = Pace(every_s=pause_s)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """One lane: every case that is past its time."""
        return (Due(("cases",)),)

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Both steps, up to some hundred cases each; whether there may be more."""
        authority = load_authority(connection)
        given = _people(authority) | {"now": self._clock.now(), "most": _MOST}
        late = connection.execute(_SQL["overdue_cases"], given).fetchall()
        turn.each(late, _case, lambda row: self._tell(connection, row, Told.OVERDUE, [row["person"]]))
        given["before"] = given["now"] - self._after
        ignored = connection.execute(_SQL["ignored_cases"], given).fetchall() if self._after else []
        turn.each(
            ignored, _case, lambda row: self._tell(connection, row, Told.ESCALATED, _above(authority, row))
        )
        return _MOST in (len(late), len(ignored))

    def _tell(self, connection: Connection, row: Row, kind: Told, people: Sequence[str]) -> bool:
        now, number = self._clock.now(), row["case_id"]
        with connection.transaction():
            tell(connection, [(number, name) for name in people], kind, row["step"], now, _ACTOR)
            detail = {
                "case": number,
                "to": list(people),
                "owner": row["owner"],
                "due_at": row["due_at"].isoformat(),
            }
            record(connection, [Entry(now, _ACTOR, f"case.{kind}", row["source_key"], row["entity"], detail)])
        return False


def _case(row: Row) -> str:
    return f"case {row['case_id']}"


def _people(authority: Authority) -> dict[str, Any]:
    """Whose cases can be, under each of their names, and where there is a controller."""
    pairs = names_with(authority, WORKS)
    controllers = authority.holders(_ROLE, "*")
    elsewhere = {
        g.entity
        for p in authority.people.values()
        if p.active and p.human
        for g in p.grants
        if g.role == _ROLE
    }
    return {
        "names": [name for name, _ in pairs], "people": [authority.who_is(name) for name, _ in pairs],
        "of": [entity for _, entity in pairs], "controlled": sorted(elsewhere | ({"*"} if controllers else set())),
    }  # fmt: skip


def _above(authority: Authority, row: Row) -> list[str]:
    return sorted(p.name for p in authority.holders(_ROLE, row["entity"]))
