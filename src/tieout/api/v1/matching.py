"""What matching suggests, what is open, and what people decide about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs, needs_person, seen_by
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.elsewhere import Elsewhere, Places
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, Name, Reason, Why
from tieout.connector_api import ConnectorError, OpenItem
from tieout.documents import Reconciliation, decode_document
from tieout.documents.model import OpenLine as MatchedLine
from tieout.operations import reconciling
from tieout.operations.open_project import OpenProject
from tieout.reconcile import MatchingError
from tieout.reconcile.ledger import (
    DecisionError,
    Decisions,
    LessonError,
    decide_lesson,
    lessons,
    open_lines,
    open_sums,
    reconciliation_interface,
)
from tieout.rules import Interface, UnmappedError
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
T = TypeVar("T")
router = APIRouter(tags=["matching"])
Reader = Annotated[Caller, needs("matches:read")]
Matcher = Annotated[Caller, needs_person("matches:write")]
Number = Annotated[int, Path(gt=0, lt=2**62)]
Line = Annotated[int, Field(gt=0, lt=2**62)]
# The name of a difference's role: difference.NAME of mappings/accounts.csv.
Difference = Annotated[str, Field(max_length=60, pattern=r"^[a-z_]*$")]


class Side(BaseModel):
    """A line of a match: `residual` is what is open of it and `rest` what stays so, signed as its side is: cash
    received and what is owed to us are positive."""

    line: int
    on: date
    account: str
    number: str
    party: str
    text: str
    residual: Money
    rest: Money


class Suggestion(BaseModel):
    """`difference` is what the two sides differ by, booked as `explained_as`."""

    suggestion_id: int
    entity: str
    currency: str
    amount: Money
    difference: Money
    explained_as: str
    rule: str
    confidence: Money
    rank: int
    why: str
    state: str
    decided_by: str
    reason: str
    proposed_at: datetime
    cash: list[Side]
    due: list[Side]


class OpenLine(BaseModel):
    """A line that nobody matched yet: `amount` is signed as its side is; `elsewhere` is its page in the ledger."""

    line: int
    account: str
    kind: str
    booked_on: date
    due_on: date | None
    amount: Money
    currency: str
    partner: str
    number: str
    text: str
    read_at: datetime
    elsewhere: Elsewhere | None = None


class OpenSum(BaseModel):
    """What is open of a side in a currency: how many lines, how much, since when, read when."""

    entity: str
    side: str
    currency: str
    count: int
    amount: Money
    oldest: date
    read_at: datetime


class Match(BaseModel):
    """A match that was decided: `state` is its document's."""

    key: str
    document_id: int
    entity: str
    currency: str
    amount: Money
    difference: Money
    explained_as: str
    rule: str
    why: str
    decided_by: str
    accounting_on: date
    state: str
    undone: bool
    cash: list[Side]
    due: list[Side]


class Accept(BaseModel):
    """`lines`: of the suggestion's lines only these (a split); empty: all of them."""

    lines: Annotated[list[Line], Field(max_length=500)] = []
    difference: Difference = ""


class Join(BaseModel):
    """Lines that belong together, and what explains what they differ by."""

    entity: Name
    lines: Annotated[list[Line], Field(min_length=1, max_length=500)]
    difference: Difference = ""


class Book(BaseModel):
    """`account` is a role of mappings/accounts.csv, such as bank_fees."""

    entity: Name
    line: Line
    account: Annotated[str, Field(min_length=1, max_length=80)]


class Decided(BaseModel):
    """`applied` false: it waits for a second person."""

    key: str
    applied: bool


class Lesson(BaseModel):
    """A sentence that a match taught, and who proposed and decided it."""

    lesson_id: int
    interface: str
    entity: str
    kind: str
    sentence: str
    state: str
    proposed_by: str
    proposed_at: datetime
    matches: int
    decided_by: str
    reason: str


