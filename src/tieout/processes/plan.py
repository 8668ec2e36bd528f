"""The one entry of the recipes: `plan_document`."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import msgspec

from tieout.documents import Document, day_of, stopped_by
from tieout.money import Amount
from tieout.processes.causes import LATE_EVENT, MISSING_RATE, UNKNOWN_TAX, UNMAPPED_ACCOUNT
from tieout.processes.facts import Facts
from tieout.processes.rates import MissingRateError, converted_there, what_is_missing
from tieout.processes.recipe import Context, Plan, PlanDecision, Recipe, held_late, late_booking, refused
from tieout.processes.registry import recipe_of
from tieout.processes.restatements import restated
from tieout.rules import Interface, Release, UnmappedError

# The journals that locks of their own hold for, by their roles.
_JOURNALS = {"sales": "sale", "purchases": "purchase"}


def money_of(document: Document) -> Amount:
    """The amount that is at risk where a document cannot be booked, signed as the document is."""
    return recipe_of(document).at_risk(document)


def _late(ctx: Context) -> Plan | None:
    """Apply the interface's late-event policy where its day is locked for everything."""
    lock = ctx.facts.general_lock()
    if lock is None or ctx.on > lock[1]:
        return None
    if ctx.goes_past_locks:
        ctx.moved_by = lock[0], ctx.on
        ctx.on = lock[1] + timedelta(days=1)
        return None
    return _stopped(ctx, lock, ctx.on)


def _stopped(ctx: Context, lock: tuple[str, date], on: date, says: str = "") -> Plan:
    """No effect: a lock, by its name and day, keeps it off its own day, until somebody decides of it."""
    plan = refused(
        LATE_EVENT,
        money_of(ctx.document),
        f"dated {on.isoformat()}",
        says,
        lock=lock[0],
        until=lock[1].isoformat(),
        interface=ctx.interface.name,
    )
    return held_late(ctx, plan, money_of(ctx.document), lock, on)


def _outside_locks(ctx: Context, recipe: Recipe[Any], plan: Plan) -> Plan:
    """The plan, where no lock of its kinds of entry stops it; else as the interface's late-event policy says. What a plan
    books is known by its effects alone: a lock of sales holds for its invoice and no bill, one of taxes for what is taxed."""
    # Each time the day goes past one lock more.
    for _ in ctx.facts.locked():
        stopped = _stopping(ctx, plan)
        if stopped is None:
            return plan
        lock, until, on = stopped
        if not ctx.goes_past_locks:
            return _stopped(ctx, (lock, until), on)
        if ctx.on > until:
            return _stopped(ctx, (lock, until), on, "own_day")
        ctx.moved_by = ctx.moved_by or (lock, on)
        ctx.on = until + timedelta(days=1)
        plan = recipe.plan(ctx, ctx.document)
    return plan


def _told_late(ctx: Context, plan: Plan) -> Plan:
    """The plan, with what a lock moved where it books anything."""
    booked = [day for e in plan.effects if e.ledger and (day := day_of(e.body)) is not None]
    if ctx.moved_by is None or not booked or plan.decision is not PlanDecision.PLANNED:
        return plan
    lock, on = ctx.moved_by
    day = plan.on or max(booked)
    return msgspec.structs.replace(
        plan, late=late_booking(ctx, money_of(ctx.document), lock, on, day), on=day
    )


def _stopping(ctx: Context, plan: Plan) -> tuple[str, date, date] | None:
    """The lock that stops the plan longest: its name, until when it holds, and the day that it stops."""
    types = _types_of_journals(ctx)
    found = []
    for effect in plan.effects:
        stopped = stopped_by(
            effect.body, ctx.facts.locked(), types.get(getattr(effect.body, "journal", ""), "")
        )
        if stopped is not None:
            found.append((stopped[1], str(stopped[0]), day_of(effect.body) or ctx.on))
    if not found:
        return None
    until, lock, on = max(found)
    return lock, until, on


def _types_of_journals(ctx: Context) -> dict[str, str]:
    """The codes of journals that locks of their own hold for; of those that are mapped."""
    found = {}
    for role, kind in _JOURNALS.items():
        with suppress(UnmappedError):
            found[ctx.journal(role)] = kind
    return found


def without_rate(document: Document, own: str, on: date) -> Plan:
    """No effect: what a document is worth in the entity's currency is not known."""
    return refused(
        MISSING_RATE,
        money_of(document),
        what_is_missing(document.currency, own, on),
        currency=document.currency,
        own=own,
        on=on.isoformat(),
    )


def plan_document(
    document: Document,
    revision: int,
    facts: Facts,
    release: Release,
    interface: Interface,
    on: date,
) -> Plan:
    """What `document` means. Pure: equal arguments give an equal plan.

    `on` is the document's day in the entity's zone. A key that no mapping knows becomes a
    blocking case that names the table and the key, and so does a rate that the ledger lacks.
    """
    own = release.entities[interface.entity].currency
    try:
        plan = _planned(document, revision, facts, release, interface, on)
    except MissingRateError:
        return without_rate(document, own, on)
    unrated = document.currency != own and facts.rate is None
    if unrated and any(converted_there(e.body) for e in plan.effects):
        return without_rate(document, own, on)
    return plan


def _planned(
    document: Document, revision: int, facts: Facts, release: Release, interface: Interface, on: date
) -> Plan:
    ctx, recipe = Context(document, revision, facts, release, interface, on), recipe_of(document)
    out = recipe.excluding(ctx, document) or restated(ctx, document, recipe)
    if out is not None:
        return out
    late = _late(ctx) if recipe.locked(ctx, document) else None
    if late is not None:
        return late
    try:
        plan = recipe.plan(ctx, document)
        return _told_late(ctx, _outside_locks(ctx, recipe, plan)) if recipe.locked(ctx, document) else plan
    except UnmappedError as error:
        cause = UNKNOWN_TAX if error.table == "taxes" else UNMAPPED_ACCOUNT
        return refused(cause, money_of(document), str(error), key=error.key, table=error.table)
