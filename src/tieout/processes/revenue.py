"""Revenue that is earned over time.

Invoice          Dr receivable         Cr deferred revenue (a contract liability)
Each month       Dr deferred revenue   Cr revenue, on its last day
Credit note      Dr deferred revenue   Cr receivable; and of the months that it takes back
                 Dr revenue            Cr deferred revenue, on their last days

A schedule is booked whole as soon as it is known, each month on its own day. What changes later adds
or takes back what it changes; a month that is locked gets it on the first open day.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tieout.causes import Action, Cause
from tieout.documents import EntryPosting, LedgerLine, RevenueSchedule, decode_document
from tieout.processes.causes import LATE_EVENT
from tieout.processes.recipe import (
    Context,
    Effect,
    Plan,
    PlanDecision,
    Recipe,
    Recipes,
    Restating,
    held_late,
    refused,
)

SCHEDULE_DIFFERS = Cause(
    name="schedule_differs",
    means="A schedule of revenue over months does not come to the line that it is of.",
    says="the schedule does not sum to its line: correct it at the source",
    actions=(Action.MEND_AT_SOURCE, Action.POLL),
)


def schedule(ctx: Context, document: RevenueSchedule) -> Plan:
    """An entry for each month; for a schedule told again, what each month has more or less."""
    stated = sum((p.amount.value for p in document.parts), Decimal(0))
    if stated != document.net.value:
        return refused(
            SCHEDULE_DIFFERS,
            document.net,
            f"{document.reference}, {document.name}: months sum to {stated}, the line is {document.net}",
        )
    wanted = {p.on: p.amount.value for p in document.parts}
    name = "recognise"
    if ctx.facts.previous is not None:
        before = decode_document(ctx.facts.previous.content.encode())
        assert isinstance(before, RevenueSchedule)
        for part in before.parts:
            wanted[part.on] = wanted.get(part.on, Decimal(0)) - part.amount.value
        name = "recognise_change"
    lock = ctx.facts.general_lock()
    if (
        lock is not None
        and not ctx.goes_past_locks
        and any(on <= lock[1] and value for on, value in wanted.items())
    ):
        plan = refused(
            LATE_EVENT,
            document.net,
            f"{document.reference}, {document.name}",
            "schedule",
            lock=lock[0],
            until=lock[1].isoformat(),
            interface=ctx.interface.name,
        )
        first = min(on for on, value in wanted.items() if value)
        return held_late(ctx, plan, document.net, lock, first)
    if lock is not None and (locked := [on for on, value in wanted.items() if on <= lock[1] and value]):
        ctx.moved_by = lock[0], min(locked)
    effects = [
        _recognise(ctx, document, f"{name}_{on:%Y_%m}", on, value)
        for on, value in sorted(wanted.items())
        if value
    ]
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _recognise(ctx: Context, document: RevenueSchedule, name: str, on: date, value: Decimal) -> Effect:
    lock = ctx.facts.general_lock()
    day = max(on, lock[1] + timedelta(days=1)) if lock is not None else on
    text = f"{document.name} {on:%Y-%m}"
    company = ctx.company(value)
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=day,
        reference=f"Revenue {document.reference} {on:%Y-%m}",
        currency=document.currency,
        lines=(
            LedgerLine(account=ctx.account(document.deferred), amount=value, company=company, name=text),
            LedgerLine(account=ctx.account(document.revenue), amount=-value, company=-company, name=text),
        ),
    )
    return ctx.effect(name, body, ledger=True)


RECIPES: Recipes = (
    Recipe(
        kind=RevenueSchedule,
        plan=schedule,
        at_risk=lambda doc: doc.net,
        restating=Restating(money=lambda doc: (doc.net, doc.parts), edits=True),
        causes=(SCHEDULE_DIFFERS,),
    ),
)
