"""Capabilities: separate protocols, so that no connector carries a stub.

Amounts here are signed Decimals with the sign of the interface's measure: debit is money that
the interface brings in, credit is money that it takes out, both positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from tieout.documents import DiscountPart, EffectBody
from tieout.documents.taxation import TaxDetermination, TaxQuestion
from tieout.rules.origins import Made


@dataclass(frozen=True)
class Item:
    """One thing that a source sent: kept byte for byte. `dedupe_key` is unique in its stream."""

    stream: str
    source_key: str
    dedupe_key: str
    body: bytes


@dataclass(frozen=True)
class Page:
    """Items of a poll and where the next one starts; `more` says that pages are left."""

    items: Sequence[Item]
    cursor: dict[str, Any]
    more: bool = False


@dataclass(frozen=True)
class ControlTotal:
    """A source's own figure for a group of an interface: counts and positive sums."""

    currency: str
    group: str
    count: int
    debit: Decimal
    credit: Decimal
    reference: str = ""


@dataclass(frozen=True)
class Sending:
    """One effect on its way out. `targets` are the records (model, id) of the effects that it
    requires, by external id; `before` is what was read back of it last, {} where it never was."""

    external_id: str
    body: EffectBody
    requires: tuple[str, ...] = ()
    targets: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)


class OutcomeStatus(StrEnum):
    """What became of a sending: confirmed, refused, absent (a look-up found nothing: it may be sent), unsent (it was not
    tried, or put off: it waits) or undecided (only a person can say)."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ABSENT = "absent"
    UNSENT = "unsent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Outcome:
    """What became of a sending; with `error` why it was refused or put off, and by `cause` what that is a case of."""

    external_id: str
    status: OutcomeStatus
    target_id: int | None = None
    model: str = ""
    read_back: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    cause: str = ""


@dataclass(frozen=True)
class LedgerFacts:
    """What the ledger says that plans depend on. `lock_on` is the last day that is locked for everything; `locks` are all
    locks by the kind of entry that they hold for (`BooksLock`), as they bind this account; none that is not set."""

    lock_on: date | None
    rates: Mapping[str, Sequence[tuple[date, Decimal]]]
    locks: Mapping[str, date] = field(default_factory=dict)

    def rate(self, currency: str, on: date) -> Decimal | None:
        """Units of `currency` for one of the company's on `on`, above zero; None where the ledger has none. The first
        rate holds before its own date, as the ledger has it."""
        rows = self.rates.get(currency)
        if not rows:
            return None
        best = rows[0][1]
        for day, value in rows:
            if day <= on:
                best = value
        return best if best > 0 else None


@dataclass(frozen=True)
class EarlyDiscount:
    """What a payment term grants of an open item that is paid whole: `amount`, positive in the item's currency, up to
    the day `until`. `computation` says what becomes of its tax when it is taken, in the ledger's own words (Odoo:
    "included", the tax is corrected with it; "excluded", it stays; "mixed", it was reduced on the invoice already);
    `taxed` says that there is any. `parts` are the lines of an included one, which sum to it; none where nobody can say
    how the ledger would book it."""

    until: date
    amount: Decimal
    computation: str
    taxed: bool
    parts: tuple[DiscountPart, ...] = ()


@dataclass(frozen=True)
class OpenItem:
    """An open line of the ledger. `line`, `move` and `partner` are the ledger's own ids (0: none);
    `kind` is receivable, payable, suspense (of a bank line that somebody else booked) or other;
    `is_payment` says that it is no invoice, bill or credit note. `residual` is what is open of
    it, signed in `currency` (a debit is positive), `company` the same in the entity's currency.

    `numbers` are what the ledger and its partner call it; `effect` is the external id of ours
    behind it, "" for others'; `unmarked` says that nothing is matched with it yet, `on_payment`
    that tax falls due when it is paid.

    What lets a difference be accepted: `discount` is what its term grants, `untaxed` what it is without its tax (None:
    not known, or it is paid in part), both of what is due; `charge` is what a bank says that it kept of cash, positive;
    `corrects_tax` that a discount was granted which only a person can take, since the item's tax must be corrected. `made` says how
    somebody else made it; None for what is ours, or where the ledger does not say.
    """

    line: int
    move: int
    account: str
    kind: str
    is_payment: bool
    on: date
    due: date | None
    currency: str
    residual: Decimal
    company: Decimal
    partner: int
    partner_name: str
    numbers: tuple[str, ...]
    label: str
    statement_line: int = 0
    effect: str = ""
    unmarked: bool = True
    on_payment: bool = False
    discount: EarlyDiscount | None = None
    untaxed: Decimal | None = None
    charge: Decimal = Decimal(0)
    corrects_tax: bool = False
    made: Made | None = None


# Of a ledger that does not say how an entry was made: no declaration covers it.
_NOT_SAID = Made("", "", "")


@dataclass(frozen=True)
class SettledItem:
    """An invoice, bill or credit note that is paid in full: whose it was, and what was due, signed in `currency` (a debit
    is positive)."""

    partner_name: str
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class OthersMove:
    """A posted entry that nobody here made: `amount` is the sum of its debits in the entity's currency, `author` who
    made it, as the ledger shows them. `made` says how it was made; `lines` are its sums on the accounts that were asked
    for, by account code and currency, signed in that currency. `follows`: the ledger made it itself of something that
    is ours or was matched (an exchange difference, tax that falls due), or it reverses one of ours."""

    name: str
    on: date
    reference: str
    author: str
    amount: Decimal
    made: Made = _NOT_SAID
    lines: Mapping[tuple[str, str], Decimal] = field(default_factory=dict, hash=False)
    follows: bool = False


@dataclass(frozen=True)
class LedgerAccrual:
    """What an entry of somebody else accrues in the ledger for a purchase order, and has not taken back: `amount` in the
    entity's currency (positive: goods or services without their bill), `entries` as the ledger calls them."""

    order: str
    amount: Decimal
    entries: tuple[str, ...]


