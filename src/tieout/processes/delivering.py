"""Revenue that is earned as goods are delivered, where an interface says `revenue_on = "delivery"`.

Invoice          Dr receivable           Cr contract liability (goods, shipping, tips), gift-card liability, tax
Delivery         Dr contract liability   Cr revenue, by line, on the day that control passes
Called off       Dr contract liability   Cr revenue, which the credit note takes back
Credit note      Dr revenue, tax         Cr receivable
Revision         the difference to what the same delivery was before

Goods that go out before their invoice leave a debit on the contract liability, which a month's cut-off shows as the
contract asset that it is (see close/cutting_off.py). Elsewhere revenue stands with its invoice and a delivery books
nothing; so it is with orders in another currency, whose advance is earned at the rate of its own day (IFRIC 22).

Sources: IFRS 15.31 and .38, ASC 606-10-25-30 (control passes at a point in time); IFRS 15.105-108, ASC 606-10-45-1 to
45-4 (contract liability, contract asset, receivable).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.documents import Delivery, Ending, EntryPosting, LedgerLine, SaleLine, decode_document
from tieout.money import Amount
from tieout.processes.facts import FactKeys, OrderState
from tieout.processes.recipe import Context, Plan, PlanDecision, Recipe, Recipes, Restating

CONTRACT_LIABILITY, CONTRACT_ASSET = "contract.liability", "contract.asset"
# What is earned by delivery, and the role of its revenue. Gift cards are a liability, roundings none of either.
EARNED = {
    "goods": "revenue.goods",
    "shipping": "revenue.shipping",
    "tip": "revenue.tips",
    "fee": "revenue.fees",
}


def earned_on_delivery(ctx: Context) -> bool:
    """Whether this interface's revenue stands as a contract liability until its goods are delivered. Of an order in another
    currency it does not: it is cut off at the month's end, at its invoice's rate."""
    return bool(ctx.interface.option("revenue_on", "invoice") == "delivery") and not ctx.foreign_currency


def sold_role(ctx: Context, line: SaleLine, role: str) -> str:
    """The role of an invoice's line, which is `role` where revenue stands with its invoice."""
    return CONTRACT_LIABILITY if line.nature in EARNED and earned_on_delivery(ctx) else role


def delivery(ctx: Context, document: Delivery) -> Plan:
    """What a delivery earns; nothing where its order is left out, or where revenue stands with invoices. It waits for an
    order that is not here, or that people hold."""
    if not earned_on_delivery(ctx) or document.ending is Ending.RETURNED:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason="a cut-off reads it")
    order = ctx.facts.order
    if order is not None and order.state == OrderState.EXCLUDED and order.reason != "unpaid":
        return Plan(
            decision=PlanDecision.EXCLUDED, on=ctx.on, reason=f"its order was never billed: {order.reason}"
        )
    if order is None or order.state in (OrderState.EXCEPTION, OrderState.EXCLUDED):
        return Plan(
            decision=PlanDecision.WAIT, reason="its order is not posted yet", long=ctx.facts.patience_over
        )
    wanted = _earned(document)
    name = "deliver"
    if ctx.facts.previous is not None:
        before = decode_document(ctx.facts.previous.content.encode())
        assert isinstance(before, Delivery)
        name = "deliver_change"
        for nature, value in _earned(before).items():
            wanted[nature] = wanted.get(nature, Decimal(0)) - value
    lines = [line for nature, value in sorted(wanted.items()) if value for line in _pair(ctx, nature, value)]
    if not lines:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason="nothing is earned by it")
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"Delivery {document.number}",
        currency=document.currency,
        lines=tuple(lines),
    )
    return Plan(decision=PlanDecision.PLANNED, effects=(ctx.effect(name, body, ledger=True),), on=ctx.on)


def _earned(document: Delivery) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in document.lines:
        sums[line.nature] = sums.get(line.nature, Decimal(0)) + line.net.value
    return sums


def _pair(ctx: Context, nature: str, value: Decimal) -> tuple[LedgerLine, LedgerLine]:
    company = ctx.company(value)
    return (
        LedgerLine(
            account=ctx.account(CONTRACT_LIABILITY), amount=value, company=company, name=f"{nature} delivered"
        ),
        LedgerLine(
            account=ctx.account(EARNED[nature]), amount=-value, company=-company, name=f"{nature} delivered"
        ),
    )


def _of_order(document: Delivery, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(order_key=document.order_key)


def _worth(document: Delivery) -> Amount:
    return sum((line.net for line in document.lines), Amount.zero(document.currency))


RECIPES: Recipes = (
    Recipe(
        kind=Delivery,
        plan=delivery,
        at_risk=_worth,
        restating=Restating(money=lambda doc: (doc.order_key, doc.ending, doc.lines), edits=True),
        locked=lambda ctx, _: earned_on_delivery(ctx),
        fact_keys=_of_order,
    ),
)
