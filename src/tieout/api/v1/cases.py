"""Cases, read and worked on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, needs, needs_person, needs_shortly, seen_by
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.paging import After, Limit, Page, read_place
from tieout.api.v1.previews import Tried, tried_now
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, MonthFilter, Name, Reason, Why
from tieout.api.v1.sorting import MOST_SORTED, Columns, Order, Sort, paged
from tieout.api.v1.whose import Whose, whose_parameters
from tieout.cases import (
    READS,
    WORKS,
    OwnerIs,
    assign_cases,
    go_alone,
    note_case,
    notes_of,
    owner_is,
    where_people,
)
from tieout.causes import Held, Offer, cause_named, offers
from tieout.finding import names_of
from tieout.operations.processing import process_stage
from tieout.planning import (
    Accepted,
    HeldError,
    accept,
    actions_of,
    exclude,
    offers_of,
    replay,
    try_case,
    try_cases,
)
from tieout.planning import Tried as TriedNow
from tieout.security import load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
_COLUMNS: Columns = {
    "number": ("case_id", int), "amount": ("amount", Decimal), "opened": ("opened_at", datetime.fromisoformat),
    "due": ("due_at", datetime.fromisoformat), "entity": ("entity", str), "owner": ("owner", str), "cause": ("cause", str),
    "source_key": ("source_key", str),
}  # fmt: skip
Cases = Annotated[list[Annotated[int, Field(gt=0, lt=2**62)]], Field(min_length=1, max_length=500)]


class Case(BaseModel):
    """`amount` is what is at risk: positive, in `currency`. `title` is its cause in words; docs/CASES.md says of each
    what it means. `accepted`: a person decided that things may stand as they are. `group` is the one that it is listed
    in, `revision` counts its changes: whoever decides many says which they saw. `made_…` say how an entry was made that
    nobody here made: journal, user, kind, governed accounts; "" for any other case. `number` and `party` are what people know its
    document by. `owner_is`: `owner` is a person who may work it, a team of the project's files, or nobody any more."""

    case_id: int
    cause: str
    title: str
    interface: str
    entity: str
    period: str
    document_id: int | None
    source_key: str
    amount: Money
    currency: str
    blocking: bool
    recovery: str
    detail: str
    owner: str
    state: str
    opened_at: datetime
    due_at: datetime
    solved_at: datetime | None
    resolution: str
    solved_by: str
    accepted: bool
    revision: int
    group: str
    made_journal: str
    made_user: str
    made_kind: str
    made_accounts: str
    number: str = ""
    party: str = ""
    owner_is: OwnerIs = OwnerIs.TEAM


class CasePerson(BaseModel):
    """Somebody who may see cases of `entities` ("*": of every one), as far as whoever asks sees these; `works` are those
    whose cases can be theirs."""

    name: str
    entities: list[str]
    works: list[str]


class Note(BaseModel):
    """What somebody wrote beside a case."""

    at: datetime
    person: str
    text: str


class Recovery(BaseModel):
    """One thing to do about a case: `label` is what a button says, `parameters` are what it is done with. `operation` is
    the operation of this API that does it, `command` the command, `page` the page; null where it is done outside of
    Tieout, or where a parameter is not known."""

    action: str
    label: str
    parameters: dict[str, str]
    operation: str | None
    command: str | None
    page: str | None

    @classmethod
    def of(cls, offer: Offer) -> Recovery:
        """An offer as the API says it."""
        return cls(
            action=offer.action,
            label=offer.label,
            parameters=dict(offer.fields),
            operation=offer.operation or None,
            command=offer.command or None,
            page=offer.page or None,
        )


class WholeCase(Case):
    """With what people wrote beside it; `means` says what its cause is, `recoveries` everything that can be done about
    it, the likeliest first. `actions` are those that are done with its document: one that is held for a person to judge
    is booked by solving; one that is held for anything else is not solved."""

    means: str
    notes: list[Note]
    actions: list[Held]
    recoveries: list[Recovery]


