"""Shopify Payments: movements of its balance, payouts, and what they paid out. Pure.

The same documents as the file of its payouts becomes (`settlements`, provider shopify_payments), by ids instead of what lines say.
A balance transaction never changes: each is one movement, a transfer is a payout; out of the bank where the balance was negative. What a
payout is made of is told once it is final, and only where its parts come to it. Sources: shopify.dev, GraphQL Admin 2026-07:
ShopifyPaymentsBalanceTransaction ("net": what it contributes to the balance; "sourceId": the ID of the resource leading to the
transaction), ShopifyPaymentsTransactionType, ShopifyPaymentsPayout, ShopifyPaymentsDispute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import msgspec

from tieout.connectors.shopify.taxes import number_of
from tieout.documents import Dispute, Document, PayoutComposition, ProviderMovement
from tieout.money import Amount

PROVIDER = "shopify_payments"
OPTION = "movements"
_SHAPE = "charge|refund|refund_failure|dispute|dispute_reversal|fee|reserve|topup|other"
MOVEMENT_SHAPE = rf"[A-Z_]+ = ({_SHAPE})"
# By the vendor's own type. What is not here (labels, duties, lending, credits of a dozen programmes, whatever comes later) means
# something else in each company's books: it is a case until the interface says what it is.
TYPES = {
    "CHARGE": "charge",
    "REFUND": "refund",
    "REFUND_FAILURE": "refund_failure",
    "DISPUTE_WITHDRAWAL": "dispute",
    "DISPUTE_REVERSAL": "dispute_reversal",
    "CHARGEBACK_HOLD": "reserve",
    "CHARGEBACK_HOLD_RELEASE": "reserve",
    "RESERVED_FUNDS": "reserve",
    "RESERVED_FUNDS_REVERSAL": "reserve",
    "RESERVED_FUNDS_WITHDRAWAL": "reserve",
    "RISK_WITHDRAWAL": "reserve",
    "RISK_REVERSAL": "reserve",
    "CHARGEBACK_FEE": "fee",
    "CHARGEBACK_FEE_REFUND": "fee",
    "STRIPE_FEE": "fee",
    "ACH_BANK_FAILURE_DEBIT_FEE": "fee",
    "ACH_BANK_FAILURE_DEBIT_REVERSAL_FEE": "fee",
    "REFERRAL_FEE": "fee",
    "REFERRAL_FEE_TAX": "fee",
    "APPLICATION_FEE_REFUND": "fee",
    "ADJUSTMENT": "other",
}
BACK = ("TRANSFER_FAILURE", "TRANSFER_CANCEL", "TRANSFER_REFUND")
# How a dispute ended (DisputeStatus); any other is open. What is not fought is lost; one that was prevented, or ended by a refund, moved
# no money of its own.
_ENDED = {
    "WON": "won",
    "LOST": "lost",
    "ACCEPTED": "lost",
    "PREVENTED": "inquiry",
    "CHARGE_REFUNDED": "inquiry",
}


def balance(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A balance transaction's movement; none of a test. Raises ValueError where net is neither its amount less nor with its fee, and for a
    refund that is not among those which Shopify gives of its order."""
    row = msgspec.json.decode(raw)
    if row["test"]:
        return []
    if row.get("cut"):
        raise ValueError(
            f"balance transaction {row['id']} gives back of {row['associatedOrder']['name']}, which has {row['cut']}: with which of them "
            "it gives back cannot be read; book it by hand"
        )
    gross, net = amount(row["amount"]), amount(row["net"])
    fee = gross - net
    if abs(fee.value) != abs(amount(row["fee"]).value):
        raise ValueError(
            f"balance transaction {row['id']}: {gross} with a fee of {amount(row['fee'])} is no {net}"
        )
    category, payout = _category(row, net, options), _payout_of(row)
    moved = category.startswith("payout")
    order, paid = row.get("associatedOrder") or {}, row.get("payment") or row.get("sourceOrderTransactionId")
    return [
        ProviderMovement(
            key=movement_key(row["id"]),
            occurred_at=datetime.fromisoformat(row["transactionDate"]),
            currency=net.currency,
            control_group=str(row["type"]),
            provider=PROVIDER,
            category=category,
            gross=gross,
            fee=fee,
            net=net,
            order_key="" if moved else number_of(order.get("id") or ""),
            refund_key=f"refund:{number_of(row['refund'])}" if row.get("refund") else "",
            payment_key="" if moved or not paid else number_of(str(paid)),
            payout_key=payout_key(payout) if moved and payout else "",
            automatic=True,
            description=" ".join(x for x in (_words(row), order.get("name") or "") if x),
        )
    ]


