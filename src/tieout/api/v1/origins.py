"""What is made in the ledger by intent: the declarations, and what governed accounts moved by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.shapes import Figure, Filter, Money, MonthFilter
from tieout.operations.origins import origin_rows
from tieout.proofs import kept_split

router = APIRouter(tags=["proofs"])
Reader = Annotated[Caller, needs("documents:read")]
_MOST = 1000


class DeclaredOrigin(BaseModel):
    """One declaration: journals, users and accounts that are empty are any; `until` and `most` null: no end, any amount.
    `recorded_at` is when Tieout took it into force first, in which `release`; `ended_at` null: it is in force.
    `weaknesses` say what it leaves unseen."""

    entity: str
    name: str
    kinds: list[str]
    journals: list[str]
    users: list[str]
    accounts: list[str]
    since: date
    until: date | None
    most: Money | None
    declared_by: str
    why: str
    release: str
    recorded_at: datetime
    ended_at: datetime | None
    weaknesses: list[str]


class GovernedAccount(BaseModel):
    """What a governed account moved by in a month: moved = ours + follows + opening + made_in_ledger + explained +
    without_source + residual; net = debit - credit, signed in `currency`. `made_in_ledger` is by the origin's name."""

    entity: str
    period: str
    account: str
    currency: str
    moved: Money
    ours: Money
    follows: Figure
    opening: Figure
    made_in_ledger: dict[str, Figure]
    explained: Figure
    without_source: Figure
    residual: Money
    read_at: datetime


@router.get("/origins")
def origins(
    caller: Reader, context: TheContext, connection: TheConnection, entity: Filter = None
) -> list[DeclaredOrigin]:
    """What each entity declares to be made in its ledger by intent, those in force first, and what it declared before."""
    mine, release = seen_by(caller, "documents:read", entity), context.release()
    now = context.clock.now()
    return [
        DeclaredOrigin(
            entity=code, name=r["name"], release=r["release"], recorded_at=r["recorded_at"], ended_at=r["ended_at"],
            weaknesses=r["weaknesses"], **r["content"],
        )
        for code in release.entities
        if mine is None or code in mine
        for r in origin_rows(connection, release, code, now)
    ]  # fmt: skip


@router.get("/tie-out/governed")
def governed(
    caller: Reader, connection: TheConnection, entity: Filter = None, period: MonthFilter = None
) -> list[GovernedAccount]:
    """Governed accounts by month, as the ledger was read last: by `tieout tieout`, or a look at a close."""
    rows = kept_split(connection, seen_by(caller, "documents:read", entity), period, _MOST)
    return [_governed(r) for r in rows]


def _governed(row: dict[str, Any]) -> GovernedAccount:
    figures = row["figures"]
    return GovernedAccount(
        **{k: row[k] for k in ("entity", "period", "account", "currency", "read_at")},
        **{k: figures[k] for k in ("moved", "ours", "follows", "opening", "explained", "residual")},
        made_in_ledger=figures["declared"], without_source=figures["undeclared"],
    )  # fmt: skip
