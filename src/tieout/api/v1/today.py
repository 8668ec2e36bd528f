"""The three answers: what failed, what it costs, what recovers it; and what is near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.closing import CloseSummary, closes
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.shapes import Filter, Money
from tieout.api.v1.whose import Whose, whose_parameters
from tieout.api.waits import read_waits
from tieout.causes import HELD, cause_named, offers
from tieout.kept_figures import read_kept
from tieout.proofs import progress
from tieout.store import Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["today"])
Reader = Annotated[Caller, needs("cases:read")]
_NEAR = timedelta(hours=24)
_MONTHS = 2


class Failed(BaseModel):
    """Open cases of one cause of one entity: `amount` is what is at risk, positive; `interfaces` where it happened;
    `overdue` how many are past their due time. `action` is what recovers them likeliest, `page` where: the case itself where it is
    one, else all of them."""

    cause: str
    title: str
    entity: str
    currency: str
    count: int
    amount: Money
    blocking: int
    overdue: int
    due_at: datetime
    oldest: datetime
    recovery: str
    interfaces: list[str]
    owners: list[str]
    action: str
    page: str

    @classmethod
    def of(cls, row: dict[str, Any]) -> Failed:
        """Of a row of `failed`."""
        known, only = cause_named(row["cause"]), row.pop("only")
        one = {"case_id": only or "", "entity": row["entity"], "amount": row["amount"]}
        first = next(iter(offers(known, row["recovery"], one, HELD)))
        if only:
            # The case itself, with its form open where it has one.
            page = first.page if first.page.startswith("/cases/") else f"/cases/{only}"
        else:
            page = f"/cases?{urlencode({'cause': row['cause'], 'entity': row['entity']})}"
        return cls(**row, title=known.title, action=first.label, page=page)


class Impact(BaseModel):
    """What is at risk by entity, period and currency, positive."""

    entity: str
    period: str
    currency: str
    count: int
    amount: Money


class Near(BaseModel):
    """A service level that is missed or will be within a day."""

    kind: str
    number: int
    what: str
    entity: str
    due_at: datetime
    missed: bool
    amount: Money
    currency: str


class AwaitedApprovals(BaseModel):
    """Requests of an entity that wait for an approval: how many, what they come to, when the first of them is due."""

    entity: str
    currency: str
    count: int
    amount: Money
    due_at: datetime


class CashPosition(BaseModel):
    """What somebody or something holds, or what is on its way: signed, money that is ours is positive."""

    entity: str
    kind: str
    account: str
    currency: str
    amount: Money


class Proven(BaseModel):
    """How far the money of an entity's month is proven, as turnover: debits and credits alike, each positive, in `currency`. told =
    proven + waiting + in_exception + unproven; `percent` is the proven share, rounded down to a tenth: 100 only where everything
    is. `proven_rows` of `rows` interfaces are proven."""

    entity: str
    period: str
    currency: str
    told: Money
    proven: Money
    waiting: Money
    in_exception: Money
    unproven: Money
    percent: Money
    rows: int
    proven_rows: int


class Changed(BaseModel):
    """What became of cases within a day: `amount` is what is, or was, at risk, positive; `kind` is opened or solved."""

    kind: str
    currency: str
    count: int
    amount: Money


class Today(BaseModel):
    """`progress` is of the tie-out of `progress_as_of`, the newest month with money and the one before it; `changed` of the last 24 hours;
    `approvals` what waits for one, whenever it is due."""

    at: datetime
    progress: list[Proven]
    progress_as_of: datetime | None
    changed: list[Changed]
    failed: list[Failed]
    impact: list[Impact]
    near: list[Near]
    approvals: list[AwaitedApprovals]
    closes: list[CloseSummary]
    cash: list[CashPosition]
    cash_as_of: datetime | None
    paused: list[str]
    stuck: list[str]
    waits: list[str]


@router.get("/today")
def today(
    caller: Reader, context: TheContext, connection: TheConnection, entity: Filter = None, whose: Whose = None
) -> Today:
    """What failed, its financial impact, what recovers it; the close, service levels at risk, cash on its way. `whose` narrows what
    failed, its impact and the service levels to cases that are mine, or no person's."""
    release, now = context.release(), context.clock.now()
    mine = seen_by(caller, "cases:read", entity)
    given: dict[str, Any] = {"entities": mine, "now": now, "near": now + _NEAR}
    given |= whose_parameters(connection, caller, whose)
    kept = read_kept(connection, release, "cash", now)
    visible = {n for n, i in release.interfaces.items() if mine is None or i.entity in mine}
    paused = [r["interface"] for r in connection.execute(_SQL["paused"]) if r["interface"] in visible]
    stuck = [
        f"{r['interface']}: {r['last_error']}"
        for r in connection.execute(_SQL["stuck"])
        if r["interface"] in visible
    ]
    tied = read_kept(connection, release, "tie_out", now) if caller.may_anywhere("documents:read") else None
    return Today(
        at=now,
        progress=_progress(tied.rows, seen_by(caller, "documents:read", entity)) if tied else [],
        progress_as_of=tied.as_of if tied else None,
        changed=[Changed(**r) for r in connection.execute(_SQL["changed"], {**given, "since": now - _NEAR})],
        failed=[Failed.of(r) for r in connection.execute(_SQL["failed"], given)],
        impact=[Impact(**r) for r in connection.execute(_SQL["impact"], given)],
        near=[Near(**r, missed=r["due_at"] < now) for r in connection.execute(_SQL["near"], given)],
        approvals=[
            AwaitedApprovals(**r)
            for r in connection.execute(
                _SQL["asked"], {"entities": seen_by(caller, "approvals:read", entity)}
            )
        ]
        if caller.may_anywhere("approvals:read")
        else [],
        closes=[c for c in closes(caller, context, connection, entity) if c.signed or not c.closed][:4]
        if caller.may_anywhere("close:read")
        else [],
        cash=[
            CashPosition(**{k: r[k] for k in ("entity", "kind", "account", "currency", "amount")})
            for r in kept.rows
            if r["kind"] != "error" and (mine is None or r["entity"] in mine)
        ],
        cash_as_of=kept.as_of if kept.rows else None,
        paused=paused,
        stuck=stuck,
        waits=read_waits(connection, release, context.away, mine),
    )


def _progress(rows: Sequence[dict[str, Any]], mine: list[str] | None) -> list[Proven]:
    """Of the newest month that anything is told of, and of the one before."""
    found = progress(r for r in rows if mine is None or r["entity"] in mine)
    months = sorted({p.period for p in found})[-_MONTHS:]
    return [Proven(**asdict(p), percent=p.percent) for p in found if p.period in months]
