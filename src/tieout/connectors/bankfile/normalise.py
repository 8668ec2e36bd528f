"""A bank's file, of any format, to statements and their lines. Pure.

A file is taken whole or not at all. A statement whose lines do not carry its opening balance to
its closing one, or that holds other counts or sums than it states, is refused. An intraday
report posts nothing: the day's statement repeats its lines, and they are booked once, by it; where
that does not come the report is a case.
An export (CSV, OFX) has no identity of its own: its lines have.

A statement is named by account, the bank's name of it and its day, and its lines by their places. Banks give one such name
to several (pages, currencies, a constant :20:): which of them is meant is told by what else they say, where documents
are taken in (see `tieout.documents.frames`).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.causes import Action, Cause
from tieout.connector_api import ContentRefusedError, Proof
from tieout.connector_api.causes import STATEMENT_DOES_NOT_HOLD
from tieout.documents import Document, InterimReport, Statement, StatementLine, line_key
from tieout.documents.details import LineDetail
from tieout.formats import Detail, Head, Line, ParsedFile, parse, proven_by
from tieout.formats import Statement as ParsedStatement
from tieout.formats.csv.reading import unnamed_accounts
from tieout.money import Amount, MoneyError

STATEMENT_WITHOUT_BALANCES = Cause(
    name="statement_without_balances",
    means="A statement has no opening or no closing balance: nothing proves that its lines are all there.",
    says="ask the bank for statements with booked balances (CAMT.053 OPBD and CLBD)",
    actions=(Action.ASK, Action.GIVE_FILE),
)

STATEMENT_TAKEN_BACK = Cause(
    name="statement_taken_back",
    means="A bank deletes or corrects what it reported before of an account and day (BAI2: a group of status 2 or 3). Nothing "
    "of the file is booked.",
    says="compare what was booked with what the bank says now; undo or correct it in the ledger, then ask the bank for a "
    "file without the correction, or solve this",
    actions=(Action.MEND_IN_LEDGER, Action.ASK, Action.GIVE_FILE, Action.SOLVE),
    who="finance",
)

ACCOUNT_NOT_NAMED = Cause(
    name="account_not_named",
    means="An export of a bank does not say which account it is of, and neither does its interface. Nothing of it is booked: lines of "
    "two accounts could not be told apart.",
    says='say so in the interface\'s options: account = "…" (account = "{account}" goes on with what was booked under that name), and '
    "let each account have an interface and a folder of its own; then `tieout replay --cause {cause}`",
    actions=(Action.SET_UP, Action.REPLAY, Action.GIVE_FILE),
)


_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# Of more payments in one line nobody reads each; their line is matched by its own words.
_MOST_DETAILS = 5_000


def file_digest(content: bytes) -> str:
    """SHA-256 of a file's bytes, in hex: the file's name among messages, whatever its sender called it."""
    return hashlib.sha256(content).hexdigest()


def read_file(content: bytes, options: Mapping[str, Any]) -> ParsedFile:
    """The file as the interface's options say, or as it is detected. Raises FormatError."""
    return parse(
        content,
        format=str(options.get("format", "")),
        dialect=str(options.get("dialect", "")),
        encoding=str(options.get("encoding", "")),
    )


def proof_of(file: ParsedFile) -> Proof:
    """What shows that a bank's file is all there, and what it holds (booked lines)."""
    booked = [line.amount for s in file.statements for line in s.lines if line.status == "booked"]
    return Proof(
        proven_by(file),
        len(booked),
        sum(booked, Decimal(0)),
        "in a dialect: a closing balance (closing), or row_count with row_total",
    )