def payouts(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """What a payout is made of, once it is paid; nothing before, and nothing of one that came to nothing. One that failed or was cancelled
    keeps its parts, or they go into the next: it is told where they come to it. Raises ValueError where the parts of one that was
    paid are not what it paid."""
    row = msgspec.json.decode(raw)
    if row["status"] not in ("PAID", "FAILED", "CANCELED"):
        return []
    paid, members = amount(row["net"]), [m for m in row["members"] if not m["test"]]
    parts = sum((amount(m["net"]) for m in members), Amount.zero(paid.currency))
    if parts != paid and row["status"] != "PAID":
        return []
    if parts != paid:
        raise ValueError(
            f"payout {row['legacyResourceId']} paid {paid}, its {len(members)} balance transactions come to {parts}: it is read "
            "again until they do"
        )
    if not members:
        return []
    number = number_of(row["id"])
    return [
        PayoutComposition(
            key=f"{PROVIDER}:payout:{number}:composition",
            occurred_at=datetime.fromisoformat(row["issuedAt"]),
            currency=paid.currency,
            provider=PROVIDER,
            payout_key=payout_key(number),
            movement_keys=tuple(sorted(movement_key(m["id"]) for m in members)),
        )
    ]


def dispute(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """How a dispute stands, since it was begun or resolved. What was withdrawn for it is a movement; lost, that is the loss. Raises ValueError
    for one that was lost in another currency than the account's own: what was withdrawn for it stands in no dispute."""
    row = msgspec.json.decode(raw)
    disputed = amount(row["amount"])
    status = "inquiry" if row["type"] == "INQUIRY" else _ENDED.get(str(row["status"]), "needs_response")
    if status == "lost" and disputed.currency != row["account_currency"]:
        raise ValueError(
            f"dispute {row['legacyResourceId']}: {disputed} was lost, and the balance is in {row['account_currency']}: book what was "
            "withdrawn for it as a loss by hand"
        )
    at = _stood_since(row)
    reason = str(row["reasonDetails"].get("reason") or "").lower()
    return [
        Dispute(
            key=f"{PROVIDER}:dispute:{number_of(row['id'])}",
            version=at.isoformat(),
            occurred_at=at,
            currency=disputed.currency,
            provider=PROVIDER,
            status=status,
            amount=disputed,
            payment_key=_only_payment(row),
            reason=reason if status == "lost" and reason else msgspec.UNSET,
        )
    ]


def _stood_since(row: Mapping[str, Any]) -> datetime:
    """Since when a dispute stands as it does: its end, else its beginning. In Shopify's reference `finalizedOn` is a Date, a day without a time, in
    versions before 2026-07; an end on the very day of the beginning comes after it."""
    begun = datetime.fromisoformat(row["initiatedAt"]).astimezone(UTC)
    if not row["finalizedOn"]:
        return begun
    ended = datetime.fromisoformat(row["finalizedOn"])
    if ended.tzinfo is None:
        # Noon is on that day wherever the company is.
        ended = datetime.combine(ended.date(), time(12), UTC)
    return max(begun, ended.astimezone(UTC))


def _only_payment(row: Mapping[str, Any]) -> str:
    """The payment of a disputed order; "" where it has several, for a dispute names none of them."""
    paid = [
        t
        for t in (row.get("order") or {}).get("transactions", ())
        if t["kind"] in ("SALE", "CAPTURE") and t["status"] == "SUCCESS" and t["gateway"] == PROVIDER
    ]
    return number_of(paid[0]["id"]) if len(paid) == 1 else ""


def amount(value: dict[str, Any]) -> Amount:
    """A MoneyV2."""
    return Amount.parse(str(value["amount"]), str(value["currencyCode"]))


def movement_key(gid: str) -> str:
    """How a balance transaction is known here."""
    return f"{PROVIDER}:balance:{number_of(gid)}"


def payout_key(number: str) -> str:
    """How a payout is known here: by its number in Shopify."""
    return f"shopify-payout-{number}"


def _category(row: dict[str, Any], net: Amount, options: Mapping[str, Any]) -> str:
    kind = str(row["type"])
    if kind == "TRANSFER":
        # Into the bank; out of it where the balance was negative.
        return "payout"
    if kind in BACK:
        return "payout_reversal"
    said = {str(k).upper(): str(v) for k, v in (options.get(OPTION) or {}).items()}
    if kind in said:
        return said[kind]
    if kind == "ADJUSTMENT" and row.get("sourceType") == "DISPUTE":
        return "dispute" if net.value < 0 else "dispute_reversal"
    return TYPES.get(kind, kind.lower())


def _payout_of(row: dict[str, Any]) -> str:
    """The number of the payout that a transfer is, or that it brings back: that stands in the next one, and is not it."""
    if row["type"] in BACK and row.get("sourceType") == "TRANSFER" and row.get("sourceId"):
        return str(row["sourceId"])
    return number_of((row.get("associatedPayout") or {}).get("id") or "")


def _words(row: dict[str, Any]) -> str:
    reason = str(row.get("adjustmentReason") or "")
    return f"{str(row['type']).replace('_', ' ').lower()}{': ' if reason else ''}{reason}"


def provider_of(streams: Sequence[str], options: Mapping[str, Any]) -> str:
    """Whose balance an interface tells of; "" where of none."""
    return PROVIDER if {"balance", "payouts"} & set(streams) else ""
