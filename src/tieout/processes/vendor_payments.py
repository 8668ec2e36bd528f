"""Paying suppliers: a run's payments, what the bank says of them, and what comes back.

Released        Dr payable (bills less credits)   Cr payments in transit, tax withheld
Booked          Dr payments in transit            Cr bank
Rejected        Dr payments in transit            Cr payable, and the bills are open again
Returned        Dr bank                           Cr payments in transit, then as rejected

A payment is released by people, always. Where the bank says that its account is in another name (verification of payee), a
person decides about that first: a close match or none holds the answer as a case, and what is not posted yet waits for it. It is posted where its bills are open as they were when it was
proposed, and nowhere else; only what was posted goes into the bank's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.causes import Action, Cause
from tieout.documents import (
    EntryPosting,
    FileOut,
    LedgerLine,
    Mark,
    MatchedLine,
    MatchRequest,
    PaymentAnswer,
    PaymentFile,
    StatementLine,
    Supplier,
    UnmatchRequest,
    VendorPayment,
    decode_document,
    supplier_names,
)
from tieout.documents.purchasing import run_of
from tieout.documents.states import DocumentState
from tieout.formats.payments import CHECKS, DIFFERING, check_in_words
from tieout.money import Amount
from tieout.processes.causes import DOES_NOT_ADD_UP
from tieout.processes.deposits import match_effects
from tieout.processes.external_ids import again_external_id, external_id, match_key
from tieout.processes.facts import FactKeys, RelatedFact
from tieout.processes.fee_suppliers import PAID_BY_WITHHOLDING, never_paid
from tieout.processes.recipe import (
    Approval,
    Context,
    Effect,
    Must,
    Plan,
    PlanDecision,
    Recipe,
    Recipes,
    Restating,
    found,
    refused,
)

IN_TRANSIT = "outstanding_payments"
PAYMENT = "payment"
REJECTED = ("RJCT", "CANC")

SUPPLIER_CHANGED = Cause(
    name="supplier_changed",
    means="A supplier is told anew, not active or paid elsewhere since a payment was proposed.",
    says="exclude it, and propose a run once more",
    actions=(Action.EXCLUDE, Action.PAY),
)
PAID_ALREADY = Cause(
    name="paid_already",
    means="The bills of a payment were open as it was approved, and are not any more.",
    says="somebody paid or matched its bill meanwhile: exclude the payment with that reason; it is "
    "in no file to the bank",
    actions=(Action.EXCLUDE,),
    who="finance",
)
ANSWER_TO_NOTHING = Cause(
    name="answer_to_nothing",
    means="A bank rejects, or checks the payee of, a payment that is none of ours.",
    says="ask the bank what it answers: no payment of ours has this id",
    actions=(Action.ASK, Action.EXCLUDE),
)
PAYMENT_REJECTED = Cause(
    name="payment_rejected",
    means="A bank did not carry out a payment of a run.",
    says="correct what the bank names; its bills are open again and go into the next run",
    actions=(Action.MEND_AT_SOURCE, Action.PAY, Action.SOLVE),
)
PAYEE_DIFFERS = Cause(
    name="payee_differs",
    means="A bank says that the account of a payment is in another name, or nearly so (verification of payee).",
    says="ask the supplier on a number that you had before; somebody else than who prepared the run solves it with the reason "
    "where the account is theirs all the same; where it is not, exclude this with the reason, and nothing is paid there",
    actions=(Action.SOLVE, Action.ASK, Action.EXCLUDE),
    who="treasury",
    acceptable=True,
    by_another=True,
)


def transit_match(ctx: Context, end_to_end_id: str) -> str:
    """The key under which the ledger pairs a payment on its way with the bank's line."""
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, PAYMENT, end_to_end_id)


