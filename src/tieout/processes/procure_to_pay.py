"""Procure to pay: what suppliers, their bills and credits mean in the ledger.

Bill            Dr the order's account, input tax    Cr payable
Vendor credit   Dr payable                           Cr the same accounts, input tax
Reverse charge  the same, and tax due and deducted at once, which comes to nothing
Provider's fees that were withheld: see `fee_bills`

A supplier is booked as a partner. Where it is paid stays here: payments take it from the record that
a second person approved, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.documents import (
    GoodsReceipt,
    InvoiceLine,
    InvoicePosting,
    OrderLine,
    PurchaseOrder,
    Supplier,
    VendorBill,
    decode_document,
)
from tieout.documents.purchasing import (
    BillLine,
    order_numbers,
    plain,
    plain_number,
    supplier_names,
    twin_names,
)
from tieout.documents.states import DocumentState
from tieout.documents.taxation import TaxDetermination
from tieout.money import Amount
from tieout.processes.bill_causes import (
    AMBIGUOUS_SUPPLIER,
    BANK_DETAILS_DIFFER,
    BILL_WITHOUT_ORDER,
    DUPLICATE_BILL,
    DUPLICATE_SUPPLIER,
    OF_BILLS,
    PREPAID,
    SUPPLIER_NOT_ACTIVE,
    TAX_DIFFERS,
    TAX_ENGINE_DOWN,
    UNKNOWN_SUPPLIER,
)
from tieout.processes.causes import DOES_NOT_ADD_UP
from tieout.processes.dimensions import DIMENSIONS, LacksError, analytic_of, check_needed
from tieout.processes.excluding import VOIDED, left_out
from tieout.processes.external_ids import partner_external_id
from tieout.processes.facts import FactKeys, RelatedFact
from tieout.processes.fee_bills import (
    FEE_BILLS,
    FeeBill,
    held_against_fees,
    settling,
)
from tieout.processes.recipe import (
    Approval,
    CaseDraft,
    Context,
    Must,
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
from tieout.processes.related import RELATED
from tieout.processes.taxes import BUYERS, as_charged, determination, question_of
from tieout.processes.three_way_match import OF_ORDERS, Finding, Ordered, hold_against_orders

_TURNED_DOWN = (DocumentState.REFUSED, DocumentState.EXCLUDED)


def supplier(ctx: Context, document: Supplier) -> Plan:
    """The supplier's partner; one that is somebody else already is a case."""
    for fact in ctx.facts.related:
        if fact.kind != "supplier" or fact.key == document.key or fact.state in _TURNED_DOWN:
            continue
        if not (fact.stands or fact.earlier):
            continue
        same = ", ".join(n.partition(":")[0] for n in fact.names)
        return refused(
            DUPLICATE_SUPPLIER,
            Amount.zero(document.currency),
            f"{document.party.name} shares its {same} with {fact.key}",
            other=fact.key,
        )
    return Plan(decision=PlanDecision.PLANNED, effects=(ctx.partner(document.party),), on=ctx.on)


def account_changed(document: Supplier, before: Supplier | None) -> bool:
    """Whether a revision says where to pay for the first time, or another place than the one before."""
    old = before.account if before is not None else None
    return document.account is not None and document.account != old


def order(ctx: Context, document: PurchaseOrder) -> Plan:
    """Nothing is booked for an order: bills and accruals are held against it."""
    net = sum((x.quantity * x.price for x in document.lines), Decimal(0))
    if Amount.rounded(net, document.currency) != document.total:
        return refused(
            DOES_NOT_ADD_UP,
            document.total,
            f"its lines come to {net:f}, it says {document.total.value:f}",
            "purchase_order",
        )
    return Plan(decision=PlanDecision.PLANNED, on=ctx.on)


def suppliers_of(ctx: Context) -> list[tuple[RelatedFact, Supplier]]:
    """Every supplier among the related documents, each as it was approved last, by certainty."""
    held: dict[str, tuple[RelatedFact, Supplier]] = {}
    for fact in ctx.facts.related:
        if fact.kind == "supplier" and fact.stands:
            found = decode_document(fact.content.encode())
            assert isinstance(found, Supplier)
            held[fact.key] = fact, found
    return list(held.values())


