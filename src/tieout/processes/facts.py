"""What a plan reads beside its document. Facts are frozen and kept with their hash, so a
replay uses the very same ones.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from tieout.documents import Party
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
    over; `twin` is the key of a document that came first for what there may be one of; `restated_already` says that it was booked in other parts before; `foreign` names a record of the same reference that somebody else put in the ledger; `related` are
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
    restated_already: bool = False
    related: tuple[RelatedFact, ...] = ()
    tax: TaxDetermination | None = None
    tax_outage: str = ""


class FactKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that a document's facts are looked up by. `takes_in` are the orders whose waiting payments
    it takes in; `refunds_of` the order whose refunds it gives the reason of; `customer` a party whom its CRM has
    to send; `number` what somebody else may have put into the ledger too; `twin` what there may be one of."""

    order_key: str = ""
    refund_key: str = ""
    payout_key: str = ""
    payment_key: str = ""
    references: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    takes_in: tuple[str, ...] = ()
    refunds_of: str | None = None
    customer: str = ""
    number: str = ""
    twin: str = ""
