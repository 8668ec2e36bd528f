"""What somebody orders in a shop, drawn by lot: goods, prices and taxes, and what becomes of the order."""

from __future__ import annotations

import random
from typing import Any

from tieout_sandbox.truths import cents, percent_of

_KINDS = (
    "refund",
    "gift_used",
    "disputed_won",
    "disputed_lost",
    "partial_capture",
    "refund_early",
    "cancelled_paid",
    "gift_sold",
    "test",
    "unpaid",
    "cancelled",
)
_GOODS = ("Bearing", "Valve", "Gasket set", "Coupling", "Pump seal", "Filter", "Hose", "Gauge")


def kind_of(number: int, dice: float) -> str:
    """What becomes of a month's order of a number: drawn by lot, but for the first."""
    if number in (0, 1):
        return "plain"
    # A small month has one of each, too.
    if number - 2 < len(_KINDS):
        return _KINDS[number - 2]
    for kind, share in (
        ("test", 0.02),
        ("unpaid", 0.04),
        ("cancelled", 0.05),
        ("refund", 0.15),
        ("gift_sold", 0.18),
        ("gift_used", 0.22),
        ("disputed_won", 0.225),
        ("disputed_lost", 0.23),
        ("partial_capture", 0.24),
        ("refund_early", 0.26),
        ("cancelled_paid", 0.27),
    ):
        if dice < share:
            return kind
    return "plain"


def basket(draw: random.Random, shop: str) -> tuple[list[dict[str, Any]], int, int]:
    """Lines of an order, its total and its tax, in minor units."""
    included = shop == "shop_eu"
    lines, total, tax = [], 0, 0
    for _ in range(draw.choice((1, 1, 2, 3))):
        quantity, unit = draw.choice((1, 1, 2, 5)), draw.randrange(500, 25_000)
        price = quantity * unit
        share = percent_of(price, 20, 120) if included else percent_of(price, 15, 100)
        title, rate = ("VAT", "0.2") if included else ("State Tax", "0.15")
        lines.append(
            {
                **_good(draw),
                "quantity": quantity,
                "price": cents(price),
                "taxes": [{"title": title, "rate": rate, "amount": cents(share)}],
                "#price": price,
                "#tax": share,
            }
        )
        total += price if included else price + share
        tax += share
    return lines, total, tax


def _good(draw: random.Random) -> dict[str, str]:
    name = draw.choice(_GOODS)
    return {"name": name, "sku": f"MS-{100 + _GOODS.index(name)}"}
