"""Units of a simulated shop's order: what was sent, what was called off, what is left. Pure."""

from __future__ import annotations

from typing import Any


def left_to_send(order: dict[str, Any]) -> dict[int, int]:
    """Units of lines, by their index, that were neither sent nor called off."""
    lines = order["lineItems"]["nodes"]
    done = [_called_off(order, x) + sum(_sent(f, x["id"]) for f in order["fulfillments"]) for x in lines]
    return {n: x["quantity"] - done[n] for n, x in enumerate(lines) if x["quantity"] > done[n]}


def restocked(order: dict[str, Any], line: str) -> str:
    """How a shop's own screens give a line back: called off before it was sent, returned afterwards."""
    return "RETURN" if any(_sent(f, line) for f in order["fulfillments"]) else "CANCEL"


def _sent(fulfilment: dict[str, Any], line: str) -> int:
    """How many units of a line a fulfilment sent."""
    rows = fulfilment["fulfillmentLineItems"]["nodes"]
    return sum(int(row["quantity"]) for row in rows if row["lineItem"]["id"] == line)


def _called_off(order: dict[str, Any], line: dict[str, Any]) -> int:
    """How many units of a line were given back before they were sent."""
    rows = (row for refund in order["refunds"] for row in refund["refundLineItems"]["nodes"])
    return sum(int(r["quantity"]) for r in rows if r["lineItem"] is line and r["restockType"] == "CANCEL")
