"""Treasury: what a provider's balance movements and a bank's lines mean in the ledger.

Charge           Dr clearing            Cr receivable (or unapplied, named for its cause)
Fee              Dr fees                Cr clearing
Refund           Dr receivable          Cr clearing
Payout           Dr bank in transit     Cr clearing
Top-up           Dr clearing            Cr bank in transit
Bank line        Dr bank                Cr bank in transit | receivable | unapplied
Payment          Dr outstanding         Cr receivable, where payments are registered; the bank line
                 then debits bank and credits outstanding
Dispute opened   Dr disputes receivable Cr clearing; won reverses it, lost goes to loss
Reserve          Dr provider reserve    Cr clearing
Exchange         Dr provider exchange   Cr clearing, and the other way round in the other currency

Each provider and currency has its own clearing journal, so that the journal's balance is the
provider's own. Cash is booked on its date whatever is unknown about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from tieout.documents import (
    CashPosting,
    CrmUpdate,
    Dispute,
    EntryPosting,
    EventOut,
    LedgerLine,
    MailOut,
    PaymentPosting,
    PayoutComposition,
    ProviderMovement,
    Statement,
    StatementLine,
    VendorPayment,
)
from tieout.money import Amount
from tieout.processes import namesakes, told_again, vendor_payments
from tieout.processes.deposits import ACCOUNT as DEPOSITS
from tieout.processes.deposits import (
    apply_deposit,
    deposit_match,
    is_deposit,
    match_effects,
    order_match,
    partner_of,
)
from tieout.processes.external_ids import applied_external_id, match_key
from tieout.processes.facts import FactKeys, OrderFact, PayoutFact, RelatedFact, UnappliedPayment
from tieout.processes.linked import LINKED
from tieout.processes.order_to_cash import credit_match
from tieout.processes.recipe import (
    MOVED_ALREADY,
    CaseDraft,
    Context,
    Effect,
    Plan,
    PlanDecision,
    Rank,
    Recipe,
    Recipes,
    Restating,
    found,
    never,
    refused,
)
from tieout.processes.treasury_causes import (
    DEPOSIT_DIFFERS,
    LINE_TAKEN_BACK,
    OF_LINES,
    OF_MOVEMENTS,
    OF_STATEMENTS,
    PAYMENT_FOR_EXCLUDED_ORDER,
    PAYMENT_RETURNED,
    PAYMENT_WITHOUT_ORDER,
    REFUND_FAILED,
    REFUND_WITHOUT_CREDIT_NOTE,
    UNKNOWN_MOVEMENT,
    UNMATCHED_BANK_LINE,
)

_SIMPLE = {
    "fee": "fees",
    "dispute": "disputes_receivable",
    "dispute_reversal": "disputes_receivable",
    "reserve": "provider_reserve",
    "other": "provider_adjustments",
    "exchange": "provider_exchange",
}


def payout_match(ctx: Context, payout_key: str) -> str:
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "payout", payout_key)


def _cash(
    ctx: Context,
    *,
    role: str,
    amount: Decimal,
    label: str,
    reference: str,
    counter: str,
    partner: str = "",
    match: str = "",
) -> CashPosting:
    """A line of the journal in `role`: its account moves by `amount`, `counter` by the rest."""
    company = ctx.company(amount)
    line = LedgerLine(
        account=counter,
        amount=-amount,
        company=-company,
        name=label,
        partner=partner,
        match=match,
    )
    return CashPosting(
        journal=ctx.journal(role),
        account=ctx.account(role),
        on=ctx.on,
        reference=reference,
        label=label,
        currency=ctx.document.currency,
        amount=amount,
        company=company,
        counterparts=(line,),
        partner=partner,
    )


def movement(ctx: Context, doc: ProviderMovement) -> Plan:
    """One change of a provider's balance, in its clearing journal."""
    role = f"clearing.{doc.provider}.{doc.currency}"
    if doc.category == "charge":
        return _charge(ctx, doc, role)
    if doc.category == "refund":
        return _refund(ctx, doc, role)
    if doc.category in ("refund_failure", "capture_reversal"):
        return _comes_back(ctx, doc, role)
    if doc.category in ("payout", "payout_reversal"):
        return _payout(ctx, doc, role)
    if doc.category == "topup":
        counter = ctx.account("bank_in_transit")
    elif doc.category in _SIMPLE:
        counter = ctx.account(f"{_SIMPLE[doc.category]}.{doc.provider}")
    else:
        return refused(UNKNOWN_MOVEMENT, doc.net, f"{doc.provider} calls it {doc.category!r}")
    body = _cash(
        ctx,
        role=role,
        amount=doc.gross.value,
        label=doc.description or doc.category,
        reference=doc.key,
        counter=counter,
    )
    main = ctx.effect(doc.category, body, ledger=True, account=body.account)
    return Plan(decision=PlanDecision.PLANNED, effects=(main, *_fee(ctx, doc, role)), on=ctx.on)


