"""One search over everything that people know things by."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs, seen_by
from tieout.api.v1.context import TheConnection
from tieout.api.v1.shapes import Filter, Money
from tieout.causes import cause_named
from tieout.finding import THINGS, asked_case, find, not_entered
from tieout.security import masked
from tieout.store import Connection, Queries

_SQL = Queries("tieout.api.v1")
router = APIRouter(tags=["work"])
Reader = Annotated[Caller, needs("documents:read")]


class FoundThing(BaseModel):
    """Something that was found: `thing` is what people call its kind, `number` what it is called, `party` whose it is, `amount`
    what it is about, signed as its source has it (null: it has none). `cases` are its open cases. A case has no document of its
    own here: `document_id` is null, and its number stands in `cases`."""

    thing: str
    document_id: int | None
    number: str
    party: str
    amount: Money | None
    currency: str
    entity: str
    interface: str
    source_key: str
    state: str
    accounting_on: date | None
    cases: list[int]


class FoundThings(BaseModel):
    """The best first. `common`: what was asked is too common to be read whole, so of what fits least only the latest is here.
    `not_entered`: documents of before below this number are not searched yet (0: every one is). `waiting`: so many that came within
    the last moments are not either, a thousand batches at most."""

    items: list[FoundThing]
    more: bool
    common: bool
    not_entered: int
    waiting: int


@router.get("/find")
def found(
    caller: Reader,
    connection: TheConnection,
    q: Annotated[str, Query(max_length=200, description="what people know it by")],
    thing: Annotated[str | None, Query(max_length=40, description="of one kind alone")] = None,
    entity: Filter = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> FoundThings:
    """Search by order, invoice, payout, reference, customer, supplier, the end of an account, an amount as anybody writes it, a
    date, in words that may begin so; a word for a kind of thing (`payout 1,234.56`) narrows it."""
    mine = seen_by(caller, "documents:read", entity)
    rows = find(connection, q, mine, thing if thing in THINGS else None, limit)
    items = [*_case(caller, connection, q, thing, entity), *(_thing(r) for r in rows.rows)]
    below, waiting = not_entered(connection)
    return FoundThings(items=items, more=rows.more, common=rows.common, not_entered=below, waiting=waiting)


def _thing(row: dict[str, Any]) -> FoundThing:
    return FoundThing(**{**row, "source_key": masked(row["source_key"]), "cases": row["cases"] or []})


def _case(
    caller: Caller, connection: Connection, typed: str, thing: str | None, entity: str | None
) -> list[FoundThing]:
    """The case of the number that was typed, where that is all that was typed."""
    number = asked_case(typed)
    if number is None or thing not in (None, "case"):
        return []
    given = {"case": number, "entities": seen_by(caller, "cases:read", entity)}
    return [
        FoundThing(
            thing="case", document_id=None, number=str(r["case_id"]), party=cause_named(r["cause"]).title,
            amount=r["amount"], currency=r["currency"], entity=r["entity"], interface=r["interface"],
            source_key=masked(r["source_key"]), state=r["state"], accounting_on=r["opened_at"].date(),
            cases=[r["case_id"]],
        )
        for r in connection.execute(_SQL["case_of_number"], given)
    ]  # fmt: skip
