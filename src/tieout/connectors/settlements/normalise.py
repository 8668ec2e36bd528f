"""A provider's settlement report to movements of its balance, and to what its payouts paid out. Pure.

A report is taken whole or not at all. A line is known again by what it is: its batch, kind, the
provider's own ids, its money; the second of two equal ones is the second of two in every report.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import ContentRefusedError
from tieout.connector_api.causes import STATEMENT_DOES_NOT_HOLD
from tieout.connector_api.paypal import PROVIDER, PaypalRow, paypal_instant, paypal_movement
from tieout.connectors.settlements.providers import Provider, is_itemised, provider_of
from tieout.connectors.settlements.stripe import itemised
from tieout.documents import Document, PayoutComposition, ProviderMovement, order_number
from tieout.documents import Statement as StatementDocument
from tieout.formats import Line, ParsedFile, Statement, parse
from tieout.formats.paypal.sections import UNMARKED
from tieout.money import Amount


def read_report(content: bytes, options: Mapping[str, Any]) -> ParsedFile:
    """The report as its provider writes it. Raises FormatError, ValueError."""
    provider = provider_of(options)
    file = parse(content, format=provider.format, dialect=provider.dialect)
    if not provider.payout_is_line and not provider.by_id:
        _one_payout_a_day(content, file, options)
    return file


def _one_payout_a_day(content: bytes, file: ParsedFile, options: Mapping[str, Any]) -> None:
    """Where payouts go by their day, a report that numbers two of one day and currency is not taken: their sum is no money
    that a bank ever gets. Raises ValueError."""
    if not any("'Payout ID'" in unread.what for unread in file.remainder):
        return
    by_id = provider_of({**options, "payouts": "id"})
    days = Counter(
        (statement.lines[0].value_on, statement.head.currency)
        for statement in parse(content, format=by_id.format, dialect=by_id.dialect).statements
        if all(line.status == "booked" for line in statement.lines)
    )
    for (day, currency), count in days.items():
        if count > 1:
            raise ValueError(
                f'{count} payouts of {day} in {currency}: name them by their number, with payouts = "id" in the interface\'s options'
            )


def settlements(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """Every movement of a report, its payouts, and what they paid out.

    Raises FormatError (a ValueError) where any of it cannot be read, ContentRefusedError where it
    does not hold.
    """
    if is_itemised(options):
        return itemised(raw, options)
    provider = provider_of(options)
    documents: list[Document] = []
    seen: Counter[str] = Counter()
    for statement in read_report(raw, options).statements:
        if statement.conservation.holds is False:
            raise ContentRefusedError(
                f"{provider.name} {statement.head.statement_id}: {'; '.join(statement.conservation.problems)}"
                f" (residual {statement.conservation.residual})",
                cause=STATEMENT_DOES_NOT_HOLD.name,
                recovery=STATEMENT_DOES_NOT_HOLD.say("report"),
            )
        documents += _statement(provider, statement, options, seen)
    return documents


def _statement(
    provider: Provider, statement: Statement, options: Mapping[str, Any], seen: Counter[str]
) -> list[Document]:
    head = statement.head
    # A report without CR or DR before its balances is of a shape that releases before 0.1.0 read and PayPal does not write:
    # what was made of one keeps its keys.
    as_published = provider.name == PROVIDER and head.opening is not None and head.opening.code != UNMARKED
    movements = [
        paypal_movement(_paypal_row(line), options, seen)
        if as_published
        else _movement(provider, line, statement, options, seen)
        for line in statement.lines
        # What is not settled yet comes again once it is; only Shopify lists it before.
        if line.status in ("booked", "pending") and (line.amount or line.charges)
    ]
    found: list[Document] = [*movements]
    if provider.composed:
        payouts = [m for m in movements if m.category == "payout"]
        members = [m for m in movements if m.category != "payout"]
        paid = all(line.status == "booked" for line in statement.lines)
        if not provider.payout_is_line and paid and head.statement_id and members:
            made = _paid_out(provider, statement, members)
            _agree(payouts, made)
            found, payouts = [*members, made], [made]
        if len(payouts) == 1:
            found.append(
                PayoutComposition(
                    key=f"{payouts[0].key}:composition",
                    occurred_at=payouts[0].occurred_at,
                    currency=head.currency,
                    provider=provider.name,
                    payout_key=payouts[0].payout_key,
                    movement_keys=tuple(sorted(m.key for m in members)),
                )
            )
    elif head.opening is not None and head.closing is not None and head.from_on and head.to_on:
        # A balance that goes on from report to report: it is rolled forward, and held against clearing.
        found.append(
            StatementDocument(
                key=f"{provider.name}:{head.account}:{head.currency}:{head.from_on.isoformat()}",
                occurred_at=_noon(head.to_on),
                currency=head.currency,
                account=f"provider:{provider.name}",
                statement_id=head.statement_id,
                sequence=head.sequence,
                from_on=head.from_on,
                to_on=head.to_on,
                opening=Amount(head.opening.amount, head.currency),
                closing=Amount(head.closing.amount, head.currency),
                line_count=len(movements),
            )
        )
    return found


def _movement(
    provider: Provider, line: Line, statement: Statement, options: Mapping[str, Any], seen: Counter[str]
) -> ProviderMovement:
    if line.booked_on is None:
        raise ValueError(f"line {line.place.line}: no day")
    category = provider.category(line, options)
    fee = -sum((c.amount for c in line.charges), Decimal(0))
    words = (line.bank_code, line.bank_reference, line.end_to_end_id, line.reference, line.remittance)
    money = f"{line.amount}:{fee}:{line.currency}:{line.booked_on.isoformat()}"
    # Shopify names no row, and tells it again with its payout once there is one.
    batch = statement.head.statement_id if provider.payout_is_line else ""
    digest = hashlib.sha256("\x1f".join((batch, money, *words)).encode()).hexdigest()[:16]
    name = f"{provider.name}:{line.bank_reference or batch or line.booked_on.isoformat()}:{digest}"
    # Two rows that are equal in everything are two movements: the second is the second, in every report.
    seen[name] += 1
    payment = line.bank_reference
    is_payout = category.startswith("payout")
    by_number = options.get("order_reference", "number") == "number"
    return ProviderMovement(
        key=f"{name}:{seen[name]}",
        occurred_at=_noon(line.booked_on),
        currency=line.currency,
        control_group=line.bank_code,
        provider=provider.name,
        category=category,
        gross=Amount(line.amount + fee, line.currency),
        fee=Amount(fee, line.currency),
        net=Amount(line.amount, line.currency),
        order_key="" if is_payout else _order(line.reference, by_number),
        payment_key="" if is_payout else payment,
        payout_key=_payout_key(line) if is_payout else "",
        automatic=provider.composed,
        customer_name=line.counterparty,
        description=line.remittance or line.additional or line.bank_code,
    )


def _paypal_row(line: Line) -> PaypalRow:
    assert line.booked_on is not None, "a row of PayPal's has its day, or was refused"
    fee = -sum((c.amount for c in line.charges), Decimal(0))
    return PaypalRow(
        transaction=line.bank_reference,
        code=line.bank_code.strip(),
        began=paypal_instant(line.initiated_at) if line.initiated_at else None,
        occurred_at=_noon(line.booked_on),
        gross=line.amount + fee,
        fee=fee,
        currency=line.currency,
        invoice=line.reference,
        original=line.original,
        custom=line.remittance,
    )


def _order(reference: str, by_number: bool) -> str:
    return order_number(reference) if by_number else reference


def _payout_key(line: Line) -> str:
    """What the bank's line says of it: the first word of its text, or its own id."""
    return line.bank_reference or (line.remittance.split() or [f"payout {line.booked_on}"])[0]


