"""The one entry of the recipes: `plan_document`."""

from __future__ import annotations

from datetime import date, timedelta

from tieout.documents import Document
from tieout.money import Amount
from tieout.processes.facts import Facts
from tieout.processes.rates import NO_RATE, MissingRateError, converted_there, what_is_missing, what_to_do
from tieout.processes.recipe import Context, Plan, refused
from tieout.processes.registry import recipe_of
from tieout.processes.restatements import restated
from tieout.rules import Interface, Release, UnmappedError


def money_of(document: Document) -> Amount:
    """The amount that is at risk where a document cannot be booked, signed as the document is."""
    return recipe_of(document).at_risk(document)


def _late(ctx: Context) -> Plan | None:
    """Apply the interface's late-event policy where the day is locked."""
    lock = ctx.facts.lock_on
    if lock is None or ctx.on > lock:
        return None
    if ctx.interface.late_events == "first_open":
        ctx.on = lock + timedelta(days=1)
        return None
    return refused(
        "late_event",
        money_of(ctx.document),
        f'the period up to {lock} is locked: reopen it, or set late_events = "first_open" in '
        f"interfaces/{ctx.interface.name}.toml; then `tieout replay --cause late_event`",
        f"dated {ctx.on.isoformat()}",
    )


def without_rate(document: Document, own: str, on: date) -> Plan:
    """No effect: what a document is worth in the entity's currency is not known."""
    return refused(
        NO_RATE,
        money_of(document),
        what_to_do(document.currency, own, on),
        what_is_missing(document.currency, own, on),
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
        return recipe.plan(ctx, document)
    except UnmappedError as error:
        cause = "unknown_tax" if error.table == "taxes" else "unmapped_account"
        return refused(
            cause,
            money_of(document),
            f"add {error.key!r} to mappings/{error.table}.csv, then `tieout replay --cause {cause}`",
            str(error),
        )
