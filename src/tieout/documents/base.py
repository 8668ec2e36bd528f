"""What every canonical document has, and who it is about."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from tieout.money import Amount


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, supplier or employee as a source knows it. `key` is unique among that source's."""

    key: str
    name: str
    email: str = ""
    country: str = ""


class Measure(msgspec.Struct, frozen=True):
    """What a document counts for in its interface's tie-out: debit and credit are positive."""

    count: int
    debit: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        """Debit less credit: what the document adds to its interface's figure, signed."""
        return self.debit - self.credit

    @staticmethod
    def of(amount: Amount) -> Measure:
        """One document of a signed amount: a debit where it is positive, else a credit."""
        return Measure(1, max(amount.value, Decimal(0)), max(-amount.value, Decimal(0)))

    def __sub__(self, other: Measure) -> Measure:
        return Measure(self.count - other.count, self.debit - other.debit, self.credit - other.credit)


NOTHING = Measure(0, Decimal(0), Decimal(0))


class Document(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """`key` is unique in its interface; `version` orders a source's changes, "" where it makes none;
    `control_group` is what the source's control figures count it under.

    A kind of document says itself what it counts for and by what others find it: it overrides the methods
    below where it is more than a frame. Its tag is its name for ever.
    """

    key: str
    version: str = ""
    occurred_at: datetime
    currency: str
    control_group: str = ""

    def measure(self) -> Measure:
        """The document's own measure: an invoice and money in are debits, a credit note, a bill and money out are
        credits; a frame, a customer, a status and a tender count for nothing."""
        return NOTHING

    def link(self) -> str:
        """The key by which other documents name this one: an invoice's number, a payout's or a payment's id;
        "" where nothing names it."""
        return ""

    def names(self) -> tuple[str, ...]:
        """What other documents find this one by, in its entity."""
        return ()

    def awaited_as(self) -> tuple[str, ...]:
        """The names of documents that may have waited for this one."""
        return self.names()

    def stands_at(self) -> tuple[str, ...]:
        """Names of what it must be alone with while it is planned, beside those that it is found by: whatever else may tell
        of the same thing bears them, by whatever way it comes."""
        return ()

    def turn(self) -> str:
        """The way that it came, where documents of other ways may tell of the same thing: in one batch, each way is planned
        once those before it, by this word, are written."""
        return ""

    def told_as(self) -> tuple[str, str] | None:
        """What it has in common with any other telling of the same thing, and the way that it came itself; None where
        nothing else tells of it."""
        return None

    def order_names(self) -> tuple[str, ...]:
        """What documents of an order call it."""
        key = getattr(self, "order_key", "")
        return (key,) if key else ()


def kind_of(document: Document) -> str:
    """The name of a document's kind: the tag under which it is written."""
    return name_of_kind(type(document))


def name_of_kind(kind: type[Document]) -> str:
    """The tag of a kind of documents."""
    return str(kind.__struct_config__.tag)


# What a document waits for, as a name of its own: whoever comes under it is told apart from kin.
AWAITS = "awaits "


def customer_name(key: str) -> str:
    """The name under which orders wait for a customer of its CRM."""
    return f"{AWAITS}customer:{key}"


class Customer(Document, frozen=True, kw_only=True, tag="customer"):
    """A customer that a CRM owns. No measure."""

    party: Party

    def awaited_as(self) -> tuple[str, ...]:
        """The one name under which orders of its CRM wait for it."""
        return (customer_name(self.party.key),)
