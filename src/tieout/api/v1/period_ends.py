"""What is booked at a period's end: shown in money, then booked."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, needs_shortly
from tieout.api.v1.context import RequestContext, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, Money, MonthInPath, month
from tieout.connector_api import ConnectorError
from tieout.evidence import Entry, record
from tieout.operations.open_project import OpenProject
from tieout.operations.period_ends import EndLine, book_period_end

router = APIRouter(tags=["close"])
Booker = Annotated[Caller, needs_shortly("close:sign")]
# Of a long list the first; the sums are of all.
_MOST_SHOWN = 500


class PeriodEnd(BaseModel):
    """What is to be booked: what is open in foreign currency at the closing rate, sales cut off, or what came and is not billed."""

    what: Literal["revalue", "cutoff", "accruals"]


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
    """What it comes to: of `lines` the first 500, `count` and `sums` of all."""

    what: str
    count: int
    sums: list[EndSum]
    lines: list[EndOf]


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
    return await _worked(entity, period, body, caller, context, project, dry=True)


@router.post("/closes/{entity}/{period}/book")
async def book_period_end_now(
    entity: Code,
    period: MonthInPath,
    body: PeriodEnd,
    caller: Booker,
    context: TheContext,
    project: TheProject,
) -> PeriodEndBooked:
    """Book it; it takes itself back the day after. Booked before, it is changed by what differs since."""
    return await _worked(entity, period, body, caller, context, project, dry=False)


async def _worked(
    entity: str, period: str, body: PeriodEnd, caller: Caller, context: RequestContext, project: OpenProject, dry: bool
) -> PeriodEndBooked:  # fmt: skip
    if entity not in context.release().entities or not caller.may("close:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
    if not caller.may("close:sign", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for close:sign of {entity}")
    if not caller.person.human:
        raise ProblemError(403, "person", f"{caller.name} is a service account: a person decides that")
    wanted = month(period)

    def work() -> list[EndLine]:
        try:
            found = book_period_end(project, entity, body.what, wanted.last, dry)
        except ConnectorError as error:
            raise ProblemError(503, "not-now", f"the ledger was not read: {error}"[:300]) from None
        except (LookupError, ValueError) as error:
            raise ProblemError(409, "close", str(error.args[0])) from None
        return found

    if not dry:
        # Told before it is done: who waits for an answer no longer may have it booked all the same.
        await run_in_threadpool(_note, project, caller.name, entity, period, body.what)
    share = ("period end", entity, period, body.what) if dry else None
    found = await context.expensive.ask(entity, work, share=share)
    sums: dict[str, Decimal] = {}
    for line in found:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.amount
    return PeriodEndBooked(
        what=body.what, count=len(found), sums=[EndSum(currency=c, amount=a) for c, a in sorted(sums.items())],
        lines=[EndOf(of=x.what, said=x.said, amount=x.amount, currency=x.currency) for x in found[:_MOST_SHOWN]],
    )  # fmt: skip


def _note(project: OpenProject, who: str, entity: str, period: str, what: str) -> None:
    with project.database.transaction() as connection:
        entry = Entry(
            project.clock.now(), who, "close.book_asked", f"{entity}:{period}", entity, {"what": what}
        )
        record(connection, [entry])
