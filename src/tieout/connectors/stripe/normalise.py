"""Stripe's objects to documents. Pure.

Amounts are integers of Stripe's own minor units (`money.STRIPE`); net = amount - fee. What a movement is stands in `connector_api.stripe`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tieout.connector_api.stripe import OF_PAYMENTS, PROVIDER
from tieout.connectors.stripe.movements import kind_of, reporting_category
from tieout.documents import Dispute, Document, PayoutComposition, ProviderMovement
from tieout.money import STRIPE, Amount


def _object(raw: bytes) -> dict[str, Any]:
    value = msgspec.json.decode(raw)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _money(value: Mapping[str, Any], name: str, currency: str) -> Amount:
    return STRIPE.amount(value[name], currency)


def _id(value: Any) -> str:
    """The id of an object that is named, or stands there whole (expanded); "" for none."""
    return str((value.get("id") if isinstance(value, Mapping) else value) or "")


def _metadata(source: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    """What may name the order: the object's own metadata, those of its charge, those of its payment intent. A refund that was
    made at Stripe has none of its own."""
    yield source.get("metadata") or {}
    if kind in OF_PAYMENTS:
        for name in ("charge", "payment_intent"):
            whole = source.get(name)
            if isinstance(whole, Mapping):
                yield whole.get("metadata") or {}


def movement(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A balance transaction, its source expanded, to one movement. Raises ValueError where its net is not what its amount and
    fee come to."""
    row = _object(raw)
    currency = str(row["currency"]).upper()
    source = row.get("source") if isinstance(row.get("source"), dict) else {}
    assert isinstance(source, dict)
    group = reporting_category(row)
    kind = kind_of(row, group, options)
    gross, fee, net = (_money(row, name, currency) for name in ("amount", "fee", "net"))
    if net != gross - fee:
        raise ValueError(
            f"{row['id']}: net {net} is not amount {gross} less fee {fee}, as Stripe says that it is"
        )
    name = str(options.get("order_metadata", "order_id"))
    order = next((str(said[name]) for said in _metadata(source, kind) if said.get(name)), "")
    own = source.get("metadata") or {}
    billing = source.get("billing_details") or {}
    return [
        ProviderMovement(
            key=str(row["id"]),
            occurred_at=_at(row["created"]),
            currency=currency,
            control_group=group,
            provider=PROVIDER,
            category=kind,
            gross=gross,
            fee=fee,
            net=net,
            order_key=order,
            refund_key=str(own.get(str(options.get("refund_metadata", "refund_id")), "")),
            # A refund and a dispute name their charge; of a charge it is its own id.
            payment_key=_id(source.get("charge")) or _id(row.get("source")),
            payout_key=str(source.get("id", "")) if kind.startswith("payout") else "",
            automatic=bool(source.get("automatic", True)),
            customer_name=str(billing.get("name") or ""),
            description=str(row.get("description") or ""),
        )
    ]


def composition(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """An automatic payout and the ids of what it pays out. Raises ValueError for one of which Stripe says that it has not
    put them together yet."""
    value = _object(raw)
    payout = value["payout"]
    # Older versions of the API do not say it.
    status = payout.get("reconciliation_status") or "completed"
    if status != "completed":
        raise ValueError(f"{payout['id']}: what it pays out is {status}, and no list of it is whole")
    return [
        PayoutComposition(
            key=f"{payout['id']}:composition",
            occurred_at=_at(payout["created"]),
            currency=str(payout["currency"]).upper(),
            provider=PROVIDER,
            payout_key=str(payout["id"]),
            movement_keys=tuple(sorted(str(t) for t in value["transactions"])),
        )
    ]


def dispute(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A dispute as it stands, since the instant at which it last changed. An inquiry (`warning_…`) and one that was prevented
    move no money of their own.

    A lost one is what was withdrawn for it and not given back, in the currency of the balance, which is not the one of the
    charge where Stripe converted that. Raises ValueError where it moved money in several.
    """
    value = _object(raw)
    # Told with the instant at which it was closed. Messages of before are the dispute alone, of which only the sandbox said when it
    # changed, in its metadata.
    told = "dispute" in value
    row = value["dispute"] if told else value
    closed = value.get("closed_at") if told else (row.get("metadata") or {}).get("changed_at")
    moved: Sequence[Mapping[str, Any]] = row.get("balance_transactions") or ()
    instants = [row["created"], *(t["created"] for t in moved)] if told else [row["created"]]
    changed = max(int(closed) if closed else 0, *instants) if told else int(closed or row["created"])
    status = _status(str(row["status"]))
    amount = _disputed(row, moved, status) if "balance_transactions" in row else _money(row, "amount", str(row["currency"]).upper())  # fmt: skip
    return [
        Dispute(
            key=str(row["id"]),
            version=f"{changed:012d}",
            occurred_at=_at(changed),
            currency=amount.currency,
            provider=PROVIDER,
            status=status,
            amount=amount,
            payment_key=_id(row["charge"]),
            # Why matters once it is lost: what becomes of the sale's tax hangs on it.
            reason=str(row["reason"]) if status == "lost" and row.get("reason") else msgspec.UNSET,
            kept=_kept(moved, status, amount.currency),
        )
    ]


def _status(said: str) -> str:
    if said.startswith("warning") or said == "prevented":
        return "inquiry"
    return said if said in ("won", "lost") else "needs_response"


def _disputed(row: Mapping[str, Any], moved: Sequence[Mapping[str, Any]], status: str) -> Amount:
    """What is disputed: what was withdrawn for it; once it is lost, what of that stays away. Of one for which nothing was
    withdrawn its own amount, and nothing once it is lost."""
    currencies = {str(t["currency"]).upper() for t in moved}
    if len(currencies) > 1:
        raise ValueError(f"{row['id']}: moved money in several currencies: {', '.join(sorted(currencies))}")
    currency = currencies.pop() if currencies else str(row["currency"]).upper()
    if not moved and status != "lost":
        return _money(row, "amount", currency)
    counted = [t["amount"] for t in moved if status == "lost" or t["amount"] < 0]
    return STRIPE.amount(-sum(counted), currency)


def _kept(moved: Sequence[Mapping[str, Any]], status: str, currency: str) -> Amount | msgspec.UnsetType:
    """What a dispute that was won did not give back, since rates moved meanwhile, say. One of which nothing was given back yet is told
    again once it is; of one that lists only what came back nobody knows what was withdrawn."""
    ways = {t["amount"] > 0 for t in moved if t["amount"]}
    if status != "won" or ways != {True, False}:
        return msgspec.UNSET
    return STRIPE.amount(-sum(t["amount"] for t in moved), currency) or msgspec.UNSET
