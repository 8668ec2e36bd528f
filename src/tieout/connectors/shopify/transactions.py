"""What an order's transactions move. Pure.

A sale and a capture are paid, a refund is given back; an authorization reserves and a void ends that, and neither moves money
(shopify.dev, GraphQL Admin 2026-07: OrderTransactionKind, OrderTransactionStatus). A test gateway's moves none.
"""

from __future__ import annotations

from typing import Any

from tieout.connectors.shopify.taxes import money
from tieout.money import Amount

_ON_ITS_WAY = ("PENDING", "AWAITING_RESPONSE", "UNKNOWN")


def paid(transaction: dict[str, Any]) -> bool:
    """Whether it moved what it says."""
    return transaction["status"] == "SUCCESS" and not transaction.get("test")


def given(refund: dict[str, Any], currency: str) -> Amount:
    """What a refund gave back in money, or onto cards."""
    rows = (t for t in refund["transactions"]["nodes"] if t["kind"] == "REFUND" and paid(t))
    return sum((money(t["amountSet"], currency) for t in rows), Amount.zero(currency))


def waits(refund: dict[str, Any]) -> bool:
    """Whether a refund is not through: some of its money is on its way, or none of it came to anything."""
    rows = [t for t in refund["transactions"]["nodes"] if t["kind"] == "REFUND"]
    if any(t["status"] in _ON_ITS_WAY for t in rows):
        return True
    return bool(rows) and not any(paid(t) for t in rows)
