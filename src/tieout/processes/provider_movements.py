"""What a provider's balance movements mean in the ledger.

Charge           Dr clearing            Cr receivable (or unapplied, named for its cause)
Fee              Dr fees                Cr clearing; its VAT apart where it is declared: see `provider_fees`
Refund           Dr receivable          Cr clearing
Payout           Dr bank in transit     Cr clearing
Top-up           Dr clearing            Cr bank in transit
Dispute opened   Dr disputes receivable Cr clearing; won reverses it, lost: see `disputes`
Reserve          Dr provider reserve    Cr clearing
Exchange         Dr provider exchange   Cr clearing, and the other way round in the other currency
Charge failed    Dr receivable          Cr clearing, days after a bank debit was taken for paid: what its charge paid is owed again
Platform earning Dr clearing            Cr platform earnings: what a platform takes of its connected accounts
Transfer         Dr connected accounts  Cr clearing; its reversal the other way round
Advance          Dr clearing            Cr provider advances, and back on the day that the money was due
Financing        Dr clearing            Cr provider financing (a loan, receivables that were sold); a repayment the other way round
Spending         Dr provider spending   Cr clearing: cards that the provider issued, bills and purchases paid out of the balance;
                 what a card of ours or the provider's credit funds of it, and what comes back, the other way round
Contribution     Dr provider contributions  Cr clearing

Each provider and currency has its own clearing journal, so that the journal's balance is the
provider's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tieout.documents import ProviderMovement
from tieout.processes.cash import cash_posting
from tieout.processes.deposit_taxes import DEPOSIT_TAXES, given_back, on_receipt
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
from tieout.processes.facts import BILLED, HELD, FactKeys, OrderFact, OrderState, UnappliedPayment
from tieout.processes.linked import REFUNDS_OF_ORDER, REFUNDS_TOLD, own_credit_notes, place_of
from tieout.processes.order_to_cash import credit_match
from tieout.processes.provider_fees import fee_effect, undeclared_fee
from tieout.processes.recipe import CaseDraft, Context, Effect, Plan, PlanDecision, Rank, found, refused
from tieout.processes.treasury_causes import (
    PAYMENT_FAILED,
    PAYMENT_FOR_EXCLUDED_ORDER,
    PAYMENT_WITHOUT_ORDER,
    REFUND_FAILED,
    REFUND_WITHOUT_CREDIT_NOTE,
    UNKNOWN_MOVEMENT,
)

_SIMPLE = {
    "dispute": "disputes_receivable",
    "dispute_reversal": "disputes_receivable",
    "reserve": "provider_reserve",
    "other": "provider_adjustments",
    "exchange": "provider_exchange",
    "platform_earning": "platform_earnings",
    "transfer": "connected_accounts",
    "advance": "provider_advances",
    "financing": "provider_financing",
    "spending": "provider_spending",
    "contribution": "provider_contributions",
}


# What is given back of a deposit.
_BACK = ("refund", "capture_reversal", "charge_failure")


def _payout_match(ctx: Context, payout_key: str) -> str:
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "payout", payout_key)


def movement(ctx: Context, doc: ProviderMovement) -> Plan:
    """One change of a provider's balance, in its clearing journal."""
    plan = _moved(ctx, doc)
    if plan.decision != PlanDecision.PLANNED:
        return plan
    return msgspec.structs.replace(plan, cases=(*plan.cases, *undeclared_fee(ctx, doc)))


