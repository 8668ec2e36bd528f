"""The close of a period: tasks with their evidence, signatures of two people, locks, runbooks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, needs, needs_shortly, seen_by
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.expensive import NotNowError
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, Filter, Money, MonthInPath, month
from tieout.causes import cause_named
from tieout.close import (
    Board,
    CloseError,
    CloseState,
    board_of,
    kept_state,
    known_closes,
    printed_close,
    shown_last,
    take_signatures,
)
from tieout.close.model import TaskStanding
from tieout.close.runbooks import runbook
from tieout.close.waivers import read_waivers, sums_of
from tieout.connector_api import ConnectorError
from tieout.evidence import written
from tieout.money import Period
from tieout.operations import closing
from tieout.rules import Release
from tieout.store import Connection

router = APIRouter(tags=["close"])
Reader = Annotated[Caller, needs("close:read")]
Looker = Annotated[Caller, needs_shortly("close:read")]
Signer = Annotated[Caller, needs("close:sign")]


class Task(BaseModel):
    """`state`: signed, prepared (one person signed), done (nobody did yet), open, or blocked by a task `after` which
    it comes; `waits_for` are those of them that are not done. `why` is what the evidence says, `digest` of which figures. `turn` is
    what whoever asks has to do with it: do (bring it about), prepare, sign, or "" for nothing, with `why_not` where a signature is
    waited for that is not theirs."""

    name: str
    owner: str
    state: str
    why: str
    by_machine: bool
    subject: str
    after: list[str]
    minutes: int
    due_at: datetime
    expected_at: datetime | None
    late: bool
    prepared_by: str
    prepared_at: datetime | None
    signed_by: str
    signed_at: datetime | None
    digest: str
    waits_for: list[str] = []
    turn: Literal["do", "prepare", "sign", ""] = ""
    why_not: str = ""


class HoldingCases(BaseModel):
    """Open cases of one cause and currency that keep a close open, and what they come to."""

    cause: str
    title: str
    count: int
    amount: Money
    currency: str


class HeldMoney(BaseModel):
    """How many open cases keep a close open, and what they come to in one currency."""

    count: int
    amount: Money
    currency: str


class CloseDay(BaseModel):
    """A day after the period's end: its number among the business days, null where nobody works; `due` are the tasks
    that are due on it."""

    day: date
    business_day: int | None
    due: list[str]


class Close(BaseModel):
    """`as_of`, as `read_at`, is when the evidence was read; null: never. `current`: it was read for this answer; where it
    was not, `why_not` says why. `business_days` is how many the close took; null while it is open. `critical_path` are
    names of tasks. `held_by` are the open cases that keep it open, `held` what they come to by currency, `signs` the role that signs it, "" once it is closed."""

    entity: str
    period: str
    closed: bool
    closed_at: datetime | None
    business_days: int | None
    due_at: datetime
    expected_at: datetime | None
    critical_path: list[str]
    read_at: datetime | None
    as_of: datetime | None
    current: bool
    why_not: str
    days: list[CloseDay]
    tasks: list[Task]
    held_by: list[HoldingCases] = []
    held: list[HeldMoney] = []
    signs: str = ""


class CloseSummary(BaseModel):
    """How a close stands, when it is due and when it is expected to be done; `mine` counts the tasks that are the turn of whoever
    asks, `held` says what open cases keep it open, a currency each."""

    entity: str
    period: str
    closed: bool
    closed_at: datetime | None
    business_days: int | None
    due_at: datetime
    expected_at: datetime | None
    tasks: int
    signed: int
    late: int
    next_task: str
    mine: int = 0
    held: list[HeldMoney] = []


class Sign(BaseModel):
    """`tasks` empty: everything that can be signed. `seen`: the digest of each task's figures that the person looked at;
    left out, what was shown last of it to anybody. Of other figures by now nothing is signed."""

    tasks: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)] = []
    seen: Annotated[
        dict[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=64)]] | None,
        Field(max_length=500),
    ] = None


class Said(BaseModel):
    """What became of a task: `done` where it is prepared or signed now."""

    task: str
    said: str
    done: bool


class Lock(BaseModel):
    """Which books to lock."""

    kind: Literal["sale", "purchase", "tax", "fiscal year", "hard"] = "fiscal year"


class Locks(BaseModel):
    """By kind: up to which day the books are locked; null: not at all."""

    locks: dict[str, date | None]


class Waived(BaseModel):
    """One thing that was waived: `by` decided, `second` approved ("": nobody). `company_amount` is in the entity's currency, null
    where nobody knows; `revenue` what it takes from revenue; `count` how many a line stands for."""

    kind: str
    about: str
    cause: str
    interface: str
    amount: Money
    currency: str
    company_amount: Money | None
    at: datetime | None
    by: str
    second: str
    reason: str
    revenue: Money | None
    count: int


class WaivedSum(BaseModel):
    """What was waived of a kind and currency; `unknown` counts those without a worth in the entity's currency."""

    kind: str
    currency: str
    count: int
    amount: Money
    company_amount: Money
    unknown: int


