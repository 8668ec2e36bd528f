"""What stands in a ledger that runs already, as somebody who is about to connect it needs to know: read, and never changed.

Amounts are in the company's currency unless a field says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Noticed:
    """Something of a ledger's set-up: `topic` is a word of `TOPICS`, `said` what it is. `known` is False where the account may not
    see it: `said` names then who can."""

    topic: str
    said: str
    known: bool = True


# In the order in which people are told of them.
TOPICS = (
    "version", "key", "company", "currency", "chart", "lock", "journal", "feed", "hash", "module", "e-invoicing", "automation", "required field",
)  # fmt: skip


@dataclass(frozen=True)
class LedgerCompanySet:
    """Whose books these are: the company's name, its currency (ISO 4217), and what there is to know of its set-up."""

    name: str
    currency: str
    noticed: Sequence[Noticed]


@dataclass(frozen=True)
class EntryThere:
    """A posted entry: its `key` in the ledger, its accounting day, the instant at which it was made (which may be before it was
    posted), its journal's code, and the ledger's own `kind` (out_invoice, entry, …).

    `record` and `record_key` are what was made, where the entry only follows it (a payment, a bank line); `external_id` is that
    record's, "" for none. `login` is what its maker signs in with. `signs` are what the ledger says of how it was made, as the
    connector names them. `party_key` is 0 where the entry names nobody. `amount` has no sign: what the ledger shows as its total.
    """

    key: int
    day: date
    made_at: datetime
    journal: str
    kind: str
    number: str
    reference: str
    origin: str
    party_key: int
    party: str
    login: str
    amount: Decimal
    record: str
    record_key: int
    external_id: str = ""
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenThere:
    """An open line: `kind` is receivable, payable or suspense. `open` is in `currency`, `company_open` in the company's, both signed as
    the line is: debit positive."""

    key: int
    entry: int
    kind: str
    account: str
    day: date
    due: date
    party_key: int
    party: str
    number: str
    currency: str
    open: Decimal
    company_open: Decimal


@dataclass(frozen=True)
class PartyThere:
    """A customer or supplier that somebody entered; `parent` is the party that it is a contact of, 0 for none."""

    key: int
    name: str
    tax_number: str
    mail: str
    reference: str
    parent: int
    made_at: datetime


@runtime_checkable
class InventoryTeller(Protocol):
    """A ledger that can say what stands in it. Nothing is changed by any of these; each raises ConnectorError."""

    def company_set(self, now: datetime) -> LedgerCompanySet:
        """Whose books these are, and how they are set up, at the instant `now`."""
        ...

    def entries_since(self, since: date, most: int) -> date:
        """The first day, not before `since`, from which on at most `most` entries stand posted."""
        ...

    def entries_there(self, since: date, until: date) -> Iterator[EntryThere]:
        """Every entry that is posted with an accounting day from `since` to `until`, in the order in which they were made."""
        ...

    def open_there(self, until: date, most: int) -> tuple[Sequence[OpenThere], int]:
        """Open lines of customers and suppliers and on suspense, of days up to `until`, the first `most` of them, and how many there
        are."""
        ...

    def parties_there(self, most: int) -> tuple[Sequence[PartyThere], int]:
        """Customers and suppliers, the first `most` of them, and how many there are."""
        ...
