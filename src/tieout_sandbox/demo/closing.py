"""The end of a scenario: people decide what is left, two of them sign, and something comes too late."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tieout.cases import list_open
from tieout.close import Word, kept_accounts, kept_state, sign_accounts
from tieout.money import Period
from tieout.operations.closing import close_state, sign_close
from tieout.operations.open_project import OpenProject
from tieout.planning import accept, exclude

# What the clerk writes about a cause, of anything else that it is explained; a controller reads it, and lets it stand.
_WORDS = {
    "mapping_changed": "the rows that came were missing: each is what accounting says of it",
    "revenue_left_out": "each order on the list was gone through with sales: the shop's tests, doubles of what is booked, and "
    "orders that the customer called off; nothing of them is owed for this month",
}
_STEP = timedelta(minutes=2)
_PATIENCE_S = 30.0
# What the clerk writes of items that are past their age, by the role of their account.
_ITEMS = {
    "unapplied": "each item was looked at: its document is in a case of its own, which is decided now; the cash stays there until then",
    "bank_in_transit": "the bank kept it of the payout, as the case of its line says: to be written off next month",
    "clearing": "the provider's balance agrees; it nets what it is owed with the next payouts",
    "disputes_receivable": "the dispute is decided: the two sides are matched next month",
}


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
        """Everything was signed, and the late data took back the signatures that it had to: these and no
        others."""
        return not self.open_tasks and self.days is not None and sorted(self.revoked) == sorted(self.touched)


class ClosingScene:
    """Closes a period of every entity that keeps one, at the end of a demo."""

    def __init__(self, demo: Any, project: OpenProject, scenario: Any, period: Period) -> None:
        self._demo, self._project, self._scenario, self._period = demo, project, scenario, period

    def play(self) -> list[Closed]:
        """Decide, sign, be late. Whatever is left open is said."""
        began = self._project.clock.now()
        # What waits for people is decided first; what a look at the close then finds, after it.
        self._decide_all()
        for _ in range(4):
            self._step()
            for entity in self._scenario.entities:
                close_state(self._project, entity, self._period)
            if not self._decide_all():
                break
        found = [self._close(entity, began) for entity in self._scenario.entities]
        late = self._scenario.come_late(self._project.clock.now())
        self._step()
        self._demo.insist(self._project, lambda c: self._scenario.fetch_late(self._project, c))
        self._demo.settle(self._project)
        for each in found:
            self._see_late(each, late)
        return found

    def _step(self) -> None:
        """Two minutes pass."""
        self._scenario.wait(_STEP)
        self._demo.settle(self._project)

    def _decide_all(self) -> int:
        """People decide every open case: what holds a document is excluded, the rest is explained. Above what the clerk may
        decide alone another one approves."""
        connection = self._project.database.connect(autocommit=True)
        try:
            rows = list_open(connection)
            for row in rows:
                now = self._project.clock.now()
                with connection.transaction():
                    try:
                        exclude(
                            connection,
                            self._project.release(),
                            row["case_id"],
                            "decided at the close",
                            now,
                            self._scenario.clerk,
                        )
                    except ValueError:
                        accept(
                            connection,
                            self._project.release(),
                            row["case_id"],
                            _reason(row),
                            now,
                            self._scenario.clerk,
                        )
            self._scenario.approve_all(connection, self._project)
        finally:
            connection.close()
        self._demo.settle(self._project)
        return len(rows)

    def _close(self, entity: str, began: datetime) -> Closed:
        """The first person signs all that is done, the second as well; the close itself last."""
        self._certify(entity)
        # Nobody signs figures that were not shown.
        close_state(self._project, entity, self._period)
        for who in (0, 1, 0):
            self._step()
            name, key = self._scenario.signers[who]
            sign_close(self._project, entity, self._period, (), name, key)
        # What they signed was read as they signed it; the page shows how it stands since.
        with self._project.database.transaction() as connection:
            release, now = self._project.release(), self._project.clock.now()
            state, _ = kept_state(connection, release, entity, self._period, now)
        end = state.closed_at or self._project.clock.now()
        return Closed(
            entity=entity,
            period=str(self._period),
            tasks=len(state.tasks),
            minutes=int((end - began).total_seconds() // 60),
            days=state.days,
            open_tasks=[f"{s.task.name}: {s.finding.why}" for s in state.tasks if s.state != "signed"],
        )

    def _certify(self, entity: str) -> None:
        """The bookkeeper says of each account that does not certify itself why it is as it is; a controller reads and signs. Both see
        the page as the last look left it, and sign those figures: whatever is another by then takes their signature back at the next look."""
        with self._project.database.transaction() as connection:
            rows = kept_accounts(connection, entity, str(self._period))
        left = [row for row in rows if row["state"] != "certified"]
        clerk, controller = self._scenario.preparer, self._scenario.signers[0][1]
        with self._project.database.transaction() as connection:
            for row in left:
                self._sign(connection, entity, [(row["account"], row["currency"])], clerk, _because(row))
            self._sign(connection, entity, [], controller, "")

    def _sign(
        self, connection: Any, entity: str, accounts: list[tuple[str, str]], key: str, why: str
    ) -> None:
        release, now = self._project.release(), self._project.clock.now()
        sign_accounts(connection, release, entity, self._period, accounts, None, key, Word(why), now)

    def _see_late(self, each: Closed, late: tuple[str, str]) -> None:
        """Which signatures the worker took back by itself, against those that it had to."""
        entity, interface = late
        if each.entity == entity:
            each.touched = sorted([f"complete: {interface}", "cases decided", "close"])
        # The worker looks by itself, in its own time.
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            rows = self._project.database.rows(
                "select detail from tieout.evidence where action = 'close.revoked' and subject = %s",
                f"{each.entity}:{each.period}",
            )
            each.revoked = sorted({json.loads(r["detail"])["task"] for r in rows})
            if len(each.revoked) >= len(each.touched) or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        causes = self._project.database.rows(
            "select cause from tieout.cases where state = 'open' and interface = %s", interface
        )
        each.late_cause = ", ".join(sorted({r["cause"] for r in causes})) if each.entity == entity else ""


def _because(row: dict[str, Any]) -> str:
    """What a bookkeeper would write of an account that is not what is expected of it."""
    role, said = row["role"], f"{row['in_ledger']} in the ledger"
    if role.startswith("unapplied."):
        return f"{said}: cash that nothing is matched with yet, item by item in the work list of matches"
    if row["expected"] is None:
        return f"{said}: nothing states it apart; its entries were looked through"
    return f"{said}, {row['expected']} by {row['known_from']}: {row['difference']} booked in Odoo by hand, as its cases say"


def _reason(row: dict[str, Any]) -> str:
    """Why a case may stand as it is, in a controller's words."""
    if row["cause"] == "items_past_their_age":
        return next(
            (w for role, w in _ITEMS.items() if row["detail"].startswith(role)), "looked at item by item"
        )
    return _WORDS.get(row["cause"], "explained at the close")


def closed_json(found: Sequence[Closed]) -> list[dict[str, Any]]:
    """The closes as `tieout demo --json` writes them; minutes are the virtual clock's."""
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