def statements(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """All statements of a file. Raises FormatError (a ValueError) where any of it cannot be
    read, ContentRefusedError where a statement does not hold or has no balances."""
    documents: list[Document] = []
    file, seen = read_file(raw, options), Counter[Any]()
    for statement in file.statements:
        if statement.head.status == "test":
            continue
        if statement.head.intraday:
            documents += _interim(statement)
            continue
        _stand(statement)
        _hold(statement)
        if file.format in _EXPORTS:
            documents += _by_content(*_named(statement, file, options))
            continue
        frame, lines = _documents(statement)
        # Without lines nothing is at stake: nobody need say which sign a balance has.
        if lines or not frame.unproven:
            documents += [_counted(frame, lines, seen), *lines]
    return documents


# By when a bank's statement of a day is there, be a weekend or a holiday between.
_STATEMENT_WITHIN = timedelta(days=3)


def _interim(statement: ParsedStatement) -> Iterator[Document]:
    """What an interim report says of each day: a later one of the day takes the place of it."""
    head, days = statement.head, defaultdict[date, list[Line]](list)
    if head.status not in ("update", "correction"):
        return
    for line in statement.lines:
        day = line.booked_on or line.value_on or head.to_on
        if line.status == "booked" and day is not None and line.currency == head.currency:
            days[day].append(line)
    for day, lines in days.items():
        yield InterimReport(
            key=f"interim:{head.account}:{head.currency}:{day.isoformat()}",
            occurred_at=_noon(day + _STATEMENT_WITHIN),
            currency=head.currency,
            account=head.account,
            booked_on=day,
            count=len(lines),
            moved=Amount(sum((x.amount for x in lines), Decimal(0)), head.currency),
        )


_TAKES_BACK = {"replace": "replaces", "delete": "deletes"}


def _counted(frame: Statement, lines: list[StatementLine], seen: Counter[Any]) -> Statement:
    """A statement, marked where its file held the very same one before. Whoever sends a statement again sends it in
    another file: one that stands twice in one file may be two, and a person says. Without lines nothing is at stake."""
    same = (frame.claim(), frame.told(), *(x.told() for x in lines))
    seen[same] += 1
    if not lines or seen[same] == 1:
        return frame
    return msgspec.structs.replace(frame, copy=seen[same])


# Exports of a period that somebody chose: two of them may overlap.
_EXPORTS = ("csv", "ofx")


def _name(head: Head) -> str:
    return f"statement {head.sequence or head.statement_id} of {head.account}"


def _hold(statement: ParsedStatement) -> None:
    if statement.conservation.holds is False:
        raise ContentRefusedError(
            f"{_name(statement.head)} does not hold: {'; '.join(statement.conservation.problems)}",
            cause=STATEMENT_DOES_NOT_HOLD.name,
            recovery=STATEMENT_DOES_NOT_HOLD.say(),
        )


def _stand(statement: ParsedStatement) -> None:
    """What takes back what was booked is for a person: which lines those were is not for us to say."""
    what = {"deletion": "deletes", "correction": "corrects"}.get(statement.head.status)
    if what:
        raise ContentRefusedError(
            f"the bank {what} what it reported before: {_name(statement.head)}, of {statement.head.to_on}",
            cause=STATEMENT_TAKEN_BACK.name,
            recovery=STATEMENT_TAKEN_BACK.say(),
        )


def _named(
    statement: ParsedStatement, file: ParsedFile, options: Mapping[str, Any]
) -> tuple[ParsedStatement, str]:
    """A statement with the account that its interface declares where its file names none, and what stood there instead; ""
    where the file says it itself, or the project's own dialect does. Raises ContentRefusedError where nobody says it."""
    head = statement.head
    if head.account not in unnamed_accounts(file.dialect):
        return statement, ""
    declared = str(options.get("account", "")).replace(" ", "")
    if not declared:
        raise ContentRefusedError(
            f"the file names no account, and the interface declares none ({len(statement.lines)} lines in {head.currency})",
            cause=ACCOUNT_NOT_NAMED.name,
            recovery=ACCOUNT_NOT_NAMED.say(account=head.account, cause=ACCOUNT_NOT_NAMED.name),
        )
    unnamed = head.account if head.account != declared else ""
    renamed = msgspec.structs.replace(head, account=declared)
    return msgspec.structs.replace(statement, head=renamed), unnamed


def _by_content(statement: ParsedStatement, unnamed: str) -> list[Document]:
    """Lines known again by what they are, whichever export they stand in: by the bank's own id
    (FITID), else by day, amount and words. The second of two equal lines of a day is the second
    of two, in every export."""
    account, bank, seen = statement.head.account, _bank_of(statement.head), Counter[str]()
    documents: list[Document] = []
    for line in statement.lines:
        # What takes back another line is held for a person, and so is no less a document.
        if (line.status != "booked" and not line.corrects) or line.booked_on is None:
            continue
        words = "\x1f".join((line.counterparty, line.counterparty_account, line.remittance, line.reference))
        own = line.bank_reference or hashlib.sha256(words.encode()).hexdigest()[:16]
        name = f"{account}:{line.booked_on.isoformat()}:{line.amount}:{line.currency}:{own}"
        seen[name] += 1
        made = _line(
            line, account, f"{bank}/{name}:{seen[name]}" if bank else f"{name}:{seen[name]}", line.booked_on
        )
        if unnamed or bank:
            made = msgspec.structs.replace(made, unnamed=unnamed or msgspec.UNSET, bank=bank or msgspec.UNSET)
        documents.append(made)
    return documents


def _bank_of(head: Head) -> str:
    """The bank of an export's account, and its branch, as one word; "" where it says none, or the account is an IBAN, which
    holds both. OFX numbers accounts within a bank (BANKID), and in some countries within a branch (BRANCHID)."""
    if _IBAN.fullmatch(head.account.replace(" ", "")):
        return ""
    return "-".join("".join(x.split()) for x in (head.bank, head.branch) if x.strip())


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _documents(statement: ParsedStatement) -> tuple[Statement, list[StatementLine]]:
    head = statement.head
    opening, closing = head.opening, head.closing
    if opening is None or closing is None or opening.on is None or closing.on is None:
        raise ContentRefusedError(
            f"{_name(head)} has no opening or closing balance: nothing proves that its lines are all there",
            cause=STATEMENT_WITHOUT_BALANCES.name,
            recovery=STATEMENT_WITHOUT_BALANCES.say(),
        )
    from_on, to_on = head.from_on or opening.on, head.to_on or closing.on
    # Statement ids are used again every year, so the day is part of the identity.
    base = f"{head.account}:{head.statement_id}:{to_on.isoformat()}"
    booked = [line for line in statement.lines if line.status == "booked"]
    frame = Statement(
        key=base,
        occurred_at=_noon(to_on),
        currency=head.currency,
        account=head.account,
        statement_id=head.statement_id,
        sequence=head.sequence,
        from_on=from_on,
        to_on=to_on,
        opening=Amount(opening.amount, head.currency),
        closing=Amount(closing.amount, head.currency),
        line_count=len(booked),
        stated_count=head.stated.count,
        stated_in=_stated(head.stated.credit_sum, head.stated.count, head.currency),
        stated_out=_stated(head.stated.debit_sum, head.stated.count, head.currency),
        page=_page(head),
        unproven=head.unproven or msgspec.UNSET,
    )
    lines = [_line(line, head.account, line_key(base, n), to_on) for n, line in enumerate(booked, 1)]
    if head.unproven:
        lines = [msgspec.structs.replace(line, unproven=True) for line in lines]
    return frame, lines


def _page(head: Head) -> int | msgspec.UnsetType:
    """The page of a statement of several, but for the first. MT940's number says it already (:28C:7/2)."""
    return msgspec.UNSET if "/" in head.sequence or not head.page or head.page == 1 else head.page


def _stated(total: Any, count: int | None, currency: str) -> Amount | None:
    """A stated sum; a file that counts its lines and states no sum of a side has none there."""
    if total is None:
        return Amount.zero(currency) if count is not None else None
    return Amount(total, currency)


def _line(line: Line, account: str, key: str, to_on: date) -> StatementLine:
    # A booking day may be missing in CAMT (BookgDt is optional).
    booked = line.booked_on or line.value_on or to_on
    several = len(line.details) > 1 or (line.batch_count or 0) > 1
    # A batch is no single payment of its first detail; one detail alone is the line.
    only = line.details[0] if line.details and not several else None
    return StatementLine(
        key=key,
        occurred_at=_noon(booked),
        currency=line.currency,
        control_group="entries",
        account=account,
        booked_on=booked,
        value_on=line.value_on or booked,
        amount=Amount(line.amount, line.currency),
        reference=line.bank_reference or line.reference,
        end_to_end_id=line.end_to_end_id or (only.end_to_end_id if only else ""),
        counterparty=line.counterparty or (only.counterparty if only else ""),
        remittance=line.remittance or line.additional,
        bank_code=line.bank_code,
        reversal=line.reversal,
        details=(_details(line) if several else ()) or msgspec.UNSET,
        corrects=f"{_TAKES_BACK.get(line.correction, 'corrects')} {line.corrects}"
        if line.corrects
        else msgspec.UNSET,
        charged=_charged(line) or msgspec.UNSET,
    )


def _details(line: Line) -> tuple[LineDetail, ...]:
    """Every payment that the bank names of a line that stands for several; none where there are more than a document
    holds, for some of them would look like all."""
    if len(line.details) > _MOST_DETAILS:
        return ()
    return tuple(
        LineDetail(
            amount=_exactly(detail),
            end_to_end_id=detail.end_to_end_id,
            reference=detail.bank_reference,
            counterparty=detail.counterparty,
            remittance=detail.remittance or detail.additional,
        )
        for detail in line.details
    )


def _exactly(detail: Detail) -> Amount | None:
    try:
        return None if detail.amount is None else Amount.exact(detail.amount, detail.currency)
    except MoneyError:
        return None


def _charged(line: Line) -> Decimal:
    """What the bank kept of what was sent: charges that the line's amount is without. Stated of the line and again of
    its transactions they are the same ones."""
    told = line.charges or tuple(c for detail in line.details for c in detail.charges)
    own = [c.amount for c in told if c.currency == line.currency and c.included is not False]
    return max(Decimal(0), -sum(own, Decimal(0))) if line.amount > 0 else Decimal(0)