def _paid_out(provider: Provider, statement: Statement, members: list[ProviderMovement]) -> ProviderMovement:
    """The payout of these lines, which the report names by its day alone, or by a number."""
    head = statement.head
    day = statement.lines[0].value_on if provider.by_id else date.fromisoformat(head.statement_id[:10])
    if day is None:
        raise ValueError(f"payout {head.statement_id}: no day")
    total = sum((m.net.value for m in members), Decimal(0))
    name = f"{provider.name}:{head.statement_id if provider.by_id else f'{head.currency}:{day.isoformat()}'}"
    return ProviderMovement(
        key=f"{name}:payout",
        occurred_at=_noon(day),
        currency=head.currency,
        control_group="payout",
        provider=provider.name,
        category="payout",
        gross=Amount(-total, head.currency),
        fee=Amount.zero(head.currency),
        net=Amount(-total, head.currency),
        payout_key=name,
        automatic=True,
        description=f"payout of {day.isoformat()}",
    )


def _agree(rows: list[ProviderMovement], made: ProviderMovement) -> None:
    """A payout's own rows, which some exports have among its lines, say the payout that these come to: it is one, and known
    again by its day or number. Raises ValueError where they say another amount."""
    stated = sum((row.net.value for row in rows), Decimal(0))
    if rows and stated != made.net.value:
        raise ValueError(f"{made.description}: its lines come to {-made.net}, its own row says {-stated}")


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
