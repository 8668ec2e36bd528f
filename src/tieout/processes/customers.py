"""A ledger's partner as its customer: made once, told again only where its source is the system of record for that.

Where a CRM tells its customers itself, an order waits for its customer's partner (`CUSTOMERS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.causes import Action, Cause
from tieout.documents import Customer, Document, PartnerUpdate, decode_document
from tieout.money import Amount
from tieout.processes.external_ids import partner_external_id
from tieout.processes.recipe import (
    MOVED_ALREADY,
    Context,
    Plan,
    PlanDecision,
    Rank,
    Recipe,
    Recipes,
    found,
    never,
)
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope

PARTNER_DIFFERS = Cause(
    name="partner_differs",
    means="A source that is not the system of record for it tells another name or address of a customer: the ledger keeps its own.",
    says="change {fields} in the ledger if it is right there, and solve this; or say system_of_record in "
    "interfaces/{interface}.toml, [options], from the next change on",
    actions=(Action.MEND_IN_LEDGER, Action.SET_UP, Action.SOLVE),
)
# What a ledger's partner takes over of a customer, by the names that an interface declares them by.
_KEPT = ("name", "email")


def customer(ctx: Context, document: Customer) -> Plan:
    """The customer's partner; for one told again, what of it changed, where its source is the system of record for that.
    Anything else is left as it is in the ledger, and said."""
    partner = ctx.partner(document.party)
    if ctx.facts.previous is None:
        return Plan(decision=PlanDecision.PLANNED, effects=(partner,), on=ctx.on)
    before = decode_document(ctx.facts.previous.content.encode())
    assert isinstance(before, Customer)
    changed = {f: getattr(document.party, f) for f in _KEPT if _differs(document, before, f)}
    owned = {f.strip() for f in str(ctx.interface.option("system_of_record", "")).split(",")}
    effects = [partner]
    if fields := {f: value for f, value in changed.items() if f in owned}:
        body = PartnerUpdate(partner=partner.external_id, **fields)
        needs = (partner.external_id,)
        effects.append(ctx.effect("partner_update", body, requires=needs, lane=partner.lane))
    others = sorted(changed.keys() - owned)
    said = ", ".join(f"{f} {getattr(before.party, f)!r} became {changed[f]!r}" for f in others)
    names = {"fields": ", ".join(others), "interface": ctx.interface.name}
    nothing = Amount.zero(document.currency)
    cases = (found(PARTNER_DIFFERS, nothing, said, blocking=False, **names),) if others else ()
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), cases=cases, on=ctx.on)


def _differs(document: Customer, before: Customer, field: str) -> bool:
    return bool(getattr(document.party, field) != getattr(before.party, field))


def _named(_: Document) -> Rank:
    return Rank.NAMED


def _crm_customer(asking: Asking, scope: Scope) -> str:
    """The partner of a customer that its CRM has to send; "" where the order itself makes it."""
    if not asking.keys.customer or scope.interface.option("customers") != "from_crm":
        return ""
    return partner_external_id(scope.interface.system, asking.keys.customer)


def _partners(asking: Asking, scope: Scope) -> Keys:
    partner = _crm_customer(asking, scope)
    return {"partners": (partner,) if partner else ()}


def _known(rows: Sequence[Row], scope: Scope) -> Found:
    return {row["external_id"]: row["external_id"] for row in rows}


def _party_effect(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    return {"party_effect": found.get(_crm_customer(asking, scope), "")}


CUSTOMERS = FactSource(name="customers", module=__name__, asks=_partners, rows=_known, fields=_party_effect)


RECIPES: Recipes = (
    Recipe(
        kind=Customer,
        plan=customer,
        locked=never,
        causes=(PARTNER_DIFFERS,),
        rank=_named,
        approval=MOVED_ALREADY,
    ),
)
