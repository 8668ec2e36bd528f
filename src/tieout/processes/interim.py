"""Banks' interim reports: nothing is booked by them, and they are missed where the statement that repeats them does not come. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.documents import InterimReport
from tieout.processes.facts import FactKeys
from tieout.processes.recipe import (
    MOVED_ALREADY,
    Context,
    Plan,
    PlanDecision,
    Recipe,
    Recipes,
    never,
    refused,
)
from tieout.processes.sources import FactSource, Found, Row, Scope
from tieout.processes.treasury_causes import INTERIM_ONLY


def _by_place(rows: Sequence[Row], scope: Scope) -> Found:
    return {row["place"]: [row["source_key"]] for row in rows}


STATEMENTS_THERE = FactSource(name="statements_there", module=__name__, rows=_by_place)


def _keys(doc: InterimReport, options: Mapping[str, Any]) -> FactKeys:
    return FactKeys(own={STATEMENTS_THERE.name: doc.names()})


def interim_report(ctx: Context, doc: InterimReport) -> Plan:
    """Done once a statement of its account and day is there; a case where that is late."""
    if ctx.facts.found_by(STATEMENTS_THERE.name):
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on)
    if not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="the day's statement has not come yet", long=True)
    lines = f"{doc.count} line{'s' if doc.count != 1 else ''}"
    return refused(
        INTERIM_ONLY,
        doc.moved,
        f"{lines} of {doc.account} on {doc.booked_on.isoformat()}: {doc.moved} in sum",
    )


RECIPES: Recipes = (
    Recipe(
        kind=InterimReport,
        plan=interim_report,
        at_risk=lambda doc: doc.moved,
        locked=never,
        causes=(INTERIM_ONLY,),
        fact_keys=_keys,
        sources=(STATEMENTS_THERE,),
        approval=MOVED_ALREADY,
    ),
)
