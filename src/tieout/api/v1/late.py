"""Late events: what of locked periods is booked in a later one, and what is decided of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, MonthFilter, Reason
from tieout.close import LateError, decide_late, late_events

router = APIRouter(prefix="/late-events", tags=["close"])
Reader = Annotated[Caller, needs("close:read")]
Signer = Annotated[Caller, needs("close:sign")]
Number = Annotated[int, Path(gt=0, lt=2**62)]
_MOST, _ALL = 500, 100_000


class Late(BaseModel):
    """A document of a locked period that is booked later: `event_on` is its own day, `booked_on` the one in the books.
    It is not booked at all where it is `held` as a case. `amount` is what it moves, positive in `currency`, `company` the same in the entity's. `decision` is "" where nobody
    decided; `decided_at` is null then."""

    number: int
    interface: str
    entity: str
    document: str
    name: str
    event_on: date
    booked_on: date
    lock: str
    held: bool = False
    amount: Money
    currency: str
    company: Money
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime | None


class DecideLate(BaseModel):
    """adjust: it stands as an adjustment of a prior period; pass: immaterial; reopen: its own period is opened again."""

    decision: Literal["adjust", "pass", "reopen"]
    reason: Reason


class LateDecided(BaseModel):
    """The late event's number, and what it is by now."""

    number: int
    decision: str


@router.get("")
def late(
    caller: Reader, connection: TheConnection, entity: Filter = None, period: MonthFilter = None
) -> list[Late]:
    """What of locked periods is booked in a month (without one: in any) or held until then, at most 500, the largest first."""
    return [
        Late(
            number=e.number, interface=e.interface, entity=e.entity, document=e.document, name=e.name, event_on=e.event_on,
            booked_on=e.booked_on, lock=e.lock, held=e.held, amount=e.amount, currency=e.currency, company=e.company,
            decision=e.decision, reason=e.reason, decided_by=e.by, decided_at=e.at,
        ) for e in late_events(connection, seen_by(caller, "close:read", entity), period, _MOST)
    ]  # fmt: skip


@router.post("/{number}/decide")
def decide_late_event(
    number: Number, body: DecideLate, caller: Signer, context: TheContext, connection: TheConnection
) -> LateDecided:
    """Decide of a late event, as somebody who signs its entity's close and did not make it."""
    if caller.session is None or not caller.session.second_factor:
        raise ProblemError(403, "second-factor", "people decide, signed in with a second factor")
    mine = seen_by(caller, "close:read", None)
    if not any(e.number == number for e in late_events(connection, mine, None, _ALL)):
        raise ProblemError(404, "late-event", f"no late event {number}")
    try:
        found = decide_late(
            connection,
            context.release(),
            number,
            body.decision,
            body.reason,
            caller.person,
            context.clock.now(),
        )
    except LateError as error:
        raise ProblemError(409, "late-event", str(error)) from None
    return LateDecided(number=found.number, decision=found.decision)
