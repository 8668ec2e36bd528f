"""Cases and documents, read and worked on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, needs, needs_shortly, seen_by
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, Name, Reason, Why
from tieout.cases import assign_cases, note_case, notes_of
from tieout.causes import Held, Offer, cause_named, offers
from tieout.observe import correlation_of
from tieout.operations.processing import process_stage
from tieout.planning import HeldError, accept_case, actions_of, exclude, offers_of, replay, try_case
from tieout.planning import Tried as TriedNow
from tieout.security import masked, masked_json
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
Cases = Annotated[list[Annotated[int, Field(gt=0, lt=2**62)]], Field(min_length=1, max_length=500)]
_SHOWN_BYTES = 16_384


class Case(BaseModel):
    """`amount` is what is at risk: positive, in `currency`. `title` is its cause in words; docs/CASES.md says of each
    what it means. `accepted`: a person decided that things may stand as they are. `group` is the one that it is listed
    in, `revision` counts its changes: whoever decides many says which they saw. `made_…` say how an entry was made that
    nobody here made: journal, user, kind, governed accounts; "" for any other case."""

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
    """`due_at` null: it stays."""

    cases: Cases
    owner: Name
    due_at: datetime | None = None


class SolveMany(BaseModel):
    """Cases that may stand as they are, and why."""

    cases: Cases
    reason: Reason


class Done(BaseModel):
    """How many of the cases were open and are done with; `left`: those that were not."""

    done: int
    left: list[int]


class TriedLine(BaseModel):
    """A journal line that would be booked: a debit is positive."""

    document_id: int
    effect: str
    on: date
    account: str
    currency: str
    amount: Money
    company_amount: Money


class TriedSum(BaseModel):
    """What an account would move by: signed, a debit is positive."""

    account: str
    currency: str
    amount: Money


class TriedCase(BaseModel):
    """A case as it would be."""

    document_id: int
    cause: str
    amount: Money
    currency: str
    recovery: str
    detail: str


class TriedMoney(BaseModel):
    """An amount of one currency."""

    currency: str
    amount: Money


class Tried(BaseModel):
    """What a replay would come to now: `planned` documents would leave exception with `amounts`, by currency and
    absolute; `held` would stay, with `cases` as they would be; `waiting` would wait for an approval or another
    document. `sums` are the journal's, a debit is positive; of `lines` the first 500."""

    documents: int
    planned: int
    held: int
    waiting: int
    left_out: int
    amounts: list[TriedMoney]
    sums: list[TriedSum]
    lines: list[TriedLine]
    cases: list[TriedCase]


class Source(BaseModel):
    """The message that a document was made from: `text` is its beginning, where it is text; account numbers and card
    numbers are masked. `bytes` is how many it has."""

    message_id: int
    interface: str
    stream: str
    transport: str
    received_at: datetime
    submitted_by: str
    body_sha256: str
    bytes: int | None
    text: str | None
    why_not: str


class Revision(BaseModel):
    """One revision of a document: what it counts for, and how it stands."""

    document_id: int
    revision: int
    state: str
    occurred_at: datetime
    posted_at: datetime | None
    measure_count: int
    measure_debit: Money
    measure_credit: Money


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
    """Of which cause everything is replayed."""

    cause: Annotated[str, Field(min_length=2, max_length=100)]


class Document(BaseModel):
    """The measure is what this revision counts for in its interface's tie-out."""

    document_id: int
    interface: str
    entity: str
    kind: str
    source_key: str
    revision: int
    occurred_at: datetime
    accounting_on: date
    period: str
    currency: str
    measure_count: int
    measure_debit: Money
    measure_credit: Money
    state: str
    reason: str
    posted_at: datetime | None


class Line(BaseModel):
    """A line of a posting: a debit is positive."""

    external_id: str
    line_no: int
    accounting_on: date
    account: str
    currency: str
    amount: Money
    company_amount: Money