class RevenueShare(BaseModel):
    """Revenue that people left out, in the entity's currency without tax, and in percent; above `limit` (percent) two people
    explain it."""

    sales: Money
    credit_notes: Money
    booked: Money
    unknown: int
    percent: Money
    limit: Money
    explained: str


class WaivedList(BaseModel):
    """All that was waived of a period; `wanting` says what keeps it from being closed, `alone` counts what one person decided
    above `alone_limit`."""

    entity: str
    period: str
    currency: str
    waived: list[Waived]
    sums: list[WaivedSum]
    revenue: RevenueShare
    alone_limit: Money
    alone: int
    wanting: list[str]


class Runbook(BaseModel):
    """What to do near a period's end when an interface's source, Odoo or Tieout is down."""

    interface: str
    entity: str
    text: str


@router.get("/closes")
def closes(
    caller: Reader, context: TheContext, connection: TheConnection, entity: Filter = None
) -> list[CloseSummary]:
    """Every close that somebody began, and of each entity the month that ended last; the latest first."""
    release, now = context.release(), context.clock.now()
    mine = seen_by(caller, "close:read", entity)
    wanted = {(e, p) for e, p in known_closes(connection) if e in release.entities}
    for code, book in release.entities.items():
        today = now.astimezone(book.zone).date()
        wanted.add((code, str(Period.of(today.replace(day=1) - timedelta(days=1)))))
    found = []
    for code, text in sorted(wanted, key=lambda x: (x[1], x[0]), reverse=True):
        if mine is None or code in mine:
            state, _ = kept_state(connection, release, code, Period.parse(text), now)
            found.append(_summary(state, board_of(connection, release, state, caller.person)))
    return found


@router.get("/closes/{entity}/{period}")
def close(
    entity: Code, period: MonthInPath, caller: Reader, context: TheContext, connection: TheConnection
) -> Close:
    """A close by its evidence as it was read last."""
    release = entity_to_read(context, caller, entity)
    return _kept(connection, context, release, entity, month(period), "it is as it was read last", caller)


_FORMS = {
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
}


@router.get(
    "/closes/{entity}/{period}/printed",
    response_class=Response,
    responses={
        200: {"content": {x: {"schema": {"type": "string"}} for x in ("text/html", "text/plain", "application/json")},
              "description": "the printed close"}
    },
)  # fmt: skip
def printed(
    entity: Code,
    period: MonthInPath,
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    form: Annotated[Literal["html", "text", "json"], Query()] = "html",
    sheet: Annotated[int, Query(ge=0, lt=2**62)] = 0,
) -> Response:
    """A close printed for an auditor, from the figures that were kept when somebody signed or locked last (or those of a
    `sheet`), with what happened since; a draft where nothing was. `form` json: the figures themselves."""
    release, wanted, now = entity_to_read(context, caller, entity), month(period), context.clock.now()
    try:
        with context.expensive.place("a printed close", 2), connection.transaction():
            found = printed_close(connection, release, entity, wanted, now, sheet)
    except LookupError as error:
        raise ProblemError(404, "sheet", str(error.args[0])) from None
    return Response(written(found, form), media_type=_FORMS[form])


