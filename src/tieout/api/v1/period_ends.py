"""What is booked at a period's end: shown in money, then booked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs_shortly
from tieout.api.v1.context import RequestContext, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, Money, MonthInPath, month
from tieout.connector_api import ConnectorError
from tieout.money import Period
from tieout.operations import period_ends
from tieout.operations.period_ends import ShownError

router = APIRouter(tags=["close"])
Booker = Annotated[Caller, needs_shortly("close:sign")]
# Of a long list the first; the sums are of all.
_MOST_SHOWN = 500


class PeriodEnd(BaseModel):
    """What is to be booked: what is open in foreign currency at the closing rate, sales cut off, or what came and is not billed."""

    what: Literal["revalue", "cutoff", "accruals"]


class PeriodEndBooking(PeriodEnd):
    """`seen` is the digest of what was shown: of other figures by now nothing is booked. Without one it is booked as it is now."""

    seen: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class EndOf(BaseModel):
    """What a line is `of` (an account, an order) and what it `said` of that; `amount` is signed."""

    of: str
    said: str
    amount: Money
    currency: str


class EndSum(BaseModel):
    """What the lines of a currency sum to."""

    currency: str
    amount: Money


class PeriodEndBooked(BaseModel):
    """What it comes to: of `lines` the first 500, `count`, `sums` and the `digest` of all."""

    what: str
    count: int
    sums: list[EndSum]
    lines: list[EndOf]
    digest: str


@router.post("/closes/{entity}/{period}/book/try")
async def try_period_end(
    entity: Code,
    period: MonthInPath,
    body: PeriodEnd,
    caller: Booker,
    context: TheContext,
    project: TheProject,
) -> PeriodEndBooked:
    """What booking it now would come to: nothing is changed."""
    wanted = _allowed(context, caller, entity, period)
    share = ("period end", entity, period, body.what)
    found = await context.expensive.ask(
        entity,
        lambda: _or_refused(lambda: period_ends.try_period_end(project, entity, body.what, wanted.last)),
        share=share,
    )
    return _told(body.what, found)


@router.post("/closes/{entity}/{period}/book")
async def book_period_end_now(
    entity: Code,
    period: MonthInPath,
    body: PeriodEndBooking,
    caller: Booker,
    context: TheContext,
    project: TheProject,
) -> PeriodEndBooked:
    """Book it; it takes itself back the day after. Booked before, it is changed by what differs since. Whoever asks had a hand in it: where
    a policy asks for an approval, another one gives it. Refused where the ledger is locked, and where other figures were `seen`."""
    wanted = _allowed(context, caller, entity, period)

    def booked() -> period_ends.PeriodEnd:
        return period_ends.book_period_end(project, entity, body.what, wanted.last, caller.name, body.seen)

    return _told(body.what, await context.expensive.ask(entity, lambda: _or_refused(booked)))


def _allowed(context: RequestContext, caller: Caller, entity: str, period: str) -> Period:
    """The month, where the caller may have it booked. Raises ProblemError."""
    if entity not in context.release().entities or not caller.may("close:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
    if not caller.may("close:sign", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for close:sign of {entity}")
    if not caller.person.human:
        raise ProblemError(403, "person", f"{caller.name} is a service account: a person decides that")
    return month(period)


def _or_refused(work: Callable[[], period_ends.PeriodEnd]) -> period_ends.PeriodEnd:
    """What a call gives, or why there is nothing, as a ProblemError."""
    try:
        return work()
    except ConnectorError as error:
        raise ProblemError(503, "not-now", f"the ledger was not read: {error}"[:300]) from None
    except ShownError as error:
        raise ProblemError(409, "other-figures", str(error)) from None
    except (LookupError, ValueError) as error:
        raise ProblemError(409, "close", str(error.args[0])) from None


def _told(what: str, found: period_ends.PeriodEnd) -> PeriodEndBooked:
    sums: dict[str, Decimal] = {}
    for line in found.lines:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.amount
    return PeriodEndBooked(
        what=what, count=len(found.lines), sums=[EndSum(currency=c, amount=a) for c, a in sorted(sums.items())],
        lines=[EndOf(of=x.what, said=x.said, amount=x.amount, currency=x.currency) for x in found.lines[:_MOST_SHOWN]],
        digest=found.digest,
    )  # fmt: skip
