"""What a plan reads beside its document. Facts are frozen and kept with their hash, so a
replay uses the very same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tieout.documents import GENERAL, BooksLock, Party, TaxLine
from tieout.documents.states import DocumentState
from tieout.documents.taxation import TaxDetermination


class OrderState(StrEnum):
    """How an order stands for its payments: billed, on its way there, held by a case or by people, excluded for a reason, or
    paid for and not billed yet."""

    POSTED = "posted"
    PLANNED = "planned"
    EXCEPTION = "exception"
    EXCLUDED = "excluded"
    DEPOSIT = "deposit"


# Nothing is wrong with it: it is booked, or on its way.
BILLED = (OrderState.POSTED, OrderState.PLANNED)
# It is not billed, and may never be.
HELD = (OrderState.EXCEPTION, OrderState.EXCLUDED)


class NetPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order has these taxes, by the source's keys: its net."""

    tax_keys: tuple[str, ...]
    net: Decimal


class SaleTaxes(msgspec.Struct, frozen=True, kw_only=True):
    """An order's nets by their taxes, and its taxes: what a deposit of it is taxed with."""

    nets: tuple[NetPart, ...]
    taxes: tuple[TaxLine, ...]


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """An order by its `state`, which `reason` explains. `on_fulfilment` says when its shop bills; `invoice_on`
    is the invoice's accounting day; `partner` is an external id, `party` who it is; `sale` what its deposits are taxed with,
    unset where they are not."""

    state: OrderState
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
    sale: SaleTaxes | msgspec.UnsetType = msgspec.UNSET


class PayoutFact(msgspec.Struct, frozen=True, kw_only=True):
    """A payout in transit: `amount` is what the provider sent, positive."""

    effect: str
    match: str
    amount: Decimal


class UnappliedPayment(msgspec.Struct, frozen=True, kw_only=True):
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
    state: DocumentState
    content: str
    on: date
    since: datetime | None = None
    effect: str = ""
    names: tuple[str, ...] = ()
    earlier: bool = False

    @property
    def stands(self) -> bool:
        """Whether it is booked, or on its way there."""
        return self.state in (DocumentState.PLANNED, DocumentState.POSTED)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is units of the document's currency for one of the entity's (1 where equal, None where the ledger has
    none).

    `payment` is the charge that a refund or reversal belongs to, with the account that it was
    booked against; `refund_account` is the one that a credit note's refund went out of.
    `unapplied` are payments that wait for it. `lock_on` is the last day that is locked for everything, `locks` are all locks of the ledger by the kind of
    entry that they hold for; `patience_over` says that waiting for a
    counterpart is over; `twin` is the key of a document that came first for what there may be one of;
    `restated_already` says that it was booked in other parts before; `foreign` names a record of the same reference
    that somebody else put in the ledger; `related` are documents that share a name with it, oldest first; `tax` is
    what a tax engine says of it, and `tax_outage` why it says nothing; `accepted` are causes that a person decided it
    may go on with. `own` is what sources that a recipe brings itself found, by their names (see `found_by`).
    """

    rate: Decimal | None = Decimal(1)
    lock_on: date | None = None
    patience_over: bool = False
    order: OrderFact | None = None
    credit_note: str = ""
    refund_account: str = ""
    payout: PayoutFact | None = None
    payment: UnappliedPayment | None = None
    # Facts are kept with their hash: under the name that it had when the first were.
    unapplied: tuple[UnappliedPayment, ...] = msgspec.field(default=(), name="parked")
    previous: PreviousFact | None = None
    party_effect: str = ""
    foreign: str = ""
    twin: str = ""
    accepted: tuple[str, ...] = ()
    restated_already: bool = False
    related: tuple[RelatedFact, ...] = ()
    tax: TaxDetermination | None = None
    tax_outage: str = ""
    # Not there at all where nothing was asked for: so facts of before have the same bytes and the same hash.
    own: Mapping[str, tuple[Any, ...]] | msgspec.UnsetType = msgspec.UNSET
    locks: Mapping[str, date] | msgspec.UnsetType = msgspec.UNSET

    def locked(self) -> Mapping[str, date]:
        """The ledger's locks by name. Facts of before knew one day alone, whatever locked it."""
        if isinstance(self.locks, Mapping):
            return self.locks
        return {} if self.lock_on is None else {BooksLock.FISCAL_YEAR: self.lock_on}

    def general_lock(self) -> tuple[str, date] | None:
        """The lock that holds longest for everything, and its day."""
        held = [(day, name) for name, day in self.locked().items() if name in GENERAL]
        return (max(held)[1], max(held)[0]) if held else None

    def asked_of(self, source: str) -> bool:
        """Whether the source of this name was asked, whatever it found: facts of before a source was there do not name it."""
        return self.own is not msgspec.UNSET and source in self.own

    def found_by(self, source: str) -> tuple[Any, ...]:
        """What the source of this name found for the document's keys, in their order."""
        return () if self.own is msgspec.UNSET else self.own.get(source, ())


class FactKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that a document's facts are looked up by. `takes_in` are the orders whose waiting payments
    it takes in; `refunds_of` the order whose refunds it gives the reason of; `customer` a party whom its CRM has
    to send; `number` what somebody else may have put into the ledger too; `twin` what there may be one of;
    `own` the keys for sources that a recipe brings itself, by their names."""

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
    own: Mapping[str, tuple[str, ...]] = {}


class Entire(msgspec.Struct, frozen=True, kw_only=True):
    """The whole that a document may be a part of: its key, in how many parts it comes, the hash over all
    of them ("" where it is one)."""

    key: str
    parts: int = 1
    whole: str = ""
