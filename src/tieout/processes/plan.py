"""The one entry of the recipes: `plan_document`."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec

from tieout.documents import (
    BatchControl,
    CreditNote,
    Customer,
    CustomerInvoice,
    Dispute,
    Document,
    EffectBody,
    GiftCardTender,
    GoodsReceipt,
    JournalEntry,
    PartnerRecord,
    Party,
    PaymentAnswer,
    PaymentFile,
    PayoutComposition,
    ProductRecord,
    ProviderMovement,
    PurchaseOrder,
    Reconciliation,
    RevenueSchedule,
    Statement,
    StatementLine,
    Supplier,
    TrialBalance,
    VendorBill,
    VendorPayment,
)
from tieout.money import Amount
from tieout.processes.facts import Facts
from tieout.processes.identity import external_id, partner_external_id, product_external_id
from tieout.processes.rates import NO_RATE, MissingRateError, converted_there, what_is_missing, what_to_do
from tieout.rules import Entity, Interface, Release, UnmappedError


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One effect on one target. `target` is ledger, crm, mail or event; `requires` are the
    effects that must be confirmed before it; `lane` keeps contention down."""

    name: str
    external_id: str
    target: str
    lane: str
    body: EffectBody
    ledger: bool = False
    requires: tuple[str, ...] = ()
    account: str = ""


class CaseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A business exception that the plan found. `amount` is the money at risk, positive;
    `blocking` keeps the document out of the posted bucket until it is solved."""

    cause: str
    amount: Amount
    recovery: str
    detail: str = ""
    blocking: bool = True


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`decision` is planned, wait, excluded or refused (a blocking case and no effect). A plan
    that waits is made again soon, or with `long` once a day: what it waits for comes by itself.
    `names` are what others find the document by, beside those that it says itself."""

    decision: str
    effects: tuple[Effect, ...] = ()
    cases: tuple[CaseDraft, ...] = ()
    reason: str = ""
    on: date | None = None
    parked_account: str = ""
    long: bool = False
    names: tuple[str, ...] = ()


class Context:
    """What every recipe needs: release, interface, entity, facts, and the posting day."""

    def __init__(
        self,
        document: Document,
        revision: int,
        facts: Facts,
        release: Release,
        interface: Interface,
        on: date,
    ) -> None:
        self.document, self.revision, self.facts = document, revision, facts
        self.release, self.interface = release, interface
        self.entity: Entity = release.entities[interface.entity]
        self.event_on = on
        self.on = on

    @property
    def foreign_currency(self) -> bool:
        return self.document.currency != self.entity.currency

    @property
    def on_fulfilment(self) -> bool:
        """Whether this interface bills an order when it is fulfilled, not when it is paid."""
        return self.interface.option("invoice_on", "payment") == "fulfilment"

    def company(self, value: Decimal) -> Decimal:
        """`value` of the document's currency in the entity's, rounded to its minor unit. Raises MissingRateError."""
        if not self.foreign_currency:
            return value
        if self.facts.rate is None:
            raise MissingRateError(
                what_is_missing(self.document.currency, self.entity.currency, self.event_on)
            )
        return Amount.rounded(value / self.facts.rate, self.entity.currency).value

    def account(self, role: str) -> str:
        return self.release.account(role, self.on)

    def journal(self, role: str) -> str:
        return self.release.journal(role, self.on)

    def id(self, effect: str) -> str:
        return external_id(self.interface.name, self.document.key, effect, self.revision)

    def effect(
        self,
        name: str,
        body: EffectBody,
        *,
        target: str = "ledger",
        ledger: bool = False,
        requires: tuple[str, ...] = (),
        lane: str = "",
        account: str = "",
        external_id: str = "",
    ) -> Effect:
        return Effect(
            name=name,
            external_id=external_id or self.id(name),
            target=target,
            lane=lane or getattr(body, "journal", "") or name,
            body=body,
            ledger=ledger,
            requires=tuple(r for r in requires if r),
            account=account,
        )

    def partner(self, party: Party, system: str = "") -> Effect:
        """The effect that makes the partner of a customer of `system` (the interface's own)."""
        body = PartnerRecord(name=party.name, email=party.email, country=party.country, source=party.key)
        return Effect(
            name="partner",
            external_id=partner_external_id(system or self.interface.system, party.key),
            target="ledger",
            lane="partner",
            body=body,
        )

    def product(self, sku: str, name: str) -> Effect | None:
        """The effect that finds or makes a product, where the interface keeps them."""
        if not sku or self.interface.option("products", "none") != "by_sku":
            return None
        return Effect(
            name="product",
            external_id=product_external_id(self.entity.code, sku),
            target="ledger",
            lane="product",
            body=ProductRecord(sku=sku, name=name),
        )


# What a person may decide to go on with: nothing is wrong with the document itself, somebody has to judge it. Once
# its case is solved with a reason, the document is planned past it.
ACCEPTABLE = frozenset(
    {
        "duplicate_bill",
        "duplicate_entry",
        "duplicate_expense_report",
        "duplicate_payroll_run",
        "order_edited_after_payout",
    }
)


def refused(cause: str, amount: Amount, recovery: str, detail: str = "") -> Plan:
    """No effect: a blocking case holds the document."""
    size = amount if amount.value >= 0 else -amount
    return Plan(
        decision="refused",
        cases=(CaseDraft(cause=cause, amount=size, recovery=recovery, detail=detail),),
        reason=cause,
    )


