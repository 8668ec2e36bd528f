"""Gift cards as money: what they pay, and what is given back onto them.

Redeemed         Dr gift-card liability       Cr receivable, matched with the order's invoice
Given back onto  Dr receivable                Cr gift-card liability, matched with the credit note

The card's sale is part of its order (`order_to_cash`): Dr receivable, Cr gift-card liability. No money moves when something
is given back onto a card: the liability goes up, and the provider's books know nothing of it.

A card for whatever the shop sells (a multi-purpose voucher) bears no tax when it is sold, and what it pays is taxed as any
sale (Directive 2006/112/EC, art. 30a and 30b (2)). One whose tax is known when it is sold (single-purpose, art. 30b (1)) is
taxed then, and what it pays is no supply of its own: the tax of the order is taken back for the part that the card pays.

Sold, taxed      Dr receivable 119            Cr gift-card liability 100, tax 19
Redeemed, taxed  Dr gift-card liability 100, tax 19    Cr receivable 119
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.causes import Action, Cause
from tieout.documents import (
    EffectBody,
    EntryPosting,
    GiftCardTender,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    TaxLine,
)
from tieout.processes.deposits import match_effects
from tieout.processes.facts import FactKeys, OrderFact, OrderState
from tieout.processes.recipe import Context, Plan, PlanDecision, Recipe, Recipes, Restating, refused
from tieout.processes.sales_taxes import ledger_tax

TENDER_WITHOUT_ORDER = Cause(
    name="tender_without_order",
    means="A gift card was redeemed for an order that is not booked.",
    says="solve the order's own case, then `tieout replay --cause {cause}`",
    also={"given_back": "solve the case of the refund that it is of, then `tieout replay --cause {cause}`"},
    actions=(Action.REPLAY,),
)
CARD_FOR_UNBILLED_ORDER = Cause(
    name="gift_card_for_unbilled_order",
    means="Money of an order that was never billed was given back onto a gift card that the order was not paid with.",
    says="the order's payment stands among the deposits still: book it from there to the gift cards in the ledger, then "
    "exclude this one",
    actions=(Action.MEND_IN_LEDGER, Action.EXCLUDE),
)
_ROLE = "liability.gift_card"


def gift_card(ctx: Context, document: GiftCardTender) -> Plan:
    """What a card pays or gets back; it waits for its order, or for the credit note that it is of."""
    order = ctx.facts.order
    if order is not None and order.state == OrderState.DEPOSIT:
        return Plan(decision=PlanDecision.WAIT, reason="its order is not billed yet", long=True)
    if order is not None and order.state == OrderState.EXCLUDED:
        return _never_billed(ctx, document, order)
    back = document.is_refund
    against = ctx.facts.credit_note if back else (order.invoice if order else "")
    if order is None or not against:
        if not ctx.facts.patience_over:
            what = "its credit note has not come yet" if back else "its order is not posted yet"
            return Plan(decision=PlanDecision.WAIT, reason=what)
        return refused(TENDER_WITHOUT_ORDER, document.amount, says="given_back" if back else "")
    # A card redeemed before the order is billed stays a liability until then.
    ctx.on = max(ctx.on, order.invoice_on or ctx.on)
    body = _with_tax(ctx, document, order) if document.tax else _plain(ctx, document, order)
    main = ctx.effect("tender", body, ledger=True, requires=(order.partner,))
    pair = match_effects(ctx, "tender", against, main, ctx.account("receivable"))
    return Plan(decision=PlanDecision.PLANNED, effects=(main, *pair), on=ctx.on)


def _never_billed(ctx: Context, document: GiftCardTender, order: OrderFact) -> Plan:
    """What a card paid for it is on the card again, and nothing was booked of either; money that another paid is not."""
    if document.is_refund and not document.restores:
        return refused(CARD_FOR_UNBILLED_ORDER, document.amount, order.reason)
    return Plan(
        decision=PlanDecision.PLANNED, on=ctx.on, reason=f"its order was never billed: {order.reason}"
    )


def _said(document: GiftCardTender) -> str:
    what = _named(document)
    return (
        f"given back onto {'' if document.owed_as else 'a '}{what}"
        if document.is_refund
        else f"{what} redeemed"
    )


def _named(document: GiftCardTender) -> str:
    return (document.owed_as or "gift_card").replace("_", " ")


def _plain(ctx: Context, document: GiftCardTender, order: OrderFact) -> EffectBody:
    way = -1 if document.is_refund else 1
    amount, company = way * document.amount.value, way * ctx.company(document.amount.value)
    role = f"liability.{document.owed_as}" if document.owed_as else _ROLE
    sides = ((role, amount, company), ("receivable", -amount, -company))
    return EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"{_named(document)} {order.number}",
        currency=document.currency,
        lines=tuple(
            LedgerLine(
                account=ctx.account(role), amount=a, company=c, name=_said(document), partner=order.partner
            )
            for role, a, c in sides
        ),
    )


def _with_tax(ctx: Context, document: GiftCardTender, order: OrderFact) -> EffectBody:
    """By an invoice or a credit note, so that the tax stands where returns are read off."""
    assert isinstance(document.tax, TaxLine)
    name = ledger_tax(ctx.release, document.tax, ctx.on)
    tax = document.tax.amount.value
    line = InvoiceLine(
        name=_said(document),
        quantity=Decimal(1),
        net=document.amount.value - tax,
        account=ctx.account(_ROLE),
        taxes=(name,),
    )
    return InvoicePosting(
        refund=not document.is_refund,
        journal=ctx.journal("sales"),
        partner=order.partner,
        on=ctx.on,
        reference=f"gift card {order.number}",
        currency=document.currency,
        lines=(line,),
        tax_totals={name: tax},
        total=document.amount.value,
        receivable=ctx.account("receivable"),
    )


def _keys(document: GiftCardTender, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(order_key=document.order_key, refund_key=document.refund_key or "")


RECIPES: Recipes = (
    Recipe(
        kind=GiftCardTender,
        plan=gift_card,
        at_risk=lambda doc: doc.amount,
        restating=Restating(money=lambda doc: (doc.order_key, doc.amount, doc.is_refund)),
        causes=(TENDER_WITHOUT_ORDER, CARD_FOR_UNBILLED_ORDER),
        fact_keys=_keys,
    ),
)
