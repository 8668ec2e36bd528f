"""A Shopify shop as its GraphQL Admin clients see it.

Which fields there are is published (`shopify_schema.py`); the sign of an adjustment is the REST resource's (published, order_adjustments), and how one refund's tax is
shared out among several rates is nowhere said.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from tieout_sandbox.simkit import NONE, Answer, Faults, Push
from tieout_sandbox.simulators.shopify_payments import ShopifyPayments
from tieout_sandbox.simulators.shopify_sales import sums
from tieout_sandbox.simulators.shopify_schema import asked, cost_of
from tieout_sandbox.simulators.shopify_units import left_to_send, restocked
from tieout_sandbox.simulators.shopify_view import price_of, refunded, sent, told

# How long a token of the client credentials grant serves.
_LIFE_S = 86_399
VERSIONS = ("2026-10", "2026-07", "2026-04", "2026-01")


class Shopify:
    """One shop. `hidden` orders count in its analytics, but its search does not list them yet."""

    name = "shopify"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        shop: str,
        currency: str,
        zone: str,
        token: str,
        webhook_secret: str,
        first_order: int = 1001,
        faults: Faults | None = None,
    ) -> None:
        self._now, self._token, self.webhook_secret = now, token, webhook_secret
        self.shop, self.currency, self.zone = shop, currency, ZoneInfo(zone)
        self.faults = faults or Faults(NONE, 0)
        self.orders: dict[str, dict[str, Any]] = {}
        self.pushes: list[Push] = []
        self.hidden: set[str] = set()
        # What one query may cost: Shopify's 1,000 points are of a scale that is not published; None measures nothing.
        self.most_cost: int | None = None
        self.scopes = ["read_orders", "read_all_orders", "read_reports", "read_shopify_payments_payouts"]
        self.payments: ShopifyPayments | None = None
        # An app of the Dev Dashboard: its secret is what its pushes are signed with.
        self.client_id = f"client-{shop}"
        self._granted: dict[str, datetime] = {}
        self._ids, self._events = first_order * 1_000_000, 0

    # what happens in the shop

    def _gid(self, kind: str) -> str:
        self._ids += 7
        return f"gid://shopify/{kind}/{self._ids}"

    def money(self, amount: Decimal) -> dict[str, Any]:
        """An amount as a MoneyBag with two decimals; customers see the shop's own currency."""
        value = {"amount": f"{amount:.2f}", "currencyCode": self.currency}
        return {"shopMoney": value, "presentmentMoney": value}

    def place(
        self,
        *,
        number: str,
        at: datetime,
        customer: dict[str, str] | None,
        lines: list[dict[str, Any]],
        shipping: Decimal,
        shipping_tax: list[dict[str, Any]],
        total: Decimal,
        included: bool,
        status: str = "PAID",
        test: bool = False,
        cancelled: bool = False,
        tenders: list[tuple[str, Decimal]] | None = None,
        address: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """A new order. `lines`: name, quantity, price (of the whole line, after `discounts`, which are those of the order and by
        code), taxes (title, rate, amount, by_channel), gift_card, and other fields of a line by their names. `address` is where it goes: a country and a province ("" for none)."""
        stamp = _iso(at)
        order: dict[str, Any] = {
            "id": self._gid("Order"),
            "name": number,
            "createdAt": stamp,
            "updatedAt": stamp,
            "processedAt": stamp,
            "cancelledAt": stamp if cancelled else None,
            "test": test,
            "sourceName": "web",
            "displayFinancialStatus": status,
            "displayFulfillmentStatus": "UNFULFILLED",
            "fulfillments": [],
            "currencyCode": self.currency,
            "taxesIncluded": included,
            "customer": self._customer(customer) if customer else None,
            "displayAddress": {"countryCodeV2": address[0], "provinceCode": address[1] or None}
            if address
            else None,
            "totalPriceSet": self.money(total),
            # What was paid at the sale, and not with what `tenders` names: not a field of the API.
            "chargedSet": self.money(total),
            "totalTipReceivedSet": self.money(Decimal(0)),
            "lineItems": {"nodes": [self._line(x) for x in lines]},
            "shippingLines": {
                "nodes": [
                    {
                        "id": self._gid("ShippingLine"),
                        "title": "Standard shipping",
                        "discountedPriceSet": self.money(shipping),
                        "taxLines": [self._tax(t) for t in shipping_tax],
                    }
                ]
                if shipping
                else []
            },
            "refunds": [],
            "transactions": [],
        }
        order["transactions"] += [
            self._transaction("SALE", gateway, amount, at) for gateway, amount in tenders or []
        ]
        self.orders[order["id"]] = order
        self._push("orders/create", order, at)
        if status == "PAID":
            self._push("orders/paid", order, at)
        return order

    def _customer(self, customer: dict[str, str]) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/Customer/{customer['id']}",
            "displayName": customer["name"],
            "defaultEmailAddress": {"emailAddress": customer["email"]},
        }

    def _transaction(
        self, kind: str, gateway: str, amount: Decimal, at: datetime, gid: str = ""
    ) -> dict[str, Any]:
        return {
            "id": gid or self._gid("OrderTransaction"),
            "gateway": gateway,
            "kind": kind,
            "status": "SUCCESS",
            "processedAt": _iso(at),
            "amountSet": self.money(amount),
        }

    def _tax(self, tax: dict[str, Any]) -> dict[str, Any]:
        return {
            "title": tax["title"],
            "rate": float(tax["rate"]),
            "channelLiable": bool(tax.get("by_channel")),
            "priceSet": self.money(tax["amount"]),
        }

    def _line(self, line: dict[str, Any]) -> dict[str, Any]:
        discounts = line.get("discounts", ())
        listed = self.money(sum(discounts, line["price"]))
        return {
            "id": self._gid("LineItem"),
            "name": line["name"],
            "sku": line.get("sku"),
            "quantity": line["quantity"],
            "isGiftCard": bool(line.get("gift_card")),
            "requiresShipping": not line.get("gift_card"),
            "originalTotalSet": listed,
            # Neither a discount of the whole order nor, by default, one by code is in it.
            "discountedTotalSet": listed,
            "discountAllocations": [{"allocatedAmountSet": self.money(x)} for x in discounts],
            "taxLines": [self._tax(t) for t in line["taxes"]],
            **line.get("fields", {}),
        }

    def edit(self, order: dict[str, Any], line: dict[str, Any], total: Decimal, at: datetime) -> None:
        """A line is added after the sale."""
        order["lineItems"]["nodes"].append(self._line(line))
        order["totalPriceSet"] = self.money(total)
        order["updatedAt"] = _iso(at)
        self._push("orders/edited", order, at)

    def fulfil(
        self, order: dict[str, Any], at: datetime, units: Mapping[int, int] | None = None, whole: bool = True
    ) -> dict[str, Any]:
        """Units of lines (by their index) are sent, or everything that was not sent before; `whole`: nothing is left."""
        lines = order["lineItems"]["nodes"]
        units = left_to_send(order) if units is None else units
        # Named by its order: ids of what else happens stay what they are without it.
        name = f"{order['id'].rpartition('/')[2]}{len(order['fulfillments']) + 1:02d}"
        fulfilment = {
            "id": f"gid://shopify/Fulfillment/{name}",
            "createdAt": _iso(at),
            "deliveredAt": None,
            "status": "SUCCESS",
            "fulfillmentLineItems": {
                "nodes": [
                    {
                        "id": f"gid://shopify/FulfillmentLineItem/{name}{n:02d}",
                        "quantity": count,
                        "lineItem": lines[n],
                    }
                    for n, count in units.items()
                ]
            },
        }
        order["fulfillments"].append(fulfilment)
        self.touch(order, at, displayFulfillmentStatus="FULFILLED" if whole else "PARTIALLY_FULFILLED")
        return fulfilment

    def cancel(self, order: dict[str, Any], at: datetime) -> dict[str, Any]:
        """A paid order is cancelled before anything was delivered; all of it is given back."""
        rows, left = [], Decimal(order["totalPriceSet"]["shopMoney"]["amount"])
        for number, line in enumerate(order["lineItems"]["nodes"]):
            price = price_of(line)
            rows.append((number, line["quantity"], price, _tax_of(line)))
        shipping = [
            (n, Decimal(x["discountedPriceSet"]["shopMoney"]["amount"]), _tax_of(x))
            for n, x in enumerate(order["shippingLines"]["nodes"])
        ]
        refund = self.refund(order, rows, left, at, shipping)
        self.touch(order, at, cancelledAt=_iso(at), displayFinancialStatus="REFUNDED")
        return refund

    def touch(self, order: dict[str, Any], at: datetime, **changes: Any) -> None:
        """Anything else that changes: a customer is named, a payment comes."""
        order.update(changes)
        order["updatedAt"] = _iso(at)
        self._push("orders/updated", order, at)

    def refund(
        self,
        order: dict[str, Any],
        rows: list[tuple[int, int, Decimal, Decimal]],
        total: Decimal,
        at: datetime,
        shipping: Sequence[tuple[int, Decimal, Decimal]] = (),
        onto: Sequence[tuple[str, Decimal]] = (),
        number: str = "",
    ) -> dict[str, Any]:
        """Give back: rows of (line index, quantity, subtotal, tax) and of `shipping` (its line, subtotal, tax); where the
        total is another, an adjustment says by how much: what is kept is positive there, as in the REST resource. `onto`
        are gateways with what each gives back: the card's, where nothing is said. Its `number` is the next where none is given."""
        items, carried = order["lineItems"]["nodes"], order["shippingLines"]["nodes"]
        worked_out = sum((r[2] for r in rows), Decimal(0)) + sum((x[1] for x in shipping), Decimal(0))
        if not order["taxesIncluded"]:
            worked_out += sum((r[3] for r in rows), Decimal(0)) + sum((x[2] for x in shipping), Decimal(0))
        gid = f"gid://shopify/Refund/{number}" if number else self._gid("Refund")
        refund: dict[str, Any] = {
            "id": gid,
            "createdAt": _iso(at),
            "updatedAt": _iso(at),
            "totalRefundedSet": self.money(total),
            "refundLineItems": {
                "nodes": [
                    {
                        "quantity": quantity,
                        "restockType": restocked(order, items[index]["id"]),
                        "subtotalSet": self.money(subtotal),
                        "totalTaxSet": self.money(tax),
                        "lineItem": items[index],
                    }
                    for index, quantity, subtotal, tax in rows
                ]
            },
            "refundShippingLines": {
                "nodes": [
                    {
                        "id": _part_of(gid, "RefundShippingLine", n),
                        "subtotalAmountSet": self.money(subtotal),
                        "taxAmountSet": self.money(tax),
                        "shippingLine": carried[index],
                    }
                    for n, (index, subtotal, tax) in enumerate(shipping)
                ]
            },
            "orderAdjustments": {"nodes": self._adjustments(gid, worked_out - total)},
            "transactions": {
                "nodes": [
                    self._transaction("REFUND", g, a, at, _part_of(gid, "OrderTransaction", n))
                    for n, (g, a) in enumerate(onto or [("stripe", total)])
                ]
            },
        }
        order["refunds"].append(refund)
        order["transactions"] += refund["transactions"]["nodes"]
        order["updatedAt"] = _iso(at)
        order["displayFinancialStatus"] = "PARTIALLY_REFUNDED"
        self._push("refunds/create", order, at)
        return refund

    def _adjustments(self, refund: str, kept: Decimal) -> list[dict[str, Any]]:
        if not kept:
            return []
        return [
            {
                "id": _part_of(refund, "OrderAdjustment", 0),
                "reason": "REFUND_DISCREPANCY",
                "amountSet": self.money(kept),
                "taxAmountSet": self.money(Decimal(0)),
            }
        ]

    # webhooks

    def _push(self, topic: str, order: dict[str, Any], at: datetime) -> None:
        self._events += 1
        number = order["id"].rpartition("/")[2]
        body = {
            "id": int(number),
            "admin_graphql_api_id": order["id"],
            "name": order["name"],
            "updated_at": order["updatedAt"],
            "current_total_price": order["totalPriceSet"]["shopMoney"]["amount"],
            "currency": self.currency,
            "test": order["test"],
        }
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": f"{self.shop}.myshopify.com",
            "x-shopify-event-id": f"{self.shop}-{self._events}",
            "x-shopify-api-version": VERSIONS[1],
        }
        self.pushes.append(Push(at, headers, json.dumps(body).encode(), topic))

    def sign(self, push: Push, at: datetime) -> dict[str, str]:
        """A push's headers with its signature (base64 of HMAC-SHA256 over the body); the instant is not part
        of it."""
        digest = hmac.new(self.webhook_secret.encode(), push.body, hashlib.sha256).digest()
        return {
            **push.headers,
            "content-type": "application/json",
            "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
        }

    # the API

    def refuse(self, fault: str) -> Answer:
        """429 with Retry-After 0, 401 or 503."""
        status = {"too_many": 429, "expired_token": 401}.get(fault, 503)
        headers = {"retry-after": "0"} if status == 429 else {}
        return Answer(status, b'{"errors": "unavailable"}', headers=headers)

    def writes(self, method: str, path: str) -> bool:
        """Never: GraphQL queries alone, although each is a POST."""
        return False

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Run a query against the schema; errors of a query stand beside its data at status 200, with what it
        cost."""
        if (method, path) == ("POST", "/admin/oauth/access_token"):
            return self._grant(dict(parse_qsl(body.decode())))
        found = re.fullmatch(r"/admin/api/([\d-]+)/graphql\.json", path)
        if method != "POST" or not found or found[1] not in VERSIONS:
            return Answer(404, b'{"errors": "Not Found"}')
        token = headers.get("x-shopify-access-token", "")
        if token != self._token and self._granted.get(token, self._now()) <= self._now():
            return Answer(401, b'{"errors": "[API] Invalid API key or access token"}')
        call = json.loads(body)
        variables = call.get("variables") or {}
        reply: dict[str, Any] = {}
        costs = cost_of(call["query"], variables) if self.most_cost else 100
        if self.most_cost and costs > self.most_cost:
            said = f"Query cost is {costs}, which exceeds the single query max cost limit ({self.most_cost})."
            reply["errors"] = [{"message": said, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": costs}}]
        else:
            result = asked(call["query"], self._root(), variables)
            reply["data"] = result.data
            if result.errors:
                reply["errors"] = [{"message": error.message} for error in result.errors]
        reply["extensions"] = {
            "cost": {
                "requestedQueryCost": costs,
                "throttleStatus": {
                    "maximumAvailable": 2000.0,
                    "currentlyAvailable": 1900,
                    "restoreRate": 100.0,
                },
            }
        }
        return Answer(200, json.dumps(reply).encode())

    def _grant(self, form: dict[str, str]) -> Answer:
        """A token of 24 hours for the app's id and secret (client credentials; its errors are those of RFC 6749)."""
        if form.get("grant_type") != "client_credentials":
            return Answer(400, b'{"error": "unsupported_grant_type"}')
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.webhook_secret):
            return Answer(400, b'{"error": "invalid_client"}')
        token = f"granted-{self.shop}-{len(self._granted) + 1}"
        self._granted[token] = self._now() + timedelta(seconds=_LIFE_S)
        said = {"access_token": token, "scope": ",".join(self.scopes), "expires_in": _LIFE_S}
        return Answer(200, json.dumps(said).encode())

    def _root(self) -> dict[str, Any]:
        return {
            "shop": self._shop,
            "orders": self._orders,
            "order": lambda info, id: self._told(id),
            "nodes": lambda info, ids: [self._told(gid) for gid in ids],
            "refund": lambda info, id: self._refund_of(id),
            "fulfillment": lambda info, id: self._part(id, "fulfillments", sent),
            "return": lambda info, id: self._return_of(id),
            "shopifyqlQuery": self._shopifyql,
            "currentAppInstallation": {"accessScopes": [{"handle": x} for x in self.scopes]},
            "shopifyPaymentsAccount": self.payments.root(self._told) if self.payments else None,
        }

    def _told(self, gid: str) -> dict[str, Any] | None:
        return told(self.orders[gid], self.money) if gid in self.orders else None

    def _part(
        self, gid: str, name: str, view: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any] | None:
        found = (x for order in self.orders.values() for x in order[name] if x["id"] == gid)
        return next((view(x) for x in found), None)

    def _refund_of(self, gid: str) -> dict[str, Any] | None:
        return self._part(gid, "refunds", refunded)

    def _return_of(self, gid: str) -> dict[str, Any] | None:
        rows = (refunded(r) for order in self.orders.values() for r in order["refunds"])
        return next((r["return"] for r in rows if r["return"] and r["return"]["id"] == gid), None)

    def _shop(self, info: Any) -> dict[str, str]:
        return {"name": self.shop, "currencyCode": self.currency, "ianaTimezone": self.zone.key}

    def _orders(
        self,
        info: Any,
        first: int = 50,
        after: str | None = None,
        query: str = "",
        sortKey: str = "ID",
    ) -> dict[str, Any]:
        wanted = re.search(r"updated_at:>='([^']+)'", query or "")
        since = datetime.fromisoformat(wanted[1]) if wanted else None
        rows = sorted(
            (
                (o["updatedAt"], o["id"])
                for o in self.orders.values()
                if o["id"] not in self.hidden
                and (since is None or datetime.fromisoformat(o["updatedAt"]) >= since)
            ),
        )
        if after:
            place = tuple(json.loads(base64.b64decode(after)))
            rows = [row for row in rows if row > place]
        page = rows[:first]
        end = base64.b64encode(json.dumps(page[-1]).encode()).decode() if page else None
        nodes = [told(self.orders[key], self.money) for _, key in page]
        info_page = {"hasNextPage": len(rows) > first, "endCursor": end}
        return {"nodes": nodes, "pageInfo": info_page}

    def day_of(self, stamp: str) -> date:
        """The day of a timestamp in the shop's zone, by which its reports count."""
        return datetime.fromisoformat(stamp).astimezone(self.zone).date()

    def _shopifyql(self, info: Any, query: str) -> dict[str, Any]:
        found = re.search(r"FROM sales SHOW (.+) SINCE (\S+) UNTIL (\S+)", query)
        if not found:
            return {"parseErrors": ["FROM sales SHOW … SINCE … UNTIL … was expected"], "tableData": None}
        first, last = date.fromisoformat(found[2]), date.fromisoformat(found[3])
        values = sums(self.orders.values(), lambda stamp: first <= self.day_of(stamp) <= last)
        names = [name.strip() for name in found[1].split(",")]
        if unknown := [name for name in names if name not in values]:
            return {"parseErrors": [f"no column is named {', '.join(unknown)}"], "tableData": None}
        table = {"columns": [{"name": n} for n in names], "rows": [{n: str(values[n]) for n in names}]}
        return {"parseErrors": [], "tableData": table}


def _part_of(refund: str, kind: str, number: int) -> str:
    """The id of a part of a refund, for which no number is drawn: others keep theirs."""
    return f"gid://shopify/{kind}/{refund.rpartition('/')[2]}{number:03d}"


def _tax_of(line: dict[str, Any]) -> Decimal:
    return sum((Decimal(t["priceSet"]["shopMoney"]["amount"]) for t in line["taxLines"]), Decimal(0))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
