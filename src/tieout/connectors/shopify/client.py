"""Shopify on the wire: signed webhooks, cursor paging, the cost bucket.

References: shopify.dev/docs/apps/build/webhooks (HMAC, event id, retries),
shopify.dev/docs/api/usage/rate-limits, shopify.dev/docs/api/shopifyql.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    SetupError,
    SignatureError,
    SystemConfig,
    TransientError,
    http_client,
    json_of,
    patiently,
    wait_asked,
)
from tieout.connectors.shopify.queries import ORDERS, SALES, SHOP

API_VERSION = "2026-07"
# Where a shop that is busy names no time, its vendor does: shopify.dev/docs/api/usage/limits recommends to wait a second.
_BUSY_S = 1.0


def open_session(config: SystemConfig) -> ShopifySession:
    """A session by access token; `webhook_secrets` may hold several, parted by blanks, while one is being
    changed."""
    secrets = config.text("webhook_secrets").split()
    return ShopifySession(config.text("url"), config.text("token"), secrets)


class ShopifySession:
    """Poller, WebhookReceiver and ControlTotals."""

    def __init__(self, url: str, token: str, secrets: list[str]) -> None:
        self._secrets = secrets
        self._http = http_client(
            base_url=url.rstrip("/"), timeout=40, headers={"X-Shopify-Access-Token": token}
        )
        self._currency = ""

    def _query(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        return patiently(lambda: self._once(query, variables))

    def _once(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        path = f"/admin/api/{API_VERSION}/graphql.json"
        try:
            reply = self._http.post(path, json={"query": query, "variables": variables})
        except httpx2.HTTPError as failure:
            raise TransientError(f"Shopify: {failure!r}") from None
        if reply.status_code == 429:
            asked = wait_asked(reply.headers)
            raise TransientError("Shopify: too many requests", _BUSY_S if asked is None else asked)
        if reply.status_code in (401, 403):
            raise SetupError(
                "Shopify refuses the access token: install the app again and put its token where tieout.toml says"
            )
        if reply.status_code == 404:
            raise SetupError(f"no Shopify Admin API {API_VERSION} there: check the shop's address")
        if reply.status_code >= 500:
            raise TransientError(f"Shopify: status {reply.status_code}", wait_asked(reply.headers))
        body: dict[str, Any] = json_of(reply, "Shopify")
        # GraphQL answers 200 and puts its errors inside; that the cost bucket is empty passes by itself.
        for error in body.get("errors", []):
            if error.get("extensions", {}).get("code") == "THROTTLED":
                raise TransientError("Shopify: the cost bucket is empty", _refill(body))
            raise SetupError(f"Shopify refuses the query: {error.get('message')}")
        data: dict[str, Any] = body["data"]
        return data

    def check(self) -> str:
        """What this is, in a line."""
        shop = self._query(SHOP, {})["shop"]
        return f"Shopify shop {shop['name']} ({shop['currencyCode']}, {shop['ianaTimezone']})"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """Orders changed since the cursor, with an overlap; paged by Shopify's own cursor."""
        since = str(cursor.get("since") or "")
        start = since
        if since:
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            start = (datetime.fromisoformat(since) - overlap).astimezone(UTC).isoformat()
        wanted = f"updated_at:>='{start}'" if start else ""
        page = self._query(ORDERS, {"query": wanted, "after": cursor.get("after")})["orders"]
        items = [_item(node) for node in page["nodes"]]
        newest = max([str(cursor.get("newest") or ""), *(n["updatedAt"] for n in page["nodes"])])
        if page["pageInfo"]["hasNextPage"]:
            after = page["pageInfo"]["endCursor"]
            return Page(items, {"since": since, "after": after, "newest": newest}, more=True)
        return Page(items, {"since": max(newest, since)})

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        """One item for a signed push: it wakes the poll of orders, and nothing of it is booked. It is known
        again by the event's id, which stays over retries. Raises SignatureError, ValueError."""
        verify_signature(headers.get("x-shopify-hmac-sha256", ""), body, self._secrets)
        value = json.loads(body)
        if not isinstance(value, dict):
            raise ValueError("a Shopify webhook is a JSON object")
        topic = headers.get("x-shopify-topic", "unknown")
        digest = hashlib.sha256(body).hexdigest()[:16]
        event = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id") or digest
        return [Item(f"event:{topic}", str(value.get("id", "")), f"event:{event}", body)]

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Orders and refunds of the days, as Shopify's own analytics sum them."""
        first = start.astimezone(ZoneInfo(zone)).date()
        # ShopifyQL counts by the shop's days, and the last one is part of the span.
        last = (end - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
        query = (
            "FROM sales SHOW orders, total_sales, refunds, total_returns "
            f"SINCE {first.isoformat()} UNTIL {last.isoformat()}"
        )
        answer = self._query(SALES, {"query": query})["shopifyqlQuery"]
        if answer["parseErrors"]:
            raise SetupError(f"ShopifyQL refuses the query: {answer['parseErrors']}")
        if not self._currency:
            self._currency = self._query(SHOP, {})["shop"]["currencyCode"]
        table = answer["tableData"]
        row = _first_row(table)
        orders, refunds = int(row.get("orders", 0)), int(row.get("refunds", 0))
        returned = Decimal(str(row.get("total_returns", "0")))
        # total_sales is what is left after returns; here orders count whole, and refunds are documents of
        # their own.
        sold = Decimal(str(row.get("total_sales", "0"))) + returned
        zero = Decimal(0)
        return [
            ControlTotal(self._currency, "orders", orders, sold, zero, "ShopifyQL sales"),
            ControlTotal(self._currency, "returns", refunds, zero, returned, "ShopifyQL sales"),
        ]

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def verify_signature(given: str, body: bytes, secrets: Iterable[str]) -> None:
    """Check `X-Shopify-Hmac-Sha256` against any of the secrets; SignatureError otherwise."""
    if not given:
        raise SignatureError("the X-Shopify-Hmac-Sha256 header is missing")
    for secret in secrets:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        if hmac.compare_digest(base64.b64encode(digest), given.encode()):
            return
    raise SignatureError("the signature is not by any of the secrets of this interface")


def _first_row(table: dict[str, Any]) -> dict[str, Any]:
    """ShopifyQL's rows are of the scalar JSON: objects by column name, or lists in its order."""
    if not table["rows"]:
        return {}
    first = table["rows"][0]
    if isinstance(first, dict):
        return first
    return dict(zip([column["name"] for column in table["columns"]], first, strict=True))


def _refill(body: dict[str, Any]) -> float:
    """Seconds until there is enough for the query that was refused: the bucket fills by restoreRate points a second
    (shopify.dev/docs/api/usage/limits); what the vendor recommends where the answer does not say how full it is."""
    cost = body.get("extensions", {}).get("cost", {})
    status = cost.get("throttleStatus", {})
    try:
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(0.1, missing / float(status["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return _BUSY_S


def _item(node: dict[str, Any]) -> Item:
    raw = json.dumps(node, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item("orders", str(node["id"]), f"orders:{node['id']}:{digest}", raw)
