"""Late events: what belongs to a locked period and is booked in the first open one, or held as a case, and what is decided of it. Pure.

The close of the period that it is booked in lists each with the period that it is of; what is held, also each close after that. Above
`late_limit` it needs a decision (which books what is held, but for `reopen`):

    adjust   it stands where it is booked, as an adjustment of a prior period
    pass     it is immaterial; what is passed adds up, and all of it together is at most `late_materiality`
    reopen   its own period is opened again, and its entry moved there

What is booked below the limit and nobody decided is passed by itself, and adds up with the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

ZERO = Decimal(0)


class LateDecision(StrEnum):
    """What somebody decided of a late event."""

    ADJUST = "adjust"
    PASS = "pass"
    REOPEN = "reopen"


class LateEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One document that is booked later than its own day; or `held` as a case, and would be booked on `booked_on`. `number` is how it is named to decide; `amount` is what it moves,
    positive in `currency`, `company` the same in the entity's. `stands_on` is the day that its entry stands on in the ledger, as it
    was read back last, None while it is on its way. `decision` is "" where nobody decided."""

    number: int
    interface: str
    entity: str
    document: str
    name: str
    event_on: date
    booked_on: date
    stands_on: date | None
    held: bool = False
    lock: str
    amount: Decimal
    currency: str
    company: Decimal
    decision: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def size(self) -> Decimal:
        """What it is in the entity's currency, positive."""
        return abs(self.company)

    @property
    def moved(self) -> bool:
        """Whether its entry stands in its own month by now."""
        on = self.stands_on
        return on is not None and (on.year, on.month) == (self.event_on.year, self.event_on.month)


def passed(events: Sequence[LateEvent], limit: Decimal) -> Decimal:
    """What is passed in all, in the entity's currency: by people, and what is booked and nobody has to decide."""
    return sum(
        (
            e.size
            for e in events
            if e.decision == LateDecision.PASS or (not e.decision and not e.held and e.size <= limit)
        ),
        ZERO,
    )


def waiting(events: Sequence[LateEvent], limit: Decimal) -> list[LateEvent]:
    """Those that somebody has to decide, and nobody did."""
    return [e for e in events if not e.decision and e.size > limit]


def closed_in(event: LateEvent, locks: Mapping[str, date | None]) -> str:
    """What still keeps a reopened event out of its own period, in words; "" where it stands there."""
    if event.moved:
        return ""
    kinds = {event.lock, "fiscal year", "hard"}
    held = {
        kind: until for kind, until in locks.items() if kind in kinds and until and until >= event.event_on
    }
    if held:
        kind, until = max(held.items(), key=lambda x: x[1])
        return (
            f"the ledger's {kind} lock stands at {until}: whoever may move locks there sets it before {event.event_on}"
            if kind != "hard"
            else f"the ledger's hard lock stands at {until}, which nobody moves back: decide otherwise"
        )
    if event.held:
        return "its period is open: `tieout replay --cause late_event` books it there"
    return f"its period is open: set its entry to {event.event_on} in the ledger"


def late_verdict(
    events: Sequence[LateEvent], limit: Decimal, materiality: Decimal, locks: Mapping[str, date | None]
) -> tuple[bool, str]:
    """Whether everything late of a period is decided, and in words; `events` are those booked in it."""
    wrong = [
        f"{e.name} of {e.event_on}, {'held as a case' if e.held else f'booked on {e.booked_on}'}: {e.amount:.2f} {e.currency} is not decided (`tieout close decide "
        f"{e.number}`)"
        for e in waiting(events, limit)
    ]
    for e in events:
        if e.decision == LateDecision.REOPEN and (why := closed_in(e, locks)):
            wrong.append(f"{e.name} of {e.event_on}, {e.amount:.2f} {e.currency}, is to be reopened: {why}")
        elif e.held and e.decision:
            wrong.append(
                f"{e.name} of {e.event_on}, {e.amount:.2f} {e.currency}, is decided ({e.decision}) and not booked yet: where it stays so, its "
                "case says why"
            )
    together = passed(events, limit)
    if together > materiality:
        wrong.append(
            f"what is passed comes to {together:.2f}, above {materiality:.2f}: adjust or reopen the largest"
        )
    if wrong:
        return False, "; ".join(wrong)
    if not events:
        return True, "nothing of a locked period is booked in it"
    adjusted = sum((e.size for e in events if e.decision == LateDecision.ADJUST), ZERO)
    return True, f"{len(events)} of locked periods: {adjusted:.2f} adjusted, {together:.2f} passed"


def late_figures(event: LateEvent) -> dict[str, Any]:
    """An event as plain values: exact texts of amounts, its period and the one that it is booked in; `held` of one that is not."""
    held = {"held": True} if event.held else {}
    return held | {
        "number": event.number, "interface": event.interface, "document": event.document, "name": event.name,
        "event_on": event.event_on.isoformat(), "of": f"{event.event_on:%Y-%m}", "booked_on": event.booked_on.isoformat(),
        "booked_in": f"{event.booked_on:%Y-%m}", "lock": event.lock, "amount": f"{event.amount:.2f}",
        "currency": event.currency, "company": f"{event.company:.2f}", "decision": event.decision, "reason": event.reason,
        "by": event.by, "at": event.at.isoformat() if event.at else "",
    }  # fmt: skip
