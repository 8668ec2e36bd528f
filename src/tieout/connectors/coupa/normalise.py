"""Coupa's suppliers, purchase orders, receiving transactions and invoices, to documents. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

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
from tieout.formats.payments import is_iban
from tieout.money import Amount

_STATES = {"issued": "open", "closed": "closed", "soft_closed": "closed", "cancelled": "cancelled"}
# Amounts of an invoice's head that are lines of their own, by the key of their account.
_EXTRAS = (("shipping-amount", "shipping"), ("handling-amount", "handling"), ("misc-amount", "misc"))


def supplier(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A supplier; where it is paid is its active remit-to with an account. Raises ValueError where that
    account is no IBAN."""
    row = _row(raw)
    address = row.get("primary-address") or {}
    number = _number_of(row)
    account = None
    for remit in row.get("remit-to-addresses") or ():
        iban = str(remit.get("iban") or "").replace(" ", "").upper()
        if remit.get("active") and iban:
            if not is_iban(iban):
                raise ValueError(f"supplier {number}: {iban[:4]}… is no IBAN (remit-to {remit.get('id')})")
            account = SupplierAccount(iban=iban, bic=str(remit.get("swift-code") or "").upper())
            break
    return [
        Supplier(
            key=f"supplier:{number}",
            version=_instant(row["updated-at"]).isoformat(),
            occurred_at=_instant(row["updated-at"]),
            currency=str((row.get("currency") or {}).get("code") or options.get("currency", "USD")),
            party=Party(
                key=number,
                name=str(row["name"]),
                email=str((row.get("primary-contact") or {}).get("email") or ""),
                country=str((address.get("country") or {}).get("code") or ""),
            ),
            tax_id=str(row.get("tax-id") or ""),
            account=account,
            terms_days=int((row.get("payment-term") or {}).get("days-for-net-payment") or 30),
            town=str(address.get("city") or ""),
            active=row["status"] == "active",
            prepared_by=_login(row, "updated-by"),
        )
    ]


def order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A purchase order that was issued; one line for each of its lines. An amount line is one of its price."""
    row = _row(raw)
    currency = str(row["currency"]["code"])
    lines = tuple(
        OrderLine(
            line=str(x["line-num"]),
            name=str(x["description"]),
            quantity=_decimal(x.get("quantity"), "1"),
            price=_decimal(x["price"]),
            account=_account(x),
            sku=str(x.get("source-part-num") or ""),
            dimensions=_dimensions(x, options),
            received=x.get("type") != "OrderAmountLine" and bool(x.get("receiving-required", True)),
        )
        for x in row["order-lines"]
    )
    day = _instant(row.get("created-at") or row["updated-at"]).date()
    return [
        PurchaseOrder(
            key=f"order:{row['po-number']}",
            version=_instant(row["updated-at"]).isoformat(),
            occurred_at=_instant(row["updated-at"]),
            currency=currency,
            number=str(row["po-number"]),
            supplier=_number_of(row["supplier"]),
            booked_on=day,
            lines=lines,
            total=Amount.rounded(sum((x.quantity * x.price for x in lines), Decimal(0)), currency),
            state=PurchaseOrderState(_STATES[str(row["status"])]),
            prepared_by=_login(row, "created-by"),
        )
    ]


def receipt(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What came of an order's line; what was voided came not at all, and tells 0."""
    row = _row(raw)
    line = row["order-line"]
    quantity = Decimal(0) if row["status"] == "voided" else _decimal(row["quantity"])
    if "Return" in str(row["type"]):
        quantity = -abs(quantity)
    currency = str((line.get("currency") or {}).get("code") or options.get("currency", "USD"))
    return [
        GoodsReceipt(
            key=f"receipt:{row['id']}",
            version=_instant(row["updated-at"]).isoformat(),
            occurred_at=_instant(row["updated-at"]),
            currency=currency,
            number=str(row["id"]),
            order_number=str(line["order-header-number"]),
            line=str(line["line-num"]),
            quantity=quantity,
            booked_on=_instant(row["transaction-date"]).date(),
            prepared_by=_login(row, "created-by"),
        )
    ]


