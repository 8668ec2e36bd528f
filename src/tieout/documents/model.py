"""The canonical documents.

Every amount is an `Amount`; every document says its source key (unique in its interface), the
version by which its source orders changes ("" where the source never changes it), the instant
that it happened and the group under which its source's control figures count it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Self

import msgspec

from tieout.documents.base import NOTHING, Document, Measure, Party
from tieout.documents.details import LineDetail
from tieout.documents.discounts import LineDiscount
from tieout.documents.frames import Frame, FrameLine, place_key
from tieout.documents.purchasing import TaxLine
from tieout.money import Amount


def order_number(number: str) -> str:
    """How a document names an order that it knows by its number alone."""
    return f"number:{number.upper()}" if number else ""


class SaleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line sold. `net` is its amount without tax, positive; `tax_keys` name its taxes in
    the source's words; `nature` is goods, shipping, gift_card, tip, duties, fee or rounding; `sku` is the
    product's own number, "" where it has none."""

    name: str
    quantity: Decimal
    net: Amount
    nature: str = "goods"
    tax_keys: tuple[str, ...] = ()
    sku: str = ""


class CustomerInvoice(Document, frozen=True, kw_only=True, tag="customer_invoice"):
    """What a customer owes for an order. `total` = sum of nets + taxes, positive.

    `exclusion` is the source's own reason that nothing is owed (test, cancelled, unpaid, voided, nothing_owed, not_won, deleted, or
    cancelled_before_fulfilment); `order_key` is what payments name. `fulfilled_at` is when the
    last of the order was delivered or called off: it says the day of the invoice where an interface bills on
    fulfilment, and is None elsewhere and until then; `batch` is what it came with, in a file.
    """

    order_key: str
    number: str
    party: Party | None
    lines: tuple[SaleLine, ...]
    taxes: tuple[TaxLine, ...]
    total: Amount
    exclusion: str = ""
    fulfilled_at: datetime | None = None
    batch: str = ""

    def measure(self) -> Measure:
        """A debit of its total, also where it is excluded, unless its source counts it no more than we do."""
        # A test order is no sale to its source, nor is one that is not won or deleted: its control figures leave it out.
        return NOTHING if self.exclusion in ("test", "not_won", "deleted") else Measure.of(self.total)

    def link(self) -> str:
        """Its number in capitals, as it is looked for in the texts of bank lines."""
        return self.number.upper()

    def order_names(self) -> tuple[str, ...]:
        """Both its key and its number."""
        return tuple(x for x in (self.order_key, order_number(self.number)) if x)


class CreditNote(Document, frozen=True, kw_only=True, tag="credit_note"):
    """What is given back of an order. Amounts are positive; the measure is negative. One that
    `adjusts` lowers what its invoice is due: nothing is paid back for it. `order_key` is "" for one that is of no order.
    `exclusion` is the source's own reason that nothing is given back (voided, nothing_owed), as an invoice's; unset where
    there is none, so that credit notes of before it keep their bytes."""

    adjusts: bool = False
    exclusion: str | msgspec.UnsetType = msgspec.UNSET
    batch: str = ""
    order_key: str
    number: str
    party: Party | None
    lines: tuple[SaleLine, ...]
    taxes: tuple[TaxLine, ...]
    total: Amount

    def measure(self) -> Measure:
        """A credit of its total."""
        return Measure.of(-self.total)

    def link(self) -> str:
        """Its own key: refunds name it."""
        return self.key


