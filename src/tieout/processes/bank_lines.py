"""What a bank's lines mean in the ledger.

Bank line        Dr bank                Cr bank in transit | receivable | unapplied
Payment          Dr outstanding         Cr receivable, where payments are registered; the bank line
                 then debits bank and credits outstanding
Ours             Dr payments in transit Cr bank; one that comes back the other way round
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from tieout.documents import EventOut, MailOut, PaymentPosting, StatementLine, VendorPayment
from tieout.money import Amount
from tieout.processes import namesakes, told_again, vendor_payments
from tieout.processes.cash import cash_posting
from tieout.processes.deposits import match_effects
from tieout.processes.facts import BILLED, FactKeys, OrderFact, PayoutFact, RelatedFact
from tieout.processes.recipe import CaseDraft, Context, Effect, Plan, PlanDecision, found, refused
from tieout.processes.treasury_causes import (
    DEPOSIT_DIFFERS,
    LINE_TAKEN_BACK,
    PAYMENT_RETURNED,
    UNMATCHED_BANK_LINE,
)

# What payouts and orders are called in a bank line, where its interface does not say.
PAYOUT_PATTERN = r"\bpo_[A-Za-z0-9]{6,}\b"
ORDER_PATTERN = r"\b(?:SO|INV)-?\d{3,}\b"


def statement_line(ctx: Context, doc: StatementLine) -> Plan:
    """A bank line, matched before it is delivered: a payout in transit, an order's transfer, a
    declared bank code; what nobody knows goes to an unapplied account and a case."""
    if doc.takes_back:
        return refused(LINE_TAKEN_BACK, doc.amount, f"{doc.key} {doc.takes_back}")
    role = f"bank.{doc.account}"
    ours = vendor_payments.booked(ctx, doc)
    if ours is not None:
        return _our_payment(ctx, doc, role, *ours)
    facts, effects_after = ctx.facts, ""
    cases: tuple[CaseDraft, ...] = ()
    match = partner = ""
    payout = _payout_of(doc, facts.payout)
    if payout is not None:
        counter, match = ctx.account("bank_in_transit"), payout.match
        short = payout.amount - doc.amount.value
        if doc.amount.value > 0 and short:
            arrived = f"sent {payout.amount}, arrived {doc.amount.value}"
            cases = (found(DEPOSIT_DIFFERS, Amount(short, doc.currency), arrived, blocking=False),)
        effects_after = payout.effect
    elif facts.order is not None and _pays_whole(ctx, doc, facts.order):
        counter, partner = ctx.account("receivable"), facts.order.partner
        match, effects_after = facts.order.match, facts.order.invoice
    elif code_role := ctx.interface.options.get("bank_codes", {}).get(doc.bank_code):
        counter = ctx.account(str(code_role))
    elif facts.order is None and facts.payout is None and _may_wait(ctx, doc) and not facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="what it pays has not come yet")
    else:
        counter = ctx.account("unapplied.bank")
        cases = (found(UNMATCHED_BANK_LINE, doc.amount, doc.remittance or doc.reference),)
    effects: list[Effect] = []
    registered = ctx.interface.option("customer_payments", "matched") == "registered"
    if registered and partner and doc.amount.value > 0 and not ctx.foreign_currency:
        effects = _register(ctx, doc, role, partner, effects_after, counter)
        counter, match, effects_after = ctx.account("outstanding_receipts"), "", effects[0].external_id
    label = " ".join(x for x in (doc.counterparty, doc.remittance or doc.reference) if x)
    body = cash_posting(
        ctx,
        role=role,
        amount=doc.amount.value,
        label=label or doc.key,
        reference=doc.key,
        counter=counter,
        partner=partner,
        match=match,
    )
    main = ctx.effect("bank_line", body, ledger=True, requires=(partner,), account=body.account)
    effects.append(main)
    if effects_after:
        effects += match_effects(ctx, "bank_line", effects_after, main, counter)
    if partner and doc.amount.value > 0:
        effects += _saga(ctx, doc, main)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), cases=cases, on=ctx.on)


def _our_payment(
    ctx: Context, doc: StatementLine, role: str, fact: RelatedFact, paid: VendorPayment, back: bool
) -> Plan:
    """A payment of a run: Dr payments in transit, Cr bank; where it comes back the other way round, and
    its bills are open again."""
    match = (vendor_payments.returned_match if back else vendor_payments.transit_match)(
        ctx, paid.end_to_end_id
    )
    counter = ctx.account(vendor_payments.IN_TRANSIT)
    body = cash_posting(
        ctx,
        role=role,
        amount=doc.amount.value,
        label=f"{doc.counterparty} {paid.end_to_end_id}".strip(),
        reference=doc.key,
        counter=counter,
        match=match,
    )
    main = ctx.effect("bank_line", body, ledger=True, account=body.account)
    if not back:
        pair = match_effects(ctx, "bank_line", fact.effect, main, counter)
        return Plan(decision=PlanDecision.PLANNED, effects=(main, *pair), on=ctx.on)
    opened = vendor_payments.reopened(ctx, fact, paid, match)
    entry = next(e for e in opened if e.name == "reopened")
    said = f"{paid.end_to_end_id} {doc.remittance}".strip()
    case = found(PAYMENT_RETURNED, doc.amount, said, blocking=False)
    effects = (main, *opened, *match_effects(ctx, "returned", main.external_id, entry, counter))
    return Plan(decision=PlanDecision.PLANNED, effects=effects, cases=(case,), on=ctx.on)


def _register(
    ctx: Context, doc: StatementLine, role: str, partner: str, invoice: str, receivable: str
) -> list[Effect]:
    """Dr outstanding receipts, Cr receivable, matched with the invoice: a payment that the
    ledger lists and prints. The bank's line then closes outstanding receipts."""
    body = PaymentPosting(
        journal=ctx.journal(role),
        account=ctx.account("outstanding_receipts"),
        counter=receivable,
        on=ctx.on,
        reference=f"payment {doc.key}",
        currency=doc.currency,
        amount=doc.amount.value,
        partner=partner,
    )
    payment = ctx.effect("payment", body, ledger=True, requires=(partner,))
    return [payment, *match_effects(ctx, "payment", invoice, payment, receivable)]