def _seller(ctx: Context, bill: VendorBill) -> tuple[RelatedFact, Supplier] | Plan:
    """The one supplier that a bill is of: by procurement's key, its tax number, its name."""
    known = suppliers_of(ctx)
    for name in supplier_names(key=bill.supplier, tax_id=bill.tax_id, name=bill.seller.name):
        fitting = [x for x in known if name in _names(x[1])]
        if len(fitting) > 1:
            who = ", ".join(sorted(x[0].key for x in fitting))
            return refused(AMBIGUOUS_SUPPLIER, bill.total, f"{name}: {who}")
        if fitting:
            return fitting[0]
    asked = [x for x in ctx.facts.related if x.kind == "supplier" and x.state == DocumentState.NORMALISED]
    if asked:
        return Plan(
            decision=PlanDecision.WAIT, reason=f"supplier {asked[0].key} waits for its approval", long=True
        )
    if not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason="its supplier has not come yet")
    return refused(UNKNOWN_SUPPLIER, bill.total, f"{bill.seller.name} {bill.tax_id}".strip())


def _names(document: Supplier) -> tuple[str, ...]:
    party = document.party
    return supplier_names(key=party.key, tax_id=document.tax_id, name=party.name)


def bill(ctx: Context, document: VendorBill) -> Plan:
    """A bill or a vendor credit: its supplier, its order and receipts, its twins, its taxes, in turn."""
    parts = [x.net for x in document.lines] + [x.amount for x in document.taxes]
    if sum(parts, Amount.zero(document.currency)) != document.total:
        return refused(DOES_NOT_ADD_UP, document.total, says="bill")
    found = _seller(ctx, document)
    if isinstance(found, Plan):
        return found
    fact, known = found
    early = _refuse_early(document, known, fact.key)
    if early is not None:
        return early
    fees = held_against_fees(ctx, document, known)
    ordered = Ordered(lines=(None,) * len(document.lines), orders=())
    if order_numbers(document) and fees is None:
        ordered = hold_against_orders(document, known.party.key, ctx.facts.related, ctx.interface)
    twin = _twin(ctx, document, ordered.finding)
    if twin and DUPLICATE_BILL.name not in ctx.facts.accepted:
        return refused(DUPLICATE_BILL, document.total, twin)
    if fees is not None:
        return fees if isinstance(fees, Plan) else _booked(ctx, document, fact, known, ordered, fees)
    if ordered.finding is not None:
        return _unfit(ctx, document, ordered.finding)
    if not order_numbers(document) and ctx.interface.option("without_order", "case") == "case":
        return refused(BILL_WITHOUT_ORDER, document.total)
    return _booked(ctx, document, fact, known, ordered)


def _refuse_early(document: VendorBill, known: Supplier, key: str) -> Plan | None:
    if not known.active:
        return refused(SUPPLIER_NOT_ACTIVE, document.total, key)
    ours = known.account
    # Of several accounts one that was approved will do: a payment goes there, whatever the others are.
    if document.ibans and ours is not None and plain(ours.iban) not in {plain(x) for x in document.ibans}:
        return refused(
            BANK_DETAILS_DIFFER,
            document.total,
            f"the bill wants to be paid to another account than {key} has (…{plain(ours.iban)[-4:].upper()})",
        )
    return None


def _unfit(ctx: Context, document: VendorBill, finding: Finding) -> Plan:
    if finding.may_wait and not ctx.facts.patience_over:
        return Plan(decision=PlanDecision.WAIT, reason=finding.detail)
    return refused(finding.cause, document.total, finding.detail)


def _twin(ctx: Context, document: VendorBill, finding: Finding | None) -> str:
    """What this bill is once more, "" for nothing: the same number, or the same money for the same day
    or for an order that is billed in full; or the number of one that a person excluded before."""
    for fact in ctx.facts.related:
        if fact.kind != "vendor_bill" or fact.key == document.key:
            continue
        if fact.state in _TURNED_DOWN:
            if said := _excluded(document, fact):
                return said
            continue
        if not (fact.stands or fact.earlier):
            continue
        other = decode_document(fact.content.encode())
        assert isinstance(other, VendorBill)
        if other.refund != document.refund or other.currency != document.currency:
            continue
        same_money = other.total == document.total
        said = f"bill {other.number} of {other.booked_on} came before with {other.total}"
        alike = plain_number(other.number) == plain_number(document.number)
        if plain(other.number) == plain(document.number) or (alike and same_money):
            return said
        again = finding is not None and set(order_numbers(other)) & set(order_numbers(document))
        days = abs(other.booked_on - document.booked_on)
        if same_money and (not days or (again and days <= timedelta(days=92))):
            return said
    return ""