class Delivery(BaseModel):
    """One effect on its way to a target: how it stands, how often it was tried."""

    delivery_id: int
    system: str
    effect: str
    external_id: str
    state: str
    attempts: int
    target_model: str
    target_id: int | None
    confirmed_at: datetime | None
    changed: bool


class WholeDocument(Document):
    """With its way: the message that it was made from, what became of it, and its cases."""

    message_id: int
    release: str
    content_sha256: str
    trace_id: str
    content: dict[str, Any]
    revisions: list[Revision]
    deliveries: list[Delivery]
    lines: list[Line]
    cases: list[int]


Reader = Annotated[Caller, needs("cases:read")]
Writer = Annotated[Caller, needs("cases:write")]
Trier = Annotated[Caller, needs_shortly("cases:write")]
DocumentReader = Annotated[Caller, needs("documents:read")]
Replayer = Annotated[Caller, needs("interfaces:replay")]


@router.get("/cases")
def cases(
    caller: Reader,
    connection: TheConnection,
    state: Literal["open", "solved", "all"] = "open",
    entity: Filter = None,
    cause: Filter = None,
    interface: Filter = None,
    period: Filter = None,
    owner: Filter = None,
    source_key: Filter = None,
    group: Filter = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Case]:
    """Cases, the largest amount first."""
    amount, number = read_place(after, (Decimal, int))
    given = {
        "state": None if state == "all" else state, "entities": seen_by(caller, "cases:read", entity), "cause": cause,
        "interface": interface, "period": period, "owner": owner, "source_key": source_key, "group": group, "amount": amount, "case_id": number, "limit": limit + 1,
    }  # fmt: skip
    rows, more = cut(connection.execute(_SQL["cases"], given).fetchall(), limit)
    following = place(rows[-1]["amount"], rows[-1]["case_id"]) if more else None
    return Page(items=[Case(**r, title=cause_named(r["cause"]).title) for r in rows], next=following)


@router.get("/cases/causes")
def causes(caller: Reader, connection: TheConnection, entity: Filter = None) -> list[Cause]:
    """Open cases by what caused them: the three answers."""
    given = {"entities": seen_by(caller, "cases:read", entity)}
    return [Cause.of(r) for r in connection.execute(_SQL["causes"], given).fetchall()]


@router.get("/cases/{case_id}")
def case(case_id: int, caller: Reader, connection: TheConnection) -> WholeCase:
    """One case, with what people wrote beside it and what can be done."""
    row = _case(connection, caller, case_id, "cases:read")
    return _whole(connection, row)


@router.post("/cases/{case_id}/notes", status_code=201)
def note(
    case_id: int, body: NewNote, caller: Writer, context: TheContext, connection: TheConnection
) -> WholeCase:
    """Write beside a case what the next person wants to know."""
    row = _case(connection, caller, case_id, "cases:write")
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
def solve_many(body: SolveMany, caller: Writer, context: TheContext, connection: TheConnection) -> Done:
    """A person decides of several cases that things may stand as they are: of all of them, or of none."""
    with connection.transaction():
        mine, left = _mine(connection, caller, body.cases)
        for number in mine:
            _accept(connection, context, caller, number, body.reason)
    return Done(done=len(mine), left=left)


@router.post("/cases/{case_id}/try")
async def try_one(case_id: int, caller: Trier, context: TheContext, project: TheProject) -> Tried:
    """What a replay would book now, before anybody replays: nothing is changed."""

    def entity_of() -> str:
        with context.pool.connection() as connection:
            return str(_case(connection, caller, case_id, "cases:write")["entity"])

    def tried() -> TriedNow:
        with context.pool.connection() as connection:
            now = context.clock.now()
            return try_case(connection, process_stage(project), context.release(), case_id, None, None, now)

    entity = await run_in_threadpool(entity_of)
    return _tried(await context.expensive.ask(entity, tried, share=("try case", case_id)))


