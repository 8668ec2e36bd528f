"""A dispute that was lost, and its tax by the reason that is declared; and what one that was won did not give back.

stands      Dr dispute loss 106                    Cr disputes receivable 106
bad_debt    Dr bad debts 106                       Cr disputes receivable 106
corrected   Dr dispute loss 100, tax 6             Cr disputes receivable 106

Won, of 106 that were withdrawn 104 came back, since rates moved or the provider kept something: the sale stands, with its tax.

withdrawn   Dr disputes receivable 106             Cr clearing 106
given back  Dr clearing 104                        Cr disputes receivable 104
won         Dr dispute loss 2                      Cr disputes receivable 2

A lost dispute changes no tax by itself. A sale that is cancelled, refused or not paid may lower its taxable amount, under
conditions that each country sets (Directive 2006/112/EC, art. 90; the Netherlands: a year after it was due; Germany: UStG § 17
(2)); a customer's bank that gives money back proves none of them. So the interface declares which reasons correct it, and for
others a person does. Reasons are Stripe's (docs.stripe.com/disputes/categories); four kinds of them have names here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import Action, Cause
from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Dispute,
    EntryPosting,
    LedgerLine,
    decode_document,
)
from tieout.money import Amount
from tieout.processes.deposit_taxes import Held, sale_of, to_nothing
from tieout.processes.external_ids import partner_external_id
from tieout.processes.facts import FactKeys
from tieout.processes.recipe import Context, Plan, PlanDecision, found, refused
from tieout.processes.sales_taxes import by_ledger_tax, of_keys
from tieout.processes.sources import FactSource, Found, Row, Scope

SOURCE, OPTION = "disputed_sale", "dispute_tax"
STANDS, BAD_DEBT, CORRECTED = "stands", "bad_debt", "corrected"
# What the customer's bank says, and what kind of reason that is.
KINDS = {
    "credit_not_processed": "returned",
    "product_unacceptable": "returned",
    "product_not_received": "not_delivered",
    "fraudulent": "fraud",
    "insufficient_funds": "non_payment",
    "check_returned": "non_payment",
}
DISPUTE_TAX_UNDECLARED = Cause(
    name="dispute_tax_undeclared",
    means="A dispute was lost for a reason of which nobody declared what becomes of the sale's tax.",
    says='say what becomes of it under [options.dispute_tax] in interfaces/{interface}.toml, as {reason} = "stands" (it is owed on), '
    '"corrected" or "bad_debt", then `tieout replay --cause {cause}`; or `tieout cases solve`: then it is a loss, and the tax stands',
    also={
        "booked": "it is booked as a loss, and its tax stands. Say what becomes of such under [options.dispute_tax] in "
        'interfaces/{interface}.toml, as {reason} = "stands", "corrected" or "bad_debt", and correct this one in the ledger if its '
        "tax is owed no more",
    },
    actions=(Action.SET_UP, Action.REPLAY, Action.SOLVE, Action.MEND_IN_LEDGER),
    acceptable=True,
)


def dispute(ctx: Context, doc: Dispute) -> Plan:
    """A lost dispute by what is declared of its reason, and what one that was won did not give back. Every other status moves money in
    the balance itself, or none at all. What a later word adds to a loss that is booked, or takes from it, is booked as the
    difference."""
    before = _booked_before(ctx, doc)
    if before is not None:
        return _changed(ctx, doc, before)
    if not doc.loss:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason=f"dispute {doc.status}")
    if doc.status != "lost":
        return _lost(ctx, doc, doc.loss, "dispute_loss")
    held = _taxed(ctx, doc)
    reason = doc.reason or "unknown"
    declared = ctx.interface.options.get(OPTION)
    says = _declared(declared, reason)
    if held is None or says in (STANDS, BAD_DEBT):
        return _lost(ctx, doc, doc.loss, "bad_debts" if says == BAD_DEBT else "dispute_loss")
    if says == CORRECTED:
        return _corrected(ctx, doc, held)
    tax = Amount(sum(held.taxes.values(), Decimal(0)), doc.currency)
    fields = {"interface": ctx.interface.name, "reason": KINDS.get(reason, reason)}
    detail = f"{reason}: {tax} of tax in {doc.amount}"
    if declared is None:
        # A project of before goes on as it did, and is told.
        case = found(DISPUTE_TAX_UNDECLARED, tax, detail, "booked", blocking=False, **fields)
        plain = _lost(ctx, doc, doc.loss, "dispute_loss")
        return Plan(decision=plain.decision, effects=plain.effects, cases=(case,), on=plain.on)
    if DISPUTE_TAX_UNDECLARED.name in ctx.facts.accepted:
        return _lost(ctx, doc, doc.loss, "dispute_loss")
    return refused(DISPUTE_TAX_UNDECLARED, doc.amount, detail, **fields)


def _booked_before(ctx: Context, doc: Dispute) -> Dispute | None:
    """The loss that an earlier revision of it booked."""
    previous = ctx.facts.previous
    told = decode_document(previous.content.encode()) if previous is not None else None
    return told if isinstance(told, Dispute) and told.loss else None


def _changed(ctx: Context, doc: Dispute, before: Dispute) -> Plan:
    """The difference to what is booked as lost; in another currency than before nobody can say it."""
    if doc.currency != before.currency:
        detail = f"{before.loss} is booked, and {doc.loss} is lost"
        fields = {"interface": ctx.interface.name, "reason": doc.reason or "unknown"}
        return refused(DISPUTE_TAX_UNDECLARED, doc.amount, detail, **fields)
    more = doc.loss - before.loss
    if not more:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason=f"dispute {doc.status}")
    reason = before.reason or doc.reason or "unknown"
    says = _declared(ctx.interface.options.get(OPTION), reason)
    role = "bad_debts" if says == BAD_DEBT else "dispute_loss"
    plan = _lost(ctx, doc, more, role)
    if says != CORRECTED:
        return plan
    # The tax of the first loss stands as it was corrected: a person says what of it changes.
    fields = {"interface": ctx.interface.name, "reason": reason}
    case = found(
        DISPUTE_TAX_UNDECLARED, more, f"{before.loss} was booked", "booked", blocking=False, **fields
    )
    return msgspec.structs.replace(plan, cases=(case,))


def _declared(declared: Any, reason: str) -> str:
    """What is declared of a reason, by its own word or by its kind; "" where nothing is, or no such thing."""
    if not isinstance(declared, Mapping):
        return ""
    says = str(declared.get(reason) or declared.get(KINDS.get(reason, "")) or "")
    return says if says in (STANDS, BAD_DEBT, CORRECTED) else ""


def _lost(ctx: Context, doc: Dispute, loss: Amount, role: str) -> Plan:
    amount, company = loss.value, ctx.company(loss.value)
    sides = ((role, amount, company), (f"disputes_receivable.{doc.provider}", -amount, -company))
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"dispute lost {doc.payment_key}",
        currency=doc.currency,
        lines=tuple(
            LedgerLine(account=ctx.account(name), amount=a, company=c, name="lost") for name, a, c in sides
        ),
    )
    effects = (ctx.effect("dispute_lost", body, ledger=True),)
    return Plan(decision=PlanDecision.PLANNED, effects=effects, on=ctx.on)


def _corrected(ctx: Context, doc: Dispute, held: Held) -> Plan:
    """By a credit note that comes to nothing, so that the tax is taken back in its own lines."""
    order = _sale(ctx, doc)[0]
    assert order is not None and order.party is not None
    loss, receivable = ctx.account("dispute_loss"), ctx.account(f"disputes_receivable.{doc.provider}")
    label = f"dispute lost {doc.payment_key}"
    body = to_nothing(ctx, held, label, _partner_of(ctx, doc), ctx.on, net=loss, whole=receivable, back=True)
    main = ctx.effect("dispute_lost", body, ledger=True, requires=(body.partner,), account=body.receivable)
    return Plan(decision=PlanDecision.PLANNED, effects=(main,), on=ctx.on)


def _rows(ctx: Context) -> Sequence[Mapping[str, str]]:
    return tuple(row for rows in ctx.facts.found_by(SOURCE) for row in rows)


def _sale(ctx: Context, doc: Dispute) -> tuple[CustomerInvoice | None, list[CreditNote]]:
    """The disputed order, and what was given back of it."""
    order, back = None, []
    for row in _rows(ctx):
        document = decode_document(row["content"].encode())
        if isinstance(document, CustomerInvoice):
            order = document
        elif isinstance(document, CreditNote):
            back.append(document)
    return order, back


def _partner_of(ctx: Context, doc: Dispute) -> str:
    order = _sale(ctx, doc)[0]
    system = next((row["system"] for row in _rows(ctx) if row["system"]), "")
    return partner_external_id(system, order.party.key) if order and order.party else ""


def _taxed(ctx: Context, doc: Dispute) -> Held | None:
    """What of the disputed money is tax, of what of the order was not given back yet; None where there is none, or nobody
    knows the order."""
    order, back = _sale(ctx, doc)
    if order is None or order.party is None or order.currency != doc.currency or not order.taxes:
        return None
    amount = order.total.value
    nets: dict[tuple[str, ...], Decimal] = {}
    taxes: dict[str, Decimal] = {}
    told: list[tuple[int, CustomerInvoice | CreditNote]] = [(1, order), *((-1, x) for x in back)]
    for way, document in told:
        sale = sale_of(document)
        for part in sale.nets:
            names = of_keys(ctx.release, part.tax_keys, sale.taxes, ctx.on)
            nets[names] = nets.get(names, Decimal(0)) + way * part.net
        for name, value in by_ledger_tax(ctx.release, sale.taxes, ctx.on).items():
            taxes[name] = taxes.get(name, Decimal(0)) + way * value
        amount -= document.total.value if way < 0 else 0
    if amount <= 0 or not any(taxes.values()):
        return None
    return Held(amount=amount, nets=nets, taxes=taxes).part(doc.amount.value, doc.currency)


def keys_of_dispute(doc: Dispute, _: Mapping[str, Any]) -> FactKeys:
    """The payment that is disputed, and of a lost dispute what it was for."""
    own = {SOURCE: (doc.payment_key,)} if doc.status == "lost" and doc.payment_key else {}
    return FactKeys(payment_key=doc.payment_key, own=own)


def _by_payment(rows: Sequence[Row], scope: Scope) -> Found:
    """Each payment's order and credit notes, as they were told last; with the system of their customer."""
    known: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        shop = scope.release.interfaces.get(row["interface"])
        said = {"content": row["content"], "system": shop.system if shop else ""}
        known.setdefault(row["payment"], {})[f"{row['interface']} {row['source_key']}"] = said
    return {payment: tuple(found.values()) for payment, found in known.items()}


DISPUTED_SALES = FactSource(name=SOURCE, module=__name__, rows=_by_payment)
