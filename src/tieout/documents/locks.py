"""Which locks of a ledger's books hold for a posting: pure.

A sales lock holds for journals of sales, a purchase lock for those of purchases, a tax lock for what counts in a tax
report, a fiscal year lock and a hard lock for everything (Odoo 19, `res.company._get_violated_lock_dates`, and as observed
on a running server).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from tieout.documents.discounts import TaxShare
from tieout.documents.posting import CashPosting, EffectBody, EntryPosting, InvoicePosting, PaymentPosting


class BooksLock(StrEnum):
    """A date up to which a ledger's books are locked for some of its entries, or for all."""

    SALE = "sale"
    PURCHASE = "purchase"
    TAX = "tax"
    FISCAL_YEAR = "fiscal year"
    HARD = "hard"


# They stop whatever has a day.
GENERAL = (BooksLock.FISCAL_YEAR, BooksLock.HARD)
_OF_JOURNAL = {"sale": BooksLock.SALE, "purchase": BooksLock.PURCHASE}


def day_of(body: EffectBody) -> date | None:
    """The day on which a posting shall stand in the books; None for what is no posting."""
    booked = isinstance(body, InvoicePosting | CashPosting | PaymentPosting | EntryPosting)
    return body.on if booked else None  # type: ignore[union-attr]


def locks_for(body: EffectBody, journal: str = "") -> frozenset[BooksLock]:
    """The locks that hold for a posting into a journal of the type `journal` ("sale", "purchase", "" for any other); an
    invoice says itself which it goes into. None for what is no posting."""
    if day_of(body) is None:
        return frozenset()
    if isinstance(body, InvoicePosting):
        journal = "purchase" if body.purchase else "sale"
    found = {*GENERAL, *((_OF_JOURNAL[journal],) if journal in _OF_JOURNAL else ())}
    return frozenset({*found, BooksLock.TAX} if _counts_for_tax(body) else found)


def stopped_by(
    body: EffectBody, locks: Mapping[str, date], journal: str = ""
) -> tuple[BooksLock, date] | None:
    """The lock that keeps a posting off its day, and up to when it holds: of several the latest."""
    day = day_of(body)
    if day is None:
        return None
    holding = ((locks[lock], lock) for lock in locks_for(body, journal) if lock in locks)
    until, lock = max(holding, default=(date.min, BooksLock.HARD))
    return (lock, until) if day <= until else None


def _counts_for_tax(body: EffectBody) -> bool:
    if isinstance(body, InvoicePosting):
        return bool(body.tax_totals) or any(line.taxes for line in body.lines)
    lines = getattr(body, "lines", ()) or getattr(body, "counterparts", ())
    return any(isinstance(line.tax, TaxShare) and line.tax != TaxShare() for line in lines)
