"""Interfaces as they run, and the evidence of what happened."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as PathParam
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from tieout.api.v1.calling import Caller, needs, needs_shortly, seen_by
from tieout.api.v1.cases import Replayed
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.previews import Tried, tried_now
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, Why, span
from tieout.engine import wake
from tieout.evidence import Entry, export_pack, record
from tieout.inbox import pause, poll_now, pull_again, resume
from tieout.kept_figures import backlog, read_kept
from tieout.operations.processing import process_stage
from tieout.planning import in_range, replay_range, try_range
from tieout.rules import Interface
from tieout.store import Connection, Queries

_SQL, _STATUS = Queries("tieout.api.v1"), Queries("tieout.api")
router = APIRouter(tags=["running"])
Reader = Annotated[Caller, needs("interfaces:read")]
Runner = Annotated[Caller, needs("interfaces:run")]
Replayer = Annotated[Caller, needs("interfaces:replay")]
RangeTrier = Annotated[Caller, needs_shortly("interfaces:replay")]
Interfaced = Annotated[str, PathParam(max_length=80)]
Auditor = Annotated[Caller, needs("evidence:read")]


class Flow(BaseModel):
    """An interface: what it is, and what went through it. `polled_at` null: it is not polled. `median_s` and `p95_s` are
    seconds from a message to its posting, of the last 2,000; `limits` is what its system allows. `waits` says until when its source or its
    ledger is left alone, as was declared: no failure, and "" where nothing waits."""

    interface: str
    system: str
    entity: str
    owner: str
    process: str
    streams: list[str]
    close_critical: bool
    late_events: str
    documents: int
    posted: int
    waiting: int
    held: int
    polled_at: datetime | None
    last_error: str
    waits: str
    latency: str
    every_minutes: int
    service_level_hours: int
    backlog: int
    oldest_at: datetime | None
    open_cases: int
    median_s: Money | None
    p95_s: Money | None
    limits: str
    paused: Paused | None


class Paused(BaseModel):
    """Since when an interface is paused, by whom and why."""

    since: datetime
    by: str
    reason: str


class Range(BaseModel):
    """Days of accounting, both included."""

    since: date
    until: date


class Stand(BaseModel):
    """Documents of the range by state: only what is refused is planned again by a replay."""

    state: str
    currency: str
    count: int
    debit: Money
    credit: Money


class RangeTried(Tried):
    """With how the range stands now."""

    stands: list[Stand]


class Run(BaseModel):
    """`from_the_beginning`: everything that the source still has is asked for; what is known has no effect."""

    from_the_beginning: Annotated[bool, Field()] = False


class Asked(BaseModel):
    """Which interface will be asked anew, and from where."""

    interface: str
    from_the_beginning: bool


class EvidenceEntry(BaseModel):
    """One entry: who did what to what, when; `detail` says how."""

    evidence_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    entity: str
    detail: dict[str, Any]


@router.get("/interfaces")
def interfaces(
    caller: Reader, context: TheContext, connection: TheConnection, entity: Filter = None
) -> list[Flow]:
    """Every interface that the project declares."""
    mine = seen_by(caller, "interfaces:read", entity)
    known = _stands(connection, context)
    return [
        _flow(i, known.get(i.name, {}))
        for i in context.release().interfaces.values()
        if mine is None or i.entity in mine
    ]


@router.get("/interfaces/{name}")
def interface(name: Interfaced, caller: Reader, context: TheContext, connection: TheConnection) -> Flow:
    """One interface."""
    return _flow(_interface(context, caller, name), _stands(connection, context).get(name, {}))


@router.post("/interfaces/{name}/pause")
def pause_interface(
    name: Interfaced, body: Why, caller: Runner, context: TheContext, connection: TheConnection
) -> Flow:
    """Ask, plan and deliver nothing of an interface until it is resumed; what is pushed is kept."""
    found = _interface(context, caller, name, "interfaces:run")
    with connection.transaction():
        if not pause(connection, found, caller.name, body.reason, context.clock.now()):
            raise ProblemError(409, "interface", f"{name} is paused already")
    return _flow(found, _stands(connection, context).get(name, {}))


@router.post("/interfaces/{name}/resume")
def resume_interface(
    name: Interfaced, caller: Runner, context: TheContext, connection: TheConnection
) -> Flow:
    """Let a paused interface go on."""
    found = _interface(context, caller, name, "interfaces:run")
    with connection.transaction():
        if not resume(connection, found, caller.name, context.clock.now()):
            raise ProblemError(409, "interface", f"{name} is not paused")
    return _flow(found, _stands(connection, context).get(name, {}))


@router.post("/interfaces/{name}/replay/try")
async def try_replay(
    name: Interfaced, body: Range, caller: RangeTrier, context: TheContext, project: TheProject
) -> RangeTried:
    """What replaying a range would book now, in money: nothing is changed."""
    found = _interface(context, caller, name, "interfaces:replay")
    span(body.since, body.until)

    def tried() -> RangeTried:
        with context.pool.connection() as connection:
            now, release = context.clock.now(), context.release()
            done = try_range(connection, process_stage(project), release, found, body.since, body.until, now)
            stands = [Stand(**r) for r in in_range(connection, found, body.since, body.until)]
        return RangeTried(**tried_now(done).model_dump(), stands=stands)

    share = ("try range", name, body.since, body.until)
    return await context.expensive.ask(found.entity, tried, share=share)


@router.post("/interfaces/{name}/replay", status_code=202)
def replay_days(
    name: Interfaced, body: Range, caller: Replayer, context: TheContext, connection: TheConnection
) -> Replayed:
    """Plan what is held of a range again. What is posted stays as it is."""
    found = _interface(context, caller, name, "interfaces:replay")
    span(body.since, body.until)
    context.look_now()
    with connection.transaction():
        ids = replay_range(connection, found, body.since, body.until, context.clock.now(), caller.name)
    return Replayed(replayed=len(ids))


@router.post("/interfaces/{name}/run", status_code=202)
def run(name: Interfaced, body: Run, caller: Runner, context: TheContext, connection: TheConnection) -> Asked:
    """Ask the source now, and not when it is due."""
    operation = "interfaces:replay" if body.from_the_beginning else "interfaces:run"
    interface = _interface(context, caller, name, operation)
    with connection.transaction():
        if not _polled(connection, name):
            raise ProblemError(409, "interface", f"{name} is not polled: its messages come by themselves")
        (pull_again if body.from_the_beginning else poll_now)(connection, name, context.clock)
        wake(connection)
        detail = {"from_the_beginning": body.from_the_beginning}
        record(
            connection,
            [Entry(context.clock.now(), caller.name, "interface.run", name, interface.entity, detail)],
        )
    return Asked(interface=name, from_the_beginning=body.from_the_beginning)


@router.get(
    "/evidence/pack",
    response_class=Response,
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string"}}}, "description": "a pack"}
    },
)
def evidence_pack(
    caller: Auditor, context: TheContext, connection: TheConnection, project: TheProject
) -> Response:
    """Everything that was sealed, with the verifier: `python3 verify.py PACK` proves it anywhere. Its reader hears
    the public key of the heads by another way (GET /evidence/key)."""
    if not caller.may("evidence:read", "*"):
        raise ProblemError(403, "forbidden", "a pack is of every entity: so must the role be")
    handle, name = tempfile.mkstemp(suffix=".zip")
    os.close(handle)
    path = Path(name)
    try:
        with context.expensive.place("an evidence pack", 2), connection.transaction():
            count = export_pack(connection, project.signer, project.settings.witness, path)
            detail = {"entries": count}
            record(
                connection, [Entry(context.clock.now(), caller.name, "evidence.exported", "pack", "", detail)]
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    gone = BackgroundTask(path.unlink, missing_ok=True)
    name = f"evidence-{context.clock.now():%Y%m%d-%H%M}.zip"
    return FileResponse(path, media_type="application/zip", filename=name, background=gone)


class Key(BaseModel):
    """The public key (Ed25519, hexadecimal) that heads are signed with, and how far the log goes."""

    public_key: str
    entries: int
    sealed: int


@router.get("/evidence/key")
def evidence_key(caller: Auditor, connection: TheConnection, project: TheProject) -> Key:
    row = connection.execute(_STATUS["sealed"]).fetchone()
    assert row is not None
    return Key(
        public_key=project.signer.public.hex(), entries=row["sealed"] + row["unsealed"], sealed=row["sealed"]
    )


@router.get("/evidence")
def evidence(
    caller: Auditor,
    connection: TheConnection,
    entity: Filter = None,
    actor: Filter = None,
    action: Filter = None,
    subject: Filter = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[EvidenceEntry]:
    """What happened, the latest first. `action` may end with a point: everything that begins so."""
    (number,) = read_place(after, (int,))
    given = {
        "entities": seen_by(caller, "evidence:read", entity), "actor": actor, "subject": subject, "limit": limit + 1,
        "action": action, "begins": f"{action}%" if action and action.endswith(".") else None, "evidence_id": number,
    }  # fmt: skip
    rows, more = cut(connection.execute(_SQL["evidence"], given).fetchall(), limit)
    found = [EvidenceEntry(**{**r, "detail": json.loads(r["detail"])}) for r in rows]
    return Page(items=found, next=place(rows[-1]["evidence_id"]) if more else None)


def _polled(connection: Connection, name: str) -> bool:
    return connection.execute(_SQL["polled"], {"interface": name}).fetchone() is not None


def _interface(
    context: RequestContext, caller: Caller, name: str, operation: str = "interfaces:read"
) -> Interface:
    """Raises ProblemError 404 for whoever may not see it, 403 for whoever may only see it."""
    found = context.release().interfaces.get(name)
    if found is None or not caller.may("interfaces:read", found.entity):
        raise ProblemError(404, "interface", f"no interface {name!r}")
    if not caller.may(operation, found.entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for {operation} of {found.entity}")
    return found


def _stands(connection: Connection, context: RequestContext) -> dict[str, dict[str, Any]]:
    """By interface: what went through it, what waits, what is held, and whether it is paused."""
    kept = read_kept(connection, context.release(), "flows", context.clock.now())
    found: dict[str, dict[str, Any]] = {r["interface"]: dict(r) for r in kept.rows}
    for each in backlog(connection):
        found.setdefault(each.interface, {}).update(backlog=each.count, oldest_at=each.oldest_at)
    for figures in read_kept(connection, context.release(), "latency", context.clock.now()).rows:
        found.setdefault(figures["interface"], {}).update(
            median_s=figures["median_s"], p95_s=figures["p95_s"]
        )
    for interface in context.release().interfaces.values():
        if context.project is not None:
            limits = context.project.connector_of(interface.system).limits
            ledger = context.release().entities[interface.entity].ledger
            away = context.away(interface.system) or context.away(ledger)
            found.setdefault(interface.name, {}).update(limits=limits, away=away)
    for query in ("polls", "open_by_interface"):
        for row in connection.execute(_SQL[query]):
            found.setdefault(row["interface"], {}).update(row)
    for row in connection.execute(_SQL["paused"]):
        paused = Paused(since=row["since"], by=row["by"], reason=row["reason"])
        found.setdefault(row["interface"], {})["pause"] = paused
    return found


def _flow(interface: Interface, row: dict[str, Any]) -> Flow:
    return Flow(
        interface=interface.name,
        system=interface.system,
        entity=interface.entity,
        owner=interface.owner,
        process=interface.process,
        streams=list(interface.streams),
        close_critical=interface.close_critical,
        late_events=interface.late_events,
        documents=row.get("documents") or 0,
        posted=row.get("posted") or 0,
        waiting=row.get("waiting") or 0,
        held=row.get("held") or 0,
        polled_at=row.get("polled_at"),
        last_error=row.get("last_error") or "",
        waits=row.get("away") or row.get("waits") or "",
        latency=interface.latency,
        every_minutes=interface.every_minutes,
        service_level_hours=interface.service_level_hours,
        backlog=row.get("backlog") or 0,
        oldest_at=row.get("oldest_at"),
        open_cases=row.get("open_cases") or 0,
        median_s=row.get("median_s"),
        p95_s=row.get("p95_s"),
        limits=row.get("limits") or "",
        paused=row.get("pause"),
    )
