"""Cases and documents, read and worked on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, PlainSerializer

from tieout.api.v1.calling import Caller, TheConnection, TheDesk, needs
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.cases import solve_case
from tieout.pipeline import exclude, replay
from tieout.proofs import Figure as ProofFigure
from tieout.proofs import tie_out
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
# An amount of money travels as a text, exact, and never as a number.
Money = Annotated[Decimal, PlainSerializer(lambda v: f"{v:f}", return_type=str)]
Filter = Annotated[str | None, Query(max_length=300)]
Reason = Annotated[str, Field(min_length=3, max_length=500)]


class Case(BaseModel):
    """`amount` is what is at risk: positive, in `currency`. `accepted`: a person decided that things may stand
    as they are."""

    case_id: int
    cause: str
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


class Cause(BaseModel):
    """Open cases of one cause: how many, what is at risk, what recovers them."""

    cause: str
    entity: str
    currency: str
    count: int
    amount: Money
    due_at: datetime
    recovery: str


class Why(BaseModel):
    reason: Reason


class Excluded(BaseModel):
    """`request` is the approval that was asked for; null: it is excluded."""

    request: int | None


class Replayed(BaseModel):
    replayed: int


class Replay(BaseModel):
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
    deliveries: list[Delivery]
    lines: list[Line]
    cases: list[int]


class Figure(BaseModel):
    count: int
    debit: Money
    credit: Money


class TieOutRow(BaseModel):
    """source = posted + waiting + in_exception + excluded + residual; `source` null: unproven."""

    interface: str
    entity: str
    period: str
    currency: str
    source: Figure | None
    posted: Figure
    waiting: Figure
    in_exception: Figure
    excluded: Figure
    residual: Figure | None
    ledger_gap: Money
    proven: bool


Reader = Annotated[Caller, needs("cases:read")]
Writer = Annotated[Caller, needs("cases:write")]
DocumentReader = Annotated[Caller, needs("documents:read")]
Replayer = Annotated[Caller, needs("interfaces:replay")]


def seen_by(caller: Caller, operation: str, asked: str | None) -> list[str] | None:
    """The entities to list for somebody who asks for one of them or for all; None: every one."""
    mine = caller.entities(operation)
    if asked is not None:
        return [asked] if caller.may(operation, asked) else []
    return None if "*" in mine else sorted(mine)


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
    limit: Limit = 50,
    after: After = "",
) -> Page[Case]:
    """Cases, the largest amount first."""
    amount, number = read_place(after, (Decimal, int))
    given = {
        "state": None if state == "all" else state, "entities": seen_by(caller, "cases:read", entity), "cause": cause,
        "interface": interface, "period": period, "owner": owner, "amount": amount, "case_id": number, "limit": limit + 1,
    }  # fmt: skip
    rows, more = cut(connection.execute(_SQL["cases"], given).fetchall(), limit)
    following = place(rows[-1]["amount"], rows[-1]["case_id"]) if more else None
    return Page(items=[Case(**r) for r in rows], next=following)


@router.get("/cases/causes")
def causes(caller: Reader, connection: TheConnection, entity: Filter = None) -> list[Cause]:
    """Open cases by what caused them: the three answers."""
    given = {"entities": seen_by(caller, "cases:read", entity)}
    return [Cause(**r) for r in connection.execute(_SQL["causes"], given).fetchall()]


@router.get("/cases/{case_id}")
def case(case_id: int, caller: Reader, connection: TheConnection) -> Case:
    return Case(**_case(connection, caller, case_id, "cases:read"))


@router.post("/cases/{case_id}/solve")
def solve(case_id: int, body: Why, caller: Writer, desk: TheDesk, connection: TheConnection) -> Case:
    """A person decides that things may stand as they are."""
    _case(connection, caller, case_id, "cases:write")
    with connection.transaction():
        if not solve_case(connection, case_id, desk.clock.now(), body.reason, caller.name):
            raise ProblemError(409, "case", f"case {case_id} is not open any more")
    return Case(**_case(connection, caller, case_id, "cases:write"))


@router.post("/cases/{case_id}/exclude")
def exclude_document(
    case_id: int, body: Why, caller: Writer, desk: TheDesk, connection: TheConnection
) -> Excluded:
    """Nothing is posted for the document that a case holds; where a policy asks, people approve that first."""
    _case(connection, caller, case_id, "cases:write")
    try:
        with connection.transaction():
            request = exclude(connection, desk.release(), case_id, body.reason, desk.clock.now(), caller.name)
    except ValueError as error:
        raise ProblemError(409, "case", str(error)) from None
    return Excluded(request=request or None)


@router.post("/cases/{case_id}/replay")
def replay_case(case_id: int, caller: Writer, desk: TheDesk, connection: TheConnection) -> Replayed:
    """Plan what a case holds again: safe at any time."""
    _case(connection, caller, case_id, "cases:write")
    with connection.transaction():
        return Replayed(replayed=replay(connection, desk.clock.now(), caller.name, case_id=case_id))


@router.post("/cases/replay")
def replay_cause(body: Replay, caller: Replayer, desk: TheDesk, connection: TheConnection) -> Replayed:
    """Plan whatever a cause holds again, for every entity."""
    if not caller.may("interfaces:replay", "*"):
        raise ProblemError(403, "forbidden", "that is for every entity: replay case by case")
    with connection.transaction():
        return Replayed(replayed=replay(connection, desk.clock.now(), caller.name, cause=body.cause))


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
    rows, more = cut(connection.execute(_SQL["documents"], given).fetchall(), limit)
    return Page(items=[Document(**r) for r in rows], next=place(rows[-1]["document_id"]) if more else None)


@router.get("/documents/{document_id}")
def document(document_id: int, caller: DocumentReader, connection: TheConnection) -> WholeDocument:
    """A document with its way to the ledger."""
    given = {"document_id": document_id}
    row = connection.execute(_SQL["document"], given).fetchone() if 0 < document_id < 2**62 else None
    if row is None or not caller.may("documents:read", row["entity"]):
        raise ProblemError(404, "document", f"no document {document_id}")
    return WholeDocument(
        **row,
        deliveries=[Delivery(**r) for r in connection.execute(_SQL["deliveries"], given)],
        lines=[Line(**r) for r in connection.execute(_SQL["lines"], given)],
        cases=[r["case_id"] for r in connection.execute(_SQL["cases_of_document"], given)],
    )


@router.get("/tie-out")
def tieout(
    caller: DocumentReader,
    desk: TheDesk,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: Filter = None,
) -> list[TieOutRow]:
    """source = posted + waiting + in exception + excluded, by interface, entity, period and currency."""
    mine = seen_by(caller, "documents:read", entity)
    found = []
    for row in tie_out(connection, desk.release()):
        fits = (interface in (None, row.interface)) and (period in (None, row.period))
        if fits and (mine is None or row.entity in mine):
            found.append(
                TieOutRow(
                    interface=row.interface,
                    entity=row.entity,
                    period=row.period,
                    currency=row.currency,
                    source=_figure(row.source),
                    posted=_sure(row.posted),
                    waiting=_sure(row.waiting),
                    in_exception=_sure(row.in_exception),
                    excluded=_sure(row.excluded),
                    residual=_figure(row.residual),
                    ledger_gap=row.ledger_gap,
                    proven=row.proven,
                )
            )
    return found


def _sure(figure: ProofFigure) -> Figure:
    return Figure(count=figure.count, debit=figure.debit, credit=figure.credit)


def _figure(figure: ProofFigure | None) -> Figure | None:
    return _sure(figure) if figure is not None else None