def money_of(document: Document) -> Amount:
    """The amount that is at risk where a document cannot be booked, signed as the document is."""
    match document:
        case CustomerInvoice() | CreditNote() | VendorBill() | PaymentFile():
            return document.total
        case VendorPayment():
            return document.pays
        case ProviderMovement():
            return document.net if document.net else document.gross
        case GiftCardTender() | Dispute() | StatementLine():
            return document.amount
        case Statement():
            return document.closing
        case JournalEntry():
            return document.total
        case RevenueSchedule():
            return document.net
        case Reconciliation():
            used = sum((x.residual - x.rest for x in document.cash), Decimal(0))
            return Amount(-used, document.currency)
        case _:
            return Amount.zero(document.currency)


def _late(ctx: Context) -> Plan | None:
    """Apply the interface's late-event policy where the day is locked."""
    lock = ctx.facts.lock_on
    if lock is None or ctx.on > lock:
        return None
    if ctx.interface.late_events == "first_open":
        ctx.on = lock + timedelta(days=1)
        return None
    return refused(
        "late_event",
        money_of(ctx.document),
        f'the period up to {lock} is locked: reopen it, or set late_events = "first_open" in '
        f"interfaces/{ctx.interface.name}.toml; then `tieout replay --cause late_event`",
        f"dated {ctx.on.isoformat()}",
    )


def without_rate(document: Document, own: str, on: date) -> Plan:
    """No effect: what a document is worth in the entity's currency is not known."""
    return refused(
        NO_RATE,
        money_of(document),
        what_to_do(document.currency, own, on),
        what_is_missing(document.currency, own, on),
    )


def plan_document(
    document: Document,
    revision: int,
    facts: Facts,
    release: Release,
    interface: Interface,
    on: date,
) -> Plan:
    """What `document` means. Pure: equal arguments give an equal plan.

    `on` is the document's day in the entity's zone. A key that no mapping knows becomes a
    blocking case that names the table and the key, and so does a rate that the ledger lacks.
    """
    own = release.entities[interface.entity].currency
    try:
        plan = _planned(document, revision, facts, release, interface, on)
    except MissingRateError:
        return without_rate(document, own, on)
    unrated = document.currency != own and facts.rate is None
    if unrated and any(converted_there(e.body) for e in plan.effects):
        return without_rate(document, own, on)
    return plan


def _planned(
    document: Document, revision: int, facts: Facts, release: Release, interface: Interface, on: date
) -> Plan:
    from tieout.processes import (
        order_to_cash,
        paying,
        procure_to_pay,
        reconciliation,
        record_to_report,
        retelling,
        revenue,
        treasury,
    )

    ctx = Context(document, revision, facts, release, interface, on)
    if (
        isinstance(document, CustomerInvoice | VendorBill)
        and document.exclusion == "voided"
        and facts.previous
    ):
        return refused(
            "voided_after_posting",
            document.total,
            "it is booked: give it a credit note at its source, or reverse it in the ledger; then exclude this",
            f"{document.number} was voided at its source",
        )
    if isinstance(document, CustomerInvoice | VendorBill) and document.exclusion:
        return Plan(decision="excluded", reason=document.exclusion, on=on)
    if isinstance(document, Supplier):
        return procure_to_pay.supplier(ctx, document)
    if isinstance(document, PurchaseOrder):
        return procure_to_pay.order(ctx, document)
    if isinstance(document, Statement | PayoutComposition | BatchControl | TrialBalance | GoodsReceipt):
        return Plan(decision="planned", on=on)
    if isinstance(document, Customer):
        return Plan(decision="planned", effects=(ctx.partner(document.party),), on=on)
    again = retelling.told_again(ctx, document)
    if again is not None:
        return again
    unbilled = isinstance(document, CustomerInvoice) and ctx.on_fulfilment and not document.fulfilled_at
    # An order is late by the day of its invoice, which is not known yet.
    late = None if unbilled else _late(ctx)
    if late is not None:
        return late
    try:
        match document:
            case CustomerInvoice():
                return order_to_cash.invoice(ctx, document)
            case CreditNote():
                return order_to_cash.credit_note(ctx, document)
            case GiftCardTender():
                return order_to_cash.gift_card(ctx, document)
            case ProviderMovement():
                return treasury.movement(ctx, document)
            case Dispute():
                return treasury.dispute(ctx, document)
            case StatementLine():
                return treasury.statement_line(ctx, document)
            case Reconciliation():
                return reconciliation.reconciliation(ctx, document)
            case RevenueSchedule():
                return revenue.schedule(ctx, document)
            case JournalEntry():
                return record_to_report.journal_entry(ctx, document)
            case VendorBill():
                return procure_to_pay.bill(ctx, document)
            case VendorPayment():
                return paying.payment(ctx, document)
            case PaymentFile():
                return paying.file(ctx, document)
            case PaymentAnswer():
                return paying.answer(ctx, document)
    except UnmappedError as error:
        cause = "unknown_tax" if error.table == "taxes" else "unmapped_account"
        return refused(
            cause,
            money_of(document),
            f"add {error.key!r} to mappings/{error.table}.csv, then `tieout replay --cause {cause}`",
            str(error),
        )
