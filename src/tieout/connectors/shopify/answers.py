"""What a GraphQL answer of Shopify's says beside its data. Pure.

It comes with status 200 and puts its errors inside (shopify.dev/docs/api/usage/response-codes): a bucket that is empty passes by
itself; a query that costs more than one may (1,000 points) is asked for less; a field that the app may not read is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.connector_api import SetupError, TransientError

# Where a shop that is busy names no time, its vendor does: shopify.dev/docs/api/usage/limits recommends to wait a second.
BUSY_S = 1.0


class TooCostlyError(SetupError):
    """A query asks for more than Shopify answers at once."""


def answered(body: dict[str, Any], refill: Callable[[dict[str, Any]], float]) -> dict[str, Any]:
    """The data of an answer; `refill` says in seconds when an empty bucket has enough. Raises TransientError, TooCostlyError, SetupError."""
    for error in body.get("errors", []):
        code = (error.get("extensions") or {}).get("code")
        if code == "THROTTLED":
            raise TransientError("Shopify: the cost bucket is empty", refill(body))
        if code == "MAX_COST_EXCEEDED":
            raise TooCostlyError(f"Shopify: {error.get('message')}")
        if code == "ACCESS_DENIED":
            raise SetupError(
                f"Shopify denies what is asked for: {error.get('message')}; give the app the access scopes that "
                "docs/connectors/shopify.md lists, and install it again"
            )
        raise SetupError(f"Shopify refuses the query: {error.get('message')}")
    data: dict[str, Any] = body["data"]
    return data
