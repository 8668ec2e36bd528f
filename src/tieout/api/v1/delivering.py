"""Effects on their way to systems: of every document, as `GET /documents/{id}` says them of one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.documents import Delivery, names_said
from tieout.api.v1.elsewhere import Places
from tieout.api.v1.paging import After, Limit, Page, read_place
from tieout.api.v1.shapes import Filter, Money, MonthFilter
from tieout.api.v1.sorting import MOST_SORTED, Columns, Order, Sort, paged
from tieout.store import Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
_COLUMNS: Columns = {
    "number": ("delivery_id", int), "interface": ("interface", str), "entity": ("entity", str), "system": ("system", str),
    "effect": ("effect", str), "accounting_on": ("accounting_on", date.fromisoformat), "debit": ("measure_debit", Decimal),
    "credit": ("measure_credit", Decimal), "attempts": ("attempts", int), "state": ("state", str),
}  # fmt: skip


class Sending(Delivery):
    """An effect with its document: what that counts for in its interface's tie-out (both amounts positive, in `currency`), what
    people know it by ("" for what is not searched, or not yet), and when it is tried next (null: as soon as its turn comes, or never
    again)."""

    document_id: int
    interface: str
    entity: str
    kind: str
    source_key: str
    accounting_on: date
    currency: str
    measure_debit: Money
    measure_credit: Money
    next_attempt_at: datetime | None
    thing: str = ""
    number: str = ""
    party: str = ""


@router.get("/deliveries")
def deliveries(
    caller: Annotated[Caller, needs("documents:read")],
    context: TheContext,
    connection: TheConnection,
    entity: Filter = None,
    interface: Filter = None,
    period: MonthFilter = None,
    state: Literal["waiting", "attempting", "unknown", "confirmed", "refused"] | None = None,
    sort: Sort = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Sending]:
    """Effects of documents, the newest document's first; or sorted by a column among those of the newest that fit."""
    order = Order.read(sort, _COLUMNS, "delivery_id", after) if sort else None
    document, delivery = read_place("" if order else after, (int, int))
    given = {
        "entities": seen_by(caller, "documents:read", entity), "interface": interface, "period": period, "state": state,
        "document_id": document, "delivery_id": delivery, "limit": (MOST_SORTED if order else limit) + 1,
    }  # fmt: skip
    query = "deliveries_listed" if state in (None, "confirmed") else "deliveries_left"
    found = connection.execute(_SQL[query], given).fetchall()
    rows, following, among = paged(found, limit, order, "document_id", "delivery_id")
    places, names = Places(context), names_said(connection, [r["document_id"] for r in rows])
    items = [
        Sending(
            **{**r, **names.get(r["document_id"], {})},
            elsewhere=places.record(r["system"], r["target_model"], r["target_id"]),
        )
        for r in rows
    ]  # fmt: skip
    return Page(items=items, next=following, among=among)
