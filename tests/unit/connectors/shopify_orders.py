"""Orders of Shopify's as the query of today asks for them (GraphQL Admin 2026-07), made by hand from what tests say of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tieout.connectors.shopify.normalise import order
from tieout.documents import CreditNote, CustomerInvoice, Document, GiftCardTender

AT = "2026-10-05T10:00:00Z"
D = Decimal


def bag(amount: str | Decimal, currency: str = "USD") -> dict[str, Any]:
    return {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def tax(amount: str, rate: float = 0.1, title: str = "Tax", currency: str = "USD") -> dict[str, Any]:
    return {"title": title, "rate": rate, "channelLiable": False, "priceSet": bag(amount, currency)}


def line(number: int, price: str, quantity: int = 1, off: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}", "name": f"Thing {number}", "sku": f"T{number}", "quantity": quantity,
        "isGiftCard": False, "requiresShipping": True, "originalTotalSet": bag(price),
        "discountAllocations": [{"allocatedAmountSet": bag(x)} for x in off], "duties": [], "taxLines": [], **more,
    }  # fmt: skip


def shipping(price: str, *taxes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "gid://shopify/ShippingLine/1", "title": "Post", "isRemoved": False, "discountedPriceSet": bag(price),
            "taxLines": list(taxes), **more}  # fmt: skip


def moved(number: int, kind: str, amount: str, gateway: str = "stripe", status: str = "SUCCESS", **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"id": f"gid://shopify/OrderTransaction/{number}", "gateway": gateway, "kind": kind, "status": status, "test": False,
            "processedAt": AT, "amountSet": bag(amount), "amountRoundingSet": None, **more}  # fmt: skip


def back(item: dict[str, Any], subtotal: str, tax_amount: str = "0", quantity: int = 1, kind: str = "RETURN") -> dict[str, Any]:  # fmt: skip
    return {"quantity": quantity, "restockType": kind, "subtotalSet": bag(subtotal), "totalTaxSet": bag(tax_amount),
            "lineItem": {k: item[k] for k in ("id", "name", "sku", "isGiftCard", "taxLines")}}  # fmt: skip


def refund(number: int, rows: Sequence[dict[str, Any]] = (), by: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:  # fmt: skip
    total = sum((D(t["amountSet"]["shopMoney"]["amount"]) for t in by if t["status"] == "SUCCESS"), D(0))
    at = f"2026-10-{5 + number:02d}T10:00:00Z"
    shipped = more.pop("shipping", [])
    return {
        "id": f"gid://shopify/Refund/{number}", "createdAt": at, "updatedAt": at, "totalRefundedSet": bag(total), "duties": [],
        "refundLineItems": {"nodes": list(rows)}, "refundShippingLines": {"nodes": shipped},
        "orderAdjustments": {"nodes": more.pop("adjustments", [])}, "transactions": {"nodes": list(by)}, "return": None, **more,
    }  # fmt: skip


def adjusted(amount: str, tax_amount: str = "0", reason: str = "REFUND_DISCREPANCY") -> dict[str, Any]:
    return {"id": "gid://shopify/OrderAdjustment/1", "reason": reason, "amountSet": bag(amount), "taxAmountSet": bag(tax_amount)}  # fmt: skip


def placed(lines: Sequence[dict[str, Any]], total: str, current: str = "", **more: Any) -> dict[str, Any]:
    """A paid order; what it is due now (`current`) is its total where nothing is said."""
    refunds = more.get("refunds", [])
    paid = more.pop("paid", [moved(1, "SALE", total)])
    return {
        "id": "gid://shopify/Order/1", "name": "#1001", "createdAt": AT, "updatedAt": AT, "processedAt": AT, "cancelledAt": None,
        "test": False, "sourceName": "web", "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED",
        "currencyCode": "USD", "presentmentCurrencyCode": "USD", "taxesIncluded": False, "paymentTerms": None, "fulfillments": [],
        "customer": {"id": "gid://shopify/Customer/7", "displayName": "Ada", "defaultEmailAddress": None}, "displayAddress": None,
        "totalPriceSet": bag(total), "currentTotalPriceSet": bag(current or total), "totalOutstandingSet": None,
        "totalTipReceivedSet": bag("0"), "totalCashRoundingAdjustment": {"paymentSet": bag("0"), "refundSet": bag("0")},
        "additionalFees": [], "lineItems": {"nodes": list(lines)}, "shippingLines": {"nodes": more.pop("shipping", [])},
        "refunds": [], "transactions": [*paid, *(t for r in refunds for t in r["transactions"]["nodes"])], **more,
    }  # fmt: skip


def read(node: dict[str, Any], **options: str) -> list[Document]:
    return order(json.dumps(node).encode(), options)


def invoice(node: dict[str, Any], **options: str) -> CustomerInvoice:
    return next(d for d in read(node, **options) if isinstance(d, CustomerInvoice))


def notes(node: dict[str, Any], **options: str) -> list[CreditNote]:
    return [d for d in read(node, **options) if isinstance(d, CreditNote)]


def tenders(node: dict[str, Any]) -> list[GiftCardTender]:
    return [d for d in read(node) if isinstance(d, GiftCardTender)]


def adds_up(document: CustomerInvoice | CreditNote) -> bool:
    parts = [x.net.value for x in document.lines] + [t.amount.value for t in document.taxes]
    return sum(parts, D(0)) == document.total.value


def nets(document: CustomerInvoice | CreditNote) -> list[tuple[str, str]]:
    return [(x.nature, f"{x.net.value}") for x in document.lines]
