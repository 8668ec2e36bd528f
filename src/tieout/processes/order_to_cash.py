"""Order to cash: what an order, its credit notes and its gift cards mean in the ledger.

Invoice          Dr receivable              Cr revenue, shipping, gift-card liability, tax
Credit note      Dr revenue, shipping, tax  Cr receivable
Gift card tender Dr gift-card liability     Cr receivable

The source's tax amounts are put on the tax lines themselves and read back; a gift card sold
is a liability and untaxed; redeemed, it is tender and never a discount.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.documents import (
    CreditNote,
    Customer,
    CustomerInvoice,
    Document,
    EntryPosting,
    GiftCardTender,
    InvoiceLine,
    InvoicePosting,
    LedgerLine,
    SaleLine,
    TaxLine,
    customer_name,
    decode_document,
)
from tieout.money import Amount
from tieout.processes.deposits import apply_deposit, match_effects, order_match
from tieout.processes.excluding import left_out
from tieout.processes.external_ids import match_key
from tieout.processes.facts import FactKeys
from tieout.processes.recipe import (
    MOVED_ALREADY,
    Context,
    Effect,
    Plan,
    Rank,
    Recipe,
    Recipes,
    Restating,
    never,
    refused,
)

_ROLE = {
    "goods": "revenue.goods",
    "shipping": "revenue.shipping",
    "gift_card": "liability.gift_card",
    "tip": "revenue.tips",
    "rounding": "rounding",
    "refund_adjustment": "revenue.refund_adjustments",
}


def credit_match(ctx: Context, refund_key: str) -> str:
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "refund", refund_key)


def _lines(ctx: Context, lines: tuple[SaleLine, ...]) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            name=line.name,
            quantity=line.quantity,
            net=line.net.value,
            account=ctx.account(_ROLE.get(line.nature, line.nature)),
            taxes=tuple(ctx.release.tax(key, ctx.on) for key in line.tax_keys),
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
    totals: dict[str, Decimal] = {}
    for tax in taxes:
        name = ctx.release.tax(tax.key, ctx.on)
        totals[name] = totals.get(name, Decimal(0)) + tax.amount.value
    return totals


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
        return refused(
            "document_does_not_add_up",
            document.total,
            "the source's lines and taxes do not sum to its total: correct it there",
        )
    if document.party is None:
        return refused(
            "unknown_customer",
            document.total,
            "give the order a customer in its source; it is taken in again by itself",
        )
    if isinstance(document, CustomerInvoice) and ctx.facts.foreign:
        return refused(
            "imported_by_another_connector",
            document.total,
            "the ledger holds this order already: exclude it here with `tieout cases exclude`, or cancel the other "
            "record there, then `tieout replay --cause imported_by_another_connector`",
            ctx.facts.foreign,
        )
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
        return Plan(decision="wait", reason="its customer has not come yet", names=(awaited,))
    if not partner:
        return refused(
            "unknown_customer",
            document.total,
            f"customer {document.party.key} is not in the ledger: take it in from its CRM, then `tieout replay "
            "--cause unknown_customer`",
        )
    match = order_match(ctx, document.order_key)
    lines, taxes = _lines(ctx, document.lines), _taxes(ctx, document.taxes)
    body = _posting(ctx, document, partner, match, lines, taxes, document.total.value, refund=False)
    if ctx.on_fulfilment and document.fulfilled_at is None:
        return Plan(decision="wait", reason="paid and not fulfilled yet: a deposit", long=True)
    products = _products(ctx, document.lines)
    needed = (partner, *(p.external_id for p in products))
    main = ctx.effect("invoice", body, ledger=True, requires=needed, account=body.receivable)
    effects: list[Effect] = [*partner_effects, *products, main]
    for number, parked in enumerate(ctx.facts.parked):
        effects += apply_deposit(
            ctx, f"apply{number}", parked, document.order_key, main.external_id, partner, ctx.on
        )
    return Plan(decision="planned", effects=tuple(effects), on=ctx.on)


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
    for way, lines in ((1, _lines(ctx, document.lines)), (-1, _lines(ctx, before.lines))):
        for line in lines:
            at = (line.account, line.taxes)
            groups[at] = groups.get(at, Decimal(0)) + way * line.net
    taxes = _taxes(ctx, document.taxes)
    for name, value in _taxes(ctx, before.taxes).items():
        taxes[name] = taxes.get(name, Decimal(0)) - value
    if not any(groups.values()) and not any(taxes.values()):
        return Plan(decision="planned", on=ctx.on, reason="no money changed")
    order = ctx.facts.order
    if order is not None and order.paid_out and "order_edited_after_payout" not in ctx.facts.accepted:
        return refused(
            "order_edited_after_payout",
            difference,
            "collect or refund the difference; `tieout cases solve` with that reason books the edit",
            f"{before.total} became {document.total}",
        )
    if ctx.on_fulfilment and document.fulfilled_at is None:
        return Plan(decision="wait", reason="edited, and not all of it is fulfilled yet", long=True)
    if not difference:
        return refused(
            "order_regrouped_after_posting",
            document.total,
            "the total stayed, its accounts or taxes moved: reclassify by a journal entry",
        )
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
    return Plan(decision="planned", effects=tuple(effects), on=ctx.on)


def credit_note(ctx: Context, document: CreditNote) -> Plan:
    """A refund's credit note; it waits for its order, for whose customer it is. Where the money
    was given back before the invoice came, the credit note is matched with that invoice."""
    early = _refuse_early(ctx, document)
    if early is not None:
        return early
    order = ctx.facts.order
    if order is not None and order.state == "excluded":
        return Plan(decision="excluded", reason=f"its order was never billed: {order.reason}", on=ctx.on)
    if order is not None and order.state == "deposit":
        return Plan(decision="wait", reason="its order is not billed yet", long=True)
    if order is None or order.state == "exception":
        if not ctx.facts.patience_over:
            return Plan(decision="wait", reason="its order is not posted yet")
        return refused(
            "credit_note_without_order",
            document.total,
            "solve the order's own case; the credit note follows by itself",
        )
    partner, partner_effects = _partner(ctx, document)
    match = credit_match(ctx, document.key)
    if document.adjusts:
        match = order_match(ctx, document.order_key)
    body = _posting(
        ctx,
        document,
        partner or order.partner,
        match,
        _lines(ctx, document.lines),
        _taxes(ctx, document.taxes),
        document.total.value,
        refund=True,
    )
    products = _products(ctx, document.lines)
    needed = (body.partner, *(p.external_id for p in products))
    main = ctx.effect("credit_note", body, ledger=True, requires=needed, account=body.receivable)
    effects = [*partner_effects, *products, main]
    if document.adjusts and order.invoice and not match:
        effects += match_effects(ctx, "adjustment", order.invoice, main, body.receivable)
    refunded_from = ctx.facts.refund_account
    elsewhere = (body.receivable, ctx.account("unapplied.unknown")) if refunded_from else ("",)
    if order.invoice and refunded_from not in elsewhere:
        effects += match_effects(ctx, "early_refund", order.invoice, main, body.receivable)
    return Plan(decision="planned", effects=tuple(effects), on=ctx.on)


def gift_card(ctx: Context, document: GiftCardTender) -> Plan:
    """Dr gift-card liability, Cr receivable, matched with the order's invoice."""
    order = ctx.facts.order
    if order is not None and order.state == "deposit":
        return Plan(decision="wait", reason="its order is not billed yet", long=True)
    if order is not None and order.state == "excluded":
        return Plan(decision="planned", on=ctx.on, reason=f"its order was never billed: {order.reason}")
    if order is None or not order.invoice:
        if not ctx.facts.patience_over:
            return Plan(decision="wait", reason="its order is not posted yet")
        return refused(
            "tender_without_order",
            document.amount,
            "solve the order's own case, then `tieout replay --cause tender_without_order`",
        )
    receivable = ctx.account("receivable")
    amount, company = document.amount.value, ctx.company(document.amount.value)
    # A card redeemed before the order is billed stays a liability until then.
    ctx.on = max(ctx.on, order.invoice_on or ctx.on)
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"gift card {order.number}",
        currency=document.currency,
        lines=(
            LedgerLine(
                account=ctx.account("liability.gift_card"),
                amount=amount,
                company=company,
                name="gift card redeemed",
                partner=order.partner,
            ),
            LedgerLine(
                account=receivable,
                amount=-amount,
                company=-company,
                name="gift card redeemed",
                partner=order.partner,
            ),
        ),
    )
    main = ctx.effect("tender", body, ledger=True, requires=(order.partner,))
    pair = match_effects(ctx, "tender", order.invoice, main, receivable)
    return Plan(decision="planned", effects=(main, *pair), on=ctx.on)


