"""What counts as revenue of a document, by its kind and by the roles of its accounts: without tax, in its currency. Pure.

What is invoiced counts as its lines are, also where it is earned over the months after; a gift card sold is a liability and none of it.
A journal's entry counts by the accounts that the roles `revenue.…` name. Payments are of no kind here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tieout.documents import CreditNote, CustomerInvoice, JournalEntry
from tieout.documents.model import SaleLine
from tieout.rules import Interface, Mapping, Release, UnmappedError, role_accounts

_REVENUE = "revenue."
# What is written off was earned: it is lost, and not given back. Duties are collected for customs.
_NONE_SOLD = ("gift_card", "rounding", "difference.write_off", "duties")


def invoiced(document: CustomerInvoice, release: Release, interface: Interface, on: date) -> Decimal:
    """An invoice's lines; nothing where its source says that nothing is owed."""
    return Decimal(0) if document.exclusion else _lines(document.lines)


def given_back(document: CreditNote, release: Release, interface: Interface, on: date) -> Decimal:
    """A credit note's lines, negative; nothing where its source says that nothing is given back."""
    return Decimal(0) if document.exclusion else -_lines(document.lines)


def journalled(document: JournalEntry, release: Release, interface: Interface, on: date) -> Decimal:
    """What an entry credits to accounts of revenue, less what it debits to them."""
    codes = role_accounts(release, (_REVENUE,), on)
    table = release.mappings.get(interface.option("accounts_table", "ledger_accounts"))
    found = Decimal(0)
    for line in document.lines:
        # What Tieout works out itself names a role; a source's own key is mapped.
        if line.account.startswith("="):
            sold = line.account[1:].startswith(_REVENUE)
        else:
            sold = bool(table and codes) and _meant(table, line.account, on) in codes
        found -= line.amount.value if sold else Decimal(0)
    return found


def _meant(table: Mapping | None, key: str, on: date) -> str:
    try:
        return table.get(key, on) if table is not None else ""
    except UnmappedError:
        return ""


def _lines(lines: Sequence[SaleLine]) -> Decimal:
    return sum((x.net.value for x in lines if x.nature not in _NONE_SOLD), Decimal(0))
