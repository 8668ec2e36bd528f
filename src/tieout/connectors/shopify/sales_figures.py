"""A shop's own sums of its sales, as its analytics have them (ShopifyQL), to hold what came in against.

Sources: shopify.dev, changelog of 14 March 2026: `total_returns` became `total_sales_reversals` in 2026-04 and is gone from 2026-07;
it has every negative change, of refunds, returns, edits and cancellations, for shipping and taxes too, and is negative. shopify.dev, ShopifyQL, table
`sales`: one row for each event, by the shop's days; gift cards sold stand apart from sales (`gift_card_gross_sales`,
`gift_card_discounts`) and tips are in neither. Wants the scope read_reports and the protected customer fields name, address, phone
and email (level 2): shopify.dev/docs/apps/build/shopifyql/graphql-admin-api.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tieout.connector_api import ControlTotal, SetupError, Walk
from tieout.connectors.shopify.pages import Ask, refunds, turned
from tieout.connectors.shopify.queries import BESIDE, BESIDE_REFUND, MOST_REFUNDS, SALES, SETTLED, SHOP
from tieout.connectors.shopify.taxes import money
from tieout.connectors.shopify.transactions import waits

_ASKED = "orders, total_sales, total_sales_reversals, gift_card_gross_sales, gift_card_discounts"


def sales_figures(ask: Ask, sized: Ask, start: datetime, end: datetime, zone: str) -> list[ControlTotal]:
    """What was sold (gift cards with it) and what was taken back in [start, end). Raises ConnectorError.

    `total_sales` is what is left after reversals; here orders count whole, and what came back are documents of their own. Tips,
    cash rounding and the number of refunds are in no such sum: the shop's orders are asked for them, apart from what came in.
    """
    # ShopifyQL counts by the shop's days, and the last one is part of the span.
    first, last = (x.astimezone(ZoneInfo(zone)).date() for x in (start, end - timedelta(seconds=1)))
    row = _row(ask, f"FROM sales SHOW {_ASKED} SINCE {first.isoformat()} UNTIL {last.isoformat()}")
    currency = str(ask(SHOP, {})["shop"]["currencyCode"])
    beside = _beside(ask, sized, currency, start, end)
    back = abs(_number(row, "total_sales_reversals"))
    cards = _number(row, "gift_card_gross_sales") - abs(_number(row, "gift_card_discounts"))
    sold, zero = _number(row, "total_sales") + back + cards + beside.sold, Decimal(0)
    return [
        ControlTotal(currency, "orders", int(row.get("orders") or 0), sold, zero, "ShopifyQL sales"),
        ControlTotal(currency, "returns", beside.refunds, zero, back + beside.given_back, "ShopifyQL sales"),
    ]


@dataclass
class _Beside:
    """What no sum of the analytics has: tips and cash rounding of what was sold, roundings of what was given back, and how many
    refunds there were."""

    sold: Decimal = Decimal(0)
    given_back: Decimal = Decimal(0)
    refunds: int = 0


def _beside(ask: Ask, sized: Ask, currency: str, start: datetime, end: datetime) -> _Beside:
    """Of the shop's orders as they are listed now: one with a refund of these days was changed since the first of them."""
    found, after = _Beside(), None
    wanted = f"updated_at:>='{start.astimezone(UTC).isoformat()}'"
    # 25,000 orders of a search are all that Shopify lists, 25 at a time, and fewer where they cost too much.
    walk = Walk("Shopify: orders beside its sales, of which fewer days may be asked for")
    while True:
        page = sized(BESIDE, {"query": wanted, "after": after})["orders"]
        for node in walk.fresh(page["nodes"], lambda node: str(node["id"])):
            if not node["test"]:
                _whole(ask, node, start, end)
                _count(found, node, currency, start, end)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = walk.onward(page["pageInfo"]["endCursor"])


def _whole(ask: Ask, node: dict[str, Any], start: datetime, end: datetime) -> None:
    """All refunds of an order, and of those of these days all transactions. Raises SetupError for more than Shopify gives."""
    cut: list[str] = []
    node["refunds"] = refunds(node, ask, MOST_REFUNDS, cut, BESIDE_REFUND, {})
    if cut:
        raise SetupError(
            f"Shopify: orders: {node['id']} has {cut[0]}: its sales cannot be held against anything"
        )
    for refund in node["refunds"]:
        if start <= datetime.fromisoformat(refund["createdAt"]) < end:
            turned("refund", refund, {"transactions": (SETTLED, "")}, ask)


def _count(found: _Beside, node: dict[str, Any], currency: str, start: datetime, end: datetime) -> None:
    rounded = node.get("totalCashRoundingAdjustment") or {}
    if start <= datetime.fromisoformat(node["createdAt"]) < end:
        found.sold += money(node["totalTipReceivedSet"], currency).value
        found.sold += money(rounded.get("paymentSet"), currency).value
    refunds = [r for r in node["refunds"] if start <= datetime.fromisoformat(r["createdAt"]) < end]
    if refunds:
        found.given_back += money(rounded.get("refundSet"), currency).value
    parts = ("refundLineItems", "refundShippingLines", "orderAdjustments")
    found.refunds += sum(
        1 for r in refunds if not waits(r) and (r["duties"] or any(r[name]["nodes"] for name in parts))
    )


def _row(ask: Ask, query: str) -> dict[str, Any]:
    """The one row of an answer; ShopifyQL's rows are of the scalar JSON: objects by column name, or lists in its order."""
    answer = ask(SALES, {"query": query})["shopifyqlQuery"]
    if answer["parseErrors"]:
        raise SetupError(f"ShopifyQL refuses the query: {answer['parseErrors']}")
    table = answer["tableData"]
    if not table["rows"]:
        return {}
    first = table["rows"][0]
    if isinstance(first, dict):
        return first
    return dict(zip([column["name"] for column in table["columns"]], first, strict=True))


def _number(row: dict[str, Any], name: str) -> Decimal:
    return Decimal(str(row.get(name) or 0))