def _fee(ctx: Context, doc: ProviderMovement, role: str) -> tuple[Effect, ...]:
    """Dr fees, Cr clearing: what the provider withheld from this movement."""
    if not doc.fee:
        return ()
    body = _cash(
        ctx,
        role=role,
        amount=-doc.fee.value,
        label=f"fee {doc.payment_key or doc.key}",
        reference=f"{doc.key} fee",
        counter=ctx.account(f"fees.{doc.provider}"),
    )
    return (ctx.effect("fee", body, ledger=True, account=body.account),)


def _charge(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    order = ctx.facts.order
    cases: tuple[CaseDraft, ...] = ()
    unapplied, partner, match = "", "", ""
    if order is not None and is_deposit(order):
        return _deposit(ctx, doc, role, order)
    if order is not None and order.state in ("posted", "planned"):
        counter, partner = ctx.account("receivable"), order.partner
        # The invoice's own key: a provider may know the order by its number alone.
        match = "" if ctx.foreign_currency else order.match or order_match(ctx, doc.order_key)
    elif order is not None:
        unapplied = counter = ctx.account(f"unapplied.{order.state}")
        partner = order.partner
        if order.state == "excluded":
            cases = (found(PAYMENT_FOR_EXCLUDED_ORDER, doc.gross, doc.payment_key),)
    elif doc.order_key and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its order has not come yet")
    else:
        unapplied = counter = ctx.account("unapplied.unknown")
        cases = (found(PAYMENT_WITHOUT_ORDER, doc.gross, doc.payment_key),)
    body = _cash(
        ctx,
        role=role,
        amount=doc.gross.value,
        label=f"charge {doc.payment_key} {doc.customer_name}".strip(),
        reference=doc.key,
        counter=counter,
        partner=partner,
        match=match,
    )
    main = ctx.effect("charge", body, ledger=True, requires=(partner,), account=body.account)
    effects = [main, *_fee(ctx, doc, role)]
    if order is not None and not unapplied:
        effects += match_effects(ctx, "charge", order.invoice, main, counter)
    return Plan(
        decision=PlanDecision.PLANNED,
        effects=tuple(effects),
        cases=cases,
        on=ctx.on,
        unapplied_account=unapplied,
    )


def _deposit(ctx: Context, doc: ProviderMovement, role: str, order: OrderFact) -> Plan:
    """Dr clearing, Cr customer deposits; where the invoice stands already it is taken in at once."""
    account, effects = ctx.account(DEPOSITS), []
    partner = partner_of(order)
    if not order.partner and order.party is not None:
        effects.append(ctx.partner(order.party, order.system))
    body = _cash(
        ctx,
        role=role,
        amount=doc.gross.value,
        label=f"deposit {doc.payment_key} {doc.customer_name}".strip(),
        reference=doc.key,
        counter=account,
        partner=partner,
        match=deposit_match(ctx, doc.payment_key),
    )
    main = ctx.effect("charge", body, ledger=True, requires=(partner,), account=body.account)
    effects += [main, *_fee(ctx, doc, role)]
    if not order.invoice:
        return Plan(
            decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on, unapplied_account=account
        )
    paid = UnappliedPayment(
        effect=main.external_id,
        account=account,
        amount=doc.gross.value,
        company=body.company,
        key=doc.key,
        payment_key=doc.payment_key,
        on=ctx.on,
    )
    day = max(ctx.on, order.invoice_on or ctx.on)
    effects += apply_deposit(ctx, "apply0", paid, doc.order_key, order.invoice, partner, day)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _refund(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """Dr receivable, Cr clearing, matched with the credit note; before the order is billed, Dr
    where its payment waits."""
    facts = ctx.facts
    unapplied = partner = match = ""
    cases: tuple[CaseDraft, ...] = ()
    if facts.order is not None and facts.credit_note:
        counter, partner = ctx.account("receivable"), facts.order.partner
        match = credit_match(ctx, doc.refund_key)
    elif facts.order is not None and is_deposit(facts.order) and not facts.order.invoice:
        return _given_back(ctx, doc, role, ctx.account(DEPOSITS))
    elif doc.order_key and not facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its credit note has not come yet")
    elif facts.order is not None and facts.order.state in ("exception", "excluded"):
        return _given_back(ctx, doc, role, ctx.account(f"unapplied.{facts.order.state}"))
    elif facts.payment is not None and facts.payment.account == ctx.account("unapplied.unknown"):
        # Nobody knew whose money it was: it goes back from where it waits.
        return _given_back(ctx, doc, role, facts.payment.account)
    else:
        unapplied = counter = ctx.account("unapplied.unknown")
        cases = (found(REFUND_WITHOUT_CREDIT_NOTE, doc.gross, doc.payment_key),)
    main = _movement_effect(ctx, doc, role, counter, partner, match)
    effects = [main, *_fee(ctx, doc, role)]
    if not unapplied:
        effects += match_effects(ctx, "refund", facts.credit_note, main, counter)
    return Plan(
        decision=PlanDecision.PLANNED,
        effects=tuple(effects),
        cases=cases,
        on=ctx.on,
        unapplied_account=unapplied,
    )


def _comes_back(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """A refund that failed: Dr clearing, Cr receivable, and the customer is still owed. What of
    an authorization was not captured: Dr receivable, Cr clearing, against its own charge."""
    order = ctx.facts.order
    if doc.order_key and not ctx.facts.patience_over:
        if order is None or not (order.invoice or order.state in ("exception", "excluded", "deposit")):
            return Plan(decision=PlanDecision.WAIT, reason="its order has not come yet")
        if doc.category == "capture_reversal" and ctx.facts.payment is None:
            return Plan(decision=PlanDecision.WAIT, reason="its charge has not come yet")
    if doc.category == "capture_reversal" and order is not None and not order.invoice:
        state = order.state if order.state in ("exception", "excluded") else "unknown"
        return _given_back(
            ctx, doc, role, ctx.account(DEPOSITS if is_deposit(order) else f"unapplied.{state}")
        )
    if order is None or not order.invoice:
        state = order.state if order and order.state in ("exception", "excluded") else "unknown"
        counter, partner = ctx.account(f"unapplied.{state}"), ""
    else:
        counter, partner = ctx.account("receivable"), order.partner
    main = _movement_effect(ctx, doc, role, counter, partner, "")
    effects = [main, *_fee(ctx, doc, role)]
    cases: tuple[CaseDraft, ...] = ()
    if doc.category == "refund_failure":
        cases = (found(REFUND_FAILED, doc.gross, doc.payment_key, blocking=False),)
    elif partner and ctx.facts.payment is not None:
        charge = ctx.facts.payment
        # A deposit stands on the receivable by the entry that took it in.
        paid = charge.effect if charge.account == counter else applied_external_id(charge.effect)
        effects += match_effects(ctx, "reversal", paid, main, counter)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), cases=cases, on=ctx.on)


def _given_back(ctx: Context, doc: ProviderMovement, role: str, account: str) -> Plan:
    """Money given back before its order was billed: Dr where the payment waits, Cr clearing,
    matched with that payment, so that the invoice takes in what is left of it."""
    charge = ctx.facts.payment
    if charge is None and doc.payment_key and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its charge has not come yet")
    same = charge is not None and charge.account == account
    match = deposit_match(ctx, doc.payment_key) if same else ""
    partner = partner_of(ctx.facts.order) if same and ctx.facts.order else ""
    main = _movement_effect(ctx, doc, role, account, partner, match)
    effects = [main, *_fee(ctx, doc, role)]
    if charge is not None and same:
        effects += match_effects(ctx, "given_back", charge.effect, main, account)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on, unapplied_account=account)


