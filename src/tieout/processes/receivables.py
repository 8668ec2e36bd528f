"""What a customer owes: nothing is booked by it; the customer's CRM is told."""

from __future__ import annotations

import msgspec

from tieout.documents import CrmUpdate, CustomerStanding
from tieout.processes.recipe import (
    MOVED_ALREADY,
    Context,
    Plan,
    PlanDecision,
    Recipe,
    Recipes,
    never,
)


def standing(ctx: Context, document: CustomerStanding) -> Plan:
    """The CRM's account shows what the ledger says is open; with `open_orders` also what is ordered and not invoiced yet."""
    told = ctx.interface.option("open_orders", "no") == "yes"
    update = CrmUpdate(
        account_key=document.account_key,
        exposure=document.exposure,
        collection_status=document.status.capitalize(),
        open_orders=document.orders if told else msgspec.UNSET,
    )
    return Plan(decision=PlanDecision.PLANNED, effects=(ctx.effect("crm", update, target="crm"),), on=ctx.on)


RECIPES: Recipes = (
    Recipe(
        kind=CustomerStanding,
        plan=standing,
        locked=never,
        approval=MOVED_ALREADY,
    ),
)
