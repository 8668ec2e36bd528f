"""Interfaces as they run, and the evidence of what happened."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, TheConnection, TheDesk, needs
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.work import Filter, seen_by
from tieout.engine import wake
from tieout.evidence import Entry, record
from tieout.pipeline import poll_now, pull_again
from tieout.rules import Interface
from tieout.store import Connection, Queries

_SQL, _STATUS = Queries("tieout.api.v1"), Queries("tieout.api")
router = APIRouter(tags=["running"])
Reader = Annotated[Caller, needs("interfaces:read")]
Runner = Annotated[Caller, needs("interfaces:run")]
Replayer = Annotated[Caller, needs("interfaces:replay")]
Auditor = Annotated[Caller, needs("evidence:read")]


class Flow(BaseModel):
    """An interface: what it is, and what went through it. `polled_at` null: it is not polled."""

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


class Run(BaseModel):
    """`from_the_beginning`: everything that the source still has is asked for; what is known has no effect."""

    from_the_beginning: Annotated[bool, Field()] = False


class Asked(BaseModel):
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
def interfaces(caller: Reader, desk: TheDesk, connection: TheConnection, entity: Filter = None) -> list[Flow]:
    """Every interface that the project declares."""
    mine = seen_by(caller, "interfaces:read", entity)
    known = {r["interface"]: r for r in connection.execute(_STATUS["flows"])}
    return [
        _flow(i, known.get(i.name, {}))
        for i in desk.release().interfaces.values()
        if mine is None or i.entity in mine
    ]


@router.post("/interfaces/{name}/run", status_code=202)
def run(name: str, body: Run, caller: Runner, desk: TheDesk, connection: TheConnection) -> Asked:
    """Ask the source now, and not when it is due."""
    interface = desk.release().interfaces.get(name)
    if interface is None or not caller.may("interfaces:read", interface.entity):
        raise ProblemError(404, "interface", f"no interface {name!r}")
    operation = "interfaces:replay" if body.from_the_beginning else "interfaces:run"
    if not caller.may(operation, interface.entity):
        raise ProblemError(
            403, "forbidden", f"{caller.name} has no role for {operation} of {interface.entity}"
        )
    with connection.transaction():
        if not _polled(connection, name):
            raise ProblemError(409, "interface", f"{name} is not polled: its messages come by themselves")
        (pull_again if body.from_the_beginning else poll_now)(connection, name, desk.clock)
        wake(connection)
        detail = {"from_the_beginning": body.from_the_beginning}
        record(
            connection,
            [Entry(desk.clock.now(), caller.name, "interface.run", name, interface.entity, detail)],
        )
    return Asked(interface=name, from_the_beginning=body.from_the_beginning)


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
    )
