"""Order to cash: what an order and its credit notes mean in the ledger; what gift cards pay is in `gift_cards`.

Invoice          Dr receivable              Cr revenue, shipping, gift-card liability, tax
Credit note      Dr revenue, shipping, tax  Cr receivable

The source's tax amounts are put on the tax lines themselves and read back; a gift card sold is a liability, and untaxed
unless its interface declares cards that are taxed when they are sold. Where an interface earns revenue by delivery,
an invoice's goods stand as a contract liability until then (delivering.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tieout.causes import Action, Cause
from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Document,
    InvoiceLine,
    InvoicePosting,
    ProviderMovement,
    SaleLine,
    TaxLine,
    customer_name,
    decode_document,
)
from tieout.money import Amount
from tieout.processes.causes import DOES_NOT_ADD_UP
from tieout.processes.customers import CUSTOMERS
from tieout.processes.delivering import sold_role
from tieout.processes.deposit_taxes import DEPOSIT_TAXES, cleared
from tieout.processes.deposits import UNAPPLIED, apply_deposit, match_effects, order_match
from tieout.processes.excluding import VOIDED, left_out
from tieout.processes.external_ids import match_key
from tieout.processes.facts import FactKeys, OrderFact, OrderState
from tieout.processes.orders import ORDERS
from tieout.processes.recipe import (
    Context,
    Effect,
    Plan,
    PlanDecision,
    Rank,
    Recipe,
    Recipes,
    Restating,
    refused,
)
from tieout.processes.sales_taxes import by_ledger_tax, of_line, placed_as
from tieout.processes.sold import given_back, invoiced
from tieout.processes.sources import Asking, FactSource, Found, Keys, Row, Scope

_ROLE = {
    "goods": "revenue.goods",
    "shipping": "revenue.shipping",
    "gift_card": "liability.gift_card",
    "tip": "revenue.tips",
    "duties": "duties_collected",
    "fee": "revenue.fees",
    "rounding": "rounding",
    "refund_adjustment": "revenue.refund_adjustments",
}

UNKNOWN_CUSTOMER = Cause(
    name="unknown_customer",
    means="An order names no customer, or one whom the ledger does not know.",
    says="customer {customer} is not in the ledger: take it in from its CRM, then `tieout replay --cause {cause}`",
    also={"nobody": "give the order a customer in its source; it is taken in again by itself"},
    actions=(Action.MEND_AT_SOURCE, Action.POLL, Action.REPLAY),
)
IMPORTED_BY_ANOTHER = Cause(
    name="imported_by_another_connector",
    means="The ledger holds an order of this number that Tieout did not book.",
    says="the ledger holds this order already: exclude it here with `tieout cases exclude`, or cancel the other "
    "record there, then `tieout replay --cause {cause}`",
    actions=(Action.EXCLUDE, Action.MEND_IN_LEDGER, Action.REPLAY),
)
ORDER_EDITED = Cause(
    name="order_edited_after_payout",
    means="An order was edited after its money was paid out: nobody's payment covers the difference.",
    says="collect or refund the difference; `tieout cases solve` with that reason books the edit",
    actions=(Action.SOLVE, Action.ASK),
    acceptable=True,
)
ORDER_REGROUPED = Cause(
    name="order_regrouped_after_posting",
    means="An order that is booked has the same total on other accounts or taxes now.",
    says="the total stayed, its accounts or taxes moved: reclassify by a journal entry",
    actions=(Action.MEND_IN_LEDGER, Action.EXCLUDE),
)
CREDIT_NOTE_WITHOUT_ORDER = Cause(
    name="credit_note_without_order",
    means="A credit note is of an order that is not booked.",
    says="solve the order's own case; the credit note follows by itself",
    actions=(Action.REPLAY,),
)
GIFT_CARD_TAXED = Cause(
    name="gift_card_taxed",
    means="Its shop charged tax on a gift card, which bears none when it is sold unless it is for one thing of a known tax.",
    says='say gift_cards = "single_purpose" in interfaces/{interface}.toml, [options], if these cards are taxed when they are '
    "sold, then `tieout replay --cause {cause}`; else take the tax off the card in the shop",
    actions=(Action.SET_UP, Action.MEND_AT_SOURCE, Action.REPLAY),
)
_SOLD_CAUSES = (DOES_NOT_ADD_UP, UNKNOWN_CUSTOMER, IMPORTED_BY_ANOTHER, GIFT_CARD_TAXED)


def credit_match(ctx: Context, refund_key: str) -> str:
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "refund", refund_key)


def _invoiced(
    ctx: Context, lines: tuple[SaleLine, ...], taxes: tuple[TaxLine, ...]
) -> tuple[InvoiceLine, ...]:
    """The lines of what is sold: what is earned by delivery is a contract liability until then."""
    return _lines(ctx, lines, taxes, partial(sold_role, ctx))


def _own_role(line: SaleLine, role: str) -> str:
    return role


def _lines(
    ctx: Context,
    lines: tuple[SaleLine, ...],
    taxes: tuple[TaxLine, ...],
    role_of: Callable[[SaleLine, str], str] = _own_role,
) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            name=line.name,
            quantity=line.quantity,
            net=line.net.value,
            account=ctx.account(role_of(line, _ROLE.get(line.nature, line.nature))),
            taxes=of_line(ctx.release, line, taxes, ctx.on),
            product=made.external_id if (made := ctx.product(line.sku, line.name)) else "",
        )
        for line in lines
        if line.net
    )


def _products(ctx: Context, lines: tuple[SaleLine, ...]) -> tuple[Effect, ...]:
    """The products that lines name, each once."""
    made = (ctx.product(line.sku, line.name) for line in lines if line.net)
    return tuple({effect.external_id: effect for effect in made if effect}.values())


def _taxes(ctx: Context, taxes: tuple[TaxLine, ...]) -> dict[str, Decimal]:
    return by_ledger_tax(ctx.release, taxes, ctx.on)


def _posting(
    ctx: Context,
    document: CustomerInvoice | CreditNote,
    partner: str,
    match: str,
    lines: tuple[InvoiceLine, ...],
    taxes: dict[str, Decimal],
    total: Decimal,
    refund: bool,
) -> InvoicePosting:
    return InvoicePosting(
        refund=refund,
        journal=ctx.journal("sales"),
        partner=partner,
        on=ctx.on,
        reference=document.number,
        currency=document.currency,
        lines=lines,
        tax_totals=taxes,
        total=total,
        receivable=ctx.account("receivable"),
        match=match,
    )


def _sums_up(document: CustomerInvoice | CreditNote) -> bool:
    parts = [line.net for line in document.lines] + [tax.amount for tax in document.taxes]
    return sum(parts, Amount.zero(document.currency)) == document.total


def _refuse_early(ctx: Context, document: CustomerInvoice | CreditNote) -> Plan | None:
    if not _sums_up(document):
        return refused(DOES_NOT_ADD_UP, document.total)
    if document.party is None:
        return refused(UNKNOWN_CUSTOMER, document.total, says="nobody")
    if ctx.interface.option("gift_cards") != "single_purpose" and any(
        x.nature == "gift_card" and x.tax_keys for x in document.lines
    ):
        return refused(GIFT_CARD_TAXED, document.total, interface=ctx.interface.name)
    if isinstance(document, CustomerInvoice) and ctx.facts.foreign:
        return refused(IMPORTED_BY_ANOTHER, document.total, ctx.facts.foreign)
    return None


def invoice(ctx: Context, document: CustomerInvoice) -> Plan:
    """The order's invoice, on the day of its payment or, where the interface says so, of its
    fulfilment; for an edit after posting, the difference alone.

    Once the money was paid out an edit is a case, until a person accepts it: nobody's payment covers the
    difference. An
    order that waits for its fulfilment is tried already: what nobody mapped shows at once.
    """
    early = _refuse_early(ctx, document)
    if early is not None:
        return early
    assert document.party is not None
    previous = ctx.facts.previous
    if previous is not None:
        before = decode_document(previous.content.encode())
        assert isinstance(before, CustomerInvoice)
        return _edit(ctx, document, before)
    partner, partner_effects = _partner(ctx, document)
    if not partner and not ctx.facts.patience_over:
        # Two streams of one CRM: its customers may come a moment after what they bought.
        awaited = customer_name(document.party.key)
        return Plan(decision=PlanDecision.WAIT, reason="its customer has not come yet", names=(awaited,))
    if not partner:
        return refused(UNKNOWN_CUSTOMER, document.total, customer=document.party.key)
    match = order_match(ctx, document.order_key)
    lines, taxes = _invoiced(ctx, document.lines, document.taxes), _taxes(ctx, document.taxes)
    body = _posting(ctx, document, partner, match, lines, taxes, document.total.value, refund=False)
    if ctx.on_fulfilment and document.fulfilled_at is None:
        return Plan(decision=PlanDecision.WAIT, reason="paid and not fulfilled yet: a deposit", long=True)
    products = _products(ctx, document.lines)
    needed = (partner, *(p.external_id for p in products))
    main = ctx.effect("invoice", body, ledger=True, requires=needed, account=body.receivable)
    effects: list[Effect] = [*partner_effects, *products, main]
    for number, payment in enumerate(ctx.facts.unapplied):
        effects += apply_deposit(
            ctx, f"apply{number}", payment, document.order_key, main.external_id, partner, ctx.on
        )
    effects += cleared(ctx, partner, document.number)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _partner(ctx: Context, document: CustomerInvoice | CreditNote) -> tuple[str, tuple[Effect, ...]]:
    """The partner's external id and the effect that makes it; a CRM's customers come by
    their own documents, so that one the CRM never sent is found out."""
    assert document.party is not None
    effect = ctx.partner(document.party)
    if ctx.interface.option("customers", "from_order") == "from_crm":
        return ctx.facts.party_effect, ()
    return effect.external_id, (effect,)


def _edit(ctx: Context, document: CustomerInvoice, before: CustomerInvoice) -> Plan:
    difference = document.total - before.total
    groups: dict[tuple[str, tuple[str, ...]], Decimal] = {}
    # An order may have been told before its shop said whose its taxes are.
    earlier = placed_as(before.taxes, document.taxes)
    for way, lines in (
        (1, _invoiced(ctx, document.lines, document.taxes)),
        (-1, _invoiced(ctx, before.lines, earlier)),
    ):
        for line in lines:
            at = (line.account, line.taxes)
            groups[at] = groups.get(at, Decimal(0)) + way * line.net
    taxes = _taxes(ctx, document.taxes)
    for name, value in _taxes(ctx, earlier).items():
        taxes[name] = taxes.get(name, Decimal(0)) - value
    if not any(groups.values()) and not any(taxes.values()):
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason="no money changed")
    order = ctx.facts.order
    if order is not None and order.paid_out and ORDER_EDITED.name not in ctx.facts.accepted:
        return refused(ORDER_EDITED, difference, f"{before.total} became {document.total}")
    if ctx.on_fulfilment and document.fulfilled_at is None:
        return Plan(
            decision=PlanDecision.WAIT, reason="edited, and not all of it is fulfilled yet", long=True
        )
    if not difference:
        return refused(ORDER_REGROUPED, document.total)
    refund = difference.value < 0
    sign = Decimal(-1 if refund else 1)
    partner, partner_effects = _partner(ctx, document)
    body = _posting(
        ctx,
        document,
        partner,
        "",
        tuple(
            InvoiceLine(
                name=f"{document.number} edited",
                quantity=Decimal(1),
                net=sign * net,
                account=account,
                taxes=names,
            )
            for (account, names), net in groups.items()
            if net
        ),
        {name: sign * value for name, value in taxes.items() if value},
        abs(difference.value),
        refund,
    )
    effects: list[Effect] = [*partner_effects]
    main = ctx.effect("edit", body, ledger=True, requires=(partner,), account=body.receivable)
    effects.append(main)
    if refund and order is not None and order.invoice:
        effects += match_effects(ctx, "edit", order.invoice, main, body.receivable)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def credit_note(ctx: Context, document: CreditNote) -> Plan:
    """A refund's credit note; it waits for its order, for whose customer it is. Where the money
    was given back before the invoice came, the credit note is matched with that invoice."""
    early = _refuse_early(ctx, document)
    if early is not None:
        return early
    order = ctx.facts.order
    held = _held_by_its_order(ctx, document, order)
    if held is not None:
        return held
    partner, partner_effects = _partner(ctx, document)
    partner = partner or (order.partner if order else "")
    if not partner:
        return refused(
            UNKNOWN_CUSTOMER, document.total, customer=document.party.key if document.party else ""
        )
    match = credit_match(ctx, document.key)
    if document.adjusts:
        match = order_match(ctx, document.order_key)
    body = _posting(
        ctx,
        document,
        partner,
        match,
        _lines(ctx, document.lines, document.taxes),
        _taxes(ctx, document.taxes),
        document.total.value,
        refund=True,
    )
    products = _products(ctx, document.lines)
    needed = (body.partner, *(p.external_id for p in products))
    main = ctx.effect("credit_note", body, ledger=True, requires=needed, account=body.receivable)
    effects = [*partner_effects, *products, main]
    invoice = order.invoice if order else ""
    if document.adjusts and invoice and not match:
        effects += match_effects(ctx, "adjustment", invoice, main, body.receivable)
    refunded_from = ctx.facts.refund_account
    elsewhere = (body.receivable, ctx.account("unapplied.unknown")) if refunded_from else ("",)
    if invoice and refunded_from not in elsewhere:
        effects += match_effects(ctx, "early_refund", invoice, main, body.receivable)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _held_by_its_order(ctx: Context, document: CreditNote, order: OrderFact | None) -> Plan | None:
    """What keeps a credit note back; None for one of a billed order, and for one that is of no order at all."""
    if not document.order_key:
        return None
    if order is not None and order.state == OrderState.EXCLUDED:
        return Plan(
            decision=PlanDecision.EXCLUDED, reason=f"its order was never billed: {order.reason}", on=ctx.on
        )
    if order is not None and order.state == OrderState.DEPOSIT:
        return Plan(decision=PlanDecision.WAIT, reason="its order is not billed yet", long=True)
    if order is None or order.state == OrderState.EXCEPTION:
        if not ctx.facts.patience_over:
            return Plan(decision=PlanDecision.WAIT, reason="its order is not posted yet")
        return refused(CREDIT_NOTE_WITHOUT_ORDER, document.total)
    return None


def _billed(ctx: Context, document: CustomerInvoice) -> bool:
    """An order is late by the day of its invoice, which is not known before its fulfilment."""
    return document.fulfilled_at is not None or not ctx.on_fulfilment


def _sold(document: CustomerInvoice | CreditNote) -> tuple[object, ...]:
    lines = tuple((line.net, line.nature, line.tax_keys) for line in document.lines)
    taxes = tuple((tax.key, tax.amount) for tax in document.taxes)
    return (document.order_key, lines, taxes, document.total)


def _sold_where(document: CustomerInvoice) -> tuple[object, ...]:
    """What of an invoice is money, and whose its taxes are: a tax that moves to another state moves money there."""
    return (*_sold(document), tuple(tax.jurisdiction or "" for tax in document.taxes))


def _of_invoice(document: CustomerInvoice, options: Mapping[str, Any]) -> FactKeys:
    before_it = options.get("invoice_on") == "fulfilment"
    return FactKeys(
        own={DEPOSIT_TAXES.name: document.order_names()} if before_it else {},
        order_key=document.order_key,
        takes_in=document.order_names(),
        customer=document.party.key if document.party else "",
        number="" if document.exclusion else document.number,
    )


def _of_credit_note(document: CreditNote, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(order_key=document.order_key, refunds_of=document.order_key or None)


def _named(_: Document) -> Rank:
    return Rank.NAMED


def _after_its_order(_: CreditNote) -> Rank:
    """What was given back onto a gift card comes after the credit note that it is of."""
    return Rank.MOVED


def _refunds_of(asking: Asking, scope: Scope) -> Keys:
    return {"orders": () if asking.keys.refunds_of is None else (asking.keys.refunds_of,)}


def _refund_accounts(rows: Sequence[Row], scope: Scope) -> Found:
    """The account that each credit note's refund went out of, by the credit note's key."""
    found: dict[str, str] = {}
    for row in rows:
        refund = decode_document(row["content"].encode())
        assert isinstance(refund, ProviderMovement)
        found[refund.refund_key] = row["account"]
    return found


def _refund_account(asking: Asking, found: Found, scope: Scope) -> Mapping[str, Any]:
    return {"refund_account": found.get(asking.document.key, "")}


REFUNDS = FactSource(
    name="refunds", module=__name__, asks=_refunds_of, rows=_refund_accounts, fields=_refund_account
)


RECIPES: Recipes = (
    Recipe(
        kind=CustomerInvoice,
        plan=invoice,
        at_risk=lambda doc: doc.total,
        excluding=left_out,
        restating=Restating(money=_sold_where, edits=True),
        locked=_billed,
        causes=(*_SOLD_CAUSES, VOIDED, ORDER_EDITED, ORDER_REGROUPED),
        rank=_named,
        fact_keys=_of_invoice,
        sources=(ORDERS, UNAPPLIED, CUSTOMERS, DEPOSIT_TAXES),
        takes_payments=True,
        revenue=invoiced,
    ),
    Recipe(
        kind=CreditNote,
        plan=credit_note,
        at_risk=lambda doc: doc.total,
        excluding=left_out,
        restating=Restating(money=_sold),
        causes=(*_SOLD_CAUSES, VOIDED, CREDIT_NOTE_WITHOUT_ORDER),
        rank=_after_its_order,
        fact_keys=_of_credit_note,
        sources=(REFUNDS,),
        revenue=given_back,
    ),
)
