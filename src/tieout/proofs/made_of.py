"""What a payout is made of, in a controller's words: gross, fees, refunds, disputes, adjustments, and their net. Pure: movements in,
lines out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

LineKind = Literal["gross", "fees", "refunds", "disputes", "adjustments"]
KINDS: tuple[LineKind, ...] = ("gross", "fees", "refunds", "disputes", "adjustments")
# A provider's reporting categories (see `ProviderMovement`), by the line that their gross amount is in; any other is an adjustment.
_LINES: dict[str, LineKind] = {
    "charge": "gross", "charge_failure": "gross", "capture_reversal": "gross", "platform_earning": "gross",
    "refund": "refunds", "refund_failure": "refunds",
    "dispute": "disputes", "dispute_reversal": "disputes", "fee": "fees",
}  # fmt: skip


@dataclass(frozen=True)
class MadeOf:
    """One line: `parts` are (movement's key, its document, what it adds), signed, into the balance positive; `amount` is their sum. A
    fee that a charge's own movement withholds is a part of the fees, its gross of the gross."""

    kind: LineKind
    amount: Decimal
    parts: tuple[tuple[str, int, Decimal], ...]


def made_of(movements: Iterable[Mapping[str, Any]]) -> list[MadeOf]:
    """The five lines of a payout, each also where it is nothing, from movements with `movement_key`, `document_id`, `category`, `gross`,
    `fee` and `net`; together they come to the sum of the nets. What never came has no amount and is in none."""
    found: dict[LineKind, list[tuple[str, int, Decimal]]] = {kind: [] for kind in KINDS}
    for m in movements:
        if m["net"] is None:
            continue
        key, number, gross, net = m["movement_key"], m["document_id"], Decimal(m["gross"]), Decimal(m["net"])
        if gross:
            found[_LINES.get(m["category"], "adjustments")].append((key, number, gross))
        # Whatever its provider calls it: what is withheld of it is the difference.
        if net != gross:
            found["fees"].append((key, number, net - gross))
    return [
        MadeOf(kind, sum((amount for _, _, amount in parts), Decimal(0)), tuple(parts))
        for kind, parts in found.items()
    ]
