"""Past its service level a request becomes a case, and those whom its policy names may decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tieout.approvals.causes import OVERDUE
from tieout.cases import NewCase, open_cases, solve_case
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.approvals")
Row = dict[str, Any]


class EscalationStage:
    """A request is an item: one that cannot be told of keeps none from being told."""

    name, pace = "overdue", Pace(every_s=1.0)

    def __init__(self, release: Callable[[], Release], clock: Clock) -> None:
        self._release, self._clock = release, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """One lane: every request that is past its service level."""
        return (Due(("approvals",)),)

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Opens a case for each; each is an item."""
        now = self._clock.now()

        def tell(row: Row) -> bool:
            with connection.transaction():
                open_cases(connection, [self._case(row)], "approvals")
            return False

        def settle(row: Row) -> bool:
            with connection.transaction():
                solve_case(connection, row["case_id"], now, "it was decided", "approvals", accepted=False)
            return False

        overdue = connection.execute(_SQL["overdue"], {"now": now}).fetchall()
        turn.each(overdue, lambda row: f"request {row['request_id']}", tell)
        settled = connection.execute(_SQL["settled"], {"now": now}).fetchall()
        turn.each(settled, lambda row: f"case {row['case_id']}", settle)
        return False

    def _case(self, row: dict[str, Any]) -> NewCase:
        now = self._clock.now()
        interface = self._release().interfaces.get(row["interface"])
        who = f", or {row['escalate_to']} may decide now" if row["escalate_to"] else ""
        return NewCase(
            cause=OVERDUE.name,
            interface=row["interface"],
            entity=row["entity"],
            period=str(Period.of(now.date())),
            source_key=row["subject"],
            amount=row["company_amount"],
            currency=self._release().entities[row["entity"]].currency,
            recovery=OVERDUE.say(request=row["request_id"], else_who=who),
            detail=row["summary"],
            owner=row["escalate_to"] or (interface.owner if interface else "finance"),
            opened_at=now,
            due_at=row["due_at"],
            blocking=False,
        )