def _excluded(document: VendorBill, fact: RelatedFact) -> str:
    """That a person excluded one of this number of this seller, which said something else; "" where nobody did."""
    other = decode_document(fact.content.encode())
    assert isinstance(other, VendorBill)
    if fact.state != DocumentState.EXCLUDED or not fact.earlier or other.refund != document.refund:
        return ""
    if plain(other.number) != plain(document.number) or other.booked_on.year != document.booked_on.year:
        return ""
    return f"bill {other.number} of {other.booked_on} with {other.total} was excluded, and this one says something else"


def _booked(
    ctx: Context,
    document: VendorBill,
    fact: RelatedFact,
    known: Supplier,
    ordered: Ordered,
    fees: FeeBill | None = None,
) -> Plan:
    due, outage = determination(ctx, document, ctx.facts)
    if outage and due is None:
        if ctx.interface.option("tax_fallback", "wait") == "wait":
            return Plan(decision=PlanDecision.WAIT, reason=f"no tax engine: {outage}"[:200])
        return refused(TAX_ENGINE_DOWN, document.total, outage)
    if due is not None:
        try:
            due = as_charged(document, due, Decimal(ctx.interface.option("tax_tolerance", "0.05")))
        except ValueError as error:
            return refused(TAX_DIFFERS, document.total, str(error))
    try:
        lines = tuple(_lines(ctx, document, ordered, due, fees))
    except LacksError as error:
        return refused(error.cause, document.total, str(error), error.says, **error.fields)
    partner = ctx.partner(known.party, fact.system)
    terms = timedelta(days=known.terms_days)
    body = InvoicePosting(
        refund=document.refund,
        journal=ctx.journal("purchases"),
        partner=partner_external_id(fact.system, known.party.key),
        on=ctx.on,
        reference=document.number,
        currency=document.currency,
        lines=lines,
        tax_totals=_totals(ctx, document),
        total=document.total.value,
        receivable=ctx.account("payable"),
        purchase=True,
        due=document.due_on or document.booked_on + (timedelta(0) if document.refund else terms),
    )
    name = "vendor_credit" if document.refund else "bill"
    main = ctx.effect(name, body, ledger=True, requires=(partner.external_id,), account=body.receivable)
    settled = settling(ctx, document, fees, main, body.partner) if fees is not None else []
    cases = _prepaid(document, abs(fees.settled) if fees is not None else Decimal(0))
    if outage and due is not None:
        cases += (_bridged(document, due, outage),)
    names = twin_names(document, known.party.key)
    effects = (partner, main, *settled)
    return Plan(decision=PlanDecision.PLANNED, effects=effects, cases=cases, on=ctx.on, names=names)


def _prepaid(document: VendorBill, settled: Decimal) -> tuple[CaseDraft, ...]:
    """What is booked is the whole bill; what was paid of it before is somewhere in the ledger, and people find it, but for what
    is `settled` by its own entry."""
    paid = document.prepaid
    if paid is msgspec.UNSET or not paid or paid.value == settled:
        return ()
    said = f"{paid.value:f} of {document.total.value:f} is said to be prepaid, {document.due.value:f} is due"
    return (found(PREPAID, paid, said, "more" if paid.value < 0 else "", blocking=False),)


def _bridged(document: VendorBill, due: TaxDetermination, outage: str) -> CaseDraft:
    tax = Amount(sum((x.amount for x in due.lines), Decimal(0)), document.currency)
    return found(TAX_ENGINE_DOWN, tax, outage[:300], "bridged", blocking=False)


def _totals(ctx: Context, document: VendorBill) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for tax in document.taxes:
        name = ctx.release.tax(tax.key, ctx.on)
        totals[name] = totals.get(name, Decimal(0)) + tax.amount.value
    return totals