def customer(ctx: Context, document: Customer) -> Plan:
    """The customer's partner."""
    return Plan(decision="planned", effects=(ctx.partner(document.party),), on=ctx.on)


def _billed(ctx: Context, document: CustomerInvoice) -> bool:
    """An order is late by the day of its invoice, which is not known before its fulfilment."""
    return document.fulfilled_at is not None or not ctx.on_fulfilment


def _sold(document: CustomerInvoice | CreditNote) -> tuple[object, ...]:
    lines = tuple((line.net, line.nature, line.tax_keys) for line in document.lines)
    taxes = tuple((tax.key, tax.amount) for tax in document.taxes)
    return (document.order_key, lines, taxes, document.total)


def _by_order(document: GiftCardTender, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(order_key=document.order_key)


def _of_invoice(document: CustomerInvoice, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(
        order_key=document.order_key,
        takes_in=document.order_names(),
        customer=document.party.key if document.party else "",
        number="" if document.exclusion else document.number,
    )


def _of_credit_note(document: CreditNote, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(order_key=document.order_key, refunds_of=document.order_key)


def _named(_: Document) -> Rank:
    return Rank.NAMED


RECIPES: Recipes = (
    Recipe(kind=Customer, plan=customer, locked=never, rank=_named, approval=MOVED_ALREADY),
    Recipe(
        kind=CustomerInvoice,
        plan=invoice,
        at_risk=lambda doc: doc.total,
        excluding=left_out,
        restating=Restating(money=_sold, edits=True),
        locked=_billed,
        acceptable=frozenset({"order_edited_after_payout"}),
        rank=_named,
        fact_keys=_of_invoice,
        takes_payments=True,
    ),
    Recipe(
        kind=CreditNote,
        plan=credit_note,
        at_risk=lambda doc: doc.total,
        restating=Restating(money=_sold),
        fact_keys=_of_credit_note,
    ),
    Recipe(
        kind=GiftCardTender,
        plan=gift_card,
        at_risk=lambda doc: doc.amount,
        restating=Restating(money=lambda doc: (doc.order_key, doc.amount)),
        fact_keys=_by_order,
    ),
)
