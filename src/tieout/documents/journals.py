"""Entries that are journals by their nature: of another ledger, of payroll, expenses and assets, and of what is earned over months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from tieout.documents.base import Document, Measure, Party
from tieout.money import Amount


class JournalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an entry. `account` is the source's own key of the account; `amount` is signed (a
    debit is positive); `dimensions` are the source's keys by dimension, or shares of several, such
    as "100:60;200:40"; `party` names one of the entry's parties; `pair` is the key under which
    two entities book the two sides of one transaction, `partner_entity` the other of them; `place`
    says where it stands in its file. A line from one day to another, both included, is paid ahead:
    it is used over those days."""

    account: str
    amount: Amount
    text: str = ""
    dimensions: dict[str, str] = {}
    party: str = ""
    pair: str = ""
    partner_entity: str = ""
    place: str = ""
    from_on: date | None = None
    to_on: date | None = None


class JournalEntry(Document, frozen=True, kw_only=True, tag="journal_entry"):
    """An entry of another ledger, or of payroll, expenses, fixed assets (its `nature`).

    `total` is the sum of the whole entry's debits, positive; `imbalance` is its debits less its
    credits, which must be zero. A long entry comes in `parts`, of which this is number `part`:
    `whole` is the hash over all of them. On `reverses_on` an accrual takes itself back; `twin` is
    what it must be the only one of, such as a payroll group and its month; `prepared_by` is the
    source's word for who made it, `batch` what it came with.
    """

    reference: str
    booked_on: date
    journal: str = "misc"
    nature: str = "journal"
    lines: tuple[JournalLine, ...]
    parties: tuple[Party, ...] = ()
    total: Amount
    imbalance: Amount
    reverses_on: date | None = None
    twin: str = ""
    prepared_by: str = ""
    batch: str = ""
    part: int = 1
    parts: int = 1
    whole: str = ""

    def measure(self) -> Measure:
        """Both its sides, and one for all of its parts."""
        up = sum((x.amount.value for x in self.lines if x.amount.value > 0), Decimal(0))
        down = sum((x.amount.value for x in self.lines if x.amount.value < 0), Decimal(0))
        return Measure(int(self.part == 1), up, -down)

    def link(self) -> str:
        """What there may be one of (`twin`), by which a second one is found; "" where there may be many."""
        return f"twin:{self.twin}" if self.twin else ""


class TrialBalance(Document, frozen=True, kw_only=True, tag="trial_balance"):
    """What another ledger says that an account of its own holds at the end of a day: `balance` is
    signed, a debit is positive. No measure: entries are held against it."""

    account: str
    booked_on: date
    balance: Amount


class RevenuePart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a line is earned in the month that ends on `on`: signed as the schedule is."""

    on: date
    amount: Amount


class RevenueSchedule(Document, frozen=True, kw_only=True, tag="revenue_schedule"):
    """Over which months a line of an invoice is earned. `net` is the line's own amount without tax
    (a credit note's is negative), to which the parts must sum; `deferred` and `revenue` are the
    roles of the accounts that it goes from and to. No measure: the invoice has it."""

    reference: str
    name: str
    net: Amount
    parts: tuple[RevenuePart, ...]
    deferred: str
    revenue: str


class BatchControl(Document, frozen=True, kw_only=True, tag="batch_control"):
    """A source's own figures for the entries that it sent together: how many, and the sums of their
    debits and credits, both positive. No measure."""

    batch: str
    booked_on: date
    count: int
    debit: Amount
    credit: Amount


def own_figures(entry: JournalEntry) -> BatchControl:
    """An entry that Tieout works out is its source's total itself: these are its figures."""
    return BatchControl(
        key=f"control:{entry.batch}",
        occurred_at=entry.occurred_at,
        currency=entry.currency,
        batch=entry.batch,
        booked_on=entry.booked_on,
        count=1,
        debit=entry.total,
        credit=entry.total,
    )