def _lines(
    ctx: Context,
    document: VendorBill,
    ordered: Ordered,
    due: TaxDetermination | None,
    fees: FeeBill | None = None,
) -> Iterator[InvoiceLine]:
    for number, (mine, line) in enumerate(zip(document.lines, ordered.lines, strict=True)):
        if not mine.net:
            continue
        treatment = due.lines[number] if due is not None else None
        key = mine.tax_key
        if treatment is not None and treatment.treatment in BUYERS:
            key = f"{treatment.treatment} {treatment.rate.normalize():f}"
        if fees is not None:
            key = fees.tax_key(number, key)
            account, dimensions = fees.account(ctx, number), mine.dimensions
        else:
            account, dimensions = _account(ctx, document, mine, line)
        place = f"{document.number}, line {number + 1}"
        check_needed(ctx, account, dimensions, place)
        yield InvoiceLine(
            name=mine.name,
            quantity=mine.quantity,
            net=mine.net.value,
            account=account,
            taxes=(ctx.release.tax(key, ctx.on),) if key else (),
            analytic=analytic_of(ctx, dimensions, place),
        )


def _account(
    ctx: Context, document: VendorBill, mine: BillLine, line: OrderLine | None
) -> tuple[str, dict[str, str]]:
    """As it was ordered; else as the bill's own line says, else as its seller's bills are booked."""
    table = ctx.interface.option("accounts_table", "ledger_accounts")
    if line is not None:
        return ctx.release.mapped(table, line.account, ctx.on), line.dimensions or mine.dimensions
    key = mine.account or f"seller {document.seller.name}"
    return ctx.release.mapped(table, key, ctx.on, f"{document.number}, {mine.name}"), mine.dimensions


def _billed(document: VendorBill) -> tuple[object, ...]:
    lines = tuple((x.net, x.order_line, x.quantity, x.tax_key, x.account) for x in document.lines)
    return (document.booked_on, document.refund, lines, document.taxes, document.total, document.prepaid)


def _by_name(document: Supplier | PurchaseOrder, _: Mapping[str, Any]) -> FactKeys:
    return FactKeys(related=document.names())


def _of_bill(document: VendorBill, _: Mapping[str, Any]) -> FactKeys:
    seller = supplier_names(
        key=document.supplier, tax_id=document.tax_id, iban=document.iban, name=document.seller.name
    )
    others = (x for iban in document.ibans[1:] for x in supplier_names(iban=iban))
    return FactKeys(related=(*seller, *others, *document.names()))


def _twins_of_supplier(document: VendorBill, related: Sequence[RelatedFact]) -> tuple[str, ...]:
    """A bill is held against the bills of the supplier that it is of, once that is known, whichever way
    each of them came."""
    names: dict[str, None] = {}
    for fact in related:
        if fact.kind == "supplier" and fact.stands:
            found = decode_document(fact.content.encode())
            assert isinstance(found, Supplier)
            names |= dict.fromkeys(twin_names(document, found.party.key))
    return tuple(names)


def _change(document: Supplier, before: Supplier | None) -> str:
    """What a revision changes: new, bank_details or other."""
    if before is None:
        return "new"
    return "bank_details" if account_changed(document, before) else "other"


def _second_person(document: Supplier, change: str) -> Must | None:
    """Where a supplier is paid is never one person's word."""
    if document.account is None or change not in ("new", "bank_details"):
        return None
    return Must(option="bank_details_role", name="bank details")


def _supplier_said(document: Supplier) -> str:
    paid = f", paid to …{document.account.iban[-4:]}" if document.account else ""
    return f"{document.party.key} {document.party.name}{paid}"


RECIPES: Recipes = (
    Recipe(
        kind=Supplier,
        plan=supplier,
        locked=never,
        rank=lambda _: Rank.NAMED,
        fact_keys=_by_name,
        causes=(DUPLICATE_SUPPLIER,),
        approval=Approval(said=_supplier_said, change=_change, must=_second_person),
    ),
    Recipe(
        kind=PurchaseOrder,
        plan=order,
        locked=never,
        rank=lambda _: Rank.NAMED,
        fact_keys=_by_name,
        causes=(DOES_NOT_ADD_UP,),
    ),
    Recipe(kind=GoodsReceipt, locked=never, rank=lambda _: Rank.MOVED),
    Recipe(
        kind=VendorBill,
        plan=bill,
        at_risk=lambda doc: doc.total,
        excluding=left_out,
        restating=Restating(money=_billed),
        causes=(*OF_BILLS, *OF_ORDERS, *DIMENSIONS, VOIDED, DOES_NOT_ADD_UP),
        fact_keys=_of_bill,
        more_related=_twins_of_supplier,
        sources=(RELATED, FEE_BILLS),
        patient_from_receipt=True,
        tax_question=question_of,
        approval=Approval(said=lambda doc: f"{doc.number} of {doc.seller.name}"),
    ),
)