def payment(ctx: Context, doc: VendorPayment) -> Plan:
    """The entry that settles what is paid, one match an account."""
    wrong = _wrong(ctx, doc)
    if wrong is not None:
        return wrong
    held = _held_by_check(ctx, doc)
    if held is not None:
        return held
    keys = {} if ctx.foreign_currency else {x.account: _bill_key(ctx, doc, x.account) for x in doc.settles}
    lines = [
        LedgerLine(
            account=account,
            amount=amount,
            company=company,
            name=f"paid {doc.run}",
            partner=f"#{partner}",
            match=keys.get(account, ""),
        )
        for (account, partner), (amount, company) in _settled(ctx, doc).items()
    ]
    lines.append(
        LedgerLine(
            account=ctx.account(IN_TRANSIT),
            amount=-doc.pays.value,
            company=-ctx.company(doc.pays.value),
            name=f"{doc.party.name} {doc.end_to_end_id}",
            match=transit_match(ctx, doc.end_to_end_id),
        )
    )
    if doc.withheld:
        lines.append(
            LedgerLine(
                account=ctx.account(f"withholding.{doc.withholding}"),
                amount=-doc.withheld.value,
                company=-sum((x.company for x in lines), Decimal(0)),
                name=f"withheld of {doc.party.name}",
            )
        )
    left = sum((x.company for x in lines), Decimal(0))
    if left:
        rounding = ctx.account("rounding")
        lines.append(LedgerLine(account=rounding, amount=Decimal(0), company=-left, name="exchange rounding"))
    sets = _sets(doc)
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=ctx.on,
        reference=f"payment {doc.end_to_end_id}",
        currency=doc.currency,
        lines=tuple(lines),
        marks=tuple(Mark(line=x.line, match=keys[x.account]) for x in doc.settles if keys),
        expects=tuple(x for members in sets.values() for x in members),
        late=PAID_ALREADY.name,
    )
    main = ctx.effect(PAYMENT, body, ledger=True, account=ctx.account(IN_TRANSIT))
    effects = [main]
    for account, members in sets.items():
        match = MatchRequest(left=main.external_id, right="", account=account, lines=tuple(members))
        effects.append(
            ctx.effect(
                f"match_{account}", match, ledger=True, requires=(main.external_id,), lane=f"match.{account}"
            )
        )
    return Plan(decision=PlanDecision.PLANNED, effects=tuple(effects), on=ctx.on)


def _bill_key(ctx: Context, doc: VendorPayment, account: str) -> str:
    return match_key(ctx.entity.code, "settles", doc.end_to_end_id, account)


def _settled(ctx: Context, doc: VendorPayment) -> dict[tuple[str, int], tuple[Decimal, Decimal]]:
    """What the entry puts on each account and partner: the opposite of what is open."""
    found: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
    for x in doc.settles:
        amount, company = found.get((x.account, x.partner), (Decimal(0), Decimal(0)))
        amount -= x.residual
        found[x.account, x.partner] = amount, company
    return {key: (amount, ctx.company(amount)) for key, (amount, _) in found.items()}


def _sets(doc: VendorPayment) -> dict[str, list[MatchedLine]]:
    sets: dict[str, list[MatchedLine]] = {}
    for x in doc.settles:
        sets.setdefault(x.account, []).append(MatchedLine(line=x.line, residual=x.residual))
    return sets


def _wrong(ctx: Context, doc: VendorPayment) -> Plan | None:
    due = -sum((x.residual for x in doc.settles), Decimal(0))
    if due != doc.total.value or doc.total != doc.pays + doc.withheld or doc.pays.value <= 0:
        return refused(DOES_NOT_ADD_UP, doc.pays, f"{due} is due, {doc.total} is settled", "payment")
    standing = [x for x in ctx.facts.related if x.kind == "supplier"]
    known = [x for x in standing if x.stands]
    newest = max(
        (x.revision for x in standing if x.state not in (DocumentState.REFUSED, DocumentState.EXCLUDED)),
        default=0,
    )
    if not known or newest != doc.supplier_revision:
        why = f"{doc.supplier} is told anew since revision {doc.supplier_revision}"
        return refused(SUPPLIER_CHANGED, doc.pays, why)
    held = decode_document(known[-1].content.encode())
    assert isinstance(held, Supplier)
    if held.account != doc.account or not held.active:
        return refused(SUPPLIER_CHANGED, doc.pays, f"{doc.supplier} is not active, or paid elsewhere")
    if why := never_paid(ctx.release, ctx.entity.code, held):
        return refused(PAID_BY_WITHHOLDING, doc.pays, f"{doc.supplier}: {why}", why=why)
    return None


def file(ctx: Context, doc: PaymentFile) -> Plan:
    """The bank's file, written once under its name."""
    body = FileOut(name=doc.name, content=doc.content)
    return Plan(decision=PlanDecision.PLANNED, effects=(ctx.effect("file", body, target="bank"),), on=ctx.on)


