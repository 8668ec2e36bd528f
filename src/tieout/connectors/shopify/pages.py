"""What an order has more of than its first page: connections are turned by their owner, lists without pages are asked for by id.

Nothing is cut without a word. Where Shopify itself says that there is more than it gives (a list of 250), the order carries
`cut`, and is refused in those words when it is read. References: shopify.dev, "Paginating results with GraphQL" (connections by
`pageInfo`), GraphQL Admin 2026-07: `Order.refunds`, `transactions` and `fulfillments` are lists that take `first` alone;
`transactionsCount`, `fulfillmentsCount`; at most 250 of anything in one answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.connector_api import Walk
from tieout.connectors.shopify import queries

# Asks a query by its text and variables; `nested` is put in by the session where the query takes it.
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]

_MOST = 250
# A connection that says for ever that there is more is no connection of Shopify's: 25,000 is what it gives of one.
_PAGES = 500

OF_ORDER = {
    "lineItems": (queries.LINE, ""),
    "shippingLines": (queries.SHIPPING, ", includeRemovals: true"),
}
OF_REFUND = {
    "refundLineItems": (queries.REFUND_LINE, ""),
    "refundShippingLines": (queries.REFUND_SHIPPING, ""),
    "orderAdjustments": (queries.ADJUSTMENT, ""),
    "transactions": (queries.TRANSACTION, ""),
}

OF_RETURN = {"returnLineItems": (queries.RETURN_LINE, "")}
OF_FULFILMENT = {"fulfillmentLineItems": (queries.SENT_LINE, "")}


def whole(node: dict[str, Any], ask: Ask, nested: int) -> dict[str, Any]:
    """The order with everything that it has, in the shape of its first page. `nested` is how long the lists were asked for."""
    cut: list[str] = []
    turned("order", node, OF_ORDER, ask)
    node["transactions"] = transactions(node, ask, queries.TRANSACTION, cut)
    node["refunds"] = refunds(node, ask, nested, cut, queries.REFUND, {"nested": nested})
    for refund in node["refunds"]:
        turned("refund", refund, OF_REFUND, ask)
        if given := refund.get("return"):
            turned("return", given, OF_RETURN, ask)
    node["fulfillments"] = _fulfilments(node, ask, cut)
    for row in node["fulfillments"]:
        turned("fulfillment", row, OF_FULFILMENT, ask)
    if cut:
        node["cut"] = "; ".join(cut)
    return node


def turned(owner: str, node: dict[str, Any], connections: dict[str, tuple[str, str]], ask: Ask) -> None:
    """Turn these connections of an owner to their end, in its place. Raises TransientError where one has none."""
    for name, (fields, arguments) in connections.items():
        page = node[name]
        nodes, query = list(page["nodes"]), queries.more(owner, name, fields, arguments)
        info = page.get("pageInfo") or {}
        walk = Walk(f"Shopify: {name} of {node['id']}", _PAGES)
        while info.get("hasNextPage"):
            after = walk.onward(info["endCursor"])
            page = ask(query, {"id": node["id"], "after": after})[owner][name]
            nodes += walk.once(page["nodes"])
            info = page["pageInfo"]
        node[name] = {"nodes": nodes}


def _count(node: dict[str, Any], name: str, got: int) -> int:
    """How many there are by the shop's own count, which is taken off the order; what was got where it does not count."""
    said = node.pop(name, None)
    return int(said["count"]) if said else got


def transactions(node: dict[str, Any], ask: Ask, fields: str, cut: list[str]) -> list[dict[str, Any]]:
    """An order's transactions with these fields, of which it came with the first; its own count is taken off it. What Shopify does not give
    is said in `cut`."""
    found: list[dict[str, Any]] = node["transactions"]
    count = _count(node, "transactionsCount", len(found))
    if count > len(found):
        most = {"id": node["id"], "first": min(count, _MOST)}
        found = ask(queries.transactions_of(fields), most)["order"]["transactions"]
    if count > len(found):
        cut.append(f"{count} transactions, of which Shopify gives {len(found)}")
    return found


def refunds(
    node: dict[str, Any], ask: Ask, asked: int, cut: list[str], query: str, sizes: dict[str, Any]
) -> list[dict[str, Any]]:
    """An order's refunds, of which it came with the first `asked`; any other is asked for by `query`. What Shopify does not give is said in
    `cut`."""
    found: list[dict[str, Any]] = node["refunds"]
    if len(found) < asked:
        return found
    # Nobody counts refunds: a list as long as it was asked for may go on.
    ids = [r["id"] for r in ask(queries.REFUNDS_OF, {"id": node["id"]})["order"]["refunds"]]
    if len(ids) >= _MOST:
        cut.append(f"{_MOST} refunds or more, of which Shopify gives no further ones")
    return _by_id(found, ids, lambda key: ask(query, {"id": key, **sizes})["refund"])


def _fulfilments(node: dict[str, Any], ask: Ask, cut: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = node["fulfillments"]
    count = _count(node, "fulfillmentsCount", len(found))
    if count > len(found):
        ids = [f["id"] for f in ask(queries.FULFILMENTS_OF, {"id": node["id"]})["order"]["fulfillments"]]
        if count > len(ids):
            cut.append(f"{count} fulfilments, of which Shopify gives {len(ids)}")
        found = _by_id(
            found, ids, lambda key: ask(queries.FULFILMENT, {"id": key, "nested": 50})["fulfillment"]
        )
    return found


def _by_id(
    found: list[dict[str, Any]], ids: list[str], one: Callable[[str], dict[str, Any]]
) -> list[dict[str, Any]]:
    known = {row["id"]: row for row in found}
    return [known[key] if key in known else one(key) for key in ids]