@router.get("/closes/{entity}/{period}/waived")
def waived(
    entity: Code, period: MonthInPath, caller: Reader, context: TheContext, connection: TheConnection
) -> WaivedList:
    """What was excluded, accepted and written off of a period, by kind, and its share of revenue."""
    release = entity_to_read(context, caller, entity)
    found = read_waivers(connection, release, entity, month(period))
    share = found.share
    return WaivedList(
        entity=entity, period=found.period, currency=found.currency,
        waived=[
            Waived(
                kind=w.kind, about=w.about, cause=w.cause, interface=w.interface, amount=w.amount, currency=w.currency,
                company_amount=w.company, at=w.at, by=w.by, second=w.second, reason=w.reason, revenue=w.revenue,
                count=w.count,
            )
            for w in found.rows
        ],
        sums=[
            WaivedSum(
                kind=x.kind, currency=x.currency, count=x.count, amount=x.amount, company_amount=x.company,
                unknown=x.unknown,
            )
            for x in sums_of(found.rows)
        ],
        revenue=RevenueShare(
            sales=share.sales, credit_notes=share.credits, booked=share.booked, unknown=share.unknown,
            percent=share.percent, limit=found.percent_limit, explained=found.explained,
        ),
        alone_limit=found.limit, alone=len(found.alone), wanting=found.wanting,
    )  # fmt: skip


@router.post("/closes/{entity}/{period}/look")
async def look(
    entity: Code, period: MonthInPath, caller: Looker, context: TheContext, project: TheProject
) -> Close:
    """Read the evidence of every task now: sources, ledger, banks are asked, once for everybody who asks at the same time.
    Where one does not answer, the evidence as it was read last, with `current` false and why."""
    release, wanted = entity_to_read(context, caller, entity), month(period)
    try:
        state = await context.expensive.ask(
            entity, lambda: closing.close_state(project, entity, wanted), share=("close", entity, period)
        )
    except (NotNowError, ConnectorError) as error:
        return await run_in_threadpool(_kept_instead, context, release, entity, wanted, error, caller)
    return await run_in_threadpool(_looked, context, release, state, caller)


@router.post("/closes/{entity}/{period}/sign")
def sign(
    entity: Code,
    period: MonthInPath,
    body: Sign,
    caller: Signer,
    context: TheContext,
    connection: TheConnection,
    project: TheProject,
) -> list[Said]:
    """Sign tasks that are done: the first person prepares, another one signs."""
    entity_to_read(context, caller, entity)
    _may_sign(caller, entity)
    if caller.session is None or not caller.session.second_factor:
        raise ProblemError(403, "second-factor", "people sign, signed in with a second factor")
    release, wanted = context.release(), month(period)
    seen = shown_last(connection, entity, wanted) if body.seen is None else body.seen
    # Asked before anything is changed: what is signed is what was read, and one transaction.
    state = context.expensive.do(entity, lambda: closing.close_state(project, entity, wanted))
    try:
        found = take_signatures(
            connection, release, state, body.tasks, caller.person, "", context.clock.now(), seen
        )
    except CloseError as error:
        raise ProblemError(409, "close", str(error)) from None
    good = ("signed", "prepared", "is signed")
    return [Said(task=task, said=said, done=said.startswith(good)) for task, said in found]


@router.post("/closes/{entity}/{period}/lock")
def lock(
    entity: Code,
    period: MonthInPath,
    body: Lock,
    caller: Signer,
    context: TheContext,
    connection: TheConnection,
    project: TheProject,
) -> Locks:
    """Lock the ledger's books up to the period's end. A lock is moved ahead, never back: asked again it is done once."""
    entity_to_read(context, caller, entity)
    _may_sign(caller, entity)
    wanted = month(period)
    try:
        locks = context.expensive.do(
            entity, lambda: closing.set_lock(project, entity, wanted, body.kind, caller.name)
        )
    except CloseError as error:
        raise ProblemError(409, "close", str(error)) from None
    closing.keep_locked(
        connection, context.release(), context.clock.now(), entity, wanted, body.kind, caller.name
    )
    return Locks(locks=locks)


@router.get("/runbooks")
def runbooks(
    caller: Reader, context: TheContext, project: TheProject, entity: Filter = None
) -> list[Runbook]:
    """What to do near a period's end when a source, the ledger or Tieout is down."""
    release, mine = context.release(), seen_by(caller, "close:read", entity)
    watched = {name for name, _ in project.settings.watch}
    return [
        Runbook(
            interface=i.name,
            entity=i.entity,
            text=runbook(i, project.connector_of(i.system), release.entities[i.entity], i.name in watched),
        )
        for i in release.interfaces.values()
        if mine is None or i.entity in mine
    ]


def _kept(
    connection: Connection,
    context: RequestContext,
    release: Release,
    entity: str,
    period: Period,
    why: str,
    caller: Caller,
) -> Close:
    state, read_at = kept_state(connection, release, entity, period, context.clock.now())
    board = board_of(connection, release, state, caller.person)
    return _close(release, state, board, read_at, False, why)


