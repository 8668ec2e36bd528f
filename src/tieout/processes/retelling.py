"""What is booked already and is told again in other words: a corrected text, a renamed customer.

With the same money it has no second effect, also where its day is locked by now. With other money
an order is edited and a dispute moves on, by their recipes; a credit note, a tender, a movement
or a bank line is a case, for nobody may change what was booked.
"""

from __future__ import annotations

from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Dispute,
    Document,
    GiftCardTender,
    JournalEntry,
    ProviderMovement,
    RevenueSchedule,
    StatementLine,
    VendorBill,
    VendorPayment,
    decode_document,
)
from tieout.processes.plan import Context, Plan, money_of, refused

_TOLD = (
    CreditNote
    | CustomerInvoice
    | Dispute
    | GiftCardTender
    | JournalEntry
    | ProviderMovement
    | RevenueSchedule
    | StatementLine
    | VendorBill
    | VendorPayment
)


def told_again(ctx: Context, document: Document) -> Plan | None:
    """The plan of a document that is a later telling of one that was planned; None for others."""
    previous = ctx.facts.previous
    if previous is None or not isinstance(document, _TOLD):
        return None
    if _money(decode_document(previous.content.encode())) == _money(document):
        return Plan(decision="planned", on=ctx.on, reason="its money is booked already")
    if isinstance(document, CustomerInvoice | Dispute | JournalEntry | RevenueSchedule):
        return None  # an order, an entry or a schedule is edited, a dispute moves on
    return refused(
        "booked_money_changed",
        money_of(document),
        "ask its sender which of the two is right; then book the difference by hand",
        "the same key came before with other money",
    )


def _money(document: Document) -> tuple[object, ...]:
    """What of a document is money: all of it must stay."""
    match document:
        case CreditNote() | CustomerInvoice():
            lines = tuple((line.net, line.nature, line.tax_keys) for line in document.lines)
            taxes = tuple((tax.key, tax.amount) for tax in document.taxes)
            return (document.order_key, lines, taxes, document.total)
        case Dispute():
            return (document.status, document.amount, document.payment_key)
        case GiftCardTender():
            return (document.order_key, document.amount)
        case JournalEntry():
            booked = tuple(
                (x.account, x.amount, x.dimensions, x.party, x.from_on, x.to_on) for x in document.lines
            )
            return (document.booked_on, document.reverses_on, booked)
        case ProviderMovement():
            return (document.category, document.gross, document.fee, document.net)
        case RevenueSchedule():
            return (document.net, document.parts)
        case VendorBill():
            billed = tuple((x.net, x.order_line, x.quantity, x.tax_key, x.account) for x in document.lines)
            return (document.booked_on, document.refund, billed, document.taxes, document.total)
        case VendorPayment():
            return (document.settles, document.account, document.pays, document.withheld)
        case StatementLine():
            return (document.account, document.booked_on, document.amount)
        case _:
            return (document,)
