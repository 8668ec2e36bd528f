"""Reads documents for payables: where somebody wrote past us nothing is paid.

A row that is left out because its stamp is wrong may be what speaks against a payment: an account's change that waits, a
bank's doubt, a payment on its way. So all that a decision may rest on is checked before it, and one wrong row stops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tieout.documents import (
    Document,
    GoodsReceipt,
    JournalEntry,
    PaymentAnswer,
    PurchaseOrder,
    Supplier,
    VendorBill,
    VendorPayment,
    decode_document,
    name_of_kind,
)
from tieout.payables.proposing import SupplierRevision
from tieout.rules import Release
from tieout.rules.packs import load_pack
from tieout.security import StampError, check_rows, document_holds, stamper
from tieout.store import Connection, Queries

SQL = Queries("tieout.payables")
PAID_BY = (
    name_of_kind(Supplier),
    name_of_kind(VendorBill),
    name_of_kind(VendorPayment),
    name_of_kind(PaymentAnswer),
)
FILED_BY = (name_of_kind(VendorPayment), name_of_kind(PaymentAnswer))
ACCRUED_BY = (
    name_of_kind(PurchaseOrder),
    name_of_kind(GoodsReceipt),
    name_of_kind(VendorBill),
    name_of_kind(JournalEntry),
)


class ChangedError(ValueError):
    """What a payment, a file or an accrual rests on was changed past us: the message says which row, and what to do."""


def check(connection: Connection, entity: str, kinds: Sequence[str]) -> None:
    """Raises ChangedError where any row of these kinds, or an effect of one, is not as it was written."""
    try:
        check_rows(connection, entity, kinds)
    except StampError as error:
        raise ChangedError(str(error)) from None


def ours(connection: Connection, interface: str, row: dict[str, Any]) -> Document | None:
    """A row's document; None where its stamp is not right: to be shown, never to be decided by without `check`."""
    if not document_holds(stamper(connection), row, interface):
        return None
    return decode_document(row["content"].encode())


def payments_version(country: str) -> str:
    """The version of pain.001 that a country's banks take, where an interface says none."""
    return load_pack(country).payments_version if country else "09"


def supplier_revisions(
    connection: Connection, release: Release, entity: str
) -> dict[tuple[str, str], list[SupplierRevision]]:
    """Every supplier's revisions in order, by its interface's system and its own key."""
    interfaces = [i.name for i in release.interfaces.values() if i.entity == entity]
    found: dict[tuple[str, str], list[SupplierRevision]] = {}
    for row in connection.execute(SQL["suppliers"], {"interfaces": interfaces}).fetchall():
        document = ours(connection, row["interface"], row)
        if isinstance(document, Supplier):
            key = release.interfaces[row["interface"]].system, document.party.key
            found.setdefault(key, []).append(
                SupplierRevision(
                    revision=row["revision"], state=row["state"], supplier=document, since=row["posted_at"]
                )
            )
    return found