def _movement_effect(
    ctx: Context, doc: ProviderMovement, role: str, counter: str, partner: str, match: str
) -> Effect:
    body = _cash(
        ctx,
        role=role,
        amount=doc.gross.value,
        label=f"{doc.category.replace('_', ' ')} {doc.payment_key}".strip(),
        reference=doc.key,
        counter=counter,
        partner=partner,
        match=match,
    )
    return ctx.effect(doc.category, body, ledger=True, requires=(partner,), account=body.account)


def _payout(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """Dr bank in transit, Cr clearing; a payout that came back is the mirror of it."""
    if doc.category == "payout_reversal" and ctx.facts.payout is None and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its payout has not come yet")
    counter = ctx.account("bank_in_transit")
    body = _cash(
        ctx,
        role=role,
        amount=doc.gross.value,
        label=f"{doc.category.replace('_', ' ')} {doc.payout_key}",
        reference=doc.key,
        counter=counter,
        match=payout_match(ctx, doc.payout_key),
    )
    main = ctx.effect(doc.category, body, ledger=True, account=body.account)
    effects = [main, *_fee(ctx, doc, role)]
    if doc.category == "payout_reversal" and ctx.facts.payout is not None:
        effects += match_effects(ctx, "payout_reversal", ctx.facts.payout.effect, main, counter)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def dispute(ctx: Context, doc: Dispute) -> Plan:
    """A lost dispute: Dr dispute loss, Cr disputes receivable. Every other status moves money
    in the balance itself, or none at all."""
    if doc.status != "lost":
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason=f"dispute {doc.status}")
    amount, company = doc.amount.value, ctx.company(doc.amount.value)
    receivable = ctx.account(f"disputes_receivable.{doc.provider}")
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"dispute lost {doc.payment_key}",
        currency=doc.currency,
        lines=(
            LedgerLine(account=ctx.account("dispute_loss"), amount=amount, company=company, name="lost"),
            LedgerLine(account=receivable, amount=-amount, company=-company, name="lost"),
        ),
    )
    return Plan(
        decision=PlanDecision.PLANNED, effects=(ctx.effect("dispute_lost", body, ledger=True),), on=ctx.on
    )


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
    body = _cash(
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


def _held(ctx: Context, doc: StatementLine) -> Plan | None:
    """A line goes where its statement goes, and one that was told another way is held."""
    return namesakes.held_with_its_statement(ctx, doc) or told_again.held_as_told(ctx, doc)


def _our_payment(
    ctx: Context, doc: StatementLine, role: str, fact: RelatedFact, paid: VendorPayment, back: bool
) -> Plan:
    """A payment of a run: Dr payments in transit, Cr bank; where it comes back the other way round, and
    its bills are open again."""
    match = (vendor_payments.returned_match if back else vendor_payments.transit_match)(
        ctx, paid.end_to_end_id
    )
    counter = ctx.account(vendor_payments.IN_TRANSIT)
    body = _cash(
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
        order.state in ("posted", "planned")
        and order.currency == doc.currency
        and order.total == doc.amount.value
        and len(_of_line(doc, ctx.interface.options).references) == 1
    )


def _may_wait(ctx: Context, doc: StatementLine) -> bool:
    """Only a line that names something may wait for it; cash is otherwise booked at once."""
    wants = _of_line(doc, ctx.interface.options)
    return bool(wants.payout_key or wants.references)


def _saga(ctx: Context, doc: StatementLine, main: Effect) -> list[Effect]:
    """After a customer's transfer: the CRM's exposure, a message to the customer, an event for
    the treasury. Each stands alone; none undoes or blocks another."""
    order = ctx.facts.order
    assert order is not None
    after = (main.external_id,)
    effects: list[Effect] = []
    if order.party is not None:
        exposure = Amount(order.total, order.currency) - doc.amount
        update = CrmUpdate(
            account_key=order.party.key,
            exposure=exposure,
            collection_status="Open" if exposure else "Current",
        )
        effects.append(ctx.effect("crm", update, target="crm", requires=after))
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


# What payouts and orders are called in a bank line, where its interface does not say.
PAYOUT_PATTERN = r"\bpo_[A-Za-z0-9]{6,}\b"
ORDER_PATTERN = r"\b(?:SO|INV)-?\d{3,}\b"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _of_line(line: StatementLine, options: Mapping[str, Any]) -> FactKeys:
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


def _of_movement(doc: ProviderMovement, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(
        order_key=doc.order_key,
        refund_key=doc.refund_key,
        payout_key=doc.payout_key if doc.category != "payout" else "",
        payment_key=doc.payment_key if doc.category != "charge" else "",
    )


def _of_dispute(doc: Dispute, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(payment_key=doc.payment_key)


def _rank(doc: ProviderMovement) -> Rank:
    return Rank.MOVED if doc.category in ("charge", "payout") else Rank.REFERRING


RECIPES: Recipes = (
    Recipe(
        kind=ProviderMovement,
        plan=movement,
        at_risk=lambda doc: doc.net if doc.net else doc.gross,
        restating=Restating(money=lambda doc: (doc.category, doc.gross, doc.fee, doc.net)),
        causes=OF_MOVEMENTS,
        rank=_rank,
        fact_keys=_of_movement,
        sources=(LINKED,),
        gives_back=lambda doc: doc.payment_key if doc.category == "refund" else "",
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=PayoutComposition,
        locked=never,
        composes=lambda doc: tuple((doc.payout_key, key) for key in doc.movement_keys),
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=Dispute,
        plan=dispute,
        at_risk=lambda doc: doc.amount,
        restating=Restating(money=lambda doc: (doc.status, doc.amount, doc.payment_key), edits=True),
        fact_keys=_of_dispute,
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=Statement,
        plan=namesakes.statement,
        at_risk=lambda doc: doc.closing,
        locked=never,
        causes=OF_STATEMENTS,
        rank=lambda doc: Rank.NAMED,
        fact_keys=namesakes.keys_of_statement,
        sources=(namesakes.NAMESAKES,),
        approval=MOVED_ALREADY,
    ),
    Recipe(
        kind=StatementLine,
        plan=statement_line,
        excluding=_held,
        sources=(namesakes.ITS_STATEMENT, told_again.TOLD_ELSEWHERE),
        at_risk=lambda doc: doc.amount,
        restating=Restating(money=lambda doc: (doc.account, doc.booked_on, doc.amount)),
        causes=OF_LINES,
        fact_keys=_of_line,
        waits_for_anything=True,
        approval=MOVED_ALREADY,
    ),
)
