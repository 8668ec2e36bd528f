"""The tax of money that came before its invoice, where it is due when the money comes.

Received         Dr tax on deposits         Cr tax
Given back early Dr tax                     Cr tax on deposits
Invoice          Dr tax                     Cr tax on deposits, on its day, beside its own tax

In the EU a payment on account makes its tax due, on the amount received (Directive 2006/112/EC, art. 65; Germany: UStG § 13
(1) no. 1 a sentence 4; Switzerland: MWSTG art. 40 (1) c). Whether it is so a country's pack says (`deposit_tax`), or the
shop's interface. The deposit itself stands with its tax, as it was received; what of it is tax stands against it on the role
`customer_deposits_tax`, so that both together are what is owed to the customer in goods.

It is booked by an invoice that comes to nothing, and taken back by a credit note that does, so that tax and base stand in the
tax's own lines. A part of a price has its part of the order's taxes, cents by the largest remainder, and all of it all of
them; what is taken back is what stands, never worked out anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import CreditNote, CustomerInvoice, InvoiceLine, InvoicePosting, decode_effect
from tieout.money import Amount
from tieout.money.sharing import shared_out
from tieout.processes.deposits import ACCOUNT as DEPOSITS
from tieout.processes.deposits import partner_of
from tieout.processes.facts import NetPart, OrderFact, OrderState, SaleTaxes
from tieout.processes.recipe import CaseDraft, Context, Effect, found
from tieout.processes.sales_taxes import by_ledger_tax, of_keys
from tieout.processes.sources import FactSource, Found, Row, Scope
from tieout.rules import Entity, Interface, UnmappedError
from tieout.rules.packs import load_pack

ACCOUNT = "customer_deposits_tax"
SOURCE = "deposit_taxes"
DEPOSIT_TAX_BY_HAND = Cause(
    name="deposit_tax_by_hand",
    means="The tax of a deposit is due when it is received, and could not be booked. The deposit itself is.",
    says="it is in another currency than the books: book its tax in the ledger, on the deposit's day, and back on the invoice's",
    also={
        "unmapped": "add {key!r} to mappings/{table}.csv for those that follow; book the tax of this one in the ledger, on the "
        "deposit's day, and back on the invoice's",
    },
    actions=(Action.MAP, Action.MEND_IN_LEDGER, Action.SOLVE),
)


def taxed_on_receipt(entity: Entity, shop: Interface) -> bool:
    """Whether a deposit's tax is due when it is received: as its shop's interface says, else as the entity's country has it."""
    said = shop.option("deposit_tax", "by_country")
    if said != "by_country":
        return said == "on_receipt"
    return bool(entity.country) and load_pack(entity.country).deposit_tax == "on_receipt"


def sale_of(order: CustomerInvoice | CreditNote) -> SaleTaxes:
    """What a deposit of an order is of, and what a credit note gives back: its lines by their taxes, and these."""
    nets: dict[tuple[str, ...], Decimal] = {}
    for line in order.lines:
        nets[line.tax_keys] = nets.get(line.tax_keys, Decimal(0)) + line.net.value
    return SaleTaxes(
        nets=tuple(NetPart(tax_keys=keys, net=net) for keys, net in nets.items() if net), taxes=order.taxes
    )


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of the taxes of deposits: `amount` received, of which `nets` by the ledger's taxes, and `taxes` of each."""

    amount: Decimal
    nets: Mapping[tuple[str, ...], Decimal]
    taxes: Mapping[str, Decimal]

    def part(self, amount: Decimal, currency: str) -> Held:
        """The part of it that is of an amount; all of it where that is not less."""
        if amount >= self.amount:
            return self
        whole = sum(self.taxes.values(), Decimal(0))
        # Rounded, but no more of either than there is.
        rounded = Amount.rounded(amount * whole / self.amount, currency).value
        tax = Amount.exact(min(max(rounded, amount - (self.amount - whole)), whole, amount), currency)
        net = Amount.exact(amount, currency) - tax
        taxes, nets = (
            [x.value for x in shared_out(value, [max(w, Decimal(0)) for w in weights.values()])]
            for value, weights in ((tax, self.taxes), (net, self.nets))
        )
        return Held(
            amount=amount,
            nets=dict(zip(self.nets, nets, strict=True)),
            taxes=dict(zip(self.taxes, taxes, strict=True)),
        )


def of_order(ctx: Context, order: OrderFact) -> Held | None:
    """What a deposit of all of an order is taxed with; None where nothing is due before it is billed. Raises
    UnmappedError."""
    sale = order.sale
    if not isinstance(sale, SaleTaxes) or not any(t.amount.value for t in sale.taxes):
        return None
    nets: dict[tuple[str, ...], Decimal] = {}
    for part in sale.nets:
        names = of_keys(ctx.release, part.tax_keys, sale.taxes, ctx.on)
        nets[names] = nets.get(names, Decimal(0)) + part.net
    return Held(amount=order.total, nets=nets, taxes=by_ledger_tax(ctx.release, sale.taxes, ctx.on))