def bill(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An approved invoice or credit note. A credit note's amounts are below zero there, and not here."""
    row = _row(raw)
    currency, total = str(row["currency"]["code"]), _decimal(row["gross-total"])
    refund = row["document-type"] == "Credit Note"
    sign = Decimal(-1) if refund and total < 0 else Decimal(1)
    lines: list[BillLine] = []
    taxes: dict[str, tuple[Decimal, Decimal]] = {}
    for x in row["invoice-lines"]:
        code = str(x.get("tax-code") or "")
        tax, rate = sign * _decimal(x.get("tax-amount"), "0"), _decimal(x.get("tax-rate"), "0")
        if code and tax:
            taxes[code] = (taxes.get(code, (Decimal(0), rate))[0] + tax, rate)
        net, price = sign * _decimal(x["total"]), _decimal(x["price"])
        quantity = _decimal(x.get("quantity"), "1")
        lines.append(
            BillLine(
                name=str(x["description"]),
                quantity=abs(quantity),
                price=abs(price) if net >= 0 else -abs(price),
                net=Amount.exact(net, currency),
                order_line=str(x.get("order-line-num") or ""),
                order_number=str(x.get("order-header-num") or ""),
                sku=str(x.get("source-part-num") or ""),
                tax_key=code,
                account=_account(x),
                dimensions=_dimensions(x, options),
            )
        )
    for name, key in _EXTRAS:
        extra = sign * _decimal(row.get(name), "0")
        if extra:
            charged = Amount.exact(extra, currency)
            lines.append(BillLine(name=key, quantity=Decimal(1), price=extra, net=charged, account=key))
    numbers = sorted({x.order_number for x in lines if x.order_number})
    party = row["supplier"]
    due = row.get("net-due-date")
    return [
        VendorBill(
            key=f"bill:{row['id']}",
            version=_instant(row["updated-at"]).isoformat(),
            occurred_at=datetime.combine(_day(row["invoice-date"]), time(12), UTC),
            currency=currency,
            control_group="bills",
            number=str(row["invoice-number"]),
            supplier=_number_of(party),
            seller=Party(key=_number_of(party), name=str(party["name"])),
            booked_on=_day(row["invoice-date"]),
            due_on=_day(due) if due else None,
            order_number=numbers[0] if len(numbers) == 1 else "",
            lines=tuple(lines),
            taxes=tuple(
                TaxLine(key=k, title=k, rate=rate, amount=Amount.exact(tax, currency))
                for k, (tax, rate) in taxes.items()
            ),
            total=Amount.exact(sign * total, currency),
            refund=refund,
            refers_to=str(row.get("original-invoice-number") or ""),
            prepared_by=_login(row, "created-by"),
            exclusion="voided" if row["status"] == "voided" else "",
        )
    ]


def _row(raw: bytes) -> dict[str, Any]:
    row = json.loads(raw)
    if not isinstance(row, dict):
        raise ValueError("an object was expected")
    return row


def _number_of(row: Mapping[str, Any]) -> str:
    """A supplier's number; one that has none is known by its id."""
    return str(row.get("number") or row["id"])


def _decimal(value: Any, default: str | None = None) -> Decimal:
    if value in (None, "") and default is not None:
        return Decimal(default)
    if isinstance(value, float):
        raise ValueError(f"{value!r}: an amount as text was expected")
    return Decimal(str(value))


def _account(line: Mapping[str, Any]) -> str:
    return str((line.get("account") or {}).get("code") or "")


def _dimensions(line: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, str]:
    """The account's segment that is the cost centre, as the interface names it."""
    segment = str(options.get("cost_centre_segment", ""))
    value = str((line.get("account") or {}).get(segment) or "") if segment else ""
    return {"cost_centre": value} if value else {}


def _login(row: Mapping[str, Any], field: str) -> str:
    return str((row.get(field) or {}).get("login") or "")


def _instant(text: Any) -> datetime:
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"{text!r}: a time with its zone was expected")
    return found.astimezone(UTC)


def _day(text: Any) -> date:
    """The day as Coupa writes it: at midnight of the instance's own zone."""
    return date.fromisoformat(str(text)[:10])
