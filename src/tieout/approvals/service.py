"""Asks people, takes their decisions, and says what was approved: each with evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from tieout.approvals.deciding import ApprovalError, judge
from tieout.approvals.model import Decided, Decision, Request, RequestState, Subject
from tieout.evidence import Entry, record
from tieout.money.period import accounting_date
from tieout.rules import Demand, Release, Step
from tieout.security import (
    AuthorityError,
    Person,
    StampError,
    by_a_key_of,
    load_authority,
    person_of,
    stamper,
)
from tieout.store import Connection, Queries

_SQL = Queries("tieout.approvals")
Row = dict[str, Any]


def ask(connection: Connection, about: Subject, demand: Demand, now: datetime) -> int:
    """Ask people to approve; the request's number. What was asked of the same thing before, with
    another content or other steps, is void."""
    open_now = connection.execute(
        _SQL["standing"], {"action": about.action, "subject": about.subject, "revision": about.revision}
    ).fetchall()
    for row in open_now:
        _close(connection, row, RequestState.VOID, "what it was about has changed", now, "approvals")
    due = now + timedelta(hours=demand.service_level_hours)
    row = {
        "action": about.action,
        "subject": about.subject,
        "revision": about.revision,
        "document_id": about.document_id,
        "case_id": about.case_id,
        "interface": about.interface,
        "entity": about.entity,
        "batch": about.batch,
        "summary": about.summary,
        "content": about.content,
        "content_sha256": about.content_sha256,
        "currency": about.currency,
        "amount": about.amount,
        "company_amount": about.company_amount,
        "worth_known": about.worth_known,
        "asked_by": about.asked_by,
        "bulk": about.bulk,
        "makers": list(about.makers),
        "policies": list(demand.policies),
        "steps": _steps(demand),
        "escalate_to": demand.escalate_to,
        "requested_at": now,
        "due_at": due,
    }
    row["stamp"] = stamper(connection).stamp("approval request", *_stamped(row))
    made = connection.execute(_SQL["add_request"], row).fetchone()
    assert made is not None
    detail = {
        "request": made["request_id"],
        "action": about.action,
        "revision": about.revision,
        "makers": list(about.makers),
        "policies": list(demand.policies),
        "content": about.content_sha256.hex()[:16],
    }
    record(connection, [Entry(now, "approvals", "approval.requested", about.subject, about.entity, detail)])
    return int(made["request_id"])


def standing_of(connection: Connection, about: Subject, demand: Demand) -> int:
    """The open request of ours about this very content, by those who must decide it today; 0 where
    there is none."""
    given = {"action": about.action, "subject": about.subject, "revision": about.revision}
    stamps, steps = stamper(connection), _steps(demand)
    for row in connection.execute(_SQL["standing"], given).fetchall():
        same = (
            bytes(row["content_sha256"]) == about.content_sha256
            and row["steps"] == steps
            and set(about.makers) <= set(row["makers"])
        )
        if (
            row["state"] == RequestState.OPEN
            and same
            and stamps.holds(row["stamp"], "approval request", *_stamped(row))
        ):
            return int(row["request_id"])
    return 0


def _steps(demand: Demand) -> str:
    return json.dumps([{"role": s.role, "need": s.need} for s in demand.steps])


def _stamped(row: Row) -> list[object]:
    """What a request's stamp runs over: all that decides who may approve what."""
    return [
        row["action"],
        row["subject"],
        row["revision"],
        row["interface"],
        row["entity"],
        bytes(row["content_sha256"]),
        row["currency"],
        format(row["amount"].normalize(), "f"),
        format(row["company_amount"].normalize(), "f"),
        json.dumps(list(row["makers"])),
        row["steps"],
        row["escalate_to"],
        row["requested_at"].astimezone(UTC).isoformat(),
        row["due_at"].astimezone(UTC).isoformat(),
        # What was asked before these were kept bears a stamp without them.
        *([] if row["worth_known"] else ["worth not known"]),
        *([row["asked_by"], row["bulk"]] if row["asked_by"] else []),
    ]