class GiftCardTender(Document, frozen=True, kw_only=True, tag="gift_card_tender"):
    """A gift card redeemed for an order: tender, not discount; or, with the key of a refund (`refund_key`, "" where its
    source names none), what was given back onto one. `amount` is positive. `restores` says of what was given back that
    the order was paid by cards for as much; `tax` is what of the amount was taxed when the card was sold. `owed_as` is set
    where it is no card: `store_credit`, a balance that the shop owes its customer.
    """

    order_key: str
    amount: Amount
    # Not written where they are not: tenders of before have the bytes that they had.
    refund_key: str | msgspec.UnsetType = msgspec.UNSET
    restores: bool | msgspec.UnsetType = msgspec.UNSET
    tax: TaxLine | msgspec.UnsetType = msgspec.UNSET
    owed_as: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_refund(self) -> bool:
        """Whether the card gets it back."""
        return self.refund_key is not msgspec.UNSET


class ProviderMovement(Document, frozen=True, kw_only=True, tag="provider_movement"):
    """One change of a payment provider's balance.

    `category` is the provider's reporting category in our words: charge, refund,
    refund_failure, payout, payout_reversal, topup, dispute, dispute_reversal, fee, reserve, other; charge_failure,
    capture_reversal, exchange, platform_earning, transfer, advance, financing, spending, contribution.
    `gross` and `net` are signed (into the balance is positive); `fee` is what was withheld,
    positive: net = gross - fee.
    """

    provider: str
    category: str
    gross: Amount
    fee: Amount
    net: Amount
    order_key: str = ""
    refund_key: str = ""
    payment_key: str = ""
    payout_key: str = ""
    automatic: bool = True
    customer_name: str = ""
    description: str = ""

    def measure(self) -> Measure:
        """Its net, by its sign: what changes the provider's balance, after the fee."""
        return Measure.of(self.net)

    def link(self) -> str:
        """A payout's key for a payout, else the payment's, which refunds and disputes name."""
        return self.payout_key if self.category == "payout" else self.payment_key


class PayoutComposition(Document, frozen=True, kw_only=True, tag="payout_composition"):
    """Which movements an automatic payout paid out, as its provider lists them: source keys of
    movements, the payout's own left out. No measure; it proves the payout."""

    provider: str
    payout_key: str
    movement_keys: tuple[str, ...]


class Dispute(Document, frozen=True, kw_only=True, tag="dispute"):
    """How a dispute stands: status needs_response, won, lost, inquiry. `amount` is positive; `reason` is the provider's word
    for why, said of one that was lost. `kept` is what one that was won did not give back of what was withdrawn, negative where it
    gave back more; unset where that is nothing."""

    provider: str
    status: str
    amount: Amount
    payment_key: str
    reason: str | msgspec.UnsetType = msgspec.UNSET
    kept: Amount | msgspec.UnsetType = msgspec.UNSET

    @property
    def loss(self) -> Amount:
        """What the company is without in the end, as far as it is decided."""
        if self.status == "lost":
            return self.amount
        return Amount.zero(self.currency) if self.kept is msgspec.UNSET else self.kept


