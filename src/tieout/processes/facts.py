"""What a plan reads beside its document. Facts are frozen and kept with their hash, so a
replay uses the very same ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Dispute,
    Document,
    GiftCardTender,
    Party,
    PaymentAnswer,
    ProviderMovement,
    PurchaseOrder,
    StatementLine,
    Supplier,
    VendorBill,
    VendorPayment,
    names_of,
    supplier_names,
)
from tieout.documents.purchasing import run_of
from tieout.documents.taxation import TaxDetermination


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """How an order stands: `state` is posted, planned, exception, excluded (for `reason`) or
    deposit: paid for and not billed yet. `on_fulfilment` says when its shop bills; `invoice_on`
    is the invoice's accounting day; `partner` is an external id, `party` who it is."""

    state: str
    reason: str = ""
    on_fulfilment: bool = False
    invoice_on: date | None = None
    party: Party | None = None
    system: str = ""
    invoice: str = ""
    partner: str = ""
    number: str = ""
    match: str = ""
    total: Decimal = Decimal(0)
    currency: str = ""
    paid_out: bool = False


class PayoutFact(msgspec.Struct, frozen=True, kw_only=True):
    """A payout in transit: `amount` is what the provider sent, positive."""

    effect: str
    match: str
    amount: Decimal


class ParkedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that waits on `account` for an invoice. `amount` is what is left of it, in its
    currency, `company` in the entity's, signed (money in is positive); `on` is its day."""

    effect: str
    account: str
    amount: Decimal
    company: Decimal
    key: str
    payment_key: str = ""
    on: date | None = None


class PreviousFact(msgspec.Struct, frozen=True, kw_only=True):
    """The last revision that was planned: its number and canonical content."""

    revision: int
    content: str


class RelatedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A document that this one names, or that has a name of it: its canonical `content`, `state`, and
    the `names` by which it was found. `earlier` says that it was here first; `on` is its accounting
    day, `since` when it was posted; `effect` is the external id of its main effect, "" for none."""

    kind: str
    interface: str
    system: str
    key: str
    revision: int
    state: str
    content: str
    on: date
    since: datetime | None = None
    effect: str = ""
    names: tuple[str, ...] = ()
    earlier: bool = False

    @property
    def stands(self) -> bool:
        """Whether it is booked, or on its way there."""
        return self.state in ("planned", "posted")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is units of the document's currency for one of the entity's (1 where equal, None where the ledger has
    none).

    `payment` is the charge that a refund or reversal belongs to, with the account that it was
    booked against; `refund_account` is the one that a credit note's refund went out of.
    `lock_on` is the last locked day; `patience_over` says that waiting for a counterpart is
    over; `twin` is the key of a document that came first for what there may be one of; `retold` says that it was booked in other parts before; `foreign` names a record of the same reference that somebody else put in the ledger; `related` are
    documents that share a name with it, oldest first; `tax` is what a tax engine says of it, and
    `tax_outage` why it says nothing; `accepted` are causes that a person decided it may go on with.
    """

    rate: Decimal | None = Decimal(1)
    lock_on: date | None = None
    patience_over: bool = False
    order: OrderFact | None = None
    credit_note: str = ""
    refund_account: str = ""
    payout: PayoutFact | None = None
    payment: ParkedFact | None = None
    parked: tuple[ParkedFact, ...] = ()
    previous: PreviousFact | None = None
    party_effect: str = ""
    foreign: str = ""
    twin: str = ""
    accepted: tuple[str, ...] = ()
    retold: bool = False
    related: tuple[RelatedFact, ...] = ()
    tax: TaxDetermination | None = None
    tax_outage: str = ""


class Wants(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that a document's facts are looked up by."""

    order_key: str = ""
    refund_key: str = ""
    payout_key: str = ""
    payment_key: str = ""
    references: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


# What payouts and orders are called in a bank line, where its interface does not say.
PAYOUT_PATTERN = r"\bpo_[A-Za-z0-9]{6,}\b"
ORDER_PATTERN = r"\b(?:SO|INV)-?\d{3,}\b"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _line_wants(line: StatementLine, options: Mapping[str, Any]) -> Wants:
    text = f"{line.end_to_end_id} {line.reference} {line.remittance}"
    payout = _pattern(str(options.get("payout_pattern") or PAYOUT_PATTERN)).search(text)
    found = _pattern(str(options.get("order_pattern") or ORDER_PATTERN)).finditer(text)
    orders = tuple(sorted({hit.group().upper() for hit in found}))
    end = line.end_to_end_id
    return Wants(
        payout_key=payout.group() if payout else "",
        references=orders,
        related=(f"payment:{end}",) if end and end != "NOTPROVIDED" else (),
    )


def wants_of(document: Document, options: Mapping[str, Any] = MappingProxyType({})) -> Wants:
    """What the document's plan needs to know; `options` are its interface's."""
    match document:
        case CustomerInvoice() | CreditNote() | GiftCardTender():
            return Wants(order_key=document.order_key)
        case ProviderMovement():
            return Wants(
                order_key=document.order_key,
                refund_key=document.refund_key,
                payout_key=document.payout_key if document.category != "payout" else "",
                payment_key=document.payment_key if document.category != "charge" else "",
            )
        case Dispute():
            return Wants(payment_key=document.payment_key)
        case StatementLine():
            return _line_wants(document, options)
        case VendorBill():
            iban = document.iban
            seller = supplier_names(
                key=document.supplier, tax_id=document.tax_id, iban=iban, name=document.seller.name
            )
            return Wants(related=(*seller, *names_of(document)))
        case VendorPayment():
            supplier = supplier_names(key=document.supplier)
            return Wants(related=(*supplier, f"answer:{document.end_to_end_id}"))
        case PaymentAnswer():
            if document.end_to_end_id:
                return Wants(related=(f"payment:{document.end_to_end_id}",))
            return Wants(related=(f"run:{run_of(document.message_id)}",))
        case Supplier() | PurchaseOrder():
            return Wants(related=names_of(document))
        case _:
            return Wants()
