"""A month's taxes, as documents say them and as the ledger had them when it was read last; periods that were filed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, MonthFilter
from tieout.operations import taxing
from tieout.proofs import FilingError, keep_filing, kept_filings, kept_taxes

router = APIRouter(prefix="/taxes", tags=["taxes"])
Reader = Annotated[Caller, needs("documents:read")]
Filer = Annotated[Caller, needs("close:sign")]
_MOST = 120
Text = Annotated[str, Field(min_length=1, max_length=300)]


class TaxDifference(BaseModel):
    """A document or an entry of which source and ledger differ: `tax` is the source's less the ledger's, `base` likewise.
    `open`: it keeps the month from tying out; `told`: a case of its own tells of it, or one that was accepted."""

    why: str
    what: str
    number: str
    on: date
    tax: Money
    base: Money
    told: str
    open: bool


class Tax(BaseModel):
    """source = in_ledger + every difference. What is owed is positive, what is deducted negative. `falls_due` is what fell
    due on payment; `by_sort` sums all differences, `differences` are the first 200 of `count`. `jurisdiction` is ISO 3166,
    "" where nobody names one."""

    jurisdiction: str
    tax: str
    use: str
    currency: str
    source: Money
    source_base: Money
    in_ledger: Money
    base: Money
    falls_due: Money
    residual: Money
    accounts: dict[str, Money]
    by_sort: dict[str, Money]
    open: int
    count: int
    differences: list[TaxDifference]
    to_write: list[str]


class TaxMonth(BaseModel):
    """A month of an entity, as its ledger was read at `read_at`."""

    entity: str
    period: str
    read_at: datetime
    taxes: list[Tax]


class EnteredEntry(BaseModel):
    """An entry by which a filed period is another than was declared: `amount` and `base` are what it has more now (negative:
    less), in the entity's currency. `by` is who made it in the ledger, "Tieout" for ours, "" where it is gone."""

    filing: int
    how: str
    entry: str
    on: date
    tax: str
    use: str
    amount: Money
    base: Money
    by: str


class TaxFiling(BaseModel):
    """Months that somebody declared as filed. `taxes` empty: all. `stands`: no later one corrects it. `entered` are the first
    500 of `count` entries that entered since, as the ledger was read at `read_at`."""

    number: int
    entity: str
    first: date
    last: date
    report: str
    taxes: list[str]
    reference: str
    reason: str
    corrects: int | None
    declared_by: str
    declared_at: datetime
    stands: bool
    count: int
    entered: list[EnteredEntry]
    read_at: datetime | None


class FilePeriod(BaseModel):
    """`months` is a month (2026-10), a quarter (2026-Q4) or a year (2026); `taxes` empty: all of the ledger's."""

    entity: Annotated[str, Field(min_length=1, max_length=80)]
    months: Annotated[str, Field(min_length=4, max_length=8)]
    report: Text
    taxes: Annotated[list[Text], Field(max_length=200)] = []
    reference: Text
    reason: Text
    corrects: Annotated[int, Field(gt=0, lt=2**62)] | None = None


class FiledPeriod(BaseModel):
    """The declaration's number."""

    number: int


@router.get("")
def tax_months(
    caller: Reader, connection: TheConnection, entity: Filter = None, period: MonthFilter = None
) -> list[TaxMonth]:
    """Each month's taxes as the ledger was read last: at the close, hourly, by `tieout taxes`. At most 120, the latest first."""
    rows = kept_taxes(connection, seen_by(caller, "documents:read", entity), period, _MOST)
    return [
        TaxMonth(
            entity=r["entity"],
            period=r["period"],
            read_at=r["read_at"],
            taxes=[Tax(**x) for x in r["figures"]],
        )
        for r in rows
    ]


@router.get("/filings")
def tax_filings(caller: Reader, connection: TheConnection, entity: Filter = None) -> list[TaxFiling]:
    """What was declared as filed, the last one first, at most 120, each with what entered its period since."""
    found = kept_filings(connection, seen_by(caller, "documents:read", entity), _MOST)
    return [TaxFiling(**f) for f in found]


@router.post("/filings")
def file_taxes(
    body: FilePeriod, caller: Filer, context: TheContext, connection: TheConnection, project: TheProject
) -> FiledPeriod:
    """Declare months as filed: what counts in the report now is kept, and whatever enters them afterwards is a case."""
    if body.entity not in context.release().entities or not caller.may("documents:read", body.entity):
        raise ProblemError(404, "entity", f"no entity {body.entity!r}")
    if not caller.may("close:sign", body.entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for close:sign of {body.entity}")
    if caller.session is None or not caller.session.second_factor:
        raise ProblemError(
            403, "second-factor", "people declare what was filed, signed in with a second factor"
        )
    try:
        wanted, items = context.expensive.do(
            body.entity,
            lambda: taxing.read_filing(
                project, body.entity, body.months, report=body.report, taxes=body.taxes, reference=body.reference,
                reason=body.reason, corrects=body.corrects, who=caller.name,
            ),
        )  # fmt: skip
        return FiledPeriod(number=keep_filing(connection, wanted, items, context.clock.now()).no)
    except FilingError as error:
        raise ProblemError(409, "filing", str(error)) from None
