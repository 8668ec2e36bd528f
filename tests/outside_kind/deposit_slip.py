"""An outsider's kind of document: what a shop carries from its till to the bank.

Carried    Dr cash in transit    Cr till

All of it stands here and in `deposit_slip.sql`, and one line in the package's entry points declares it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import Action, Cause
from tieout.connector_api import Connector, Stream
from tieout.documents import Document, EntryPosting, LedgerLine, Measure, decode_document
from tieout.money import Amount
from tieout.processes.facts import FactKeys
from tieout.processes.recipe import (
    Approval,
    Context,
    Must,
    Plan,
    PlanDecision,
    Rank,
    Recipe,
    Recipes,
    Restating,
    refused,
)
from tieout.processes.sources import FactSource, Row, Scope

# What a till may send to the bank in a day.
MOST = Decimal(1000)

DUPLICATE_SLIP = Cause(
    name="duplicate_slip",
    means="A slip has the number of one that came before.",
    says="look at the paper: is it another one?",
    actions=(Action.EXCLUDE, Action.SOLVE),
    acceptable=True,
)
TILL_OVERDRAWN = Cause(
    name="till_overdrawn",
    means="More was carried from a till in a day than it may hold.",
    says="count the till, and correct the slip",
    actions=(Action.MEND_AT_SOURCE, Action.EXCLUDE),
)


class DepositSlip(Document, frozen=True, kw_only=True, tag="deposit_slip"):
    """Cash on its way to the bank: `amount` is positive, `number` the slip's own, `counted_by` who counted it."""

    number: str
    till: str
    amount: Amount
    booked_on: date
    counted_by: str = ""
    note: str = ""

    def measure(self) -> Measure:
        """Money that leaves the till."""
        return Measure.of(-self.amount)

    def names(self) -> tuple[str, ...]:
        return (f"slip:{self.number}", self.day)

    @property
    def day(self) -> str:
        """What slips of one till and day share."""
        return f"till:{self.till}:{self.booked_on}"


class Carried(msgspec.Struct, frozen=True):
    """What a slip of a till's day is worth; `key` is the slip's own."""

    key: str
    amount: Decimal


def _carried(rows: Sequence[Row], scope: Scope) -> dict[str, tuple[Carried, ...]]:
    """The slips of a till's day that are booked, or on their way there."""
    found: dict[str, tuple[Carried, ...]] = {}
    for row in rows:
        slip = decode_document(row["content"].encode())
        assert isinstance(slip, DepositSlip)
        found[slip.day] = (*found.get(slip.day, ()), Carried(slip.key, slip.amount.value))
    return found


TILL_DAYS = FactSource(name="till_days", module=__name__, rows=_carried)


def _facts(slip: DepositSlip, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(related=(f"slip:{slip.number}",), own={"till_days": (slip.day,)})


def carried(ctx: Context, slip: DepositSlip) -> Plan:
    """Dr cash in transit, Cr till; a second slip of one number is a case."""
    twin = next((f for f in ctx.facts.related if f.kind == "deposit_slip" and f.key != slip.key), None)
    if twin is not None and twin.earlier and DUPLICATE_SLIP.name not in ctx.facts.accepted:
        return refused(DUPLICATE_SLIP, slip.amount, twin.key)
    sent = sum(
        (c.amount for day in ctx.facts.found_by("till_days") for c in day if c.key != slip.key), Decimal(0)
    )
    if sent + slip.amount.value > MOST:
        detail = f"{sent} was carried from {slip.till} on {slip.booked_on} already"
        return refused(TILL_OVERDRAWN, slip.amount, detail)
    amount, company = slip.amount.value, ctx.company(slip.amount.value)
    accounts = ((ctx.account("cash_in_transit"), 1), (ctx.account(f"till.{slip.till}"), -1))
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"slip {slip.number}",
        currency=slip.currency,
        lines=tuple(
            LedgerLine(account=account, amount=way * amount, company=way * company, name=slip.number)
            for account, way in accounts
        ),
    )
    return Plan(decision=PlanDecision.PLANNED, effects=(ctx.effect("carried", body, ledger=True),), on=ctx.on)


RECIPES: Recipes = (
    Recipe(
        kind=DepositSlip,
        plan=carried,
        at_risk=lambda slip: slip.amount,
        restating=Restating(money=lambda slip: (slip.till, slip.amount)),
        causes=(DUPLICATE_SLIP, TILL_OVERDRAWN),
        rank=lambda _: Rank.MOVED,
        fact_keys=_facts,
        sources=(TILL_DAYS,),
        approval=Approval(
            said=lambda slip: f"{slip.number} from {slip.till}",
            must=lambda slip, _: Must(option="count_role", name="every slip is counted twice"),
            makers=lambda slip: (slip.counted_by,),
        ),
    ),
)


def _slip(raw: bytes, _: Mapping[str, Any]) -> list[Document]:
    return [msgspec.json.decode(raw, type=DepositSlip)]


CONNECTOR = Connector(
    name="till",
    title="A shop's tills",
    version="0",
    config=(),
    open=lambda _: None,
    can=(),
    streams=(Stream("slips", "deposit slips", _slip),),
)
