"""What connectors of providers' balances share: our words for movements, and how a project gives one to a word of a provider's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.connector_api.declaration import Option

# `processes.provider_movements` says what each means in the ledger.
CATEGORIES = (
    "advance", "capture_reversal", "charge", "charge_failure", "contribution", "dispute", "dispute_reversal", "exchange", "fee",
    "financing", "other", "payout", "payout_reversal", "platform_earning", "refund", "refund_failure", "reserve", "spending", "topup",
    "transfer",
)  # fmt: skip

MOVEMENTS = Option(
    "movements",
    "what a kind of movement is to this company, by the provider's own word, for all of them or by the way of the money: "
    f'T0001 = "other", "T0000 out" = "spending"; one of {", ".join(CATEGORIES)}',
    table=True,
    shape=rf"\S.* = ({'|'.join(CATEGORIES)})",
)


def declared_movement(options: Mapping[str, Any], word: str, way: int) -> str:
    """What an interface declares a provider's word to be: that of its way (`in` for 1, `out` for -1) before that of both; ""
    where it says nothing."""
    said = options.get(MOVEMENTS.name)
    if not isinstance(said, Mapping):
        return ""
    ways = {1: f"{word} in", -1: f"{word} out"}
    return str(said.get(ways.get(way, ""), said.get(word, "")))
