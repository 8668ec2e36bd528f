"""What a plan reads beside its document. Facts are frozen and kept with their hash, so a
replay uses the very same ones.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import msgspec

from tieout.documents import (
    CreditNote,
    CustomerInvoice,
    Dispute,
    Document,
    GiftCardTender,
    ProviderMovement,
    StatementLine,
)


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """How an order stands: `state` is posted, planned, exception, excluded or deposit."""

    state: str
    invoice: str = ""
    partner: str = ""
    account_key: str = ""
    email: str = ""
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
    """A payment of the order that was booked to an unapplied account."""

    effect: str
    account: str
    amount: Decimal
    key: str


class PreviousFact(msgspec.Struct, frozen=True, kw_only=True):
    """The last revision that was planned: its number and canonical content."""

    revision: int
    content: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is units of the document's currency for one of the entity's (1 where equal).

    `lock_on` is the last locked day; `patience_over` says that waiting for a counterpart is
    over; `foreign` names a record of the same reference that somebody else put in the ledger.
    """

    rate: Decimal = Decimal(1)
    lock_on: date | None = None
    patience_over: bool = False
    order: OrderFact | None = None
    credit_note: str = ""
    credit_match: str = ""
    payout: PayoutFact | None = None
    payment: ParkedFact | None = None
    parked: tuple[ParkedFact, ...] = ()
    previous: PreviousFact | None = None
    party_effect: str = ""
    foreign: str = ""


class Wants(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that a document's facts are looked up by."""

    order_key: str = ""
    refund_key: str = ""
    payout_key: str = ""
    payment_key: str = ""
    references: tuple[str, ...] = ()


_PAYOUT = re.compile(r"\bpo_[A-Za-z0-9]{6,}\b")
_ORDER = re.compile(r"\b(?:SO|INV)-?\d{3,}\b", re.IGNORECASE)


def _line_wants(line: StatementLine) -> Wants:
    text = f"{line.end_to_end_id} {line.reference} {line.remittance}"
    payout = _PAYOUT.search(text)
    orders = tuple(sorted({hit.upper() for hit in _ORDER.findall(text)}))
    return Wants(payout_key=payout.group() if payout else "", references=orders)


def wants_of(document: Document) -> Wants:
    """What the document's plan needs to know."""
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
            return _line_wants(document)
        case _:
            return Wants()
