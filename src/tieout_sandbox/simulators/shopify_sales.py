"""What a simulated shop's analytics sum of its sales (ShopifyQL, table `sales`, version 2026-07). Pure.

As published (shopify.dev, changelog of 14 March 2026) and as others saw it on a development store: reversals are negative and have
shipping and taxes; gift cards sold stand apart, and one that is refunded is taken off them; tips are in no figure here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.shopify_view import amount, came_back, kept, price_of


def sums(orders: Iterable[dict[str, Any]], within: Callable[[str], bool]) -> dict[str, Any]:
    """The figures of the days that are `within`, test orders left out."""
    count, sold, cards, back = 0, Decimal(0), Decimal(0), Decimal(0)
    for order in orders:
        if order["test"]:
            continue
        if within(order["createdAt"]):
            count += 1
            of_cards = sum((price_of(x) for x in order["lineItems"]["nodes"] if x["isGiftCard"]), Decimal(0))
            sold += amount(order["totalPriceSet"]) - amount(order["totalTipReceivedSet"]) - of_cards
            cards += of_cards
        for refund in order["refunds"]:
            if within(refund["createdAt"]):
                goods = came_back(order, refund, cards=False)
                back += goods - kept(refund)
                cards -= came_back(order, refund) - goods
    return {
        "orders": count,
        "total_sales": sold - back,
        "total_sales_reversals": -back,
        "gift_card_gross_sales": cards,
        "gift_card_discounts": Decimal(0),
    }