@router.post("/cases/try")
async def try_cause(body: Replay, caller: Trier, context: TheContext, project: TheProject) -> Tried:
    """What replaying everything of a cause would book now: nothing is changed."""
    mine = seen_by(caller, "cases:write", None)

    def tried() -> TriedNow:
        with context.pool.connection() as connection:
            now = context.clock.now()
            return try_case(
                connection, process_stage(project), context.release(), None, body.cause, mine, now
            )

    share = ("try cause", body.cause, None if mine is None else tuple(mine))
    return _tried(await context.expensive.ask("every entity", tried, share=share))


@router.post("/cases/{case_id}/solve")
def solve(case_id: int, body: Why, caller: Writer, context: TheContext, connection: TheConnection) -> Case:
    """A person decides that things may stand as they are; what is held for that judgement is booked then."""
    _case(connection, caller, case_id, "cases:write")
    with connection.transaction():
        if not _accept(connection, context, caller, case_id, body.reason):
            raise ProblemError(409, "case", f"case {case_id} is not open any more")
    row = _case(connection, caller, case_id, "cases:write")
    return Case(**row, title=cause_named(row["cause"]).title)


@router.post("/cases/{case_id}/exclude")
def exclude_document(
    case_id: int, body: Why, caller: Writer, context: TheContext, connection: TheConnection
) -> Excluded:
    """Nothing is posted for the document that a case holds; where a policy asks, people approve that first."""
    _case(connection, caller, case_id, "cases:write")
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
    _case(connection, caller, case_id, "cases:write")
    context.look_now()
    with connection.transaction():
        return Replayed(replayed=replay(connection, context.clock.now(), caller.name, case_id=case_id))


@router.post("/cases/replay")
def replay_cause(body: Replay, caller: Replayer, context: TheContext, connection: TheConnection) -> Replayed:
    """Plan whatever a cause holds again, for every entity."""
    if not caller.may("interfaces:replay", "*"):
        raise ProblemError(403, "forbidden", "that is for every entity: replay case by case")
    context.look_now()
    with connection.transaction():
        return Replayed(replayed=replay(connection, context.clock.now(), caller.name, cause=body.cause))


def _whole(connection: Connection, row: dict[str, Any]) -> WholeCase:
    number = row["case_id"]
    notes = [Note(**n) for n in notes_of(connection, number)]
    known = cause_named(row["cause"])
    return WholeCase(
        **row,
        title=known.title,
        means=known.means,
        notes=notes,
        actions=list(actions_of(connection, number)),
        recoveries=[Recovery.of(offer) for offer in offers_of(connection, number)],
    )


def _accept(
    connection: Connection, context: RequestContext, caller: Caller, case_id: int, reason: str
) -> bool:
    try:
        return accept_case(connection, case_id, reason, context.clock.now(), caller.name)
    except HeldError as error:
        raise ProblemError(409, "case", str(error)) from None


def _mine(connection: Connection, caller: Caller, numbers: list[int]) -> tuple[list[int], list[int]]:
    """Of some cases those that are open, and those that are not. Raises ProblemError where one of them is another
    entity's."""
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


def _tried(tried: TriedNow) -> Tried:
    return Tried(
        documents=tried.documents, planned=tried.planned, held=tried.held, waiting=tried.waiting,
        left_out=tried.left_out,
        amounts=[TriedMoney(currency=c, amount=a) for c, a in sorted(tried.amounts.items())],
        sums=[TriedSum(account=a, currency=c, amount=v) for a, c, v in tried.by_account()],
        lines=[TriedLine(**asdict(x)) for x in tried.lines[:500]],
        cases=[TriedCase(**c) for c in tried.cases[:500]],
    )  # fmt: skip


tried_now = _tried


def _content(connection: Connection, document_id: int) -> str:
    row = connection.execute(_SQL["content_of"], {"document_id": document_id}).fetchone()
    return str(row["content"]) if row else "{}"


