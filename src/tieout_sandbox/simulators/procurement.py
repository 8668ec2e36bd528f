"""A procurement tool: suppliers, orders and receipts, exported as files that repeat what they told."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

_SUPPLIERS = ("supplier", "name", "currency", "tax_id", "country", "town", "iban", "terms_days", "withholding",
              "active", "prepared_by", "changed_on")  # fmt: skip
_ORDERS = ("order", "supplier", "on", "currency", "line", "name", "quantity", "price", "account", "cost_centre",
           "by_receipt", "status", "prepared_by")  # fmt: skip
_RECEIPTS = ("receipt", "order", "line", "quantity", "on", "prepared_by")


@dataclass(frozen=True)
class Vendor:
    """A supplier as the tool keeps it."""

    number: str
    name: str
    iban: str
    tax_id: str = ""
    country: str = "US"
    town: str = "Springfield"
    currency: str = "USD"
    terms_days: int = 14
    withholding: str = ""
    active: bool = True
    by: str = ""
    on: date = date(2026, 10, 1)


@dataclass(frozen=True)
class Ordered:
    """A line of an order; `price` is a unit's, without tax."""

    line: str
    name: str
    quantity: Decimal
    price: Decimal
    account: str
    cost_centre: str = ""
    by_receipt: bool = True


@dataclass
class Purchase:
    """An order and what came of it, by line."""

    number: str
    vendor: str
    on: date
    lines: tuple[Ordered, ...]
    currency: str = "USD"
    status: str = "open"
    by: str = ""
    received: dict[str, Decimal] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        return sum((x.quantity * x.price for x in self.lines), Decimal(0))


class ProcurementTool:
    """Vendors, orders and receipts as the tool knows them."""

    def __init__(self) -> None:
        self.vendors: dict[str, Vendor] = {}
        self.orders: dict[str, Purchase] = {}
        self.receipts: list[tuple[str, str, str, Decimal, date, str]] = []

    def change(self, number: str, iban: str, by: str, on: date) -> None:
        """Somebody changes where a vendor is paid."""
        self.vendors[number] = replace(self.vendors[number], iban=iban, by=by, on=on)

    def receive(self, order: str, line: str, quantity: Decimal, on: date, by: str = "") -> None:
        self.receipts.append((f"GR-{len(self.receipts) + 1:05d}", order, line, quantity, on, by))
        taken = self.orders[order].received
        taken[line] = taken.get(line, Decimal(0)) + quantity

    def export_suppliers(self) -> bytes:
        return _table(
            _SUPPLIERS,
            [
                (v.number, v.name, v.currency, v.tax_id, v.country, v.town, v.iban, v.terms_days, v.withholding,
                 "yes" if v.active else "no", v.by, v.on.isoformat())
                for v in self.vendors.values()
            ],
        )  # fmt: skip

    def export_orders(self) -> bytes:
        return _table(
            _ORDERS,
            [
                (o.number, o.vendor, o.on.isoformat(), o.currency, x.line, x.name, x.quantity, x.price, x.account,
                 x.cost_centre, "yes" if x.by_receipt else "no", o.status, o.by)
                for o in self.orders.values() for x in o.lines
            ],
        )  # fmt: skip

    def export_receipts(self) -> bytes:
        return _table(_RECEIPTS, [(r[0], r[1], r[2], r[3], r[4].isoformat(), r[5]) for r in self.receipts])


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()
