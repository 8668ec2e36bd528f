"""A simulated shop's order as its API tells it: what is stored, what follows from it, and lists in pages.

What is published of each figure: `totalPriceSet` is before returns, `currentTotalPriceSet` after them; `totalRefundedSet` counts
successful transactions; `totalOutstandingSet` is positive in the merchant's favour; `discountedTotalSet` has no discount of the
whole order (shopify.dev, GraphQL Admin 2026-07).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

_UNPAID = ("PENDING", "AUTHORIZED", "VOIDED", "EXPIRED")
_ZERO = Decimal(0)


def amount(bag: dict[str, Any] | None) -> Decimal:
    """A MoneyBag's amount in the shop's money."""
    return Decimal(bag["shopMoney"]["amount"]) if bag else _ZERO


def price_of(line: dict[str, Any]) -> Decimal:
    """What a line was sold for after all its discounts."""
    off = (amount(x["allocatedAmountSet"]) for x in line["discountAllocations"])
    return amount(line["originalTotalSet"]) - sum(off, _ZERO)


def came_back(order: dict[str, Any], refund: dict[str, Any], cards: bool = True) -> Decimal:
    """What a refund takes back of lines, shipping and duties, with their taxes; without gift cards, where they are not wanted."""
    taxed = not order["taxesIncluded"]
    rows = [
        amount(r["subtotalSet"]) + (amount(r["totalTaxSet"]) if taxed else 0)
        for r in refund["refundLineItems"]["nodes"]
        if cards or not r["lineItem"]["isGiftCard"]
    ]
    rows += [
        amount(r["subtotalAmountSet"]) + (amount(r["taxAmountSet"]) if taxed else 0)
        for r in refund["refundShippingLines"]["nodes"]
    ]
    rows += [amount(r["amountSet"]) for r in refund.get("duties") or ()]
    return sum(rows, _ZERO)


def kept(refund: dict[str, Any]) -> Decimal:
    """What of it the shop keeps: differences, and what the return costs."""
    rows = [amount(a["amountSet"]) + amount(a["taxAmountSet"]) for a in refund["orderAdjustments"]["nodes"]]
    fees = refund.get("return") or {}
    rows += [amount(f["amountSet"]) for f in fees.get("returnShippingFees", ())]
    lines = (fees.get("returnLineItems") or {}).get("nodes", ())
    rows += [amount(x["restockingFee"]["amountSet"]) for x in lines if x.get("restockingFee")]
    return sum(rows, _ZERO)


def gave(refund: dict[str, Any]) -> Decimal:
    """What its successful transactions moved."""
    rows = refund["transactions"]["nodes"]
    return sum((amount(t["amountSet"]) for t in rows if t["status"] == "SUCCESS"), _ZERO)


def told(order: dict[str, Any], money: Callable[[Decimal], dict[str, Any]]) -> dict[str, Any]:
    """An order as the API answers it."""
    total = amount(order["totalPriceSet"])
    transactions = paid_with(order, money)
    had = sum(
        (
            amount(t["amountSet"])
            for t in transactions
            if t["status"] == "SUCCESS" and t["kind"] in ("SALE", "CAPTURE")
        ),
        _ZERO,
    )
    back = sum((came_back(order, r) for r in order["refunds"]), _ZERO)
    owed = total - back + sum((kept(r) for r in order["refunds"]), _ZERO)
    given = sum((gave(r) for r in order["refunds"]), _ZERO)
    nothing = money(_ZERO)
    return {
        "__typename": "Order",
        "presentmentCurrencyCode": order["currencyCode"],
        "additionalFees": [],
        "totalCashRoundingAdjustment": {"paymentSet": nothing, "refundSet": nothing},
        "currentTotalPriceSet": money(total - back),
        "totalOutstandingSet": money(owed - had + given),
        **order,
        "lineItems": paged([{"duties": [], **x} for x in order["lineItems"]["nodes"]]),
        "shippingLines": _shipping(order["shippingLines"]["nodes"]),
        "transactionsCount": {"count": len(transactions)},
        "transactions": first_of(transactions),
        "fulfillmentsCount": {"count": len(order["fulfillments"])},
        "fulfillments": first_of([sent(f) for f in order["fulfillments"]]),
        "refunds": first_of([refunded(r) for r in order["refunds"]]),
    }


def refunded(refund: dict[str, Any]) -> dict[str, Any]:
    """A refund as the API answers it."""
    lists = ("refundLineItems", "refundShippingLines", "orderAdjustments")
    given = refund.get("return")
    if given:
        given = {**given, "returnLineItems": paged(given["returnLineItems"]["nodes"])}
    return {
        "duties": [],
        **refund,
        "return": given,
        **{name: paged(refund[name]["nodes"]) for name in lists},
        "transactions": paged([whole(t) for t in refund["transactions"]["nodes"]]),
    }


def sent(fulfilment: dict[str, Any]) -> dict[str, Any]:
    """A fulfilment as the API answers it."""
    return {**fulfilment, "fulfillmentLineItems": paged(fulfilment["fulfillmentLineItems"]["nodes"])}


def paid_with(order: dict[str, Any], money: Callable[[Decimal], dict[str, Any]]) -> list[dict[str, Any]]:
    """An order's transactions: those that were said, and the sale that took the rest of what was paid at once."""
    rows = [whole(t) for t in order["transactions"]]
    said = sum(
        (amount(t["amountSet"]) for t in rows if t["kind"] in ("SALE", "CAPTURE", "AUTHORIZATION")), _ZERO
    )
    rest = amount(order["chargedSet"]) - said
    if rest <= 0 or order["displayFinancialStatus"] in _UNPAID:
        return rows
    number = order["id"].rpartition("/")[2]
    sale = {
        "id": f"gid://shopify/OrderTransaction/{number}900",
        "gateway": "stripe",
        "kind": "SALE",
        "status": "SUCCESS",
        "processedAt": order["processedAt"],
        "amountSet": money(rest),
    }
    return [whole(sale), *rows]


def whole(transaction: dict[str, Any]) -> dict[str, Any]:
    """A transaction with what most of them have not."""
    return {"test": False, "amountRoundingSet": None, "parentTransaction": None, **transaction}


def paged(nodes: Sequence[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A connection: as many as are asked for after a cursor, which is a place in the list."""

    def page(info: Any, first: int = 50, after: str | None = None, **_: Any) -> dict[str, Any]:
        start = int(base64.b64decode(after)) + 1 if after else 0
        shown = list(nodes[start : start + first])
        last = start + len(shown) - 1
        return {
            "nodes": shown,
            "pageInfo": {
                "hasNextPage": last + 1 < len(nodes),
                "endCursor": base64.b64encode(str(last).encode()).decode() if shown else None,
            },
        }

    return page


def first_of(rows: Sequence[dict[str, Any]]) -> Callable[..., list[dict[str, Any]]]:
    """A list without pages: the first of it."""
    return lambda info, first=250, **_: list(rows[:first])


def _shipping(nodes: Sequence[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def page(info: Any, includeRemovals: bool = False, **asked: Any) -> dict[str, Any]:
        rows = [{"isRemoved": False, **x} for x in nodes]
        return paged([x for x in rows if includeRemovals or not x["isRemoved"]])(info, **asked)

    return page
