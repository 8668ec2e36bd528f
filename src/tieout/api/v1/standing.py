"""What stands on accounts on their way to zero at a period's end, item by item."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Code, Money, MonthInPath, month
from tieout.proofs import kept_items

router = APIRouter(tags=["close"])
Reader = Annotated[Caller, needs("close:read")]


class StandingItem(BaseModel):
    """What stands of one document or entry. `days` are business days since `on`; `past`: more than is normal. `amount` is signed
    in the account's currency (a debit is positive), `company` the same in the entity's, null where it is not known by item.
    `case` is the open case that holds its document."""

    reference: str
    entry: str
    document: str
    on: date
    days: int
    past: bool
    amount: Money
    company: Money | None
    owner: str
    waits_for: str
    case: int | None


class Beside(BaseModel):
    """Items that are not listed: how many, and what they come to."""

    count: int
    amount: Money


class StandingAccount(BaseModel):
    """balance = items + more + rest, in the account's currency. `normal` is how many business days an item may stand; `count` and
    `past` are of all items; `rest` is what nobody explains, and `why`."""

    role: str
    account: str
    currency: str
    how: str
    normal: int
    balance: Money
    company: Money
    items: list[StandingItem]
    count: int
    past: int
    more: Beside
    rest: Money
    company_rest: Money
    why: str


class StandingItems(BaseModel):
    """Accounts that are not at zero at the end of `as_of`, of `looked_at` that were read at `read_at`; null: never, and nothing is
    known of them."""

    entity: str
    period: str
    as_of: date | None
    read_at: datetime | None
    looked_at: int
    accounts: list[StandingAccount]


@router.get("/closes/{entity}/{period}/items")
def items(
    entity: Code, period: MonthInPath, caller: Reader, context: TheContext, connection: TheConnection
) -> StandingItems:
    """What stood on suspense, unapplied, in-transit, outstanding and clearing accounts at a period's end, as it was read last: by a
    look at the close, or `tieout close items`. At most 200 items of an account, the largest."""
    if entity not in context.release().entities or not caller.may("close:read", entity):
        raise ProblemError(404, "entity", f"no entity {entity!r}")
    kept = kept_items(connection, [entity], str(month(period)), 1)
    if not kept:
        return StandingItems(entity=entity, period=period, as_of=None, read_at=None, looked_at=0, accounts=[])
    return StandingItems(entity=entity, period=period, read_at=kept[0]["read_at"], **kept[0]["figures"])
