"""What PayPal moved, the same whichever way it is told: a row of the settlement report, or of the Transactions API.

A movement is known again by what neither way ever changes of it: its transaction id, its event code, the instant at which PayPal
began on it, its money. When it is booked is no part of that: the report is by days of its own zone, and the API's
`transaction_updated_date` may change once a payment is given back. What PayPal withholds is positive here, whichever sign it writes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api.movements import declared_movement
from tieout.documents import ProviderMovement, order_number
from tieout.formats.paypal.codes import word_of
from tieout.money import Amount

PROVIDER = "paypal"
# What belongs to another payment, which it is matched with.
_OF_ANOTHER = ("refund", "refund_failure", "dispute", "dispute_reversal")


class PaypalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the balance, `occurred_at` when it moved (of the report: noon of its day). `gross` is signed (into the balance is positive), `fee` what was withheld of it (positive, below zero
    where it was given back). `began` is None where the report does not say. `original` is the transaction that this one gives
    back or follows."""

    transaction: str
    code: str
    began: datetime | None
    occurred_at: datetime
    gross: Decimal
    fee: Decimal
    currency: str
    invoice: str = ""
    original: str = ""
    custom: str = ""
    payer: str = ""


def category_of(code: str, way: int, options: Mapping[str, Any]) -> str:
    """Our word for an event code: the company's own, else what PayPal publishes; the code itself where neither says."""
    return declared_movement(options, code, way) or word_of(code, way) or code or "unknown"


def paypal_movement(row: PaypalRow, options: Mapping[str, Any], seen: Counter[str]) -> ProviderMovement:
    """A row as a movement. `seen` counts what is equal in everything: the second of two is the second wherever both are told.
    Raises ValueError for money finer than its currency."""
    gross, fee = Amount(row.gross, row.currency), Amount(row.fee, row.currency)
    category = category_of(row.code, (row.gross > 0) - (row.gross < 0), options)
    began = row.began.astimezone(UTC).isoformat() if row.began else ""
    told = (
        row.transaction,
        row.code,
        began,
        *(f"{x.value.normalize():f}" for x in (gross, fee)),
        row.currency,
    )
    name = f"{PROVIDER}:{row.transaction}:{hashlib.sha256(chr(31).join(told).encode()).hexdigest()[:16]}"
    seen[name] += 1
    is_payout = category.startswith("payout")
    by_number = options.get("order_reference", "number") == "number"
    payment = row.original if row.original and category in _OF_ANOTHER else row.transaction
    order = order_number(row.invoice) if by_number else row.invoice
    return ProviderMovement(
        key=f"{name}:{seen[name]}",
        occurred_at=row.occurred_at,
        currency=row.currency,
        control_group=row.code,
        provider=PROVIDER,
        category=category,
        gross=gross,
        fee=fee,
        net=gross - fee,
        order_key="" if is_payout else order,
        payment_key="" if is_payout else payment,
        payout_key=_payout(category, row) if is_payout else "",
        automatic=False,
        customer_name=row.payer,
        description=row.custom or row.code,
    )


def _payout(category: str, row: PaypalRow) -> str:
    """A withdrawal that came back names the one that it was."""
    return row.original if row.original and category == "payout_reversal" else row.transaction


def paypal_instant(text: str) -> datetime:
    """A time as PayPal writes it in its reports (2026/10/05 01:00:00 -0700) and answers (2026-10-05T08:00:00+0000, or with Z).
    Raises ValueError for any other, and for one without a zone."""
    plain = text.strip().replace("/", "-").replace(" ", "T", 1).replace(" ", "").replace("Z", "+00:00")
    found = datetime.fromisoformat(plain)
    if found.tzinfo is None:
        raise ValueError(f"{text[:40]!r} is a time without its zone")
    return found
