"""The end of a scenario: people decide what is left, two of them sign, and something comes too late."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tieout.cases import list_open, solve_case
from tieout.money import Period
from tieout.planning import exclude

_STEP = timedelta(minutes=2)
_PATIENCE_S = 30.0


@dataclass
class Closed:
    """How one entity's close went: `minutes` of the virtual clock after its last data; `open_tasks` are
    what could not be signed; `revoked` are tasks whose signatures late data took back, `touched` those
    that it had to."""

    entity: str
    period: str
    tasks: int
    minutes: int
    days: int | None
    open_tasks: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    late_cause: str = ""

    @property
    def good(self) -> bool:
        return not self.open_tasks and self.days is not None and sorted(self.revoked) == sorted(self.touched)


class ClosingScene:
    """Closes a period of every entity that keeps one, at the end of a demo."""

    def __init__(self, demo: Any, app: Any, scenario: Any, period: Period) -> None:
        self._demo, self._app, self._scenario, self._period = demo, app, scenario, period

    def play(self) -> list[Closed]:
        """Decide, sign, be late. Whatever is left open is said."""
        began: datetime = self._app.clock.now()
        for _ in range(4):
            self._step()
            for entity in self._scenario.entities:
                self._app.close_state(entity, self._period)
            if not self._decide_all():
                break
        found = [self._close(entity, began) for entity in self._scenario.entities]
        late = self._scenario.come_late(self._app.clock.now())
        self._step()
        self._demo.insist(self._app, lambda c: self._scenario.fetch_late(self._app, c))
        self._demo.settle(self._app)
        for each in found:
            self._see_late(each, late)
        return found

    def _step(self) -> None:
        """Two minutes pass."""
        self._scenario.wait(_STEP)
        self._demo.settle(self._app)

    def _decide_all(self) -> int:
        """People decide every open case: what holds a document is excluded, the rest is explained."""
        connection = self._app.database.connect(autocommit=True)
        try:
            rows = list_open(connection)
            for row in rows:
                now = self._app.clock.now()
                with connection.transaction():
                    try:
                        exclude(
                            connection,
                            self._app.release(),
                            row["case_id"],
                            "decided at the close",
                            now,
                            self._scenario.clerk,
                        )
                    except ValueError:
                        solve_case(
                            connection, row["case_id"], now, "explained at the close", self._scenario.clerk
                        )
            self._scenario.approve_all(connection, self._app)
        finally:
            connection.close()
        self._demo.settle(self._app)
        return len(rows)

    def _close(self, entity: str, began: datetime) -> Closed:
        """The first person signs all that is done, the second as well; the close itself last."""
        for who in (0, 1, 0):
            self._step()
            name, key = self._scenario.signers[who]
            self._app.sign_close(entity, self._period, (), name, key)
        state = self._app.close_state(entity, self._period)
        end = state.closed_at or self._app.clock.now()
        return Closed(
            entity=entity,
            period=str(self._period),
            tasks=len(state.tasks),
            minutes=int((end - began).total_seconds() // 60),
            days=state.days,
            open_tasks=[f"{s.task.name}: {s.finding.why}" for s in state.tasks if s.state != "signed"],
        )

    def _see_late(self, each: Closed, late: tuple[str, str]) -> None:
        """Which signatures the worker took back by itself, against those that it had to."""
        entity, interface = late
        if each.entity == entity:
            each.touched = sorted([f"complete: {interface}", "cases decided", "close"])
        # The worker looks by itself, in its own time.
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            rows = self._app.database.rows(
                "select detail from tieout.evidence where action = 'close.revoked' and subject = %s",
                f"{each.entity}:{each.period}",
            )
            each.revoked = sorted({json.loads(r["detail"])["task"] for r in rows})
            if len(each.revoked) >= len(each.touched) or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        causes = self._app.database.rows(
            "select cause from tieout.cases where state = 'open' and interface = %s", interface
        )
        each.late_cause = ", ".join(sorted({r["cause"] for r in causes})) if each.entity == entity else ""


def closed_json(found: Sequence[Closed]) -> list[dict[str, Any]]:
    return [
        {
            "entity": c.entity,
            "period": c.period,
            "tasks": c.tasks,
            "minutes_after_last_data": c.minutes,
            "business_days": c.days,
            "open": c.open_tasks,
            "late_event": c.late_cause,
            "revoked": c.revoked,
            "touched": c.touched,
        }
        for c in found
    ]
