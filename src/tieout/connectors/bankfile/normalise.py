"""A bank's file, of any format, to statements and their lines. Pure.

A file is taken whole or not at all. A statement whose lines do not carry its opening balance to
its closing one, or that holds other counts or sums than it states, is refused. An intraday
report posts nothing: the day's statement repeats its lines, and they are booked once, by it.
An export (CSV, OFX) has no identity of its own: its lines have.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from tieout.causes import Action, Cause
from tieout.connector_api import ContentRefusedError, Proof
from tieout.connector_api.causes import STATEMENT_DOES_NOT_HOLD
from tieout.documents import Document, Statement, StatementLine
from tieout.formats import Head, Line, ParsedFile, parse, proven_by
from tieout.formats import Statement as ParsedStatement
from tieout.money import Amount

STATEMENT_WITHOUT_BALANCES = Cause(
    name="statement_without_balances",
    means="A statement has no opening or no closing balance: nothing proves that its lines are all there.",
    says="ask the bank for statements with booked balances (CAMT.053 OPBD and CLBD)",
    actions=(Action.ASK, Action.GIVE_FILE),
)


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
    file = read_file(raw, options)
    for statement in file.statements:
        if statement.head.intraday:
            continue
        _hold(statement)
        documents += _by_content(statement) if file.format in _EXPORTS else _documents(statement)
    return documents


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


def _by_content(statement: ParsedStatement) -> list[Document]:
    """Lines known again by what they are, whichever export they stand in: by the bank's own id
    (FITID), else by day, amount and words. The second of two equal lines of a day is the second
    of two, in every export."""
    account, seen = statement.head.account, Counter[str]()
    documents: list[Document] = []
    for line in statement.lines:
        if line.status != "booked" or line.booked_on is None:
            continue
        words = "\x1f".join((line.counterparty, line.counterparty_account, line.remittance, line.reference))
        own = line.bank_reference or hashlib.sha256(words.encode()).hexdigest()[:16]
        name = f"{account}:{line.booked_on.isoformat()}:{line.amount}:{line.currency}:{own}"
        seen[name] += 1
        documents.append(_line(line, account, f"{name}:{seen[name]}", line.booked_on))
    return documents


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _documents(statement: ParsedStatement) -> list[Document]:
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
    return [
        Statement(
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
        ),
        # By its place in the statement, which never changes: banks' references repeat, and are often none
        # (NONREF).
        *(_line(line, head.account, f"{base}:{number:05d}", to_on) for number, line in enumerate(booked, 1)),
    ]


def _stated(total: Any, count: int | None, currency: str) -> Amount | None:
    """A stated sum; a file that counts its lines and states no sum of a side has none there."""
    if total is None:
        return Amount.zero(currency) if count is not None else None
    return Amount(total, currency)


def _line(line: Line, account: str, key: str, to_on: date) -> StatementLine:
    # A booking day may be missing in CAMT (BookgDt is optional).
    booked = line.booked_on or line.value_on or to_on
    details = line.details
    first = details[0] if details else None
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
        end_to_end_id=line.end_to_end_id or (first.end_to_end_id if first else ""),
        counterparty=line.counterparty or (first.counterparty if first else ""),
        remittance=line.remittance or line.additional,
        bank_code=line.bank_code,
        reversal=line.reversal,
        charged=_charged(line) or UNSET,
    )


def _charged(line: Line) -> Decimal:
    """What the bank kept of what was sent: charges that the line's amount is without. Stated of the line and again of
    its transactions they are the same ones."""
    told = line.charges or tuple(c for detail in line.details for c in detail.charges)
    own = [c.amount for c in told if c.currency == line.currency and c.included is not False]
    return max(Decimal(0), -sum(own, Decimal(0))) if line.amount > 0 else Decimal(0)