@dataclass(frozen=True)
class AccruedThere:
    """What a ledger accrues of purchases by itself, or by somebody's hand in it. `valued` are the accounts that its stock
    values at its own closing, by code, each with what says so: whatever else is booked on them stands there twice."""

    accruals: Sequence[LedgerAccrual] = ()
    valued: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class JournalItem:
    """A posted line of the ledger: `amount` is signed in its currency, debit and credit are positive in
    the entity's; `record` is the (model, id) under which an effect of ours would know it."""

    line: int
    entry: str
    on: date
    journal: str
    account: str
    partner: int
    text: str
    reference: str
    currency: str
    amount: Decimal
    debit: Decimal
    credit: Decimal
    record: tuple[str, int]


@runtime_checkable
class Poller(Protocol):
    """A source that is asked for what is new, page by page."""

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """The next page after `cursor`, which holds what the page before it ended with (nothing at first) and the
        interface's `options`, `overlap_minutes` among them. Raises TransientError, SetupError."""
        ...


@runtime_checkable
class WebhookReceiver(Protocol):
    """A source that pushes, and signs what it pushes."""

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        """Verify and take apart one push. Raises SignatureError before anything of the body is believed; whatever else
        it raises is one refused push, ValueError with words for its sender."""
        ...


@runtime_checkable
class FileReader(Protocol):
    """Takes files apart; best a plain value, which a process of its own can be given."""

    def read(self, name: str, content: bytes, options: Mapping[str, Any]) -> Iterator[Item]:
        """The items of a file, as its interface's options say. Raises FileRefusedError before the
        first one, or none at all."""
        ...


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server. `stamp` changes when the file does."""

    name: str
    stamp: str


@runtime_checkable
class RemoteFolder(Protocol):
    """Files on somebody else's server: listed and fetched, never changed there."""

    def list_files(self) -> list[RemoteFile]:
        """What is there, oldest first. Raises TransientError, SetupError."""
        ...

    def fetch(self, name: str) -> bytes:
        """A file's bytes. Raises TransientError, SetupError."""
        ...


@dataclass(frozen=True)
class Right:
    """Something that Tieout does there: `said` is what was found or, where it is not `held`, what to grant."""

    what: str
    held: bool
    said: str


@runtime_checkable
class RightsTeller(Protocol):
    """A system that can be asked what its account may do there."""

    def rights(self) -> list[Right]:
        """Every right that the account needs, held or not; nothing is changed. Raises ConnectorError."""
        ...


@runtime_checkable
class Qualified(Protocol):
    """A system whose version may be newer than any that its connector knows: it is read, and changed once it was qualified."""

    def version(self) -> str:
        """What it says that it is, such as "19.0". Raises TransientError, SetupError."""
        ...

    def let_post(self, qualified: Callable[[str], bool]) -> None:
        """Let what changes something pass where `qualified` says so of the version that was found; asked each time, since
        somebody may qualify it meanwhile."""
        ...


@runtime_checkable
class ControlTotals(Protocol):
    """A source that states figures of its own, which its messages are held against."""

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """The source's own figures of [start, end), got apart from its messages."""
        ...


@runtime_checkable
class Balances(Protocol):
    """`provider` is the name by which mappings know it: `clearing.<provider>.<currency>`."""

    provider: str

    def balances(self, at: datetime) -> dict[str, Decimal]:
        """What the system held for its owner just before `at`, by currency (held is positive)."""
        ...