def _moved(ctx: Context, doc: ProviderMovement) -> Plan:
    role = f"clearing.{doc.provider}.{doc.currency}"
    if doc.category == "charge":
        return _charge(ctx, doc, role)
    if doc.category == "refund":
        return _refund(ctx, doc, role)
    if doc.category in ("refund_failure", "capture_reversal"):
        return _comes_back(ctx, doc, role)
    if doc.category == "charge_failure":
        return _failed(ctx, doc, role)
    if doc.category in ("payout", "payout_reversal"):
        return _payout(ctx, doc, role)
    if doc.category == "fee":
        main = fee_effect(ctx, doc, role, -doc.gross.value, doc.description or doc.category, own=True)
        return Plan(decision=PlanDecision.PLANNED, effects=(main, *_fee(ctx, doc, role)), on=ctx.on)
    if doc.category == "topup":
        counter = ctx.account("bank_in_transit")
    elif doc.category in _SIMPLE:
        counter = ctx.account(f"{_SIMPLE[doc.category]}.{doc.provider}")
    else:
        said = f"{doc.provider} calls it {doc.category!r}"
        return refused(UNKNOWN_MOVEMENT, doc.net, said, interface=ctx.interface.name)
    effects = _booked(ctx, doc, role, counter, doc.description or doc.category)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _booked(
    ctx: Context,
    doc: ProviderMovement,
    role: str,
    counter: str,
    label: str = "",
    partner: str = "",
    match: str = "",
) -> list[Effect]:
    """What every movement books: its gross between clearing and a counter account, first, and its fee."""
    body = cash_posting(
        ctx,
        role=role,
        amount=doc.gross.value,
        label=label or f"{doc.category.replace('_', ' ')} {doc.payment_key}".strip(),
        reference=doc.key,
        counter=counter,
        partner=partner,
        match=match,
    )
    # What failed goes back of its payment, and is found as what was not captured of one is: under that name.
    name = "capture_reversal" if doc.category == "charge_failure" else doc.category
    main = ctx.effect(name, body, ledger=True, requires=(partner,), account=body.account)
    return [main, *_fee(ctx, doc, role)]


def _fee(ctx: Context, doc: ProviderMovement, role: str) -> tuple[Effect, ...]:
    """Dr fees, Cr clearing: what the provider withheld from this movement."""
    if not doc.fee:
        return ()
    label = f"fee {doc.payment_key or doc.key}"
    return (fee_effect(ctx, doc, role, doc.fee.value, label, own=False),)


def _charge(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    order = ctx.facts.order
    cases: tuple[CaseDraft, ...] = ()
    unapplied, partner, match = "", "", ""
    if order is not None and is_deposit(order):
        return _deposit(ctx, doc, role, order)
    if order is not None and order.state in BILLED:
        counter, partner = ctx.account("receivable"), order.partner
        # The invoice's own key: a provider may know the order by its number alone.
        match = "" if ctx.foreign_currency else order.match or order_match(ctx, doc.order_key)
    elif order is not None:
        unapplied = counter = ctx.account(f"unapplied.{order.state}")
        partner = order.partner
        if order.state == OrderState.EXCLUDED:
            cases = (found(PAYMENT_FOR_EXCLUDED_ORDER, doc.gross, doc.payment_key),)
    elif doc.order_key and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its order has not come yet")
    else:
        unapplied = counter = ctx.account("unapplied.unknown")
        cases = (found(PAYMENT_WITHOUT_ORDER, doc.gross, doc.payment_key),)
    label = f"charge {doc.payment_key} {doc.customer_name}".strip()
    effects = _booked(ctx, doc, role, counter, label, partner, match)
    if order is not None and not unapplied:
        effects += match_effects(ctx, "charge", order.invoice, effects[0], counter)
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
    label = f"deposit {doc.payment_key} {doc.customer_name}".strip()
    main, *fee = _booked(ctx, doc, role, account, label, partner, deposit_match(ctx, doc.payment_key))
    day = max(ctx.on, order.invoice_on or ctx.on) if order.invoice else None
    taxes, cases = on_receipt(ctx, order, doc.gross.value, day)
    effects += [main, *fee, *taxes]
    if day is None:
        return Plan(
            decision=PlanDecision.PLANNED,
            effects=tuple(effects),
            cases=cases,
            on=ctx.on,
            unapplied_account=account,
        )
    paid = UnappliedPayment(
        effect=main.external_id,
        account=account,
        amount=doc.gross.value,
        company=ctx.company(doc.gross.value),
        key=doc.key,
        payment_key=doc.payment_key,
        on=ctx.on,
    )
    effects += apply_deposit(ctx, "apply0", paid, doc.order_key, order.invoice, partner, day)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), cases=cases, on=ctx.on)