def approval_of(connection: Connection, about: Subject, demand: Demand) -> Request | None:
    """The request by which this very content was approved, by whom it must be today; else None.

    The steps are asked for again: an approval under a policy that has become stricter since does
    not hold, nor does a row that was not made by us.
    """
    row = connection.execute(
        _SQL["approved"],
        {
            "action": about.action,
            "subject": about.subject,
            "revision": about.revision,
            "sha": about.content_sha256,
        },
    ).fetchone()
    if row is None:
        return None
    request = _request(connection, row)
    same = request.steps == demand.steps and set(about.makers) <= set(request.about.makers)
    approved = [d for d in request.decisions if d.verdict == "approve"]
    rejected = [d for d in request.decisions if d.verdict == "reject"]
    if not same or rejected or not any(d.completes for d in approved):
        return None
    for number, step in enumerate(request.steps):
        if len({d.authority for d in approved if d.step == number}) < max(step.need, 1):
            return None
    return request


def decide(
    connection: Connection,
    release: Release,
    who: str | Person,
    numbers: Sequence[int],
    verdict: str,
    reason: str,
    now: datetime,
    seen: str = "",
) -> list[Decided]:
    """The decision of a person (of the one with this key, or of one who is signed in) about requests: all of
    them, or where one cannot be decided none. In the caller's transaction, which holds evidence of a refusal
    too.

    `seen` is the head of the content's hash as this person saw it, where they say it: a request
    that is about something else by now is refused.
    """
    try:
        person = person_of(connection, who) if isinstance(who, str) else who
    except (AuthorityError, StampError) as error:
        return [_refuse(connection, n, "unknown", str(error), now) for n in numbers]
    try:
        with connection.transaction():
            return [
                Decided(_decide(connection, release, person, n, verdict, reason, now, seen)) for n in numbers
            ]
    except (ApprovalError, StampError) as error:
        why = str(error)
    except (psycopg.errors.UniqueViolation, psycopg.errors.CheckViolation) as error:
        # Somebody else was at it at the same instant; the database has the last word.
        why = f"{person.name} cannot decide this: {error.diag.constraint_name}"
    return [_refuse(connection, n, person.name, why, now) for n in numbers]


def _decide(
    connection: Connection,
    release: Release,
    person: Person,
    number: int,
    verdict: str,
    reason: str,
    now: datetime,
    seen: str,
) -> Request:
    request = load_request(connection, number, lock=True)
    if verdict == "reject" and not reason.strip():
        raise ApprovalError("a rejection needs a reason: who made it wants to know")
    sha = request.about.content_sha256
    if seen and not sha.hex().startswith(seen.lower()):
        raise ApprovalError(f"request {number} is about {sha.hex()[:12]} and not about {seen}: look again")
    authority = load_authority(connection)
    zone = release.entities[request.about.entity].zone
    if why := by_a_key_of(connection, authority, person.name, request.about.makers):
        raise ApprovalError(why)
    step, right, completes = judge(
        request, authority, person, now, accounting_date(now, zone), rejects=verdict == "reject",
        before=_before(connection, release, request),
    )  # fmt: skip
    given = Decision(step, person.name, right, verdict, reason, completes and verdict == "approve", now)
    _add(connection, request, given)
    detail = {
        "request": number,
        "step": request.steps[step].role,
        "by_right_of": right,
        "content": sha.hex()[:16],
        "reason": reason[:300],
    }
    entry = Entry(
        now, person.name, f"approval.{verdict}", request.about.subject, request.about.entity, detail
    )
    record(connection, [entry])
    if verdict == "reject" or given.completes:
        state = RequestState.REJECTED if verdict == "reject" else RequestState.APPROVED
        row = {"request_id": number, "subject": request.about.subject, "entity": request.about.entity}
        _close(connection, row, state, reason, now, person.name)
    return load_request(connection, number)


def _before(connection: Connection, release: Release, request: Request) -> Decimal:
    """What whoever asks to leave something out, or to let it stand, asked of the kind within the window before, in the entity's
    currency: an approver's limit counts all of it. What somebody brings is added up where it is asked for."""
    about = request.about
    if about.action == "post" or not about.asked_by:
        return Decimal(0)
    days = timedelta(days=release.closing.of(about.entity).split_days)
    given = {
        "id": request.request_id, "entity": about.entity, "by": about.asked_by, "bulk": about.bulk,
        "since": request.requested_at - days,
    }  # fmt: skip
    row = connection.execute(_SQL["asked_before"], given).fetchone()
    assert row is not None
    return Decimal(row["sum"])


def _add(connection: Connection, request: Request, given: Decision) -> None:
    row = {
        "request_id": request.request_id,
        "content_sha256": request.about.content_sha256,
        "makers": list(request.about.makers),
        "step": given.step,
        "person": given.person,
        "authority": given.authority,
        "verdict": given.verdict,
        "reason": given.reason,
        "completes": given.completes,
        "at": given.at,
    }
    row["stamp"] = stamper(connection).stamp("approval decision", *_decision_parts(row))
    connection.execute(_SQL["add_decision"], row)


