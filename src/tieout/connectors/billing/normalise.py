"""Invoices and credit notes of a file to documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connectors.billing.form import Line
from tieout.documents import (
    BatchControl,
    CreditNote,
    CustomerInvoice,
    Document,
    Party,
    RevenuePart,
    RevenueSchedule,
    SaleLine,
    TaxLine,
)
from tieout.money import Amount
from tieout.money.schedule import spread_by_days


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A message: the rows of one document as they stand in a file, or a file's rows TOTAL."""

    file: str
    file_sha256: str
    rows: tuple[Line, ...]
    totals: bool = False

    @property
    def batch(self) -> str:
        """What came together: the file's name and the first 12 hex digits of its hash."""
        return f"{self.file}:{self.file_sha256[:12]}"


def documents(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The document of a message, and the schedules of what of it is for days to come."""
    kept = msgspec.json.decode(raw, type=Kept)
    if kept.totals:
        return _controls(kept)
    first = kept.rows[0]
    key, currency = f"{first.kind}:{first.number}", first.currency
    deferred = options.get("deferral", "none") == "tieout"
    common: dict[str, Any] = {
        "key": key,
        "occurred_at": _noon(first.on),
        "currency": currency,
        "control_group": first.kind,
        "number": first.number,
        "party": Party(key=first.customer, name=first.customer_name or first.customer),
        "lines": tuple(_line(x, deferred) for x in kept.rows),
        "taxes": _taxes(kept.rows),
        "total": _exact(sum((x.net + x.tax for x in kept.rows), Decimal(0)), currency),
        "batch": kept.batch,
    }
    made: Document
    if first.kind == "credit_note":
        made = CreditNote(order_key=f"invoice:{first.credits}", adjusts=True, **common)
    else:
        made = CustomerInvoice(order_key=key, **common)
    sign = -1 if first.kind == "credit_note" else 1
    return [made, *(_schedule(key, n, x, sign) for n, x in enumerate(kept.rows, 1) if deferred and x.from_on)]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _exact(value: Decimal, currency: str) -> Amount:
    return Amount.exact(value, currency)


def _line(line: Line, deferred: bool) -> SaleLine:
    return SaleLine(
        name=line.description or line.number,
        quantity=Decimal(1),
        net=_exact(line.net, line.currency),
        nature="deferred.subscription" if deferred and line.from_on else "revenue.subscription",
        tax_keys=(line.tax_key,) if line.tax else (),
    )


def _taxes(rows: tuple[Line, ...]) -> tuple[TaxLine, ...]:
    sums: dict[str, Decimal] = {}
    rates: dict[str, Decimal] = {}
    for line in rows:
        if line.tax:
            sums[line.tax_key] = sums.get(line.tax_key, Decimal(0)) + line.tax
            rates[line.tax_key] = line.tax_rate / 100
    currency = rows[0].currency
    return tuple(
        TaxLine(key=k, title=k, rate=rates[k], amount=_exact(sums[k], currency)) for k in sorted(sums)
    )


def _schedule(key: str, number: int, line: Line, sign: int) -> RevenueSchedule:
    if line.from_on is None or line.to_on is None:
        raise ValueError(f"{line.number}: what is for days to come says both from when and to when")
    net = _exact(sign * line.net, line.currency)
    parts = spread_by_days(net, line.from_on, line.to_on)
    return RevenueSchedule(
        key=f"{key}:{number}",
        occurred_at=_noon(line.on),
        currency=line.currency,
        control_group="schedules",
        reference=line.number,
        name=line.description or line.number,
        net=net,
        parts=tuple(RevenuePart(on=p.last, amount=a) for p, a in parts),
        deferred="deferred.subscription",
        revenue="revenue.subscription",
    )


def _controls(kept: Kept) -> list[Document]:
    found: list[Document] = []
    for currency in sorted({x.currency for x in kept.rows}):
        mine = [x for x in kept.rows if x.currency == currency]
        sums = {
            kind: sum((x.net for x in mine if x.kind == kind), Decimal(0))
            for kind in ("invoice", "credit_note")
        }
        day = max(x.on for x in mine)
        found.append(
            BatchControl(
                key=f"control:{kept.file_sha256[:16]}:{currency}",
                occurred_at=_noon(day),
                currency=currency,
                control_group="documents",
                batch=kept.batch,
                booked_on=day,
                count=sum(x.documents for x in mine),
                debit=_exact(sums["invoice"], currency),
                credit=_exact(sums["credit_note"], currency),
            )
        )
    return found