def _paid(ctx: Context) -> list[tuple[RelatedFact, VendorPayment]]:
    """The payments that a bank's word may be about: those that were posted, and of a whole file those
    that it holds."""
    filed: set[str] = set()
    for fact in ctx.facts.related:
        if fact.kind == "payment_file":
            held = decode_document(fact.content.encode())
            assert isinstance(held, PaymentFile)
            if held.key == getattr(ctx.document, "message_id", ""):
                filed |= set(held.payments)
    found = []
    for fact in ctx.facts.related:
        if fact.kind == "vendor_payment" and fact.stands and fact.effect:
            paid = decode_document(fact.content.encode())
            assert isinstance(paid, VendorPayment)
            whole = isinstance(ctx.document, PaymentAnswer) and not ctx.document.end_to_end_id
            if not whole or paid.end_to_end_id in filed:
                found.append((fact, paid))
    return found


def _held_by_check(ctx: Context, doc: VendorPayment) -> Plan | None:
    """A payment waits while nobody decided about a check of its payee that differs. Where somebody left that check out, for
    the account is not the payee's, the payment is not made either."""
    states = [x.state for x in ctx.facts.related if _is_differing(x) and not x.stands]
    if any(state != DocumentState.EXCLUDED for state in states):
        return Plan(decision=PlanDecision.WAIT, reason="somebody has to decide about the check of its payee")
    if states and PAYEE_DIFFERS.name not in ctx.facts.accepted:
        return refused(
            PAYEE_DIFFERS, doc.pays, f"{doc.end_to_end_id} to {doc.party.name}: its check was excluded"
        )
    return None


def _is_differing(fact: RelatedFact) -> bool:
    if fact.kind != "payment_answer":
        return False
    said = decode_document(fact.content.encode())
    assert isinstance(said, PaymentAnswer)
    return said.status in DIFFERING


def _checked(ctx: Context, doc: PaymentAnswer) -> Plan:
    """A payee that differs is held until a person decides; any other check is evidence alone."""
    words = f"the bank says {doc.status}, {check_in_words(doc.status)}"
    if doc.status not in DIFFERING or PAYEE_DIFFERS.name in ctx.facts.accepted:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason=words)
    known = [decode_document(x.content.encode()) for x in ctx.facts.related if x.kind == "vendor_payment"]
    checked = [x for x in known if isinstance(x, VendorPayment)]
    if not checked:
        return _to_nothing(ctx, doc)
    total = sum((x.pays for x in checked), Amount.zero(checked[0].currency))
    names = ", ".join(dict.fromkeys(x.party.name for x in checked))
    said = f"{doc.end_to_end_id or doc.message_id} to {names}: {words}"
    return refused(PAYEE_DIFFERS, total, f"{said}: {doc.reason}" if doc.reason else said)


def _to_nothing(ctx: Context, doc: PaymentAnswer) -> Plan:
    if not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its payment is not known yet")
    zero = Amount.zero(ctx.entity.currency)
    return refused(ANSWER_TO_NOTHING, zero, f"{doc.end_to_end_id}: {doc.status} {doc.reason}")


def answer(ctx: Context, doc: PaymentAnswer) -> Plan:
    """A payment that the bank rejects is open again, a payee that differs waits for a person; any other answer is evidence
    alone."""
    if doc.status in CHECKS:
        return _checked(ctx, doc)
    if doc.status not in REJECTED:
        return Plan(decision=PlanDecision.PLANNED, on=ctx.on, reason=f"the bank says {doc.status}")
    paid_ones = [x for x in _paid(ctx) if not doc.end_to_end_id or x[1].end_to_end_id == doc.end_to_end_id]
    if not paid_ones:
        return _to_nothing(ctx, doc)
    total = sum((paid.pays for _, paid in paid_ones), Amount.zero(doc.currency))
    said = f"{doc.end_to_end_id or doc.message_id}: {doc.reason}".strip()
    case = found(PAYMENT_REJECTED, total, said, blocking=False)
    effects = tuple(e for fact, paid in paid_ones for e in reopened(ctx, fact, paid))
    on = max(ctx.on, *(fact.on for fact, _ in paid_ones))
    return Plan(decision=PlanDecision.PLANNED, effects=effects, cases=(case,), on=on)


def booked(ctx: Context, line: StatementLine) -> tuple[RelatedFact, VendorPayment, bool] | None:
    """The payment that a bank line is, and whether it comes back; None where it is none of ours."""
    for fact, paid in _paid(ctx):
        if abs(line.amount.value) == paid.pays.value and line.currency == paid.currency:
            return fact, paid, line.amount.value > 0
    return None


