"""The business rules of EN 16931 that money hangs on, and Peppol's own about lines.

Each problem names the rule as the standard does, so that a sender finds it. Code lists (units, VATEX)
are not checked. Source: EN 16931-1, 6.4; Peppol BIS Billing 3.0, rules PEPPOL-EN16931-R….
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from tieout.formats.amounts import CURRENCIES
from tieout.formats.einvoice.model import EInvoice, InvoiceLine

_CENT = Decimal("0.01")
_ZERO = Decimal(0)
# Categories under which the seller charges nothing; all but Z say why.
_FREE = ("Z", "E", "AE", "K", "G", "O")
_KNOWN = ("S", *_FREE, "L", "M", "B")


def problems_of(invoice: EInvoice) -> list[str]:
    """What an invoice breaks, each with its rule; empty where it holds."""
    return [f"{rule}: {what}" for rule, what in _all(invoice)]


def _all(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    yield from _head(invoice)
    yield from _totals(invoice)
    yield from _taxes(invoice)
    for line in invoice.lines:
        yield from _line(line)


def _head(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    if not invoice.customization:
        yield "BR-01", "no specification identifier"
    if invoice.currency not in CURRENCIES:
        yield "BR-CL-04", f"{invoice.currency!r} is no currency of ISO 4217"
    if not invoice.seller.name:
        yield "BR-06", "the seller has no name"
    if not invoice.buyer.name:
        yield "BR-07", "the buyer has no name"
    if not invoice.lines:
        yield "BR-16", "there is no line"
    if not invoice.taxes:
        yield "BR-CO-18", "there is no VAT breakdown"
    if any(x.category == "S" for x in invoice.taxes) and not (
        invoice.seller.tax_id or invoice.seller.registration
    ):
        yield "BR-S-02", "the seller charges VAT and has no VAT number"
    for name in ("line_total", "net_total", "gross_total", "payable", "tax_total"):
        value: Decimal = getattr(invoice, name)
        if value != value.quantize(_CENT):
            yield "BR-DEC", f"{name} {value} has more than two decimals"


def _totals(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    i = invoice
    sums = (
        ("BR-CO-10", "sum of lines", i.line_total, sum((x.net for x in i.lines), _ZERO)),
        (
            "BR-CO-11",
            "allowances",
            i.allowance_total,
            sum((x.amount for x in i.charges if not x.charge), _ZERO),
        ),
        ("BR-CO-12", "charges", i.charge_total, sum((x.amount for x in i.charges if x.charge), _ZERO)),
        (
            "BR-CO-13",
            "total without VAT",
            i.net_total,
            i.line_total - i.allowance_total + i.charge_total,
        ),
        ("BR-CO-14", "VAT", i.tax_total, sum((x.amount for x in i.taxes), _ZERO)),
        ("BR-CO-15", "total with VAT", i.gross_total, i.net_total + i.tax_total),
        ("BR-CO-16", "amount due", i.payable, i.gross_total - i.prepaid + i.rounding),
    )
    for rule, what, said, found in sums:
        if said != found:
            yield rule, f"{what}: it says {said}, its parts come to {found}"


def _taxes(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    seen = set()
    for part in invoice.taxes:
        name = f"{part.category} {part.rate if part.rate is not None else ''}".strip()
        if part.category not in _KNOWN:
            yield "BR-CL-17", f"{part.category!r} is no VAT category"
            continue
        rate = part.rate or _ZERO
        if (part.category, rate) in seen:
            yield "BR-CO-18", f"VAT {name} stands twice"
        seen.add((part.category, rate))
        if part.category in _FREE:
            if part.amount or rate:
                yield f"BR-{part.category}-09", f"VAT {name} charges {part.amount}, nothing was expected"
            if part.category != "Z" and not part.reason:
                yield f"BR-{part.category}-10", f"VAT {name} does not say why"
        elif part.rate is None:
            yield "BR-48", f"VAT {part.category} has no rate"
        elif abs(part.amount - (part.taxable * rate / 100).quantize(_CENT, ROUND_HALF_UP)) > _CENT:
            yield "BR-CO-17", f"VAT {name}: {part.amount} on {part.taxable}"
        found = _taxable(invoice, part.category, rate)
        if abs(found - part.taxable) >= 1:
            yield f"BR-{part.category}-08", f"VAT {name}: {part.taxable} taxable, its lines come to {found}"


def _taxable(invoice: EInvoice, category: str, rate: Decimal) -> Decimal:
    total = sum((x.net for x in invoice.lines if x.category == category and (x.rate or _ZERO) == rate), _ZERO)
    for x in invoice.charges:
        if x.category == category and (x.rate or _ZERO) == rate:
            total += x.amount if x.charge else -x.amount
    return total


def _line(line: InvoiceLine) -> Iterator[tuple[str, str]]:
    if not line.category:
        yield "BR-CO-04", f"line {line.line} has no VAT category"
    if line.price < 0:
        yield "BR-27", f"line {line.line}: the price {line.price} is negative"
    if line.base_quantity <= 0:
        yield "PEPPOL-EN16931-R121", f"line {line.line}: a base quantity above zero was expected"
        return
    own = sum((x.amount if x.charge else -x.amount for x in line.charges), _ZERO)
    wanted = line.quantity * line.price / line.base_quantity + own
    if abs(line.net - wanted) > Decimal("0.02"):
        yield (
            "PEPPOL-EN16931-R120",
            f"line {line.line}: {line.net}, its quantity and price come to {wanted.quantize(_CENT)}",
        )
