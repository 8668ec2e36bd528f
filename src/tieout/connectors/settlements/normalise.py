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
from tieout.connectors.settlements.providers import PROVIDERS, Provider
from tieout.documents import Document, PayoutComposition, ProviderMovement, order_number
from tieout.documents import Statement as StatementDocument
from tieout.formats import Line, ParsedFile, Statement, parse
from tieout.money import Amount


def provider_of(options: Mapping[str, Any]) -> Provider:
    """The provider that an interface declares. Raises ValueError where there is none such."""
    name = str(options.get("provider", ""))
    if name not in PROVIDERS:
        raise ValueError(f"provider = {name!r}: expected one of {', '.join(sorted(PROVIDERS))}")
    return PROVIDERS[name]


def read_report(content: bytes, options: Mapping[str, Any]) -> ParsedFile:
    """The report as its provider writes it. Raises FormatError, ValueError."""
    provider = provider_of(options)
    return parse(content, format=provider.format, dialect=provider.dialect)


def settlements(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """Every movement of a report, its payouts, and what they paid out.

    Raises FormatError (a ValueError) where any of it cannot be read, ContentRefusedError where it
    does not hold.
    """
    provider = provider_of(options)
    documents: list[Document] = []
    seen: Counter[str] = Counter()
    for statement in read_report(raw, options).statements:
        if statement.conservation.holds is False:
            raise ContentRefusedError(
                f"{provider.name} {statement.head.statement_id}: {'; '.join(statement.conservation.problems)}"
                f" (residual {statement.conservation.residual})",
                cause="statement_does_not_hold",
                recovery="fetch the report again from the provider, and put that into the folder",
            )
        documents += _statement(provider, statement, options, seen)
    return documents


def _statement(
    provider: Provider, statement: Statement, options: Mapping[str, Any], seen: Counter[str]
) -> list[Document]:
    head = statement.head
    movements = [
        _movement(provider, line, statement, options, seen)
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
            payouts = [_paid_out(provider, statement, members)]
            found += payouts
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
    category = provider.category(line)
    fee = -sum((c.amount for c in line.charges), Decimal(0))
    words = (line.bank_code, line.bank_reference, line.end_to_end_id, line.reference, line.remittance)
    money = f"{line.amount}:{fee}:{line.currency}:{line.booked_on.isoformat()}"
    # Shopify names no row, and tells it again with its payout once there is one.
    batch = statement.head.statement_id if provider.payout_is_line else ""
    digest = hashlib.sha256("\x1f".join((batch, money, *words)).encode()).hexdigest()[:16]
    name = f"{provider.name}:{line.bank_reference or batch or line.booked_on.isoformat()}:{digest}"
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


def _order(reference: str, by_number: bool) -> str:
    return order_number(reference) if by_number else reference


def _payout_key(line: Line) -> str:
    """What the bank's line says of it: the first word of its text, or its own id."""
    return line.bank_reference or (line.remittance.split() or [f"payout {line.booked_on}"])[0]


def _paid_out(provider: Provider, statement: Statement, members: list[ProviderMovement]) -> ProviderMovement:
    """The payout of a day's lines, which the report names by its day alone."""
    head = statement.head
    day = date.fromisoformat(head.statement_id[:10])
    total = sum((m.net.value for m in members), Decimal(0))
    name = f"{provider.name}:{head.currency}:{day.isoformat()}"
    return ProviderMovement(
        key=f"{name}:payout",
        occurred_at=_noon(day),
        currency=head.currency,
        control_group="payout",
        provider=provider.name,
        category="payout" if total >= 0 else "payout_reversal",
        gross=Amount(-total, head.currency),
        fee=Amount.zero(head.currency),
        net=Amount(-total, head.currency),
        payout_key=name,
        automatic=True,
        description=f"payout of {day.isoformat()}",
    )


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