def returned_match(ctx: Context, end_to_end_id: str) -> str:
    """The key under which money that came back is paired with what opens its bills again."""
    return "" if ctx.foreign_currency else match_key(ctx.entity.code, "returned", end_to_end_id)


def reopened(ctx: Context, fact: RelatedFact, paid: VendorPayment, match: str = "") -> list[Effect]:
    """Take the payment off its bills, and book it back to them. Whoever says that it failed, it is
    opened once: its external ids are the payment's."""
    before = Context(paid, fact.revision, ctx.facts, ctx.release, ctx.interface, ctx.on)
    lines = [
        LedgerLine(
            account=account,
            amount=-amount,
            company=-company,
            name=f"not paid: {paid.end_to_end_id}",
            partner=f"#{partner}",
        )
        for (account, partner), (amount, company) in _settled(before, paid).items()
    ]
    if paid.withheld:
        withheld = paid.withheld.value
        lines.append(
            LedgerLine(
                account=ctx.account(f"withholding.{paid.withholding}"),
                amount=withheld,
                company=before.company(withheld),
                name="not withheld",
            )
        )
    lines.append(
        LedgerLine(
            account=ctx.account(IN_TRANSIT),
            amount=paid.pays.value,
            company=-sum((x.company for x in lines), Decimal(0)),
            name=f"{paid.party.name} {paid.end_to_end_id}",
            match=match or transit_match(ctx, paid.end_to_end_id),
        )
    )
    matches = {
        account: external_id(fact.interface, fact.key, f"match_{account}", fact.revision)
        for account in _sets(paid)
    }
    apart = [
        ctx.effect(
            f"unmatch_{account}",
            UnmatchRequest(left=fact.effect, account=account, lines=tuple(members)),
            ledger=True,
            requires=(fact.effect, matches[account]),
            lane=f"match.{account}",
            external_id=again_external_id(fact.effect, f"unmatch_{account}"),
        )
        for account, members in _sets(paid).items()
    ]
    body = EntryPosting(
        journal=ctx.journal("misc"),
        on=max(ctx.on, fact.on),
        reference=f"not paid: {paid.end_to_end_id}",
        currency=paid.currency,
        lines=tuple(lines),
    )
    back = ctx.effect(
        "reopened",
        body,
        ledger=True,
        requires=tuple(e.external_id for e in apart),
        external_id=again_external_id(fact.effect, "reopened"),
    )
    pairs = [
        effect
        for account in _sets(paid)
        for effect in match_effects(ctx, account, fact.effect, back, account)
    ]
    if not match:
        pairs += match_effects(ctx, "rejected", fact.effect, back, ctx.account(IN_TRANSIT))
    return [*apart, back, *pairs]


def _of_payment(doc: VendorPayment, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(related=(*supplier_names(key=doc.supplier), f"answer:{doc.end_to_end_id}"))


def _of_answer(doc: PaymentAnswer, _: Mapping[str, Any]) -> FactKeys:
    if doc.end_to_end_id:
        return FactKeys(related=(f"payment:{doc.end_to_end_id}",))
    return FactKeys(related=(f"run:{run_of(doc.message_id)}",))


def _said(doc: VendorPayment) -> str:
    numbers = ", ".join(x.number for x in doc.settles)
    return f"{doc.end_to_end_id} to {doc.party.name} (…{doc.account.iban[-4:]}) for {numbers}"


def _released(doc: VendorPayment, _: str) -> Must:
    return Must(option="release_role", name="every payment is released")


RECIPES: Recipes = (
    Recipe(
        kind=VendorPayment,
        plan=payment,
        at_risk=lambda doc: doc.pays,
        restating=Restating(money=lambda doc: (doc.settles, doc.account, doc.pays, doc.withheld)),
        causes=(DOES_NOT_ADD_UP, SUPPLIER_CHANGED, PAID_ALREADY, PAYEE_DIFFERS, PAID_BY_WITHHOLDING),
        fact_keys=_of_payment,
        approval=Approval(said=_said, must=_released),
    ),
    Recipe(kind=PaymentFile, plan=file, at_risk=lambda doc: doc.total),
    Recipe(
        kind=PaymentAnswer,
        plan=answer,
        fact_keys=_of_answer,
        causes=(ANSWER_TO_NOTHING, PAYMENT_REJECTED, PAYEE_DIFFERS),
    ),
)
