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
from typing import Any

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    SetupError,
    SignatureError,
    SystemConfig,
    TransientError,
    json_of,
    newest_of,
    patiently,
    wait_asked,
)
from tieout.connector_api.asking import COST, Asking
from tieout.connector_api.tokens import ClientCredentials, token_auth
from tieout.connectors.shopify.answers import BUSY_S as _BUSY_S
from tieout.connectors.shopify.answers import TooCostlyError, answered
from tieout.connectors.shopify.bucket import Bucket, refill_s
from tieout.connectors.shopify.pages import whole
from tieout.connectors.shopify.payments_api import poll_balance, poll_disputes, poll_payouts
from tieout.connectors.shopify.queries import ORDERS, SHOP
from tieout.connectors.shopify.sales_figures import sales_figures

API_VERSION = "2026-07"
# shopify.dev, "Using the client credentials grant": a form with client_id, client_secret and grant_type; `expires_in` 86399.
TOKEN_PATH = "/admin/oauth/access_token"
_TOKEN_HEADER = "X-Shopify-Access-Token"
# How many orders a page has, and how many of each list an order comes with at first: see `_sized` and `pages`.
_ORDERS, _NESTED, _FEWEST = 25, 10, 2


def open_session(config: SystemConfig) -> ShopifySession:
    """A session by the app's client id and secret (Dev Dashboard), or by a static token of an older custom app. Raises SetupError where
    there is neither. `webhook_secrets` may hold several, parted by blanks, while one is being changed; pushes are signed with the
    app's client secret."""
    url = config.text("url").rstrip("/")
    client, secret, token = (config.text(name) for name in ("client_id", "client_secret", "token"))
    secrets = config.text("webhook_secrets").split() or ([secret] if secret else [])
    if client and secret:
        grant = ClientCredentials(f"{url}{TOKEN_PATH}", client, secret)
        return ShopifySession(Asking(config), secrets, auth=token_auth(config, grant, header=_TOKEN_HEADER))
    if not token:
        raise SetupError(
            f"{config.name}: say client_id and client_secret of an app of the Dev Dashboard, or the token of an older custom app"
        )
    return ShopifySession(Asking(config), secrets, token=token)


class ShopifySession:
    """Poller, WebhookReceiver and ControlTotals. Signs by `auth`, whose token serves 24 hours and is renewed, or by a static `token`."""

    def __init__(
        self, asking: Asking, secrets: list[str], token: str = "", auth: httpx2.Auth | None = None
    ) -> None:
        self._secrets = secrets
        headers = {_TOKEN_HEADER: token} if token else {}
        self._http = asking.client(base_url=asking.url, timeout=40, headers=headers, auth=auth)
        self._bucket = Bucket(asking.pace)
        self._first, self._nested = _ORDERS, _NESTED

    def _query(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        return patiently(lambda: self._once(query, variables))

    def _once(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        path = f"/admin/api/{API_VERSION}/graphql.json"
        try:
            cost = {COST: self._bucket.cost_of(query, variables)}
            reply = self._http.post(path, json={"query": query, "variables": variables}, extensions=cost)
        except httpx2.HTTPError as failure:
            raise TransientError(f"Shopify: {failure!r}") from None
        if reply.status_code == 429:
            asked = wait_asked(reply.headers)
            raise TransientError("Shopify: too many requests", _BUSY_S if asked is None else asked)
        if reply.status_code in (401, 403):
            raise SetupError(
                "Shopify refuses the access token: install the app in the shop again; a static token goes where tieout.toml says"
            )
        if reply.status_code == 404:
            raise SetupError(f"no Shopify Admin API {API_VERSION} there: check the shop's address")
        if reply.status_code >= 500:
            raise TransientError(f"Shopify: status {reply.status_code}", wait_asked(reply.headers))
        body = json_of(reply, "Shopify")
        self._bucket.learn(query, variables, body)
        return answered(body, refill_s)

    def _sized(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """A query of many: where it costs more than one may, it is asked again for half as many, and so are those after it.
        Raises SetupError where not even one fits."""
        while True:
            sizes = {"first": self._first} | ({"nested": self._nested} if "$nested" in query else {})
            try:
                return self._query(query, {**variables, **sizes})
            except TooCostlyError:
                if self._first == 1 and self._nested == _FEWEST:
                    raise
                # Lists within an order are shortened last: what they lack is asked for one by one.
                self._first, self._nested = (
                    (self._first // 2, self._nested) if self._first > 1 else (1, _FEWEST)
                )

    def check(self) -> str:
        """What this is, in a line."""
        shop = self._query(SHOP, {})["shop"]
        return f"Shopify shop {shop['name']} ({shop['currencyCode']}, {shop['ianaTimezone']})"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """What changed or was moved since the cursor, with an overlap; paged by Shopify's own cursor."""
        since = str(cursor.get("since") or "")
        start = since
        if since:
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            start = (datetime.fromisoformat(since) - overlap).astimezone(UTC).isoformat()
        if stream == "balance":
            return poll_balance(self._query, cursor, start)
        if stream == "payouts":
            return poll_payouts(self._query, cursor, start)
        if stream == "disputes":
            return poll_disputes(self._query, cursor, now)
        wanted = f"updated_at:>='{start}'" if start else ""
        page = self._sized(ORDERS, {"query": wanted, "after": cursor.get("after")})["orders"]
        items = [_item(whole(node, self._query, self._nested)) for node in page["nodes"]]
        newest = newest_of(str(cursor.get("newest") or ""), (n.get("updatedAt") for n in page["nodes"]))
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
        """Orders and what came back of them in the days, as Shopify's own analytics sum them: see `sales_figures`."""
        if "orders" not in streams:
            return []
        return sales_figures(self._query, self._sized, start, end, zone)

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


def _item(node: dict[str, Any]) -> Item:
    raw = json.dumps(node, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item("orders", str(node["id"]), f"orders:{node['id']}:{digest}", raw)
