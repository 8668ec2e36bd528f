"""An outsider's kind of document: what a shop carries from its till to the bank.

Carried    Dr cash in transit    Cr till

All of it stands here, and one line in the package's entry points declares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from tieout.connector_api import Connector, Stream
from tieout.documents import Document, EntryPosting, LedgerLine, Measure
from tieout.money import Amount
from tieout.processes.facts import FactKeys
from tieout.processes.recipe import (
    Approval,
    Context,
    Must,
    Plan,
    Rank,
    Recipe,
    Recipes,
    Restating,
    refused,
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
        return (f"slip:{self.number}",)


def _facts(slip: DepositSlip, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(related=slip.names())


def carried(ctx: Context, slip: DepositSlip) -> Plan:
    """Dr cash in transit, Cr till; a second slip of one number is a case."""
    twin = next((f for f in ctx.facts.related if f.kind == "deposit_slip" and f.key != slip.key), None)
    if twin is not None and twin.earlier and "duplicate_slip" not in ctx.facts.accepted:
        return refused("duplicate_slip", slip.amount, "look at the paper: is it another one?", twin.key)
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
    return Plan(decision="planned", effects=(ctx.effect("carried", body, ledger=True),), on=ctx.on)


RECIPES: Recipes = (
    Recipe(
        kind=DepositSlip,
        plan=carried,
        at_risk=lambda slip: slip.amount,
        restating=Restating(money=lambda slip: (slip.till, slip.amount)),
        acceptable=frozenset({"duplicate_slip"}),
        rank=lambda _: Rank.MOVED,
        fact_keys=_facts,
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
