"""The business rules of EN 16931 that money hangs on, and Peppol's own about lines where a document says that it
follows Peppol.

Each problem names the rule as the standard does, so that a sender finds it. Source: EN 16931-1, 6.4, and its Schematron
(1.3.16); Peppol BIS Billing 3.0, rules PEPPOL-EN16931-R…. The campaign of e-invoices holds these against the published
Schematron (docs/campaigns/einvoices.md); what is not held here stands in docs/FORMATS.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from tieout.formats.einvoice.code_lists import code_lists
from tieout.formats.einvoice.line_rules import line_problems
from tieout.formats.einvoice.model import EInvoice
from tieout.formats.einvoice.profiles import factur_x, is_booking_aid, is_peppol
from tieout.formats.einvoice.total_rules import coin_problems, decimal_problems, sum_problems
from tieout.formats.einvoice.vat_rules import vat_problems
from tieout.money import CURRENCIES


def problems_of(invoice: EInvoice) -> list[str]:
    """What an invoice breaks, each with its rule; empty where it holds. A booking aid has no lines, so that only what it
    does say is held to the rules."""
    return [f"{rule}: {what}" for rule, what in _all(invoice)]


def _all(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    yield from invoice.beyond
    yield from _head(invoice)
    yield from _codes(invoice)
    whole = not is_booking_aid(invoice.customization)
    yield from decimal_problems(invoice)
    yield from coin_problems(invoice)
    yield from sum_problems(invoice, whole)
    yield from vat_problems(invoice, whole)
    peppol = is_peppol(invoice.customization)
    for line in invoice.lines:
        yield from line_problems(line, peppol)
    if whole and not invoice.lines:
        yield "BR-16", "there is no line"
    if whole and not invoice.taxes:
        yield "BR-CO-18", "there is no VAT breakdown"


def _head(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    if not invoice.customization:
        yield "BR-01", "no specification identifier"
    if invoice.currency not in CURRENCIES:
        yield "BR-CL-04", f"{invoice.currency!r} is no currency of ISO 4217"
    for other in invoice.currencies:
        # The core lets amounts of another currency stand; which of the two such a figure is in nobody can tell.
        rule = "PEPPOL-EN16931-R051" if is_peppol(invoice.customization) else "BT-5"
        yield rule, f"amounts in {other} stand in an invoice in {invoice.currency}"
    if not invoice.seller.name:
        yield "BR-06", "the seller has no name"
    if not invoice.buyer.name:
        yield "BR-07", "the buyer has no name"


def _codes(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    lists, kind = code_lists(), invoice.kind
    if not kind:
        yield "BR-04", "there is no type code"
    else:
        yield from _kind(invoice)
    for means in invoice.means:
        if means.code and means.code not in lists.payment_means:
            yield "BR-CL-16", f"{means.code!r} is no means of payment of {lists.said}"
    # EXTENDED takes reasons of either list, as its published examples do; no money hangs on which.
    free = factur_x(invoice.customization) == "EXTENDED"
    charges = (*invoice.charges, *(x for line in invoice.lines for x in line.charges))
    for charge in () if free else charges:
        known = lists.charge_reasons if charge.charge else lists.allowance_reasons
        if charge.reason_code and charge.reason_code not in known:
            yield known.rule, f"{charge.reason_code!r} is none of the {known.title} of {lists.said}"
    for part in invoice.taxes:
        if part.reason_code and part.reason_code.upper() not in lists.exemptions:
            yield "BR-CL-22", f"{part.reason_code!r} is none of the {lists.exemptions.title} of {lists.said}"
    for party in (invoice.seller, invoice.buyer):
        if party.country and party.country not in lists.countries:
            yield "BR-CL-14", f"{party.country!r} is no country of {lists.said}"


def _kind(invoice: EInvoice) -> Iterator[tuple[str, str]]:
    """A type of the list, and in UBL of the list of its root. 81 stands in both lists there: see `credits`."""
    lists, kind = code_lists(), invoice.kind
    invoices, credit_notes = kind in lists.invoices, kind in lists.credit_notes
    if not (invoices or credit_notes):
        yield "BR-CL-01", f"type {kind!r} is none of {lists.said}"
    elif invoice.syntax == "UBL" and kind != "81" and credit_notes != invoice.credit:
        says = "a credit note" if credit_notes else "an invoice"
        yield "BR-CL-01", f"the root is {invoice.root}, type {kind} is {says} by {lists.said}"