def _refund(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """Dr receivable, Cr clearing, matched with the credit note; before the order is billed, Dr
    where its payment waits."""
    facts = ctx.facts
    unapplied = partner = match = ""
    cases: tuple[CaseDraft, ...] = ()
    own = _credit_note(ctx, doc)
    if own is None:
        return Plan(
            decision=PlanDecision.WAIT, reason="it is told apart from others of its order once it is kept"
        )
    note, refund_key = own
    if facts.order is not None and note:
        counter, partner = ctx.account("receivable"), facts.order.partner
        match = credit_match(ctx, refund_key)
    elif facts.order is not None and is_deposit(facts.order) and not facts.order.invoice:
        if _not_told_yet(ctx, doc, facts.order):
            return Plan(decision=PlanDecision.WAIT, reason="its shop has not told of it yet")
        return _given_back(ctx, doc, role, ctx.account(DEPOSITS))
    elif (plan := _back_where_it_waits(ctx, doc, role)) is not None:
        return plan
    else:
        unapplied = counter = ctx.account("unapplied.unknown")
        cases = (found(REFUND_WITHOUT_CREDIT_NOTE, doc.gross, doc.payment_key),)
    effects = _booked(ctx, doc, role, counter, partner=partner, match=match)
    if not unapplied:
        effects += match_effects(ctx, "refund", note, effects[0], counter)
    return Plan(
        decision=PlanDecision.PLANNED,
        effects=tuple(effects),
        cases=cases,
        on=ctx.on,
        unapplied_account=unapplied,
    )


def _back_where_it_waits(ctx: Context, doc: ProviderMovement, role: str) -> Plan | None:
    """A refund of an order that is not billed, or never came: it goes back from where its charge waits. None where nobody knows
    where that is; until patience is over it waits for its credit note, but of a charge that waited for that order in vain."""
    facts = ctx.facts
    nobodys = facts.payment is not None and facts.payment.account == ctx.account("unapplied.unknown")
    if doc.order_key and not facts.patience_over and not (nobodys and facts.order is None):
        return Plan(decision=PlanDecision.WAIT, reason="its credit note has not come yet")
    if facts.order is not None and facts.order.state in HELD:
        return _given_back(ctx, doc, role, ctx.account(f"unapplied.{facts.order.state}"))
    return _given_back(ctx, doc, role, ctx.account("unapplied.unknown")) if nobodys else None


def _credit_note(ctx: Context, doc: ProviderMovement) -> tuple[str, str] | None:
    """The credit note that a refund is of, as the effect that books it and as its shop's key: the one that it names; of one that
    names none, the first of its order and amount for the first of such refunds, the second for the second. "" twice where there is
    none; None as long as it cannot be told apart from others."""
    if doc.refund_key or ctx.facts.credit_note:
        return ctx.facts.credit_note, doc.refund_key
    told = [row for rows in ctx.facts.found_by(REFUNDS_OF_ORDER.name) for row in rows]
    notes, place = own_credit_notes(doc, told), place_of(doc, told)
    if notes and place is None:
        return None
    if place is None or place >= len(notes):
        return "", ""
    return notes[place]["note"], notes[place]["key"]


def _not_told_yet(ctx: Context, doc: ProviderMovement, order: OrderFact) -> bool:
    """Whether a refund came before what its shop says of it: with the refund the last of the order may have been called off, and
    then it is billed by then. So the books are the same in whatever order the two arrive."""
    if order.state != OrderState.DEPOSIT or not doc.refund_key or ctx.facts.patience_over:
        return False
    # Facts of before do not say it: their plan is made again as it was.
    return ctx.facts.asked_of(REFUNDS_TOLD.name) and not ctx.facts.found_by(REFUNDS_TOLD.name)


def _comes_back(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """A refund that failed: Dr clearing, Cr receivable, and the customer is still owed. What of
    an authorization was not captured: Dr receivable, Cr clearing, against its own charge."""
    order = ctx.facts.order
    if doc.order_key and not ctx.facts.patience_over:
        if order is None or not (order.invoice or order.state in (*HELD, OrderState.DEPOSIT)):
            return Plan(decision=PlanDecision.WAIT, reason="its order has not come yet")
        if doc.category == "capture_reversal" and ctx.facts.payment is None:
            return Plan(decision=PlanDecision.WAIT, reason="its charge has not come yet")
    if doc.category == "capture_reversal" and order is not None and not order.invoice:
        state = order.state if order.state in HELD else "unknown"
        return _given_back(
            ctx, doc, role, ctx.account(DEPOSITS if is_deposit(order) else f"unapplied.{state}")
        )
    if order is None or not order.invoice:
        state = order.state if order and order.state in HELD else "unknown"
        counter, partner = ctx.account(f"unapplied.{state}"), ""
    else:
        counter, partner = ctx.account("receivable"), order.partner
    effects = _booked(ctx, doc, role, counter, partner=partner)
    cases: tuple[CaseDraft, ...] = ()
    if doc.category == "refund_failure":
        cases = (found(REFUND_FAILED, doc.gross, doc.payment_key, blocking=False),)
    elif partner and ctx.facts.payment is not None:
        charge = ctx.facts.payment
        # A deposit stands on the receivable by the entry that took it in.
        paid = charge.effect if charge.account == counter else applied_external_id(charge.effect)
        effects += match_effects(ctx, "reversal", paid, effects[0], counter)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), cases=cases, on=ctx.on)