def _case(connection: Connection, caller: Caller, case_id: int, operation: str) -> dict[str, Any]:
    """A case's row. Raises ProblemError 404 for whoever may not see it, 403 for whoever may only see it."""
    if not 0 < case_id < 2**62:
        raise ProblemError(404, "case", f"no case {case_id}")
    row = connection.execute(_SQL["case"], {"case_id": case_id}).fetchone()
    if row is None or not caller.may("cases:read", row["entity"]):
        raise ProblemError(404, "case", f"no case {case_id}")
    if not caller.may(operation, row["entity"]):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for {operation} of {row['entity']}")
    return row


@router.get("/documents")
def documents(
    caller: DocumentReader,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: Filter = None,
    state: Filter = None,
    kind: Filter = None,
    source_key: Filter = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Document]:
    """Documents, the newest first."""
    (number,) = read_place(after, (int,))
    given = {
        "entities": seen_by(caller, "documents:read", entity), "interface": interface, "period": period, "state": state,
        "kind": kind, "source_key": source_key, "document_id": number, "limit": limit + 1,
    }  # fmt: skip
    query = "documents_of_month" if period and not (interface or source_key) else "documents"
    rows, more = cut(connection.execute(_SQL[query], given).fetchall(), limit)
    return Page(items=[Document(**r) for r in rows], next=place(rows[-1]["document_id"]) if more else None)


@router.get("/documents/{document_id}/source")
def source(
    document_id: int, caller: DocumentReader, context: TheContext, connection: TheConnection
) -> Source:
    """What its source sent, as it was taken in."""
    given = {"document_id": document_id, "most": _SHOWN_BYTES}
    known = connection.execute(_SQL["document"], given).fetchone() if 0 < document_id < 2**62 else None
    if known is None or not caller.may("documents:read", known["entity"]):
        raise ProblemError(404, "document", f"no document {document_id}")
    row = connection.execute(_SQL["source_of"], given).fetchone()
    if row is None:
        raise ProblemError(404, "document", f"no message of document {document_id} is kept")
    interface = context.release().interfaces.get(row["interface"])
    text, why = None, ""
    if interface is not None and "details" in interface.streams:
        why = "it holds what persons earn: `tieout persons` shows that to the payroll role"
    elif row["body"] is None:
        why = "its bytes are not kept any more"
    else:
        text = _as_text(bytes(row["body"]))
        why = "" if text is not None else "it is no text"
    return Source(**{k: v for k, v in row.items() if k != "body"}, text=text, why_not=why)


def _as_text(body: bytes) -> str | None:
    """Text as far as it is some, with account and card numbers masked."""
    try:
        # A character may be cut where the shown part ends.
        text = body.decode("utf-8", errors="strict" if len(body) < _SHOWN_BYTES else "ignore")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else masked(text)


@router.get("/documents/{document_id}")
def document(document_id: int, caller: DocumentReader, connection: TheConnection) -> WholeDocument:
    """A document with its way to the ledger."""
    given = {"document_id": document_id}
    row = connection.execute(_SQL["document"], given).fetchone() if 0 < document_id < 2**62 else None
    if row is None or not caller.may("documents:read", row["entity"]):
        raise ProblemError(404, "document", f"no document {document_id}")
    return WholeDocument(
        **row,
        trace_id=correlation_of(row["interface"], row["source_key"]),
        content=masked_json(_content(connection, document_id)),
        revisions=[
            Revision(**r)
            for r in connection.execute(
                _SQL["revisions"], {"interface": row["interface"], "source_key": row["source_key"]}
            )
        ],
        deliveries=[Delivery(**r) for r in connection.execute(_SQL["deliveries"], given)],
        lines=[Line(**r) for r in connection.execute(_SQL["lines"], given)],
        cases=[r["case_id"] for r in connection.execute(_SQL["cases_of_document"], given)],
    )