def _looked(context: RequestContext, release: Release, state: CloseState, caller: Caller) -> Close:
    """A close whose evidence was read now."""
    with context.pool.connection() as connection:
        board = board_of(connection, release, state, caller.person)
    return _close(release, state, board, context.clock.now(), True)


def _kept_instead(
    context: RequestContext, release: Release, entity: str, period: Period, error: Exception, caller: Caller
) -> Close:
    """What is kept of a close whose evidence cannot be read now. Raises the error where nothing is."""
    with context.pool.connection() as connection:
        found = _kept(connection, context, release, entity, period, str(error), caller)
    if found.read_at is None:
        raise error
    return found


def entity_to_read(context: RequestContext, caller: Caller, entity: str) -> Release:
    """The release in force, to whoever may read an entity's close. Raises ProblemError where there is no such entity, to them."""
    release = context.release()
    if entity not in release.entities or not caller.may("close:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
    return release


def _may_sign(caller: Caller, entity: str) -> None:
    if not caller.may("close:sign", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for close:sign of {entity}")


def _summary(state: CloseState, board: Board) -> CloseSummary:
    open_tasks = [s for s in state.tasks if s.state != TaskStanding.SIGNED]
    return CloseSummary(
        entity=state.entity, period=state.period, closed=state.closed, closed_at=state.closed_at,
        business_days=state.days, due_at=state.due_at, expected_at=state.expected_at, tasks=len(state.tasks),
        signed=len(state.tasks) - len(open_tasks), late=sum(s.late for s in state.tasks),
        next_task=next((s.task.name for s in open_tasks if s.state != TaskStanding.BLOCKED), ""), mine=board.mine,
        held=_held(board),
    )  # fmt: skip


def _held(board: Board) -> list[HeldMoney]:
    return [HeldMoney(count=n, amount=a, currency=c) for c, (n, a) in sorted(board.sums.items())]


def _days(release: Release, state: CloseState) -> list[CloseDay]:
    """From the period's end to the last task's day, and to today's where that is later, whole weeks."""
    calendar, zone = release.closing.of(state.entity).calendar, release.entities[state.entity].zone
    last = Period.parse(state.period).last
    due: dict[date, list[str]] = {}
    for s in state.tasks:
        due.setdefault(s.task.due_at.astimezone(zone).date(), []).append(s.task.name)
    first = last - timedelta(days=last.weekday())
    until = max([last, *due])
    until += timedelta(days=6 - until.weekday())
    found = []
    for number in range((until - first).days + 1):
        day = first + timedelta(days=number)
        working = day > last and calendar.is_open(day)
        found.append(
            CloseDay(
                day=day, business_day=calendar.between(last, day) if working else None, due=due.get(day, [])
            )
        )
    return found


def _close(
    release: Release,
    state: CloseState,
    board: Board,
    read_at: datetime | None,
    current: bool,
    why: str = "",
) -> Close:
    tasks = []
    for s in state.tasks:
        signature, hand = s.signature, board.hands[s.task.name]
        tasks.append(
            Task(
                name=s.task.name, owner=s.task.owner, state=s.state, why=s.finding.why,
                by_machine=bool(s.task.check), subject=s.task.subject, after=list(s.task.after),
                minutes=s.task.minutes, due_at=s.task.due_at, expected_at=s.expected_at, late=s.late,
                prepared_by=signature.prepared_by if signature else "",
                prepared_at=signature.prepared_at if signature else None,
                signed_by=signature.signed_by if signature else "",
                signed_at=signature.signed_at if signature else None, digest=s.finding.digest,
                waits_for=list(board.waits[s.task.name]), turn=hand.turn, why_not=hand.why_not,
            )
        )  # fmt: skip
    return Close(
        entity=state.entity, period=state.period, closed=state.closed, closed_at=state.closed_at,
        business_days=state.days, due_at=state.due_at, expected_at=state.expected_at,
        critical_path=list(state.critical), read_at=read_at, as_of=read_at,
        current=current, why_not=why, days=_days(release, state), tasks=tasks, signs=board.role,
        held_by=[HoldingCases(title=cause_named(r["cause"]).title, **r) for r in board.cases], held=_held(board),
    )  # fmt: skip