@runtime_checkable
class Writer(Protocol):
    """A target: takes effects, and is asked what became of those whose outcome is unknown."""

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Send and read back. Raises TransientError (nothing happened), UnknownOutcomeError."""
        ...

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """What became of sendings whose outcome is unknown: confirmed, absent, undecided."""
        ...


@runtime_checkable
class BlindWriter(Protocol):
    """A writer whose target cannot be asked what became of a sending: it is given one at a time, so that an unknown
    outcome is never more than one."""

    blind: bool


@runtime_checkable
class TaxEngine(Protocol):
    """Says which tax is due."""

    def determine(self, questions: Sequence[TaxQuestion]) -> list[TaxDetermination]:
        """What is due on each document, in order; nothing is recorded there. Raises TransientError,
        SetupError, RefusedError."""
        ...


@runtime_checkable
class PastReader(Protocol):
    """A ledger that can say, beside what is open, what was."""

    def settled_items(self, until: date, most: int) -> list[SettledItem]:
        """Invoices, bills and credit notes up to a day that are paid in full, the latest first, at most so many: how
        rare a name and an amount are is counted over them."""
        ...


@dataclass(frozen=True)
class LedgerCustomer:
    """A customer as the ledger has it, by the ledger's own ids: `commercial` is the company that owes what its contacts
    were invoiced (the partner itself where it belongs to none). `reference` is its source's key and `effect` the external
    id of ours that made it, "" for others'."""

    partner: int
    commercial: int
    name: str
    reference: str = ""
    effect: str = ""


@runtime_checkable
class CustomerReader(Protocol):
    """A ledger that can say who its customers belong to, and which of its invoices stand."""

    def customers(self, partners: Sequence[int]) -> list[LedgerCustomer]:
        """These partners, the companies that they belong to, and those companies' other contacts. Raises ConnectorError."""
        ...

    def standing_invoices(self, moves: Sequence[int]) -> set[int]:
        """Of these invoices those that are posted. Raises ConnectorError."""
        ...


@runtime_checkable
class AccrualReader(Protocol):
    """A ledger that accrues purchases itself."""

    def accrued_there(self, orders: Sequence[str], on: date) -> AccruedThere:
        """What stands accrued at the end of a day of these orders (by their numbers) that none of our effects made, and
        the accounts that its stock values. Raises ConnectorError."""
        ...


@runtime_checkable
class TaxAccountReader(Protocol):
    """A ledger that says itself on which accounts its taxes stand."""

    def tax_accounts(self, taxes: Sequence[str]) -> dict[tuple[str, str], frozenset[str]]:
        """By use (sale, purchase) and name of these taxes: the codes of all accounts that its amounts may stand on, also until they are due; none for a
        tax that is not there. Raises ConnectorError."""
        ...


@runtime_checkable
class ChartReader(Protocol):
    """A ledger that says what sort its accounts are of."""

    def account_types(self, codes: Sequence[str]) -> dict[str, str]:
        """By code: asset…, liability…, equity…, income… or expense…, as the ledger calls it; none for an account that is not
        there. Raises ConnectorError."""
        ...


@runtime_checkable
class LedgerReader(Protocol):
    """A ledger that is read: its facts, its balances, what is open in it."""

    def facts(self) -> LedgerFacts:
        """Lock dates, rates and whatever else plans depend on, as the ledger has them now. Raises
        ConnectorError."""
        ...

    def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
        """Compare what the ledger holds now with what was sent, by content."""
        ...

    def foreign(self, references: Sequence[str]) -> dict[str, str]:
        """References that records of somebody else carry: reference to the record's name."""
        ...

    def open_items(self, accounts: Sequence[str], until: date, lines: Sequence[int] = ()) -> list[OpenItem]:
        """What is open and dated up to `until`, whoever made it: receivables, payables, suspense
        of bank lines, and the accounts with these codes; of these `lines` alone, where any are given. Raises SetupError where one of them does
        not allow reconciliation: nothing on it would ever be open."""
        ...

    def others_moves(self, accounts: Sequence[str], start: date, end: date) -> list[OthersMove]:
        """Posted entries of a span of days, both included, with a line on one of these accounts, that
        none of our effects made; what the ledger makes itself of ours (exchange, cash basis) says that it `follows`."""
        ...

    def foreign_balances(self, until: date) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """By account code and currency, of currencies that are not the entity's: the balance of everything
        posted up to a day, in it and as the ledger carries it in the entity's, signed."""
        ...

    def journal_items(self, start: date, end: date) -> Iterator[JournalItem]:
        """Every posted line of a span of days, both included, whoever made it."""
        ...

    def movements(self, start: date, end: date) -> dict[str, tuple[int, Decimal, Decimal]]:
        """The same by account: count, debit and credit in the entity's currency, as the ledger sums it."""
        ...

    def locks(self) -> dict[str, date | None]:
        """Up to which day each kind of entry is locked: sale, purchase, tax, fiscal year, hard."""
        ...

    def set_lock(self, kind: str, until: date) -> None:
        """Lock up to a day. Raises RefusedError where the ledger has something against it, SetupError
        where its account may not."""
        ...

    def trial_balance(self, until: date) -> dict[tuple[str, str], Decimal]:
        """The balance of everything posted up to `until`, whoever posted it, by account code and
        currency, signed in that currency (a debit is positive)."""
        ...
