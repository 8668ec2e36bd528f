"""Past its service level a request becomes a case, and those whom its policy names may decide."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tieout.cases import NewCase, open_cases, solve_case
from tieout.engine import Clock
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.approvals")
_PAUSE_S = 0.2


class EscalationStage:
    """The stage as a worker's step: a few times a second at most."""

    def __init__(self, release: Callable[[], Release], clock: Clock) -> None:
        self._release, self._clock, self._looked = release, clock, 0.0

    def step(self, connection: Connection) -> bool:
        if time.monotonic() - self._looked < _PAUSE_S:
            return False
        self._looked = time.monotonic()
        now = self._clock.now()
        with connection.transaction():
            rows = connection.execute(_SQL["overdue"], {"now": now}).fetchall()
            open_cases(connection, [self._case(r) for r in rows], "approvals")
            for row in connection.execute(_SQL["settled"], {"now": now}).fetchall():
                solve_case(connection, row["case_id"], now, "it was decided", "approvals", accepted=False)
        return False

    def _case(self, row: dict[str, Any]) -> NewCase:
        now = self._clock.now()
        interface = self._release().interfaces.get(row["interface"])
        who = f", or {row['escalate_to']} may decide now" if row["escalate_to"] else ""
        return NewCase(
            cause="approval_overdue",
            interface=row["interface"],
            entity=row["entity"],
            period=str(Period.of(now.date())),
            source_key=row["subject"],
            amount=row["company_amount"],
            currency=self._release().entities[row["entity"]].currency,
            recovery=f"`tieout approvals show {row['request_id']}` says whom it waits for{who}",
            detail=row["summary"],
            owner=row["escalate_to"] or (interface.owner if interface else "finance"),
            opened_at=now,
            due_at=row["due_at"],
            blocking=False,
        )
