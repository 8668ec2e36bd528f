"""Cases by group, and one decision of many of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, check_person, needs, seen_by
from tieout.api.v1.cases import Recovery
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Filter, Money, MonthFilter, Name, Reason
from tieout.causes import Held, cause_named, offers
from tieout.planning import (
    MOST,
    NO_SUCH_CASE,
    Bulk,
    BulkAction,
    BulkError,
    Decision,
    Seen,
    actions_of,
    decide_many,
    known_bulk,
)
from tieout.store import Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
Reader = Annotated[Caller, needs("cases:read")]
Writer = Annotated[Caller, needs("cases:write")]


class SeenCase(BaseModel):
    """A case as it was shown: `revision` says which of it."""

    case_id: Annotated[int, Field(gt=0, lt=2**62)]
    revision: Annotated[int, Field(gt=0, lt=2**31)]


class Group(BaseModel):
    """Open cases of one cause, entity, interface, period and currency, and of entries that others made of one journal,
    user, kind and accounts: how many, and what is at risk, in that currency. `recovery` is one case's of them."""

    group: str
    cause: str
    title: str
    entity: str
    interface: str
    period: str
    currency: str
    made_journal: str
    made_user: str
    made_kind: str
    made_accounts: str
    count: int
    amount: Money
    due_at: datetime
    recovery: str
    means: str

    @classmethod
    def of(cls, row: dict[str, Any]) -> Group:
        """Of a row of `groups`."""
        known = cause_named(row["cause"])
        return cls(**row, title=known.title, means=known.means)


class WholeGroup(Group):
    """With its cases as they are now, the largest amount first, at most as many as are decided at a time; `actions` are
    those that the first of them allows, beside giving it away, and `recoveries` what can be done about it elsewhere."""

    cases: list[SeenCase]
    actions: list[Held]
    recoveries: list[Recovery]


class Decide(BaseModel):
    """`cases` as they were seen: one that changed since is left. `reason` is needed to solve (accept as it is) and to
    exclude, `owner` to assign. `bulk`: a number of your own; sent again with the same cases it does nothing more."""

    action: BulkAction
    cases: Annotated[list[SeenCase], Field(min_length=1, max_length=MOST)]
    reason: Reason | None = None
    owner: Name | None = None
    due_at: datetime | None = None
    bulk: Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9._:-]*$")] = ""


class CaseOutcome(BaseModel):
    """`done`; `waits` for the approval `request`; or `left` as it was, with why."""

    case_id: int
    outcome: Literal["done", "waits", "left"]
    why: str
    request: int | None


class BulkDecision(BaseModel):
    """A decision of many cases, and what became of each."""

    bulk: str
    at: datetime
    person: str
    action: str
    reason: str
    done: int
    waits: int
    left: int
    outcomes: list[CaseOutcome]

    @classmethod
    def of(cls, bulk: Bulk) -> BulkDecision:
        """As the API says it."""
        outcomes = [
            CaseOutcome(case_id=o.case_id, outcome=o.outcome, why=o.why, request=o.request or None)
            for o in bulk.outcomes
        ]
        return cls(
            bulk=bulk.bulk, at=bulk.at, person=bulk.person, action=bulk.action, reason=bulk.reason,
            done=bulk.count("done"), waits=bulk.count("waits"), left=bulk.count("left"), outcomes=outcomes,
        )  # fmt: skip


@router.get("/cases/groups")
def case_groups(
    caller: Reader,
    connection: TheConnection,
    entity: Filter = None,
    cause: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Group]:
    """Open cases by group, the largest amount first."""
    amount, key = read_place(after, (Decimal, _key))
    given = {
        "entities": seen_by(caller, "cases:read", entity), "cause": cause, "interface": interface, "period": period,
        "group": None, "amount": amount, "key": key, "limit": limit + 1,
    }  # fmt: skip
    rows, more = cut(connection.execute(_SQL["groups"], given).fetchall(), limit)
    following = place(rows[-1]["amount"], rows[-1]["group"]) if more else None
    return Page(items=[Group.of(r) for r in rows], next=following)


@router.get("/cases/groups/{group}")
def case_group(group: str, caller: Reader, connection: TheConnection) -> WholeGroup:
    """One group, with its cases."""
    given = {
        "entities": seen_by(caller, "cases:read", None), "cause": None, "interface": None, "period": None,
        "group": group, "amount": None, "key": None, "limit": 1, "most": MOST,
    }  # fmt: skip
    row = connection.execute(_SQL["groups"], given).fetchone() if _is_key(group) else None
    if row is None:
        raise ProblemError(404, "group", f"no group {group}: none of its cases is open any more")
    cases = connection.execute(_SQL["group_cases"], given).fetchall()
    where = {"entity": row["entity"], "interface": row["interface"]}
    found = [Recovery.of(o) for o in offers(cause_named(row["cause"]), row["recovery"], where, ())]
    return WholeGroup(
        **Group.of(row).model_dump(exclude={"amount"}), amount=row["amount"], recoveries=found,
        cases=[SeenCase(**c) for c in cases],
        actions=list(actions_of(connection, cases[0]["case_id"])) if cases else [],
    )  # fmt: skip


@router.post("/cases/decide")
def decide_cases(
    body: Decide, caller: Writer, context: TheContext, connection: TheConnection, request: Request
) -> BulkDecision:
    """Decide many cases at once. Each is decided as if alone, and fails alone: what a single decision of it needs (a
    right, a reason, an approval), this one needs as well, and an exclusion is asked for as all that is excluded with it."""
    if body.action in ("solve", "exclude"):
        check_person(request, context, connection, caller, "cases:write")
    if body.due_at is not None and body.due_at.tzinfo is None:
        raise ProblemError(422, "case", "due_at has a time zone, such as 2026-11-01T09:00:00Z")
    decision = Decision(
        body.action, tuple(Seen(c.case_id, c.revision) for c in body.cases), body.reason or "", body.owner or "",
        body.due_at,
    )  # fmt: skip
    if body.action == "replay":
        context.look_now()
    try:
        with connection.transaction():
            done = decide_many(
                connection, context.release(), decision, person=caller.name, may=_may(caller),
                now=context.clock.now(), bulk=body.bulk,
            )  # fmt: skip
    except BulkError as error:
        raise ProblemError(422, "bulk", str(error)) from None
    return BulkDecision.of(done)


@router.get("/cases/decisions/{bulk}")
def case_decision(bulk: str, caller: Reader, connection: TheConnection) -> BulkDecision:
    """A decision of many cases that was taken: by whoever took it, or may see cases of every entity."""
    found = known_bulk(connection, bulk) if len(bulk) <= 80 and "\x00" not in bulk else None
    if found is None or not (found.person == caller.name or caller.may("cases:read", "*")):
        raise ProblemError(404, "bulk", f"no decision {bulk}")
    return BulkDecision.of(found)


def _may(caller: Caller) -> Any:
    def why_not(entity: str) -> str:
        if not caller.may("cases:read", entity):
            return NO_SUCH_CASE
        if not caller.may("cases:write", entity):
            return f"{caller.name} has no role for cases:write of {entity}"
        return ""

    return why_not


def _key(text: str) -> str:
    if not _is_key(text):
        raise ValueError(text)
    return text


def _is_key(group: str) -> bool:
    return len(group) == 16 and all(c in "0123456789abcdef" for c in group)