@router.get("/matches/suggestions")
def suggestions(
    caller: Reader,
    connection: TheConnection,
    entity: Filter = None,
    state: Literal["open", "to_approve", "all"] = "all",
    limit: Limit = 50,
    after: After = "",
) -> Page[Suggestion]:
    """What is suggested and what waits for a second person, the surest first."""
    sure, number = read_place(after, (Decimal, int))
    given = {
        "entities": seen_by(caller, "matches:read", entity), "state": None if state == "all" else state,
        "confidence": sure, "id": number, "limit": limit + 1,
    }  # fmt: skip
    rows, more = cut(connection.execute(_SQL["suggestions"], given).fetchall(), limit)
    following = place(rows[-1]["confidence"], rows[-1]["suggestion_id"]) if more else None
    return Page(items=[_suggestion(r) for r in rows], next=following)


@router.get("/matches/open")
def open_items(
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    side: Literal["cash", "due"],
    entity: Annotated[str, Query(min_length=1, max_length=80)],
    words: Filter = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    amount: Annotated[Decimal | None, Query(max_digits=30, decimal_places=8)] = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[OpenLine]:
    """Open lines of an entity, as the ledger was read last: the oldest first."""
    if not caller.may("matches:read", entity):
        return Page(items=[], next=None)
    on, line = read_place(after, (date.fromisoformat, int))
    found = open_lines(
        connection, entity, side, words=words or "", currency=currency, amount=amount,
        after=(on, line) if after else None, limit=limit + 1,
    )  # fmt: skip
    rows, more = cut(found, limit)
    places = Places(context)
    return Page(
        items=[
            OpenLine(**r, elsewhere=places.in_books(entity, "account.move.line", r["line"])) for r in rows
        ],
        next=place(rows[-1]["booked_on"], rows[-1]["line"]) if more else None,
    )


@router.get("/matches/open/sums")
def open_line_sums(caller: Reader, connection: TheConnection, entity: Filter = None) -> list[OpenSum]:
    """How much is open on each side, and since when."""
    return [OpenSum(**r) for r in open_sums(connection, seen_by(caller, "matches:read", entity))]


@router.get("/matches")
def decided_matches(
    caller: Reader, connection: TheConnection, entity: Filter = None, limit: Limit = 50, after: After = ""
) -> Page[Match]:
    """Matches that were decided, the latest first."""
    (number,) = read_place(after, (int,))
    given = {"entities": seen_by(caller, "matches:read", entity), "document_id": number, "limit": limit + 1}
    rows, more = cut(connection.execute(_SQL["matches"], given).fetchall(), limit)
    return Page(items=[_match(r) for r in rows], next=place(rows[-1]["document_id"]) if more else None)


@router.post("/matches/suggestions/{number}/accept")
def accept_suggestion(
    number: Number, body: Accept, caller: Matcher, context: TheContext, connection: TheConnection
) -> Decided:
    """Apply a suggestion, or a part of it."""
    _suggestion_of(connection, caller, number)
    done, waits = _decide(
        context,
        connection,
        caller,
        lambda d: (d.accept(number, only=body.lines, difference=body.difference), d.waits),
    )
    return Decided(key=done.key, applied=not waits)


@router.post("/matches/suggestions/{number}/reject")
def reject_suggestion(
    number: Number, body: Why, caller: Matcher, context: TheContext, connection: TheConnection
) -> Suggestion:
    """Never suggest these lines together again."""
    _suggestion_of(connection, caller, number)
    _decide(context, connection, caller, lambda d: d.reject(number, body.reason))
    return _suggestion(_suggestion_of(connection, caller, number))


@router.post("/matches/suggestions/{number}/write-off")
def write_off(
    number: Number, body: Why, caller: Matcher, context: TheContext, connection: TheConnection
) -> Decided:
    """Apply a suggestion and write its difference off: above the limit once a second person approves."""
    _suggestion_of(connection, caller, number)
    document, applied = _decide(context, connection, caller, lambda d: d.write_off(number, body.reason))
    return Decided(key=document.key, applied=applied)


@router.post("/matches/suggestions/{number}/approve")
def approve_write_off(
    number: Number, caller: Matcher, context: TheContext, connection: TheConnection
) -> Decided:
    """Let happen what somebody else decided and may not alone: by who signs the close."""
    _suggestion_of(connection, caller, number)
    done = _decide(context, connection, caller, lambda d: d.approve(number))
    return Decided(key=done.key, applied=True)


@router.post("/matches/join")
def join(
    body: Join, caller: Matcher, context: TheContext, connection: TheConnection, project: TheProject
) -> Decided:
    """Match open lines by hand; what that teaches is proposed."""
    interface, cash, due = _open(context, caller, project, body.entity, body.lines)
    items = [*cash, *due]
    rate = context.expensive.do(body.entity, lambda: reconciling.rate_between(project, body.entity, items))
    done, waits = _decide(
        context,
        connection,
        caller,
        lambda d: (d.join(interface, cash, due, body.difference, rate), d.waits),
    )
    return Decided(key=done.key, applied=not waits)


@router.post("/matches/book")
def book(
    body: Book, caller: Matcher, context: TheContext, connection: TheConnection, project: TheProject
) -> Decided:
    """Book cash that pays nothing to an account."""
    interface, cash, _ = _open(context, caller, project, body.entity, [body.line])
    if not cash:
        raise ProblemError(409, "match", f"line {body.line} is no cash: only what was paid is booked so")
    done, waits = _decide(
        context, connection, caller, lambda d: (d.book(interface, cash[0], body.account), d.waits)
    )
    return Decided(key=done.key, applied=not waits)


class ReadOpen(BaseModel):
    """Of which entity what is open is read."""

    entity: Annotated[str, Field(min_length=1, max_length=80)]


class OpenRead(BaseModel):
    """What a run came to: `items` that were open, `applied` matches that were sure, `suggested` that wait for a person."""

    items: int
    applied: int
    suggested: int


@router.post("/matches/read")
def read_open(body: ReadOpen, caller: Matcher, context: TheContext, project: TheProject) -> OpenRead:
    """Read now what is open in an entity's ledger, and not once a day: what is sure is matched, the rest is listed."""
    release = context.release()
    if body.entity not in release.entities or not caller.may("matches:read", body.entity):
        raise ProblemError(404, "entity", f"no entity {body.entity!r}")
    _must(caller, body.entity)
    today = context.clock.now().astimezone(release.entities[body.entity].zone).date()
    try:
        run = context.expensive.do(body.entity, lambda: reconciling.reconcile(project, body.entity, today))
    except ConnectorError as error:
        raise ProblemError(503, "not-now", f"the ledger was not read: {error}"[:300]) from None
    except (LookupError, MatchingError) as error:
        raise ProblemError(409, "match", str(error.args[0])) from None
    return OpenRead(items=run.items, applied=len(run.applied), suggested=run.suggested)


class Undo(BaseModel):
    """A match to take apart, and why."""

    key: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Reason


@router.post("/matches/undo")
def undo(body: Undo, caller: Matcher, context: TheContext, connection: TheConnection) -> Decided:
    """Take a match apart again, and book back what it booked."""
    row = connection.execute(_SQL["match_entity"], {"key": body.key}).fetchone()
    if row is None or not caller.may("matches:read", row["entity"]):
        raise ProblemError(404, "match", f"no match {body.key!r}")
    _must(caller, row["entity"])
    done = _decide(context, connection, caller, lambda d: d.undo(body.key, body.reason))
    return Decided(key=done.key, applied=True)


@router.get("/lessons")
def lesson_list(
    caller: Reader,
    connection: TheConnection,
    entity: Filter = None,
    state: Literal["proposed", "approved", "rejected"] | None = None,
) -> list[Lesson]:
    """What matches by hand taught."""
    mine = seen_by(caller, "matches:read", entity)
    rows = lessons(connection, None, state)
    return [_lesson(r) for r in rows if mine is None or r["entity"] in mine]


@router.post("/lessons/{number}/approve")
def approve_lesson(number: Number, caller: Matcher, context: TheContext, connection: TheConnection) -> Lesson:
    """Let matching use what somebody else taught."""
    return _teach(number, True, "", caller, context, connection)


@router.post("/lessons/{number}/reject")
def reject_lesson(
    number: Number, body: Why, caller: Matcher, context: TheContext, connection: TheConnection
) -> Lesson:
    """Reject a lesson, or withdraw one that was approved."""
    return _teach(number, False, body.reason, caller, context, connection)


def _teach(
    number: int, approve: bool, reason: str, caller: Caller, context: RequestContext, connection: Connection
) -> Lesson:
    row = next((r for r in lessons(connection) if r["lesson_id"] == number), None)
    if row is None or not caller.may("matches:read", row["entity"]):
        raise ProblemError(404, "lesson", f"no lesson {number}")
    _must(caller, row["entity"])
    try:
        with connection.transaction():
            decide_lesson(connection, number, approve, caller.name, reason, context.clock.now())
    except LessonError as error:
        raise ProblemError(409, "lesson", str(error)) from None
    return _lesson(next(r for r in lessons(connection) if r["lesson_id"] == number))


def _must(caller: Caller, entity: str) -> None:
    if not caller.may("matches:write", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for matches:write of {entity}")


def _suggestion_of(connection: Connection, caller: Caller, number: int) -> dict[str, Any]:
    row = connection.execute(_SQL["suggestion"], {"id": number}).fetchone()
    if row is None or not caller.may("matches:read", row["entity"]):
        raise ProblemError(404, "suggestion", f"no suggestion {number}")
    _must(caller, row["entity"])
    return dict(row)


def _open(
    context: RequestContext, caller: Caller, project: OpenProject, entity: str, lines: list[int]
) -> tuple[Interface, list[OpenItem], list[OpenItem]]:
    """The interface, and of the ledger's open items those lines as they are now: cash, and what is due."""
    release = context.release()
    if entity not in release.entities or not caller.may("matches:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
    _must(caller, entity)
    if reconciliation_interface(release, entity) is None:
        raise ProblemError(409, "match", f"no interface reconciles {entity}")
    today = context.clock.now().astimezone(release.entities[entity].zone).date()
    interface, cash, due = context.expensive.do(
        entity, lambda: reconciling.open_items(project, entity, today, lines)
    )
    known = {i.line for i in (*cash, *due)}
    gone = [x for x in lines if x not in known]
    if gone:
        raise ProblemError(409, "match", f"line {gone[0]} is not open, or a match of it is on its way")
    return interface, [i for i in cash if i.line in lines], [i for i in due if i.line in lines]


def _decide(
    context: RequestContext, connection: Connection, caller: Caller, act: Callable[[Decisions], T]
) -> T:
    """One decision, whole or not at all."""
    try:
        with connection.transaction():
            return act(Decisions(connection, context.release(), caller.name, context.clock.now()))
    except (DecisionError, MatchingError, UnmappedError) as error:
        raise ProblemError(409, "match", str(error)) from None


def _sides(document: Reconciliation) -> dict[str, list[Side]]:
    return {
        "cash": [_side(x, -1) for x in document.cash],
        "due": [_side(x, 1) for x in document.due],
    }


def _side(item: MatchedLine, sign: int) -> Side:
    return Side(
        line=item.line, on=item.on, account=item.account, number=item.number, party=item.party, text=item.text,
        residual=sign * item.residual, rest=sign * item.rest,
    )  # fmt: skip


def _content(row: dict[str, Any]) -> Reconciliation:
    document = decode_document(row["content"].encode())
    assert isinstance(document, Reconciliation)
    return document


def _suggestion(row: dict[str, Any]) -> Suggestion:
    return Suggestion(**{**row, **_sides(_content(row))})


def _match(row: dict[str, Any]) -> Match:
    document = _content(row)
    return Match(
        key=row["source_key"], document_id=row["document_id"], entity=row["entity"], currency=row["currency"],
        amount=-sum((x.residual - x.rest for x in document.cash), Decimal(0)), difference=document.difference.value,
        explained_as=document.explained_as, rule=document.rule, why=document.why, decided_by=document.decided_by,
        accounting_on=row["accounting_on"], state=row["state"], undone=document.undone, **_sides(document),
    )  # fmt: skip


def _lesson(row: dict[str, Any]) -> Lesson:
    return Lesson(**{**row, "matches": len(row["learned_from"])})
