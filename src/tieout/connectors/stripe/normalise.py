"""Stripe's objects to documents. Pure.

Classified on `reporting_category`, since `type=adjustment` mixes disputes, reversals and failed
refunds (docs.stripe.com/reports/reporting-categories). Amounts are integer minor units; net =
amount - fee.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from tieout.documents import Dispute, Document, PayoutComposition, ProviderMovement
from tieout.money import Amount, from_minor

_CATEGORIES = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "partial_capture_reversal": "capture_reversal",
    "payout": "payout",
    "payout_reversal": "payout_reversal",
    "dispute": "dispute",
    "dispute_reversal": "dispute_reversal",
    "fee": "fee",
    "network_cost": "fee",
    "risk_reserved_funds": "reserve",
    "payout_minimum_balance_hold": "reserve",
    "payout_minimum_balance_release": "reserve",
    "other_adjustment": "other",
}


def _object(raw: bytes) -> dict[str, Any]:
    value = msgspec.json.decode(raw)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _money(value: dict[str, Any], name: str, currency: str) -> Amount:
    return from_minor(value[name], currency)


def movement(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A balance transaction, its source expanded, to one movement."""
    row = _object(raw)
    currency = str(row["currency"]).upper()
    source = row.get("source") if isinstance(row.get("source"), dict) else {}
    assert isinstance(source, dict)
    metadata = source.get("metadata") or {}
    group = str(row["reporting_category"])
    # A category that is not in the table keeps Stripe's name, under which it becomes a case.
    category = _CATEGORIES.get(group, group)
    # A refund and a dispute name their charge; of a charge it is its own id.
    payment = str(source.get("charge") or source.get("id") or row.get("source") or "")
    billing = source.get("billing_details") or {}
    return [
        ProviderMovement(
            key=str(row["id"]),
            occurred_at=_at(row["created"]),
            currency=currency,
            control_group=group,
            provider="stripe",
            category=category,
            gross=_money(row, "amount", currency),
            fee=_money(row, "fee", currency),
            net=_money(row, "net", currency),
            order_key=str(metadata.get(str(options.get("order_metadata", "order_id")), "")),
            refund_key=str(metadata.get(str(options.get("refund_metadata", "refund_id")), "")),
            payment_key=payment,
            payout_key=str(source.get("id", "")) if category.startswith("payout") else "",
            automatic=bool(source.get("automatic", True)),
            customer_name=str(billing.get("name") or ""),
            description=str(row.get("description") or ""),
        )
    ]


def composition(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An automatic payout and the ids of what it pays out."""
    value = _object(raw)
    payout = value["payout"]
    return [
        PayoutComposition(
            key=f"{payout['id']}:composition",
            occurred_at=_at(payout["created"]),
            currency=str(payout["currency"]).upper(),
            provider="stripe",
            payout_key=str(payout["id"]),
            movement_keys=tuple(sorted(str(t) for t in value["transactions"])),
        )
    ]


def dispute(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A dispute as it stands. An inquiry (`warning_…`) moves no money."""
    row = _object(raw)
    status = str(row["status"])
    if status.startswith("warning"):
        status = "inquiry"
    # Stripe's disputes do not say when they changed last: `changed_at` is the sandbox's word, and a real
    # dispute has the instant at which it was opened.
    changed = row.get("metadata", {}).get("changed_at") or row["created"]
    return [
        Dispute(
            key=str(row["id"]),
            version=f"{int(changed):012d}",
            occurred_at=_at(int(changed)),
            currency=str(row["currency"]).upper(),
            provider="stripe",
            status=status if status in ("won", "lost", "inquiry") else "needs_response",
            amount=from_minor(row["amount"], str(row["currency"]).upper()),
            payment_key=str(row["charge"]),
            # Why matters once it is lost: what becomes of the sale's tax hangs on it.
            reason=str(row["reason"]) if status == "lost" and row.get("reason") else msgspec.UNSET,
        )
    ]