class Statement(Frame, frozen=True, kw_only=True, tag="statement"):
    """A bank statement's frame, or a page's: its balances are signed (money in the account is positive).

    `stated_count`, `stated_in` and `stated_out` are the bank's own counts and sums (positive), where it states them.
    `sequence` is the bank's own number of it, `page` its page of that where it is not the first or only one; `copy` is 2
    where its file holds the very same one for the second time.
    """

    account: str
    statement_id: str
    sequence: str
    from_on: date
    to_on: date
    opening: Amount
    closing: Amount
    line_count: int
    stated_count: int | None = None
    stated_in: Amount | None = None
    stated_out: Amount | None = None
    page: int | msgspec.UnsetType = msgspec.UNSET
    copy: int | msgspec.UnsetType = msgspec.UNSET

    def claim(self) -> tuple[object, ...]:
        """Account, currency, the bank's name and number of it, its page, its day; and which time its file tells it."""
        named = (self.account, self.currency, self.statement_id, self.sequence, self.to_on)
        return (*named, self.page or 1, self.copy or 1)

    def told(self) -> tuple[object, ...]:
        """Its balances, and how many lines lead from one to the other."""
        return (self.opening, self.closing, self.line_count)

    def without(self, lines: Sequence[FrameLine]) -> Self:
        """The bank's counts and sums are of all its lines: a control total counts each line once."""
        moved = [x.measure() for x in lines]

        def less(stated: Amount | None, off: Decimal) -> Amount | None:
            return None if stated is None else Amount(stated.value - off, stated.currency)

        return msgspec.structs.replace(
            self,
            stated_count=None if self.stated_count is None else self.stated_count - len(moved),
            stated_in=less(self.stated_in, sum((m.debit for m in moved), Decimal(0))),
            stated_out=less(self.stated_out, sum((m.credit for m in moved), Decimal(0))),
        )

    def begins_as(self, other: Self) -> bool:
        """From the same balance; one without lines tells of nothing, and of one that its file holds twice nobody knows
        whether it is the same."""
        return not self.copy and self.opening == other.opening and min(self.line_count, other.line_count) > 0

    def only_once(self) -> bool:
        """No account goes twice from one balance to another without coming back in between, by other lines; and of lines
        that come to nothing in sum, the very same from the same balance, a person says whether they are others."""
        return self.line_count > 0

    def places(self) -> tuple[str, ...]:
        """Account, currency and each of its days, the last 400 at most."""
        days = min(max((self.to_on - self.from_on).days, 0), _MOST_DAYS - 1)
        last = (self.to_on - timedelta(days=n) for n in range(days + 1))
        return tuple(statement_place(self.account, self.currency, day) for day in last)

    def awaited_as(self) -> tuple[str, ...]:
        """Its lines go where it goes, and interim reports of its days wait for it."""
        return (*super().awaited_as(), *self.places())

    def leads(self) -> tuple[Decimal, Decimal]:
        """From its opening balance to its closing one."""
        return self.opening.value, self.closing.value

    def follows(self, other: Self) -> bool:
        """From the balance that the other leads to, and from its last day on."""
        return other.to_on <= self.from_on and other.closing == self.opening and other.opening != self.opening

    def narrowed(self, before: Sequence[FrameLine], after: Sequence[FrameLine]) -> Self:
        """From the balance that the lines before lead to, to the one that those after it begin with."""
        moved = [sum((x.moved() for x in lines), Decimal(0)) for lines in (before, after)]
        return msgspec.structs.replace(
            self.without((*before, *after)),
            opening=Amount(self.opening.value + moved[0], self.currency),
            closing=Amount(self.closing.value - moved[1], self.currency),
            line_count=self.line_count - len(before) - len(after),
        )

    def line_keys(self) -> tuple[str, ...]:
        """By their places."""
        return tuple(line_key(self.key, n) for n in range(1, self.line_count + 1))


def statement_place(account: str, currency: str, day: date) -> str:
    """The name of a day of an account, under which its statements are found."""
    return f"statement:{account}:{currency}:{day.isoformat()}"


# A statement of a year has a place for each day of it.
_MOST_DAYS = 400


def line_key(statement: str, number: int) -> str:
    """The key of a statement's line, by its place from 1: it never changes, and banks' own references repeat."""
    return place_key(statement, f"{number:05d}")


