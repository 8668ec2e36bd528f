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
           "by_receipt", "status", "prepared_by", "from_on", "to_on")  # fmt: skip
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
    """A line of an order; `price` is a unit's, without tax. A service may say from which day to which it is rendered."""

    line: str
    name: str
    quantity: Decimal
    price: Decimal
    account: str
    cost_centre: str = ""
    by_receipt: bool = True
    days: tuple[date, date] | None = None


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
        """The sum of its lines, quantity by price, without tax."""
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
        """A quantity of a line comes; a negative one goes back."""
        self.receipts.append((f"GR-{len(self.receipts) + 1:05d}", order, line, quantity, on, by))
        taken = self.orders[order].received
        taken[line] = taken.get(line, Decimal(0)) + quantity

    def export_suppliers(self) -> bytes:
        """Every supplier as it is now."""
        return _table(
            _SUPPLIERS,
            [
                (v.number, v.name, v.currency, v.tax_id, v.country, v.town, v.iban, v.terms_days, v.withholding,
                 "yes" if v.active else "no", v.by, v.on.isoformat())
                for v in self.vendors.values()
            ],
        )  # fmt: skip

    def export_orders(self) -> bytes:
        """Every order as it is now, a row a line."""
        return _table(
            _ORDERS,
            [
                (o.number, o.vendor, o.on.isoformat(), o.currency, x.line, x.name, x.quantity, x.price, x.account,
                 x.cost_centre, "yes" if x.by_receipt else "no", o.status, o.by, *(d.isoformat() for d in x.days or ()))
                for o in self.orders.values() for x in o.lines
            ],
        )  # fmt: skip

    def export_receipts(self) -> bytes:
        """Every receipt so far."""
        return _table(_RECEIPTS, [(r[0], r[1], r[2], r[3], r[4].isoformat(), r[5]) for r in self.receipts])


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    # Rows of a table are of one length, whatever their last columns hold.
    writer.writerows([*row, *[""] * (len(head) - len(row))] for row in rows)
    return out.getvalue().encode()
