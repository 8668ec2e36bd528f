"""A transaction of PayPal's API to a movement of its balance, the one that the settlement report tells of. Pure.

Amounts are signed texts in major units; `fee_amount` is below zero where it is withheld, so that net = amount + fee. Of what moves
the balance alone is told (`balance_affecting_records_only`), pending payments among it: PayPal has taken the money by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api.paypal import PaypalRow, paypal_instant, paypal_movement
from tieout.documents import Document
from tieout.money import Amount


def transaction(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A transaction to one movement; none for one that moves nothing. Raises ValueError."""
    value = msgspec.json.decode(raw)
    info = value["transaction_info"]
    currency, gross, fee = _money(info)
    if not gross and not fee:
        return []
    reference = str(info.get("paypal_reference_id") or "")
    code = str(info["transaction_event_code"])
    row = PaypalRow(
        transaction=str(info["transaction_id"]),
        code=code,
        began=paypal_instant(str(info["transaction_initiation_date"])),
        occurred_at=moved_at(info),
        gross=gross,
        fee=fee,
        currency=currency,
        invoice=str(info.get("invoice_id") or ""),
        original=reference if info.get("paypal_reference_id_type") == "TXN" else "",
        custom=str(info.get("custom_field") or ""),
        payer=_payer(value.get("payer_info") or {}),
    )
    made = paypal_movement(row, options, Counter())
    if info.get("transaction_status") == "D":
        # A payment that was denied is said not to move the balance: in the list of what does, nobody knows what it is.
        made = msgspec.structs.replace(made, category=f"{code} denied")
    return [made]


def _money(info: Mapping[str, Any]) -> tuple[str, Decimal, Decimal]:
    """Currency, gross amount, and what was withheld of it (positive)."""
    money, withheld = info["transaction_amount"], info.get("fee_amount") or None
    currency = str(money["currency_code"])
    gross = Amount.parse(str(money["value"]), currency).value
    if withheld is None:
        return currency, gross, Decimal(0)
    if withheld["currency_code"] != currency:
        raise ValueError(f"a fee in {withheld['currency_code']} of an amount in {currency}")
    fee = -Amount.parse(str(withheld["value"]), currency).value
    if gross > 0 and fee < 0:
        raise ValueError(
            f"fee_amount of {-fee} beside {gross} that came: PayPal writes what it withholds below zero"
        )
    return currency, gross, fee


def moved(info: Mapping[str, Any]) -> tuple[str, Decimal] | None:
    """Currency and what the balance moved by; None for what moves nothing. Raises ValueError."""
    currency, gross, fee = _money(info)
    return (currency, gross - fee) if gross or fee else None


def moved_at(info: Mapping[str, Any]) -> datetime:
    """When the balance moved: at the last update, which for a completed payment is its completion; of one that was given back
    (status V, or F in part) at its beginning, since its update is the giving back."""
    completed = info.get("transaction_status") in (None, "S", "P")
    told = info.get("transaction_updated_date") if completed else None
    return paypal_instant(str(told or info["transaction_initiation_date"])).astimezone(UTC)


def _payer(payer: Mapping[str, Any]) -> str:
    name = payer.get("payer_name") or {}
    parts = (name.get("given_name"), name.get("surname"))
    return str(name.get("alternate_full_name") or " ".join(str(p) for p in parts if p))
