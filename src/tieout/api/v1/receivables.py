"""What customers owe and how their invoices stand, as the ledger's open items said when they were read last."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.elsewhere import Elsewhere, Places
from tieout.api.v1.paging import After, Limit, Page, cut, place, read_place
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, Filter, Money, Name
from tieout.api.v1.sorting import MOST_SORTED, Columns, Order, Sort, paged
from tieout.receivables import (
    CollectionError,
    CollectionKind,
    history_of,
    kept_exposures,
    kept_invoices,
    note_event,
    standing_interface,
)

router = APIRouter(prefix="/receivables", tags=["receivables"])
Reader = Annotated[Caller, needs("documents:read")]
Collector = Annotated[Caller, needs("matches:write")]
Status = Literal["open", "promised", "reminded", "in collection", "paid"]
Number = Annotated[int, Path(gt=0, lt=2**62)]
_COLUMNS: Columns = {
    "number": ("number", str), "name": ("name", str), "due": ("due", date.fromisoformat), "residual": ("residual", Decimal),
    "status": ("status", str),
}  # fmt: skip


class Exposure(BaseModel):
    """What a customer owes in the entity's currency: `exposure` is what was invoiced less credits and unapplied payments
    (both below zero), by what is open of each. `orders` are not invoiced yet and no part of it; `unrated` counts those among
    them that no rate of the ledger converts. `customer` is the ledger's id of the company that owes."""

    customer: str
    name: str
    invoiced: Money
    credited: Money
    unapplied: Money
    exposure: Money
    orders: Money
    unrated: int
    currency: str
    read_at: datetime


@router.get("/entities")
def creditors(caller: Reader, context: TheContext) -> list[str]:
    """The entities that somebody may look at and whose receivables are read."""
    release = context.release()
    return [
        e
        for e in sorted(release.entities)
        if standing_interface(release, e) and caller.may("documents:read", e)
    ]


@router.get("/exposures")
def customer_exposures(
    entity: Name, caller: Reader, connection: TheConnection, limit: Limit = 50, after: After = ""
) -> Page[Exposure]:
    """What an entity's customers owe: whoever owes most first."""
    if not caller.may("documents:read", entity):
        return Page(items=[], next=None)
    owed, customer = read_place(after, (Decimal, str))
    rows, more = cut(
        kept_exposures(connection, entity, (owed, customer) if after else None, limit + 1), limit
    )
    return Page(
        items=[Exposure(**r) for r in rows],
        next=place(rows[-1]["exposure"], rows[-1]["customer"]) if more else None,
    )


class Invoice(BaseModel):
    """An invoice and its one status; `elsewhere` is its page in the ledger. `residual` is what is open of it in its currency, `company` the same in the entity's;
    `promised_on` is the day of a promise that holds, `broken_on` that of one that was not kept. `move` is the ledger's id."""

    move: int
    number: str
    customer: str
    name: str
    booked_on: date
    due_on: date | None
    currency: str
    residual: Money
    company: Money
    status: Status
    promised_on: date | None
    broken_on: date | None
    read_at: datetime
    elsewhere: Elsewhere | None = None


class Happened(BaseModel):
    """What happened to an invoice: what somebody says, or what the ledger shows (paid, reopened)."""

    kind: str
    promised_on: date | None
    note: str
    who: str
    at: datetime


class Say(BaseModel):
    """A reminder that was sent, a promise with its day, an invoice that was handed to collection or taken back from there."""

    kind: Literal["reminded", "promised", "handed over", "taken back"]
    promised_on: date | None = None
    note: Annotated[str, Field(max_length=500)] = ""


class Stands(BaseModel):
    """How the invoice stands then."""

    status: Status


@router.get("/invoices")
def invoices(
    entity: Name,
    caller: Reader,
    context: TheContext,
    connection: TheConnection,
    status: Status | None = None,
    party: Filter = None,
    sort: Sort = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[Invoice]:
    """Invoices of an entity and how each stands: those that were due first at the beginning, or sorted by a column among these; all
    that are not paid, or those of a status; of customers in whose name `party` stands."""
    if not caller.may("documents:read", entity):
        return Page(items=[], next=None)
    order = Order.read(sort, _COLUMNS, "move", after) if sort else None
    on, move = read_place("" if order else after, (date.fromisoformat, int))
    found = kept_invoices(
        connection, entity, status=status, party=party, after=(on, move) if move else None,
        limit=(MOST_SORTED if order else limit) + 1,
    )  # fmt: skip
    for row in found:
        row["due"] = row["due_on"] or row["booked_on"]
    rows, following, among = paged(found, limit, order, "due", "move")
    places = Places(context)
    return Page(
        items=[Invoice(**r, elsewhere=places.in_books(entity, "account.move", r["move"])) for r in rows],
        next=following, among=among,
    )  # fmt: skip


@router.get("/invoices/{entity}/{move}/events")
def invoice_events(entity: Code, move: Number, caller: Reader, connection: TheConnection) -> list[Happened]:
    """What happened to an invoice, in its order."""
    if not caller.may("documents:read", entity):
        return []
    return [Happened(**r) for r in history_of(connection, entity, move)]


@router.post("/invoices/{entity}/{move}/events")
def say_of_invoice(
    entity: Code, move: Number, body: Say, caller: Collector, context: TheContext, connection: TheConnection
) -> Stands:
    """Say what happened to an invoice. Its CRM is told with the next reading."""
    known = context.release().entities.get(entity)
    if known is None or not caller.may("documents:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
    if not caller.may("matches:write", entity):
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for matches:write of {entity}")
    try:
        status = note_event(
            connection, known, move, CollectionKind(body.kind), promised_on=body.promised_on, note=body.note,
            who=caller.name, now=context.clock.now(),
        )  # fmt: skip
    except LookupError as error:
        raise ProblemError(404, "invoice", str(error.args[0])) from None
    except CollectionError as error:
        raise ProblemError(409, "collection", str(error)) from None
    return Stands(status=status.value)
