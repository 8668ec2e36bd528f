"""What people are told of cases, and which they watch."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, TheCaller, needs
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Money
from tieout.cases import (
    MOST_TOLD,
    READS,
    Told,
    count_new,
    look,
    people_who,
    reminders_of,
    told_to,
    watch_case,
    watchers_of,
)
from tieout.causes import cause_named
from tieout.security import load_authority
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
Reader = Annotated[Caller, needs("cases:read")]


class Notice(BaseModel):
    """What somebody was told of a case: `kind` is what happened, `by` whose doing it was, `new` whether it came since they looked. The
    rest is the case as it is now; `amount` is at risk, positive, in `currency`."""

    notice_id: int
    kind: Told
    by: str
    at: datetime
    new: bool
    case_id: int
    title: str
    entity: str
    amount: Money
    currency: str
    state: str
    due_at: datetime
    owner: str


class Seen(BaseModel):
    """Up to which notice somebody looked."""

    upto: Annotated[int, Field(ge=0, lt=2**62)]


class New(BaseModel):
    """How much is new by now, counted to a hundred."""

    new: int


class Watch(BaseModel):
    """Whether to watch it from now on."""

    watching: bool


class Reminded(BaseModel):
    """That somebody was told that a case is past its time: its owner (`overdue`), or a controller (`escalated`)."""

    person: str
    kind: Told
    at: datetime


class Watched(BaseModel):
    """Who watches a case and may see it, and whether whoever asks does; `reminded` of whom was told that it is past its time."""

    watching: bool
    watchers: list[str]
    reminded: list[Reminded]


@router.get("/me/told")
def told(caller: TheCaller, connection: TheConnection) -> list[Notice]:
    """What I was told of cases that I may see, the newest first, at most a hundred."""
    rows = told_to(connection, caller.name, caller.entities(READS), MOST_TOLD)
    return [
        Notice(**{k: v for k, v in r.items() if k != "cause"}, title=cause_named(r["cause"]).title)
        for r in rows
    ]


@router.put("/me/told")
def seen(body: Seen, caller: TheCaller, context: TheContext, connection: TheConnection) -> New:
    """I have seen what I was told, up to this notice."""
    if caller.session is not None and not caller.session.full:
        raise ProblemError(403, "second-factor", "your roles need a second factor: set one up, or give it")
    with connection.transaction():
        look(connection, caller.name, body.upto, context.clock.now())
    return New(new=count_new(connection, caller.name, caller.entities(READS)))


@router.get("/cases/{case_id}/watch")
def watched(case_id: int, caller: Reader, connection: TheConnection) -> Watched:
    """Who watches a case."""
    return _watched(connection, caller, case_id, _entity(connection, caller, case_id))


@router.put("/cases/{case_id}/watch")
def watch(
    case_id: int, body: Watch, caller: Reader, context: TheContext, connection: TheConnection
) -> Watched:
    """Be told of what becomes of a case, or no more: whoever may see it may watch it."""
    entity = _entity(connection, caller, case_id)
    if not caller.person.human:
        raise ProblemError(403, "person", f"{caller.name} is a service account: people watch cases")
    with connection.transaction():
        watch_case(connection, case_id, caller.name, body.watching, context.clock.now(), caller.name)
    return _watched(connection, caller, case_id, entity)


def _entity(connection: Connection, caller: Caller, case_id: int) -> str:
    """The entity of a case that whoever calls may see. Raises ProblemError 404."""
    known = 0 < case_id < 2**62
    row = connection.execute(_SQL["case"], {"case_id": case_id}).fetchone() if known else None
    if row is None or not caller.may(READS, row["entity"]):
        raise ProblemError(404, "case", f"no case {case_id}")
    return str(row["entity"])


def _watched(connection: Connection, caller: Caller, case_id: int, entity: str) -> Watched:
    able = people_who(load_authority(connection), READS, entity)
    found = [name for name in watchers_of(connection, case_id) if name in able]
    reminded = [Reminded(**r) for r in reminders_of(connection, case_id)]
    return Watched(watching=caller.name in found, watchers=found, reminded=reminded)
