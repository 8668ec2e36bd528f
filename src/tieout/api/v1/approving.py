"""What waits for people, and their decisions."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.paging import After, Limit, Page, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money
from tieout.api.v1.sorting import MOST_SORTED, Columns, Order, Sort, paged
from tieout.approvals import ApprovalError, Request, load_request
from tieout.documents.shown import shown_content
from tieout.planning import take_decision
from tieout.store import Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(prefix="/approvals", tags=["approvals"])
Reader = Annotated[Caller, needs("approvals:read")]
Decider = Annotated[Caller, needs("approvals:decide")]
_COLUMNS: Columns = {
    "number": ("request_id", int), "subject": ("subject", str), "entity": ("entity", str), "amount": ("amount", Decimal),
    "due": ("due_at", datetime.fromisoformat), "state": ("state", str),
}  # fmt: skip


class ApprovalStep(BaseModel):
    """`need`: how many holders of the role must approve; 0 every one of them."""

    role: str
    need: int


class Decision(BaseModel):
    step: int
    person: str
    by_right_of: str
    verdict: str
    reason: str
    at: datetime


class Approval(BaseModel):
    """What somebody must approve; `content_sha256` is what a decision is bound to."""

    request_id: int
    action: str
    subject: str
    revision: int
    interface: str
    entity: str
    summary: str
    currency: str
    amount: Money
    company_amount: Money
    makers: list[str]
    batch: str
    policies: list[str]
    steps: list[ApprovalStep]
    decisions: list[Decision]
    state: str
    requested_at: datetime
    due_at: datetime
    content_sha256: str


class WholeApproval(Approval):
    """With what is approved: the document and its postings."""

    content: Any


class Verdict(BaseModel):
    """About all of `requests`, or where one cannot be decided about none. `seen` is the beginning of the content's
    hash as it was looked at: what is about something else by now is refused."""

    requests: Annotated[list[int], Field(min_length=1, max_length=200)]
    verdict: Literal["approve", "reject"]
    reason: Annotated[str, Field(max_length=500)] = ""
    seen: Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")] = ""


@router.get("")
def approvals(
    caller: Reader,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    state: Literal["open", "all"] = "open",
    sort: Sort = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Approval]:
    """What waits for people, in the order in which it was asked; or sorted by a column among what was asked first."""
    order = Order.read(sort, _COLUMNS, "request_id", after) if sort else None
    (number,) = read_place("" if order else after, (int,))
    given = {
        "every": state == "all", "entities": seen_by(caller, "approvals:read", entity), "interface": interface,
        "request_id": number, "limit": (MOST_SORTED if order else limit) + 1,
    }  # fmt: skip
    asked = connection.execute(_SQL["requests"], given).fetchall()
    rows, following, among = paged(asked, limit, order, "request_id")
    found = [_told(load_request(connection, r["request_id"])) for r in rows]
    return Page(items=[Approval(**f) for f in found], next=following, among=among)


@router.get("/{request_id}")
def approval(request_id: int, caller: Reader, connection: TheConnection) -> WholeApproval:
    try:
        request = load_request(connection, request_id) if 0 < request_id < 2**62 else None
    except ApprovalError:
        request = None
    if request is None or not caller.may("approvals:read", request.about.entity):
        raise ProblemError(404, "approval", f"no request {request_id}")
    return WholeApproval(**_told(request), content=shown_content(json.loads(request.about.content)))


@router.post("/decide")
def decided(body: Verdict, caller: Decider, context: TheContext, connection: TheConnection) -> list[Approval]:
    """Approve or reject, as the person who is signed in with both factors."""
    if caller.session is None or not caller.session.second_factor:
        raise ProblemError(403, "second-factor", "people decide, signed in with a second factor")
    for number in body.requests:
        if not 0 < number < 2**62:
            raise ProblemError(404, "approval", f"no request {number}")
    with connection.transaction():
        done = take_decision(
            connection,
            context.release(),
            caller.person,
            body.requests,
            body.verdict,
            body.reason,
            context.clock.now(),
            body.seen,
        )
    refused = next((d.refused for d in done if d.refused), "")
    if refused:
        raise ProblemError(409, "approval", refused)
    return [Approval(**_told(d.request)) for d in done if d.request is not None]


def _told(request: Request) -> dict[str, Any]:
    about = request.about
    return {
        "request_id": request.request_id, "action": about.action, "subject": about.subject, "revision": about.revision,
        "interface": about.interface, "entity": about.entity, "summary": about.summary, "currency": about.currency,
        "amount": about.amount, "company_amount": about.company_amount, "makers": list(about.makers), "batch": about.batch,
        "policies": list(request.policies), "steps": [ApprovalStep(role=s.role, need=s.need) for s in request.steps],
        "decisions": [
            Decision(step=d.step, person=d.person, by_right_of=d.authority, verdict=d.verdict, reason=d.reason, at=d.at)
            for d in request.decisions
        ],
        "state": request.state, "requested_at": request.requested_at, "due_at": request.due_at,
        "content_sha256": about.content_sha256.hex(),
    }  # fmt: skip
