"""What is known of an entity's purchases at the end of a day: orders, receipts and bills as they stand, and who sells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from tieout.documents import Document, GoodsReceipt, Party, PurchaseOrder, Supplier, VendorBill
from tieout.documents.purchasing import supplier_names
from tieout.payables.reading import SQL, ours
from tieout.payables.uninvoiced import Waiting
from tieout.processes.fee_suppliers import is_of_fees
from tieout.rules import Release
from tieout.store import Connection, snapshot


class Purchases(msgspec.Struct, frozen=True, kw_only=True):
    """Orders whatever their day (some are written after the goods came), receipts and booked bills up to the day, bills
    dated by then that wait; `parties` are the suppliers that were let in, by system and their own key."""

    orders: tuple[PurchaseOrder, ...]
    receipts: tuple[GoodsReceipt, ...]
    booked: tuple[VendorBill, ...]
    waiting: tuple[Waiting, ...]
    parties: Mapping[str, Mapping[str, Party]]


def read_purchases(connection: Connection, release: Release, entity: str, on: date) -> Purchases:
    """What stands of an entity's purchases: of each document the revision that counts, but what somebody wrote past us
    (`check` says that it is there). All of one instant: a bill that is booked meanwhile would neither wait nor be booked."""
    with snapshot(connection):
        return _read_purchases(connection, release, entity, on)


def _read_purchases(connection: Connection, release: Release, entity: str, on: date) -> Purchases:
    orders: list[PurchaseOrder] = []
    receipts: list[GoodsReceipt] = []
    booked: list[VendorBill] = []
    suppliers: list[tuple[str, Supplier]] = []
    given = {"entity": entity, "on": on}
    for row, document in _documents(connection, "purchasing", given):
        match document:
            case PurchaseOrder():
                orders.append(document)
            case GoodsReceipt():
                receipts.append(document)
            case VendorBill():
                booked.append(document)
            case Supplier() if row["interface"] in release.interfaces:
                suppliers.append((release.interfaces[row["interface"]].system, document))
    names: dict[str, set[str]] = {}
    parties: dict[str, dict[str, Party]] = {}
    for system, supplier in suppliers:
        parties.setdefault(system, {})[supplier.party.key] = supplier.party
        for name in supplier.names():
            names.setdefault(name, set()).add(supplier.party.key)
    waiting = tuple(
        Waiting(bill=bill, why=row["reason"] or "", supplier=_supplier_of(bill, names))
        for row, bill in _documents(connection, "waiting_bills", given)
        # Fees that were withheld are expense since their own days.
        if isinstance(bill, VendorBill) and not is_of_fees(release, entity, bill)
    )
    return Purchases(
        orders=tuple(orders),
        receipts=tuple(receipts),
        booked=tuple(booked),
        waiting=waiting,
        parties=parties,
    )


def _documents(
    connection: Connection, query: str, given: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], Document]]:
    for row in connection.execute(SQL[query], given):
        if (document := ours(connection, row["interface"], row)) is not None:
            yield row, document


def _supplier_of(bill: VendorBill, names: Mapping[str, set[str]]) -> str:
    """The one supplier that a bill is of, by key, tax number or name; "" where it is nobody's, or of several."""
    for name in supplier_names(key=bill.supplier, tax_id=bill.tax_id, name=bill.seller.name):
        if found := names.get(name):
            return next(iter(found)) if len(found) == 1 else ""
    return ""
