"""What a bank or settlement file says, in one shape for every format.

Amounts are signed `Decimal`s in the currency that stands beside them: money into the account is
positive. Days are dates; nothing is guessed that the file does not say: an absent text is "",
an absent day or amount None. Every line knows its place in the file.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where something stands in its file: the offset of its first byte, its length in bytes and,
    in a format of lines, the number of its first line (from 1; else 0)."""

    offset: int
    length: int
    line: int = 0


class Balance(msgspec.Struct, frozen=True):
    """A balance of an account, signed. `code` is the file's own word for its kind."""

    amount: Decimal
    currency: str
    on: date | None
    code: str = ""


class Charge(msgspec.Struct, frozen=True):
    """A fee that the bank took. `amount` is signed as the account sees it: a fee is negative; it
    may be finer than the currency's minor unit, for nobody books it. `included` says whether the line's amount holds it already; None where the file is silent."""

    amount: Decimal
    currency: str
    included: bool | None = None
    code: str = ""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction of a line (ISO 20022 TxDtls). `amount` is signed, None where the file
    gives none that can be read, and may be finer than the minor unit; `structured` are structured references, each beside its kind (RF, OGM, QR …)."""

    amount: Decimal | None = None
    currency: str = ""
    end_to_end_id: str = ""
    instruction_id: str = ""
    transaction_id: str = ""
    mandate_id: str = ""
    message_id: str = ""
    payment_information_id: str = ""
    bank_reference: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    remittance: str = ""
    structured: tuple[tuple[str, str], ...] = ()
    instructed: tuple[Decimal, str] | None = None
    exchange_rate: Decimal | None = None
    charges: tuple[Charge, ...] = ()
    return_reason: str = ""
    additional: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an account. `status` is booked, pending or information: only booked ones
    count for the balance. `reversal` says that the bank took an earlier line back; the sign of
    `amount` is the money's own way all the same. What only one transaction can say (end-to-end id,
    counterparty) is "" where it stands for several: `details` say it of each that the file names,
    `batch_count` how many there are, and `batch_id` what their sender called them together.
    `corrects` is the bank's own reference of an earlier line that this one takes back, and
    `correction` how (replace, delete; "" where the bank does not say): such a line is information,
    for nobody knows whether that one was booked. Of a payment provider: `initiated_at` is when it began on
    the movement, in its own words, and `original` its id of the payment that this one gives back or follows."""

    amount: Decimal
    currency: str
    booked_on: date | None
    value_on: date | None
    place: Place
    status: str = "booked"
    reversal: bool = False
    reference: str = ""
    bank_reference: str = ""
    bank_code: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    remittance: str = ""
    structured: tuple[tuple[str, str], ...] = ()
    instructed: tuple[Decimal, str] | None = None
    exchange_rate: Decimal | None = None
    charges: tuple[Charge, ...] = ()
    details: tuple[Detail, ...] = ()
    batch_count: int | None = None
    batch_id: str = ""
    additional: str = ""
    corrects: str = ""
    correction: str = ""
    initiated_at: str = ""
    original: str = ""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """The file's own counts and sums of a statement's lines. Sums are positive: `sum` is that of
    all lines; `net` is signed, credits less debits."""

    count: int | None = None
    sum: Decimal | None = None
    net: Decimal | None = None
    credit_count: int | None = None
    credit_sum: Decimal | None = None
    debit_count: int | None = None
    debit_sum: Decimal | None = None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a statement but its lines. `intraday` is an interim report: the day's
    statement repeats its lines. `sequence` is the bank's own number of the statement or page.
    `page` is its page among those of one statement (from 1), `last_page` whether no page follows;
    None where the file does not say. `checked` says that the format has control totals of its own,
    and `problems` which of them do not agree. `status` is what the statement is to those reported
    before it: an update; a correction, which takes the place of all that was reported of its account
    and days; a deletion, which takes all of that away; a test, of which nothing counts. `partial`
    says that money moved for which the bank gives no line. `unproven` says in words why the balances prove nothing
    though they are there; "" where they do. `bank` is the bank's own code, `branch` that of its branch where the format
    has one apart."""

    account: str
    currency: str
    statement_id: str = ""
    sequence: str = ""
    page: int | None = None
    last_page: bool | None = None
    bank: str = ""
    branch: str = ""
    owner: str = ""
    from_on: date | None = None
    to_on: date | None = None
    opening: Balance | None = None
    closing: Balance | None = None
    balances: tuple[Balance, ...] = ()
    stated: Stated = Stated()
    intraday: bool = False
    place: Place = Place(0, 0)
    checked: bool = False
    problems: tuple[str, ...] = ()
    status: str = "update"
    partial: bool = False
    unproven: str = ""


class Conservation(msgspec.Struct, frozen=True, kw_only=True):
    """Opening + lines = closing, in the account's currency. `residual` is closing less opening
    less lines. `holds` is None where the file gives nothing to hold the lines against; `problems`
    say what does not agree."""

    opening: Decimal | None
    sum_lines: Decimal
    closing: Decimal | None
    residual: Decimal | None
    holds: bool | None
    problems: tuple[str, ...] = ()


class Unread(msgspec.Struct, frozen=True):
    """Something that the parser did not understand: what it is, how often it stands there, and
    where the first one is."""

    what: str
    count: int
    place: Place


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with its lines and its proof. `continues` says whether it begins where the
    statement of the same account before it in the file ended; None for the first."""

    head: Head
    lines: tuple[Line, ...]
    conservation: Conservation
    continues: bool | None = None


class ParsedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was read. `dialect` is the declared dialect that was used, "" for none."""

    format: str
    dialect: str
    encoding: str
    sha256: str
    statements: tuple[Statement, ...]
    remainder: tuple[Unread, ...]


class FormatError(ValueError):
    """A file that is not read: what is wrong, where, and what was expected.

    `place` is where reading stopped, None for the file as a whole.
    """

    def __init__(self, what: str, place: Place | None = None) -> None:
        where = ""
        if place is not None:
            where = f"line {place.line}: " if place.line else f"byte {place.offset}: "
        super().__init__(where + what)
        self.place = place