def _payout_of(doc: StatementLine, payout: PayoutFact | None) -> PayoutFact | None:
    """The payout that a line is. One that stands for several payments is it only where all of its money is."""
    if payout is None or (doc.payments and payout.amount != doc.amount.value):
        return None
    return payout


def _pays_whole(ctx: Context, doc: StatementLine, order: OrderFact) -> bool:
    """Whether a line names one order alone and pays all of it. Whatever pays less, more or several
    is booked unapplied: reconciling reads what is open and explains the difference."""
    return (
        order.state in BILLED
        and order.currency == doc.currency
        and order.total == doc.amount.value
        and len(keys_of_line(doc, ctx.interface.options).references) == 1
    )


def _may_wait(ctx: Context, doc: StatementLine) -> bool:
    """Only a line that names something may wait for it; cash is otherwise booked at once."""
    wants = keys_of_line(doc, ctx.interface.options)
    return bool(wants.payout_key or wants.references)


def _saga(ctx: Context, doc: StatementLine, main: Effect) -> list[Effect]:
    """After a customer's transfer: a message to the customer, an event for the treasury. Each stands alone; none undoes or
    blocks another. What the customer still owes the CRM is told once the ledger says so (receivables)."""
    order = ctx.facts.order
    assert order is not None
    after = (main.external_id,)
    effects: list[Effect] = []
    if order.party is not None and order.party.email:
        mail = MailOut(
            to=order.party.email,
            subject=f"Payment received for {order.number}",
            text=f"We received {doc.amount} for {order.number} on {doc.booked_on.isoformat()}.",
        )
        effects.append(ctx.effect("mail", mail, target="mail", requires=after))
    event = EventOut(
        type="com.tieout.treasury.cash-received.v1",
        subject=order.number,
        time=doc.occurred_at.isoformat(),
        data={"amount": str(doc.amount.value), "currency": doc.currency, "account": doc.account},
    )
    effects.append(ctx.effect("event", event, target="event", requires=after))
    return effects


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def held(ctx: Context, doc: StatementLine) -> Plan | None:
    """A line goes where its statement goes, and one that was told another way is held."""
    return namesakes.held_with_its_statement(ctx, doc) or told_again.held_as_told(ctx, doc)


def keys_of_line(line: StatementLine, options: Mapping[str, Any]) -> FactKeys:
    """What a line names in its texts, by the interface's patterns: a payout, orders, a payment of ours."""
    text = " ".join((line.end_to_end_id, line.reference, line.remittance, *(d.words for d in line.payments)))
    named = _pattern(str(options.get("payout_pattern") or PAYOUT_PATTERN)).finditer(text)
    payouts = {hit.group() for hit in named}
    found = _pattern(str(options.get("order_pattern") or ORDER_PATTERN)).finditer(text)
    orders = tuple(sorted({hit.group().upper() for hit in found}))
    end = line.end_to_end_id
    return FactKeys(
        # A line that names two payouts is neither of them.
        payout_key=payouts.pop() if len(payouts) == 1 else "",
        references=orders,
        related=(f"payment:{end}",) if end and end != "NOTPROVIDED" else (),
        own={**namesakes.keys_of_line(line), **told_again.keys_of_line(line)},
    )
