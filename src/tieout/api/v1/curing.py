"""Cases, cured where they are shown: the row that a mapping lacks, and another look at what the ledger holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, TheUnit, needs, needs_shortly
from tieout.api.v1.cases import case_row
from tieout.api.v1.context import RequestContext, TheContext, TheProject
from tieout.api.v1.expensive import NotNowError
from tieout.api.v1.mapping import LookedUp, refuse_what_no_ledger_takes
from tieout.api.v1.previews import Tried, tried_now
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Reason
from tieout.connector_api import ConnectorError
from tieout.operations import curing, set_ups
from tieout.operations.curing import DraftedRow, MissingRow
from tieout.operations.open_project import OpenProject
from tieout.settings import ProjectError
from tieout.store import Connection, Queries

T = TypeVar("T")
_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
Asker = Annotated[Caller, needs_shortly("mappings:read")]
Trier = Annotated[Caller, needs_shortly("mappings:write")]
Mapper = Annotated[Caller, needs("mappings:write")]
Reader = Annotated[Caller, needs_shortly("cases:read")]
Looker = Annotated[Caller, needs_shortly("cases:write")]


class RowChoice(BaseModel):
    """What could stand in a row: `value` as it is written there, `words` as people call it, "" where that is the same."""

    value: str
    words: str


class RowWanted(BaseModel):
    """The row that a case asks for: what its `key` of a `table` means. `cases` is how many open cases ask for the very same.
    `choices` are what its ledger has for it; none where it was not told, `why_not` says why then."""

    table: str
    key: str
    cases: int
    choices: list[RowChoice]
    why_not: str


class RowDraft(BaseModel):
    """What the key means, and from which day on; without one, always."""

    value: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
    valid_from: date | None = None


class RowGiven(RowDraft):
    """With why it is so."""

    reason: Reason


class RowTried(Tried):
    """What would be booked were the row in force; `ledger` is what is not well of what it names, or could not be looked up."""

    ledger: list[LookedUp]


class RowAdded(BaseModel):
    """The row that is in force, the `cases` that asked for it, and how many documents, messages and effects that they hold are planned
    again with it (`replayed`); `left` is how many ask for it beside these, and wait for `POST /cases/replay`."""

    table: str
    key: str
    value: str
    valid_from: date | None
    cases: list[int]
    replayed: int
    left: int


class CasesToLookAt(BaseModel):
    """Cases by their numbers."""

    cases: Annotated[list[Annotated[int, Field(gt=0, lt=2**62)]], Field(min_length=1, max_length=500)]


class CameOf(BaseModel):
    """How cases stand: how many are `solved` and how many `open`; of their documents how many are `held`, for whatever reason, and how
    many are still `on_its_way` to be planned. `why` is what the first that is held says."""

    solved: int
    open: int
    held: int
    on_its_way: int
    why: str


class LookedBack(BaseModel):
    """How many entries were read in the ledger, and how the case stands since."""

    read: int
    state: str
    detail: str


@router.get("/cases/{case_id}/map")
async def wanted_row(case_id: int, caller: Asker, context: TheContext, project: TheProject) -> RowWanted:
    """The row that a case asks for, and what could stand in it."""
    missing = await run_in_threadpool(_missing_now, context, caller, case_id)
    found, why_not = [], ""
    try:
        share = ("row", missing.table, missing.key, missing.entity)
        found = await context.expensive.ask(
            missing.entity, lambda: curing.row_choices(project, missing), share=share
        )
    except (ConnectorError, NotNowError) as error:
        why_not = str(error)[:300]
    choices = [RowChoice(value=c.value, words=c.words) for c in found]
    return RowWanted(
        table=missing.table,
        key=missing.key,
        cases=len(missing.cases) + missing.left,
        choices=choices,
        why_not=why_not,
    )


@router.post("/cases/{case_id}/map/try")
async def try_row(
    case_id: int, body: RowDraft, caller: Trier, context: TheContext, project: TheProject
) -> RowTried:
    """What planning the case again would book with this row, and whether the ledger has what it names: nothing is changed."""

    def tried() -> RowTried:
        missing = _missing_now(context, caller, case_id)
        drafted = _draft(project, missing, body)
        told = set_ups.look_up_rows(project, missing.table, [drafted.row])
        with context.pool.connection() as connection:
            done = curing.try_row(project, connection, missing, drafted, context.clock.now())
        ledger = [LookedUp(what=f.what, well=f.well, said=f.said) for f in told]
        return RowTried(**tried_now(done).model_dump(), ledger=ledger)

    return await context.expensive.ask(
        f"row of case {case_id}", lambda: _or_not_now(tried), share=("try row", case_id, body.value, body.valid_from)
    )  # fmt: skip


@router.post("/cases/{case_id}/map")
def add_row(
    case_id: int, body: RowGiven, caller: Mapper, context: TheContext, unit: TheUnit, project: TheProject
) -> RowAdded:
    """Add the row that a case asks for, and plan everything again that asks for the same. Refused where the ledger has not what it
    names, and where its key is mapped meanwhile."""
    missing = _missing(unit.connection, caller, case_id)
    if not caller.may("mappings:write", "*"):
        raise ProblemError(403, "forbidden", "a mapping is of every entity: so must the role be")
    drafted = _draft(project, missing, body)
    refuse_what_no_ledger_takes(context, project, missing.table, [drafted.row])
    mine = [number for number, entity in missing.cases if caller.may("cases:write", entity)]
    try:
        with unit.connection.transaction():
            replayed = curing.held_by(unit.connection, mine, context.clock.now())
            row = (body.value, body.valid_from)
            unit.after.append(
                curing.add_row(project, unit.connection, missing, row, body.reason, caller.name)
            )
    except ProjectError as error:
        raise ProblemError(422, "mapping", str(error)) from None
    unit.after.append(lambda: _plan_again(context, project, mine, caller.name))
    return RowAdded(
        table=missing.table, key=missing.key, value=drafted.row.value, valid_from=body.valid_from, cases=mine,
        replayed=replayed, left=len(missing.cases) - len(mine) + missing.left,
    )  # fmt: skip


@router.post("/cases/came-of")
def came_of(body: CasesToLookAt, caller: Reader, context: TheContext) -> CameOf:
    """What came of cases that were planned again: how many are solved, and what is held still. Nothing is changed."""
    with context.pool.connection() as connection:
        found = connection.execute(_SQL["entities_of_cases"], {"ids": body.cases}).fetchall()
        hidden = set(body.cases) - {r["case_id"] for r in found if caller.may("cases:read", r["entity"])}
        if hidden:
            raise ProblemError(404, "case", f"no case {min(hidden)}")
        return CameOf(**asdict(curing.came_of(connection, body.cases)))


@router.post("/cases/{case_id}/read-back")
async def read_back(case_id: int, caller: Looker, context: TheContext, project: TheProject) -> LookedBack:
    """Read now what the ledger holds of a case's document, and not within the hour: where it agrees again the case is solved."""

    def entity_of() -> str:
        with context.pool.connection() as connection:
            return str(case_row(connection, caller, case_id, "cases:write")["entity"])

    def looked() -> LookedBack:
        try:
            read = curing.read_back_case(project, case_id)
        except LookupError as error:
            raise ProblemError(409, "case", str(error.args[0])) from None
        with context.pool.connection() as connection:
            row = case_row(connection, caller, case_id, "cases:write")
        return LookedBack(read=read, state=row["state"], detail=row["detail"])

    entity = await run_in_threadpool(entity_of)
    return await context.expensive.ask(entity, lambda: _or_not_now(looked), share=("read back", case_id))


def _missing(connection: Connection, caller: Caller, case_id: int) -> MissingRow:
    """Raises ProblemError where the case is not the caller's to see, or asks for no row."""
    case_row(connection, caller, case_id, "cases:read")
    missing = curing.missing_row(connection, case_id)
    if missing is None:
        raise ProblemError(409, "case", f"case {case_id} is not open, or no row of a mapping recovers it")
    return missing


def _missing_now(context: RequestContext, caller: Caller, case_id: int) -> MissingRow:
    with context.pool.connection() as connection:
        return _missing(connection, caller, case_id)


def _draft(project: OpenProject, missing: MissingRow, body: RowDraft) -> DraftedRow:
    try:
        return curing.draft_row(project, missing, body.value, body.valid_from)
    except ProjectError as error:
        raise ProblemError(422, "mapping", str(error)) from None


def _plan_again(context: RequestContext, project: OpenProject, cases: list[int], who: str) -> None:
    context.look_now()
    curing.plan_again(project, cases, who)


def _or_not_now(call: Callable[[], T]) -> T:
    """What a call gives; a system that does not answer is told as such."""
    try:
        return call()
    except ConnectorError as error:
        raise ProblemError(503, "not-now", f"the ledger was not asked: {error}"[:300]) from None
