"""Shopify's bucket of points: what a query costs is told with each answer, as is what is left and how fast it fills.

References: shopify.dev/docs/api/usage/limits (calculated query costs, the leaky bucket: an app has one for each shop), and the answer's
`extensions.cost`: requestedQueryCost, which must be there before a query runs, actualQueryCost, throttleStatus with maximumAvailable,
currentlyAvailable and restoreRate a second.
"""

from __future__ import annotations

from typing import Any

from tieout.connector_api.pace import Pace
from tieout.connectors.shopify.answers import BUSY_S

# More kinds of questions than the connector has.
_MOST_KINDS = 200
_Kind = tuple[str, object, object]


class Bucket:
    """What the points are known to be. A question of a kind that was asked before waits until there are enough for it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._costs: dict[_Kind, float] = {}

    def cost_of(self, query: str, variables: dict[str, Any]) -> float:
        """What a question costs, in points: what one of its kind did; one where none was asked yet."""
        return self._costs.get(_kind(query, variables), 1.0)

    def learn(self, query: str, variables: dict[str, Any], body: dict[str, Any]) -> None:
        """Keep what an answer says of its cost, and let everybody who asks this shop know what is left."""
        told = _told(body)
        if told is None:
            return
        requested, left, most, rate = told
        if len(self._costs) < _MOST_KINDS:
            self._costs[_kind(query, variables)] = requested
        self._pace.told(left, most, rate)


def refill_s(body: dict[str, Any]) -> float:
    """Seconds until there is enough for the query that was refused: the bucket fills by restoreRate points a second; what the vendor
    recommends where the answer does not say how full it is."""
    told = _told(body)
    if told is None:
        return BUSY_S
    requested, left, _, rate = told
    return max(0.1, (requested - left) / rate)


def _kind(query: str, variables: dict[str, Any]) -> _Kind:
    # Its cost depends on how many it asks for, and not on which.
    return query, variables.get("first"), variables.get("nested")


def _told(body: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """Points: what was asked for, what is left of the most, and what comes back a second; None where an answer does not say."""
    try:
        cost = body["extensions"]["cost"]
        status = cost["throttleStatus"]
        found = tuple(
            float(x)
            for x in (
                cost["requestedQueryCost"],
                status["currentlyAvailable"],
                status["maximumAvailable"],
                status["restoreRate"],
            )
        )
    except (KeyError, TypeError, ValueError):
        return None
    requested, left, most, rate = found
    return (requested, left, most, rate) if rate > 0 and most > 0 else None