class StatementLine(FrameLine, frozen=True, kw_only=True, tag="statement_line"):
    """One booked line of an account. `amount` is signed: money into the account is positive.

    Two equal lines of a statement are two lines: their keys differ by their ordinal. A line that
    stands for several payments is booked as one and carries their `details` (see `payments`); its own
    end-to-end id and counterparty are "" then, for it is no single payment of one of them. `charged` is
    what the bank says that it kept of what was sent, positive and in the line's currency; unset where it
    says nothing of it. `unnamed` is what an export that names no account was known by before its interface declared one; `bank` is the
    bank (and its branch) of an account whose number is not unique without it (OFX), with which its key begins.
    """

    account: str
    booked_on: date
    value_on: date
    amount: Amount
    reference: str = ""
    end_to_end_id: str = ""
    counterparty: str = ""
    remittance: str = ""
    bank_code: str = ""
    reversal: bool = False
    # Not written where there are none: lines of before have the bytes that they had.
    details: tuple[LineDetail, ...] | msgspec.UnsetType = msgspec.UNSET
    corrects: str | msgspec.UnsetType = msgspec.UNSET
    charged: Decimal | msgspec.UnsetType = msgspec.UNSET
    unnamed: str | msgspec.UnsetType = msgspec.UNSET
    bank: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def payments(self) -> tuple[LineDetail, ...]:
        """The payments that it stands for, where it stands for several and the bank names them; else none."""
        return () if self.details is msgspec.UNSET else self.details

    @property
    def takes_back(self) -> str:
        """Which earlier line it takes back, and how, in words ("replaces A-1"); "" for nearly all."""
        return self.corrects or ""

    def measure(self) -> Measure:
        """Its amount, by its sign: money in is a debit."""
        return Measure.of(self.amount)

    def told(self) -> tuple[object, ...]:
        """All that the bank says of it: its days, its money and its words."""
        return tuple(_squeezed(getattr(self, f)) for f in self.__struct_fields__ if f not in _NAMES_OF_LINES)

    def moved(self) -> Decimal:
        """Its amount."""
        return self.amount.value

    def bare(self) -> tuple[object, ...]:
        """The day that it is booked on, and its amount."""
        return (self.booked_on, self.amount)

    @property
    def of_statement(self) -> bool:
        """Whether it came with a statement, and so is known by its place there; a line of an export is known by what it
        says."""
        place = self.key.rpartition(":")[2]
        return len(place) == len(line_key("", 0)) - 1 and place.isdigit()

    def former_keys(self) -> tuple[str, ...]:
        """Its key before its account was declared, and that before the bank was part of it."""
        if self.unnamed:
            return (f"{self.unnamed}{self.key[len(self.account) :]}",)
        return (self.key.removeprefix(f"{self.bank}/"),) if self.bank else ()

    def former_key_is_its_own(self) -> bool:
        """Where its bank was no part of the key, another bank's line may bear that."""
        return not self.bank

    def stands_at(self) -> tuple[str, ...]:
        """Currency and day: accounts are written in many ways."""
        return (f"bank lines:{self.currency}:{self.booked_on.isoformat()}",)

    def turn(self) -> str:
        """By statements first, of these what proves nothing last, then by exports; and of each, accounts by IBAN first."""
        return f"{2 * (not self.of_statement) + bool(self.unproven)}{0 if self.account[:2].isalpha() else 1}"

    def told_as(self) -> tuple[str, str]:
        """Its day, amount and currency; and its account as it is written, with its statement where that proves nothing."""
        what = f"{self.booked_on.isoformat()} {self.amount.value.normalize():f} {self.currency}"
        return what, f"{self.account} {self.frame if self.unproven else ''}"

    def likeness(self) -> tuple[tuple[object, ...], ...]:
        """Of a line of an export: its account, day and amount; and its bank's own id (which its key names then), with
        either of the two, for banks begin their numbers anew."""
        if self.of_statement:
            return ()
        account, day, amount = self.account, self.booked_on, self.amount
        bears = self.key.rpartition(":")[0].endswith(f":{self.reference}") and bool(self.reference)
        # Two currencies of an account may have one id each.
        own = (account, self.currency, self.reference)
        by_id: tuple[tuple[object, ...], ...] = ((*own, day), (*own, amount)) if bears else ()
        return ((account, day, amount), *by_id)


# What names a line, or follows from what it says.
_NAMES_OF_LINES = frozenset(
    {"key", "version", "shares", "unproven", "resembles", "unnamed", "bank", "occurred_at"}
)


def _squeezed(value: object) -> object:
    """Words that are only broken otherwise, over the lines of a file, are the same."""
    return "".join(value.split()) if isinstance(value, str) else value


