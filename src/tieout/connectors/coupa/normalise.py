"""Coupa's suppliers, purchase orders and receiving transactions, to documents. Pure.

References: compass.coupa.com, Core API (suppliers, remit-to addresses, purchase orders and their lines, receiving transactions).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.connectors.coupa.fields import (
    account_of,
    changed_at,
    code_of,
    day_of,
    decimal,
    dimensions_of,
    login_of,
    number_of,
    row_of,
)
from tieout.documents import (
    Document,
    GoodsReceipt,
    OrderLine,
    Party,
    PurchaseOrder,
    PurchaseOrderState,
    Supplier,
    SupplierAccount,
)
from tieout.formats.payments import is_iban
from tieout.money import Amount

# `soft_closed` stands in messages of before alone: an order has no such status.
_STATES = {"issued": "open", "closed": "closed", "soft_closed": "closed", "cancelled": "cancelled"}
# How a line is held against its bills; direct_matching names the receipt.
_BY_RECEIPT = {"3-way": True, "3-way-fifo": True, "direct_matching": True, "2-way": False, "none": False}
_CAME = (
    "InventoryReceipt",
    "ReceivingQuantityConsumption",
    "ReceivingAmountConsumption",
    "ReceivingConsumption",
)
_WENT_BACK = (
    "ReceivingQuantityReturnToSupplier",
    "ReceivingAmountReturnToSupplier",
    "ReceivingReturnToSupplier",
)


def supplier(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A supplier; where it is paid is its active remit-to with an account. Raises ValueError where that
    account is no IBAN."""
    row = row_of(raw)
    address = row.get("primary-address") or {}
    number = number_of(row)
    account = None
    for remit in row.get("remit-to-addresses") or ():
        # Coupa's own fields of a remit-to address have no account: a company adds one.
        own = remit.get("custom-fields") or {}
        iban = str(remit.get("iban") or own.get("iban") or "").replace(" ", "").upper()
        if remit.get("active") and iban:
            if not is_iban(iban):
                raise ValueError(f"supplier {number}: {iban[:4]}… is no IBAN (remit-to {remit.get('id')})")
            bic = str(remit.get("swift-code") or own.get("swift-code") or "").upper()
            account = SupplierAccount(iban=iban, bic=bic)
            break
    return [
        Supplier(
            key=f"supplier:{number}",
            version=changed_at(row).isoformat(),
            occurred_at=changed_at(row),
            currency=str((row.get("currency") or {}).get("code") or options.get("currency", "USD")),
            party=Party(
                key=number,
                name=str(row["name"]),
                email=str((row.get("primary-contact") or {}).get("email") or ""),
                country=_country(address),
            ),
            tax_id=str(row.get("tax-id") or ""),
            account=account,
            terms_days=int((row.get("payment-term") or {}).get("days-for-net-payment") or 30),
            town=str(address.get("city") or ""),
            active=row["status"] == "active",
            prepared_by=login_of(row, "updated-by"),
        )
    ]


def _country(address: Mapping[str, Any]) -> str:
    """Its code; of an address that is asked for alone Coupa writes the name, which is none."""
    found = address.get("country")
    return str((found or {}).get("code") or "") if isinstance(found, Mapping) or not found else ""