def _failed(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """A payment that failed after it was booked, as bank debits do: it is taken back from where its charge stands. Of an order
    that is billed, Dr receivable, Cr clearing: the customer owes it again, and a person says what becomes of the invoice."""
    order, charge = ctx.facts.order, ctx.facts.payment
    if charge is None and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its charge has not come yet")
    case = found(PAYMENT_FAILED, doc.gross, doc.payment_key, blocking=False)
    if order is not None and order.invoice:
        effects = _booked(ctx, doc, role, ctx.account("receivable"), partner=order.partner)
        return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), cases=(case,), on=ctx.on)
    plan = _given_back(ctx, doc, role, charge.account if charge else ctx.account("unapplied.unknown"))
    return msgspec.structs.replace(plan, cases=(*plan.cases, case))


def _given_back(ctx: Context, doc: ProviderMovement, role: str, account: str) -> Plan:
    """Money given back before its order was billed: Dr where the payment waits, Cr clearing,
    matched with that payment, so that the invoice takes in what is left of it."""
    charge = ctx.facts.payment
    if charge is None and doc.payment_key and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its charge has not come yet")
    same = charge is not None and charge.account == account
    match = deposit_match(ctx, doc.payment_key) if same else ""
    partner = partner_of(ctx.facts.order) if same and ctx.facts.order else ""
    effects = _booked(ctx, doc, role, account, partner=partner, match=match)
    effects += given_back(ctx, ctx.facts.order, -doc.gross.value, account)
    if charge is not None and same:
        effects += match_effects(ctx, "given_back", charge.effect, effects[0], account)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on, unapplied_account=account)


def _payout(ctx: Context, doc: ProviderMovement, role: str) -> Plan:
    """Dr bank in transit, Cr clearing; a payout that came back is the mirror of it."""
    if doc.category == "payout_reversal" and ctx.facts.payout is None and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its payout has not come yet")
    counter = ctx.account("bank_in_transit")
    label = f"{doc.category.replace('_', ' ')} {doc.payout_key}"
    effects = _booked(ctx, doc, role, counter, label, match=_payout_match(ctx, doc.payout_key))
    if doc.category == "payout_reversal" and ctx.facts.payout is not None:
        effects += match_effects(ctx, "payout_reversal", ctx.facts.payout.effect, effects[0], counter)
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def keys_of_movement(doc: ProviderMovement, _: Mapping[str, Any]) -> FactKeys:
    """The order, and what it turns back: a payment, a payout. A payout names none but itself."""
    named = (doc.order_key, f"payment:{doc.payment_key}" if doc.payment_key else "")
    deposits = tuple(key for key in named if key)
    return FactKeys(
        order_key=doc.order_key,
        refund_key=doc.refund_key,
        payout_key=doc.payout_key if doc.category != "payout" else "",
        payment_key=doc.payment_key if doc.category != "charge" else "",
        own={
            **({DEPOSIT_TAXES.name: deposits} if deposits and doc.category in _BACK else {}),
            **({REFUNDS_TOLD.name: (doc.refund_key,)} if doc.refund_key and doc.category == "refund" else {}),
            **({REFUNDS_OF_ORDER.name: (doc.order_key,)} if _names_order_alone(doc) else {}),
        },
    )


def _names_order_alone(doc: ProviderMovement) -> bool:
    return doc.category == "refund" and bool(doc.order_key) and not doc.refund_key


def rank_of_movement(doc: ProviderMovement) -> Rank:
    """Charges and payouts stand by themselves; whatever else refers to them, and is planned after them."""
    return Rank.MOVED if doc.category in ("charge", "payout") else Rank.REFERRING
