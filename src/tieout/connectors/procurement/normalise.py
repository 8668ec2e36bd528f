"""What a procurement tool's files tell, to documents. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import msgspec

from tieout.connectors.procurement.form import Told, key_of
from tieout.documents import (
    BillLine,
    Document,
    GoodsReceipt,
    OrderLine,
    Party,
    PurchaseOrder,
    PurchaseOrderState,
    Supplier,
    SupplierAccount,
    TaxLine,
    VendorBill,
)
from tieout.money import Amount

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A message: the rows of one thing as they stand in a file of this form."""

    form: str
    file: str
    file_sha256: str
    rows: tuple[Told, ...]

    @property
    def batch(self) -> str:
        """What came together: the file's name and the first 12 hex digits of its hash."""
        return f"{self.file}:{self.file_sha256[:12]}"


def kept(raw: bytes, form: str) -> Kept:
    """Raises ValueError where a message is none of this form."""
    found = msgspec.json.decode(raw, type=Kept)
    if found.form != form or not found.rows:
        raise ValueError(f"a message of {form} was expected")
    return found


def noon(day: date) -> datetime:
    """A day as an instant: at noon UTC it is the same day in every zone from UTC-12 to UTC+11."""
    return datetime.combine(day, time(12), UTC)


def supplier(told: Kept) -> Document:
    """Its account as it was told, blanks taken out; a supplier that says no terms is paid after 30 days."""
    row = told.rows[0]
    iban = row.text("iban").replace(" ", "").upper()
    return Supplier(
        key=key_of(told.form, row),
        occurred_at=noon(row.days["changed_on"]) if "changed_on" in row.days else _EPOCH,
        currency=row.text("currency"),
        party=Party(
            key=row.text("supplier"),
            name=row.text("name"),
            email=row.text("email"),
            country=row.text("country"),
        ),
        tax_id=row.text("tax_id"),
        account=SupplierAccount(iban=iban, bic=row.text("bic").upper()) if iban else None,
        terms_days=row.terms_days if row.terms_days is not None else 30,
        withholding=row.text("withholding"),
        town=row.text("town"),
        active=row.text("active", "yes") == "yes",
        prepared_by=row.text("prepared_by"),
    )


def order(told: Kept) -> Document:
    """The order with the sum of its lines, quantity by price, rounded once to the currency."""
    first, currency = told.rows[0], told.rows[0].text("currency")
    net = sum((r.amounts["quantity"] * r.amounts["price"] for r in told.rows), Decimal(0))
    return PurchaseOrder(
        key=key_of(told.form, first),
        occurred_at=noon(first.days["on"]),
        currency=currency,
        number=first.text("order"),
        supplier=first.text("supplier"),
        booked_on=first.days["on"],
        lines=tuple(
            OrderLine(
                line=r.text("line"),
                name=r.text("name"),
                quantity=r.amounts["quantity"],
                price=r.amounts["price"],
                account=r.text("account"),
                sku=r.text("sku"),
                dimensions=r.dimensions,
                received=r.text("by_receipt", "yes") == "yes",
                from_on=r.days.get("from_on", msgspec.UNSET),
                to_on=r.days.get("to_on", msgspec.UNSET),
            )
            for r in told.rows
        ),
        total=Amount.rounded(net, currency),
        state=PurchaseOrderState(first.text("status", PurchaseOrderState.OPEN)),
        prepared_by=first.text("prepared_by"),
    )


def receipt(told: Kept, currency: str) -> Document:
    """What came of one line. A negative quantity went back."""
    row = told.rows[0]
    return GoodsReceipt(
        key=key_of(told.form, row),
        occurred_at=noon(row.days["on"]),
        currency=currency,
        number=row.text("receipt"),
        order_number=row.text("order"),
        line=row.text("line"),
        quantity=row.amounts["quantity"],
        booked_on=row.days["on"],
        prepared_by=row.text("prepared_by"),
    )


def bill(told: Kept) -> Document:
    """The bill with its taxes summed by key; a tax that is no exact amount of the currency raises MoneyError."""
    first, currency = told.rows[0], told.rows[0].text("currency")
    taxes: dict[str, TaxLine] = {}
    for row in told.rows:
        key, tax = row.text("tax_key"), row.amounts.get("tax", Decimal(0))
        if key and tax:
            before = taxes[key].amount.value if key in taxes else Decimal(0)
            rate = row.amounts.get("tax_rate", Decimal(0))
            taxes[key] = TaxLine(key=key, title=key, rate=rate, amount=Amount.exact(before + tax, currency))
    return VendorBill(
        key=key_of(told.form, first),
        occurred_at=noon(first.days["on"]),
        currency=currency,
        control_group="bills",
        number=first.text("bill"),
        supplier=first.text("supplier"),
        seller=Party(key=first.text("supplier"), name=first.text("supplier")),
        iban=first.text("iban").replace(" ", "").upper(),
        booked_on=first.days["on"],
        due_on=first.days.get("due_on"),
        order_number=first.text("order"),
        lines=tuple(
            BillLine(
                name=r.text("name"),
                quantity=r.amounts["quantity"],
                price=r.amounts["price"],
                net=Amount.exact(r.amounts["net"], currency),
                order_line=r.text("order_line"),
                order_number=r.text("order"),
                sku=r.text("sku"),
                tax_key=r.text("tax_key"),
                account=r.text("account"),
                dimensions=r.dimensions,
            )
            for r in told.rows
        ),
        taxes=tuple(taxes.values()),
        total=Amount.exact(first.amounts["total"], currency),
        refund=first.text("kind") == "credit",
        refers_to=first.text("refers_to"),
        prepared_by=first.text("prepared_by"),
        batch=told.batch,
    )