def order(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A purchase order that was issued; one line for each of its lines. A line by amount is that many of one. Raises
    ValueError for a line whose account is split."""
    row = row_of(raw)
    # An order that was never numbered otherwise is numbered by its id.
    number = str(row.get("po-number") or row["id"])
    currency = _currency(number, row)
    lines = tuple(_order_line(number, x, options) for x in row["order-lines"])
    return [
        PurchaseOrder(
            key=f"order:{number}",
            version=changed_at(row).isoformat(),
            occurred_at=changed_at(row),
            currency=currency,
            number=number,
            supplier=number_of(row["supplier"]),
            booked_on=day_of(row.get("created-at") or row["updated-at"], options),
            lines=lines,
            total=Amount.rounded(sum((x.quantity * x.price for x in lines), Decimal(0)), currency),
            state=PurchaseOrderState(_STATES[str(row["status"])]),
            prepared_by=login_of(row, "created-by"),
        )
    ]


def _currency(number: str, row: Mapping[str, Any]) -> str:
    """An order's currency; where its head says none (Purchase Orders API, example of a GET) that of its lines.
    Raises ValueError where neither says one."""
    told = {code_of(x.get("currency")) for x in (row, *row["order-lines"])} - {""}
    head = code_of(row.get("currency"))
    if not head and len(told) != 1:
        raise ValueError(f"order {number}: its head says no currency, and its lines {', '.join(sorted(told)) or 'none'}")  # fmt: skip
    return head or told.pop()


def _order_line(number: str, line: Mapping[str, Any], options: Mapping[str, Any]) -> OrderLine:
    by_amount = line.get("type") == "OrderAmountLine" or line.get("quantity") in (None, "")
    split = [x for x in line.get("account-allocations") or () if x]
    if len(split) > 1:
        raise ValueError(
            f"order {number}, line {line['line-num']}: its account is split in {len(split)}, which an order's line is not"
        )
    price = decimal(line["price"])
    # What a line without a match type says of receipts in older instances.
    required = line.get("receipt-required", line.get("receiving-required"))
    kind = line.get("match-type")
    received = _BY_RECEIPT[kind] if kind else not by_amount and bool(True if required is None else required)
    return OrderLine(
        line=str(line["line-num"]),
        name=str(line["description"]),
        quantity=price if by_amount else decimal(line["quantity"]),
        price=Decimal(1) if by_amount else price,
        account=account_of(line) or account_of(split[0] if split else {}),
        sku=str(line.get("source-part-num") or ""),
        dimensions=dimensions_of(line, options) or dimensions_of(split[0] if split else {}, options),
        received=received,
    )


def receipt(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What came of an order's line, in pieces or as an amount; what was voided came not at all, and tells 0.
    Raises ValueError for what came of no order, and for kinds that are neither a receipt nor a return."""
    row = row_of(raw)
    line = row.get("order-line")
    if not line:
        raise ValueError(
            f"receiving transaction {row['id']} ({row['type']}) is of no order line: there is nothing that a bill could be held against"
        )
    currency = (
        (row.get("currency") or {}).get("code")
        or (line.get("currency") or {}).get("code")
        or options.get("currency", "USD")
    )
    return [
        GoodsReceipt(
            key=f"receipt:{row['id']}",
            version=changed_at(row).isoformat(),
            occurred_at=changed_at(row),
            currency=str(currency),
            number=str(row["id"]),
            # An order that was never numbered otherwise is numbered by its id.
            order_number=str(line.get("order-header-number") or line["order-header-id"]),
            line=str(line["line-num"]),
            quantity=_came(row),
            booked_on=day_of(row.get("transaction-date") or row["created-at"], options),
            prepared_by=login_of(row, "created-by"),
        )
    ]


def _came(row: Mapping[str, Any]) -> Decimal:
    """How much came: pieces, or of a line by amount how much money's worth; below zero where it went back."""
    kind = str(row["type"])
    original = row.get("original-transaction-id") or row.get("original_transaction_id")
    if kind.startswith("Void"):
        if original:
            raise ValueError(
                f"receiving transaction {row['id']} ({kind}) takes back a part of {original}: see there what is left of it"
            )
        # What it voids says so itself.
        return Decimal(0)
    if kind not in (*_CAME, *_WENT_BACK):
        raise ValueError(f"receiving transaction {row['id']}: {kind} is neither a receipt nor a return to the supplier")  # fmt: skip
    if row.get("status") == "voided":
        return Decimal(0)
    given = row.get("quantity")
    whole = decimal(given) if given not in (None, "") else decimal(row.get("total") or row["price"])
    left = abs(whole) - decimal(row.get("voided-value", row.get("voided_value")), "0")
    return -left if kind in _WENT_BACK else left