def standing(ctx: Context) -> Held | None:
    """What stands of an order's deposits in the ledger, or is on its way there; None where nothing does."""
    bodies: dict[str, InvoicePosting] = {}
    for rows in ctx.facts.found_by(SOURCE):
        for effect, text in rows:
            body = decode_effect(text.encode())
            assert isinstance(body, InvoicePosting)
            bodies[effect] = body
    amount = Decimal(0)
    nets: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    taxes: defaultdict[str, Decimal] = defaultdict(Decimal)
    for body in bodies.values():
        way = -1 if body.refund else 1
        # What was received stands last (see `booked`).
        *parts, received = body.lines
        amount -= way * received.net
        for line in parts:
            nets[line.taxes] += way * line.net
        for name, value in body.tax_totals.items():
            taxes[name] += way * value
    if amount <= 0:
        return None
    return Held(amount=amount, nets=dict(nets), taxes=dict(taxes))


def booked(
    ctx: Context, name: str, order: OrderFact, held: Held, on: date, back: bool, number: str = ""
) -> Effect:
    """Book the tax of deposits, or with `back` take it back. Raises UnmappedError."""
    account, label = ctx.account(ACCOUNT), f"tax of deposit {number or order.number}".strip()
    body = to_nothing(ctx, held, label, partner_of(order), on, net=account, whole=account, back=back)
    return ctx.effect(name, body, ledger=True, requires=(body.partner,), account=body.receivable)


def to_nothing(
    ctx: Context, held: Held, label: str, partner: str, on: date, *, net: str, whole: str, back: bool
) -> InvoicePosting:
    """An invoice, or with `back` a credit note, that comes to nothing and moves tax in its own lines: the nets stand on the
    account `net`, and against them, last, what was held in all on the account `whole`. Raises UnmappedError."""
    lines = [
        InvoiceLine(name=label, quantity=Decimal(1), net=value, account=net, taxes=names)
        for names, value in held.nets.items()
        if value
    ]
    lines.append(InvoiceLine(name=label, quantity=Decimal(1), net=-held.amount, account=whole))
    return InvoicePosting(
        refund=back,
        journal=ctx.journal("sales"),
        partner=partner,
        on=on,
        reference=label,
        currency=ctx.document.currency,
        lines=tuple(lines),
        tax_totals={k: v for k, v in held.taxes.items() if v},
        total=Decimal(0),
        receivable=ctx.account("receivable"),
    )


def on_receipt(
    ctx: Context, order: OrderFact, amount: Decimal, billed_on: date | None
) -> tuple[list[Effect], tuple[CaseDraft, ...]]:
    """The tax of a deposit; where its order is billed on a later day already, and taken back on that. Cash is booked whatever
    comes of it: what cannot be taxed is a case beside it."""
    if amount <= 0 or (billed_on is not None and billed_on <= ctx.on):
        return [], ()
    worth = Amount(amount, ctx.document.currency)
    try:
        whole = of_order(ctx, order)
        if whole is None:
            return [], ()
        if ctx.foreign_currency:
            return [], (found(DEPOSIT_TAX_BY_HAND, worth, order.number, blocking=False),)
        held = whole.part(amount, ctx.document.currency)
        effects = [booked(ctx, "deposit_tax", order, held, ctx.on, back=False)]
        if billed_on is not None:
            effects.append(booked(ctx, "deposit_tax_cleared", order, held, billed_on, back=True))
        return effects, ()
    except UnmappedError as error:
        fields = {"key": error.key, "table": error.table}
        return [], (found(DEPOSIT_TAX_BY_HAND, worth, str(error), "unmapped", blocking=False, **fields),)


def given_back(ctx: Context, order: OrderFact | None, amount: Decimal, account: str) -> list[Effect]:
    """The tax of what is given back of a deposit before its order was billed: of what stands, its part. Nothing where the
    money waited on an `account` other than that of deposits. Raises UnmappedError."""
    held = standing(ctx)
    if held is None or order is None or account != ctx.account(DEPOSITS):
        return []
    return [
        booked(ctx, "deposit_tax_back", order, held.part(amount, ctx.document.currency), ctx.on, back=True)
    ]


def cleared(ctx: Context, partner: str, number: str) -> list[Effect]:
    """All that stands is taken back as the order is billed: its invoice has the whole tax."""
    held = standing(ctx)
    if held is None:
        return []
    latest = max([ctx.on, *(p.on for p in ctx.facts.unapplied if p.on is not None)])
    order = OrderFact(state=OrderState.PLANNED, partner=partner, number=number)
    return [booked(ctx, "deposit_tax_cleared", order, held, latest, back=True)]


def _by_key(rows: Sequence[Row], scope: Scope) -> Found:
    """What was booked of the taxes of deposits, by order and by payment: external ids and bodies."""
    known: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        for key in {row["order_key"], f"payment:{row['link_key']}"}:
            known.setdefault(key, []).append((row["effect_id"], row["effect_body"]))
    return {key: tuple(pairs) for key, pairs in known.items()}


DEPOSIT_TAXES = FactSource(name=SOURCE, module=__name__, rows=_by_key)