class InterimReport(Document, frozen=True, kw_only=True, tag="interim_report"):
    """What an account moved on a day, as its bank tells it before the day's statement: `count` lines that come to `moved`. It
    books nothing, for the statement repeats them; it is there to be missed. `occurred_at` is three days after, by when the
    statement is there. No measure."""

    account: str
    booked_on: date
    count: int
    moved: Amount

    def names(self) -> tuple[str, ...]:
        """The place of the statement that it waits for."""
        return (statement_place(self.account, self.currency, self.booked_on),)

    def awaited_as(self) -> tuple[str, ...]:
        """Nothing waits for it."""
        return ()


class OpenLine(msgspec.Struct, frozen=True, kw_only=True):
    """An open line of the ledger, whoever made it. `line` and `partner` are the ledger's own ids
    (0: none); `residual` is signed in the document's currency, `company` in the entity's (a debit
    is positive); `rest` is what stays open of it afterwards, signed as the residual is.

    `statement_line` says that it is the suspense side of a bank line that somebody else booked;
    `number` is what the ledger or its sender calls it, `party` whose it is and `text` what it says
    besides; `effect` is the external id of ours behind
    it, "" for others'; `unmarked` says that nothing is matched with it yet, and `on_payment` that
    tax falls due when it is paid. `discount` is what its term grants for paying early; `corrects_tax` is set instead where
    that corrects its tax in a way that only a person can book.
    `paid` is what is open of cash in its own currency, where that is another than the document's: `residual` is then what it
    is at a rate that the document's `why` names.

    `entry` and `bank_line` (0: none) are the ledger's own ids of the entry or invoice and of the bank line that it is of:
    these last where the line's own id does not.
    """

    line: int
    account: str
    on: date
    residual: Decimal
    company: Decimal
    rest: Decimal = Decimal(0)
    partner: int = 0
    statement_line: int = 0
    number: str = ""
    party: str = ""
    text: str = ""
    effect: str = ""
    unmarked: bool = True
    on_payment: bool = False
    corrects_tax: bool | msgspec.UnsetType = msgspec.UNSET
    discount: LineDiscount | msgspec.UnsetType = msgspec.UNSET
    entry: int | msgspec.UnsetType = msgspec.UNSET
    bank_line: int | msgspec.UnsetType = msgspec.UNSET
    paid: Amount | msgspec.UnsetType = msgspec.UNSET


class Reconciliation(Document, frozen=True, kw_only=True, tag="reconciliation"):
    """A match that is to be applied in the ledger: `cash` (what was paid) against `due` (what it
    pays). `difference` is cash less due, signed, and is booked to `difference_account` (a code, ""
    where it stays open); `explained_as` says what it is. No measure.

    `credit` is what the cash is too much where that becomes the partner's credit, signed as the difference: the cash is
    used whole, and stands there on the account of what it paid. `exchange` is by how much the day's rate would have missed
    what is due, where that was accepted as an exchange difference. `undone` is a later revision of the same match: it
    shall not be.
    """

    cash: tuple[OpenLine, ...]
    due: tuple[OpenLine, ...]
    difference: Amount
    explained_as: str = ""
    difference_account: str = ""
    rule: str
    confidence: str
    why: str
    decided_by: str
    booked_on: date
    undone: bool = False
    credit: Amount | msgspec.UnsetType = msgspec.UNSET
    exchange: Amount | msgspec.UnsetType = msgspec.UNSET

    def granted(self) -> list[tuple[OpenLine, LineDiscount]]:
        """What is due whose term grants something on the day of the last payment, and what."""
        if not self.cash:
            return []
        paid_on = max(x.on for x in self.cash)
        granted = [(x, x.discount) for x in self.due if isinstance(x.discount, LineDiscount)]
        return [(x, d) for x, d in granted if paid_on <= d.until]