class NewNote(BaseModel):
    """What to write beside a case."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]


class Assign(BaseModel):
    """`owner` is a person who may work cases of the entity of each: `GET /cases/people` says who. `due_at` null: it stays."""

    cases: Cases
    owner: Name
    due_at: datetime | None = None


class SolveMany(BaseModel):
    """Cases that may stand as they are, and why."""

    cases: Cases
    reason: Reason


class Done(BaseModel):
    """How many of the cases were open and are done with; `left`: those that were not; `waits`: approvals that were asked for."""

    done: int
    left: list[int]
    waits: list[int] = []


class Solved(Case):
    """A case that was accepted; `request` is the approval that it waits for, null: it is solved."""

    request: int | None


class Cause(BaseModel):
    """Open cases of one cause: how many, what is at risk, what recovers them. `recovery` is one case's of them;
    `recoveries` are what can be done beside planning them again, accepting and excluding them."""

    cause: str
    title: str
    entity: str
    currency: str
    count: int
    amount: Money
    due_at: datetime
    recovery: str
    means: str
    recoveries: list[Recovery]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Cause:
        """Of a row of `causes`."""
        known, interface = cause_named(row["cause"]), row.pop("interface")
        where = {"entity": row["entity"], "interface": interface or ""}
        found = [Recovery.of(offer) for offer in offers(known, row["recovery"], where, ())]
        return cls(**row, title=known.title, means=known.means, recoveries=found)


class Excluded(BaseModel):
    """`request` is the approval that was asked for; null: it is excluded."""

    request: int | None


class Replayed(BaseModel):
    """How many documents are planned anew."""

    replayed: int


class Replay(BaseModel):
    """Of which cause everything is replayed; of one `entity` alone where it is named."""

    cause: Annotated[str, Field(min_length=2, max_length=100)]
    entity: Annotated[str, Field(max_length=80)] = ""


class CasesToTry(BaseModel):
    """What is tried: these `cases`, or everything of a `cause`, of one `entity` alone where it is named. One of the two."""

    cause: Annotated[str, Field(max_length=100)] = ""
    entity: Annotated[str, Field(max_length=80)] = ""
    cases: Annotated[list[Annotated[int, Field(gt=0, lt=2**62)]], Field(max_length=500)] = []


Reader = Annotated[Caller, needs("cases:read")]
Writer = Annotated[Caller, needs("cases:write")]
Trier = Annotated[Caller, needs_shortly("cases:write")]
Decider = Annotated[Caller, needs_person("cases:write")]
Replayer = Annotated[Caller, needs("interfaces:replay")]


@router.get("/cases")
def cases(
    caller: Reader,
    connection: TheConnection,
    state: Literal["open", "solved", "all"] = "open",
    entity: Filter = None,
    cause: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
    owner: Filter = None,
    whose: Whose = None,
    source_key: Filter = None,
    group: Filter = None,
    sort: Sort = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Case]:
    """Cases, the largest amount first; or sorted by a column among those with most at risk. `whose`: mine, or nobody: those that
    are no person's who may work them, a team's among them."""
    order = Order.read(sort, _COLUMNS, "case_id", after) if sort else None
    amount, number = read_place("" if order else after, (Decimal, int))
    given = {
        "state": None if state == "all" else state, "entities": seen_by(caller, "cases:read", entity), "cause": cause,
        "interface": interface, "period": period, "owner": owner, "source_key": source_key, "group": group, "amount": amount, "case_id": number,
        "limit": (MOST_SORTED if order else limit) + 1, **whose_parameters(connection, caller, whose),
    }  # fmt: skip
    found = connection.execute(_SQL["cases"], given).fetchall()
    rows, following, among = paged(found, limit, order, "amount", "case_id")
    return Page(items=_listed(connection, rows), next=following, among=among)


def _listed(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Case]:
    """Cases with what people know their documents by."""
    names = names_of(connection, [r["document_id"] for r in rows if r["document_id"]])
    authority = load_authority(connection)
    return [
        Case(
            **r, owner_is=owner_is(authority, r["owner"], r["entity"]), title=cause_named(r["cause"]).title, number=(said := names.get(r["document_id"], {})).get("number", ""),
            party=said.get("party", ""),
        )
        for r in rows
    ]  # fmt: skip


@router.get("/cases/causes")
def causes(caller: Reader, connection: TheConnection, entity: Filter = None) -> list[Cause]:
    """Open cases by what caused them: the three answers."""
    given = {"entities": seen_by(caller, "cases:read", entity)}
    return [Cause.of(r) for r in connection.execute(_SQL["causes"], given).fetchall()]


@router.get("/cases/people")
def case_people(caller: Reader, connection: TheConnection, entity: Filter = None) -> list[CasePerson]:
    """Who may see cases, and whose they can be: of the entities that whoever asks sees, or of one of them."""
    authority, mine = load_authority(connection), caller.entities(READS)
    works = where_people(authority, WORKS)

    def shown(entities: frozenset[str]) -> list[str]:
        if entity is not None:
            return [entity] if caller.may(READS, entity) and entities & {"*", entity} else []
        return sorted(entities if "*" in mine else mine if "*" in entities else entities & mine)

    found = [
        CasePerson(name=name, entities=shown(entities), works=shown(works.get(name, frozenset())))
        for name, entities in where_people(authority, READS).items()
    ]
    return [person for person in found if person.entities]


@router.get("/cases/{case_id}")
def case(case_id: int, caller: Reader, connection: TheConnection) -> WholeCase:
    """One case, with what people wrote beside it and what can be done."""
    row = case_row(connection, caller, case_id, "cases:read")
    return _whole(connection, row)


@router.post("/cases/{case_id}/notes", status_code=201)
def note(
    case_id: int, body: NewNote, caller: Writer, context: TheContext, connection: TheConnection
) -> WholeCase:
    """Write beside a case what the next person wants to know."""
    row = case_row(connection, caller, case_id, "cases:write")
    try:
        with connection.transaction():
            note_case(connection, case_id, caller.name, body.text, context.clock.now())
    except ValueError as error:
        raise ProblemError(422, "note", str(error)) from None
    return _whole(connection, row)


@router.post("/cases/assign")
def assign(body: Assign, caller: Writer, context: TheContext, connection: TheConnection) -> Done:
    """Give cases to an owner, and another due time."""
    if body.due_at is not None and body.due_at.tzinfo is None:
        raise ProblemError(422, "case", "due_at has a time zone, such as 2026-11-01T09:00:00Z")
    with connection.transaction():
        mine, left = _mine(connection, caller, body.cases)
        try:
            done = assign_cases(connection, mine, body.owner, body.due_at, caller.name, context.clock.now())
        except ValueError as error:
            raise ProblemError(422, "case", str(error)) from None
    return Done(done=done, left=left)


@router.post("/cases/solve")
def solve_many(body: SolveMany, caller: Decider, context: TheContext, connection: TheConnection) -> Done:
    """A person decides of several cases that things may stand as they are: of all of them, or of none."""
    with connection.transaction():
        mine, left = _mine(connection, caller, body.cases)
        told = [_accept(connection, context, caller, number, body.reason) for number in mine]
    waits = [t.request for t in told if t.request]
    return Done(done=sum(t.done for t in told), left=left, waits=waits)


@router.post("/cases/{case_id}/try")
async def try_one(case_id: int, caller: Trier, context: TheContext, project: TheProject) -> Tried:
    """What a replay would book now, before anybody replays: nothing is changed."""

    def entity_of() -> str:
        with context.pool.connection() as connection:
            return str(case_row(connection, caller, case_id, "cases:write")["entity"])

    def tried() -> TriedNow:
        with context.pool.connection() as connection:
            now = context.clock.now()
            return try_case(connection, process_stage(project), context.release(), case_id, None, None, now)

    entity = await run_in_threadpool(entity_of)
    return tried_now(await context.expensive.ask(entity, tried, share=("try case", case_id)))


@router.post("/cases/try")
async def try_several(body: CasesToTry, caller: Trier, context: TheContext, project: TheProject) -> Tried:
    """What replaying some cases, or everything of a cause, would book now: nothing is changed."""
    if bool(body.cause) == bool(body.cases):
        raise ProblemError(422, "cases", "name a cause, or cases by their numbers: one of the two")
    mine = seen_by(caller, "cases:write", body.entity or None)
    cases = sorted(set(body.cases))

    def tried() -> TriedNow:
        stage, now = process_stage(project), context.clock.now()
        with context.pool.connection() as connection:
            if not cases:
                return try_case(connection, stage, context.release(), None, body.cause, mine, now)
            for number in cases:
                case_row(connection, caller, number, "cases:write")
            return try_cases(connection, stage, context.release(), cases, now)

    # Chosen cases are looked up by the rights of whoever asks: nobody else's answer is theirs.
    asker = caller.name if cases else ""
    share = ("try cases", body.cause, tuple(cases), None if mine is None else tuple(mine), asker)
    return tried_now(await context.expensive.ask(body.entity or "every entity", tried, share=share))


@router.post("/cases/{case_id}/solve")
def solve(case_id: int, body: Why, caller: Decider, context: TheContext, connection: TheConnection) -> Solved:
    """A person decides that things may stand as they are; what is held for that judgement is booked then. Above what one person
    decides alone, another one approves that first."""
    case_row(connection, caller, case_id, "cases:write")
    with connection.transaction():
        told = _accept(connection, context, caller, case_id, body.reason)
        if not (told.done or told.request):
            raise ProblemError(409, "case", f"case {case_id} is not open any more")
    row = case_row(connection, caller, case_id, "cases:write")
    is_whose = owner_is(load_authority(connection), row["owner"], row["entity"])
    return Solved(
        **row, title=cause_named(row["cause"]).title, request=told.request or None, owner_is=is_whose
    )


@router.post("/cases/{case_id}/exclude")
def exclude_document(
    case_id: int, body: Why, caller: Decider, context: TheContext, connection: TheConnection
) -> Excluded:
    """Nothing is posted for the document that a case holds; where a policy asks, people approve that first."""
    case_row(connection, caller, case_id, "cases:write")
    try:
        with connection.transaction():
            request = exclude(
                connection, context.release(), case_id, body.reason, context.clock.now(), caller.name
            )
    except ValueError as error:
        raise ProblemError(409, "case", str(error)) from None
    return Excluded(request=request or None)


@router.post("/cases/{case_id}/replay")
def replay_case(case_id: int, caller: Writer, context: TheContext, connection: TheConnection) -> Replayed:
    """Plan what a case holds again: safe at any time."""
    case_row(connection, caller, case_id, "cases:write")
    context.look_now()
    with connection.transaction():
        return Replayed(replayed=replay(connection, context.clock.now(), caller.name, case_id=case_id))


@router.post("/cases/replay")
def replay_cause(body: Replay, caller: Replayer, context: TheContext, connection: TheConnection) -> Replayed:
    """Plan whatever a cause holds again, of one entity or of every one."""
    if not caller.may("interfaces:replay", body.entity or "*"):
        of = body.entity or "every entity"
        raise ProblemError(
            403, "forbidden", f"that is for {of}: {caller.name} has no such role; replay case by case"
        )
    context.look_now()
    with connection.transaction():
        now, entity = context.clock.now(), body.entity or None
        return Replayed(replayed=replay(connection, now, caller.name, cause=body.cause, entity=entity))


def _whole(connection: Connection, row: dict[str, Any]) -> WholeCase:
    number = row["case_id"]
    notes = [Note(**n) for n in notes_of(connection, number)]
    known, document = cause_named(row["cause"]), row["document_id"]
    said = names_of(connection, [document]).get(document, {}) if document else {}
    return WholeCase(
        **row,
        number=said.get("number", ""),
        party=said.get("party", ""),
        owner_is=owner_is(load_authority(connection), row["owner"], row["entity"]),
        title=known.title,
        means=known.means,
        notes=notes,
        actions=list(actions_of(connection, number)),
        recoveries=[Recovery.of(offer) for offer in offers_of(connection, number)],
    )


def _accept(
    connection: Connection, context: RequestContext, caller: Caller, case_id: int, reason: str
) -> Accepted:
    try:
        return accept(connection, context.release(), case_id, reason, context.clock.now(), caller.name)
    except HeldError as error:
        raise ProblemError(409, "case", str(error)) from None


def _mine(connection: Connection, caller: Caller, numbers: list[int]) -> tuple[list[int], list[int]]:
    """Of some cases those that are open, and those that are not, for a decision in the caller's transaction. Raises
    ProblemError where one of them is another entity's."""
    go_alone(connection)
    rows = connection.execute(_SQL["bulk_cases"], {"ids": numbers}).fetchall()
    for row in rows:
        if not caller.may("cases:read", row["entity"]):
            raise ProblemError(404, "case", f"no case {row['case_id']}")
        if not caller.may("cases:write", row["entity"]):
            raise ProblemError(
                403, "forbidden", f"{caller.name} has no role for cases:write of {row['entity']}"
            )
    found = [r["case_id"] for r in rows]
    return found, sorted(set(numbers) - set(found))


def case_row(connection: Connection, caller: Caller, case_id: int, operation: str) -> dict[str, Any]:
    """A case's row. Raises ProblemError 404 for whoever may not see it, 403 for whoever may only see it."""
    if not 0 < case_id < 2**62:
        raise ProblemError(404, "case", f"no case {case_id}")
    row = connection.execute(_SQL["case"], {"case_id": case_id}).fetchone()
    if row is None or not caller.may("cases:read", row["entity"]):
        raise ProblemError(404, "case", f"no case {case_id}")
    if not caller.may(operation, row["entity"]):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for {operation} of {row['entity']}")
    return row