def _decision_parts(row: Row) -> list[object]:
    return [
        row["request_id"],
        bytes(row["content_sha256"]),
        json.dumps(list(row["makers"])),
        row["step"],
        row["person"],
        row["authority"],
        row["verdict"],
        row["reason"],
        row["completes"],
        row["at"].astimezone(UTC).isoformat(),
    ]


def _refuse(connection: Connection, number: int, who: str, why: str, now: datetime) -> Decided:
    row = connection.execute(_SQL["request"], {"id": number}).fetchone()
    subject = row["subject"] if row else f"request {number}"
    detail = {"request": number, "why": why[:300]}
    entry = Entry(now, who, "approval.refused", subject, row["entity"] if row else "", detail)
    record(connection, [entry])
    return Decided(None, why)


def _close(
    connection: Connection, row: Row, state: RequestState, reason: str, now: datetime, actor: str
) -> None:
    given = {"id": row["request_id"], "state": state, "now": now, "reason": reason}
    connection.execute(_SQL["close"], given)
    detail = {"request": row["request_id"], "reason": reason[:300]}
    record(connection, [Entry(now, actor, f"approval.{state}", row["subject"], row["entity"], detail)])


def void(connection: Connection, documents: Sequence[int], reason: str, now: datetime) -> None:
    """End the requests about documents that are not to be approved any more."""
    if documents:
        for row in connection.execute(_SQL["of_documents"], {"documents": list(documents)}).fetchall():
            _close(connection, row, RequestState.VOID, reason, now, "approvals")


def load_request(connection: Connection, number: int, *, lock: bool = False) -> Request:
    """Raises ApprovalError where there is none, StampError where it was not made by us."""
    row = connection.execute(_SQL["lock_request" if lock else "request"], {"id": number}).fetchone()
    if row is None:
        raise ApprovalError(f"no request {number}: `tieout approvals list` shows them")
    return _request(connection, row)


def open_requests(connection: Connection, interface: str, batch: str) -> list[int]:
    """The open requests of a batch."""
    rows = connection.execute(_SQL["of_batch"], {"interface": interface, "batch": batch})
    return [row["request_id"] for row in rows]


def requests(
    connection: Connection, entity: str | None = None, every: bool = False, limit: int = 500
) -> list[Request]:
    """Open requests, what is due first; or every request, the latest first."""
    rows = connection.execute(_SQL["list"], {"entity": entity, "every": every, "limit": limit}).fetchall()
    return [_request(connection, row) for row in rows]


def _request(connection: Connection, row: Row) -> Request:
    stamps = stamper(connection)
    if not stamps.holds(row["stamp"], "approval request", *_stamped(row)):
        raise StampError(f"request {row['request_id']} was not made by us, or was changed since")
    decisions = []
    for found in connection.execute(_SQL["decisions"], {"id": row["request_id"]}).fetchall():
        if not stamps.holds(found["stamp"], "approval decision", *_decision_parts(found)):
            raise StampError(f"a decision about request {row['request_id']} was not made by us")
        names = ("step", "person", "authority", "verdict", "reason", "completes", "at")
        decisions.append(Decision(**{name: found[name] for name in names}))
    about = Subject(
        action=row["action"],
        subject=row["subject"],
        revision=row["revision"],
        interface=row["interface"],
        entity=row["entity"],
        summary=row["summary"],
        content=row["content"],
        content_sha256=bytes(row["content_sha256"]),
        currency=row["currency"],
        amount=row["amount"],
        company_amount=row["company_amount"],
        makers=tuple(row["makers"]),
        batch=row["batch"],
        document_id=row["document_id"],
        case_id=row["case_id"],
        worth_known=row["worth_known"],
        asked_by=row["asked_by"],
        bulk=row["bulk"],
    )
    return Request(
        request_id=row["request_id"],
        about=about,
        policies=tuple(row["policies"]),
        steps=tuple(Step(s["role"], s["need"]) for s in json.loads(row["steps"])),
        escalate_to=row["escalate_to"],
        requested_at=row["requested_at"],
        due_at=row["due_at"],
        state=RequestState(row["state"]),
        decisions=tuple(decisions),
        reason=row["reason"],
    )
