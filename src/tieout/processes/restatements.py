"""What is booked already and is told again in other words: a corrected text, a renamed customer.

With the same money it has no second effect, also where its day is locked by now. With other money
an order is edited and a dispute moves on, by their recipes; a credit note, a tender, a movement
or a bank line is a case, for nobody may change what was booked.
"""

from __future__ import annotations

from typing import Any

from tieout.documents import Document, decode_document
from tieout.processes.causes import BOOKED_MONEY_CHANGED
from tieout.processes.recipe import Context, Plan, PlanDecision, Recipe, refused


def restated(ctx: Context, document: Document, recipe: Recipe[Any]) -> Plan | None:
    """The plan of a document that is a later revision of one that was planned; None for others, and for one
    whose recipe plans the edit."""
    previous, restating = ctx.facts.previous, recipe.restating
    if previous is None or restating is None:
        return None
    before = decode_document(previous.content.encode())
    if type(before) is type(document) and restating.money(before) == restating.money(document):
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason="its money is booked already")
    if restating.edits:
        return None
    return refused(
        BOOKED_MONEY_CHANGED, recipe.at_risk(document), "the same key came before with other money"
    )
