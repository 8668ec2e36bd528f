"""What belongs together, and what is left over.

Amounts have one sign on both sides: a deposit and the invoice that it pays are both positive, a
fee or a refund is negative. A difference is left less right, in the left side's currency.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """Left less right, signed. `explained_as` names what it is, "" where there is none:
    rounding, bank_charge, early_payment_discount, withholding, exchange, partial_payment (what is
    missing stays open) or over_payment (what is too much does)."""

    amount: Decimal
    currency: str
    explained_as: str = ""


class Match(msgspec.Struct, frozen=True):
    """A whole group. `confidence` is the chance that it is right, 0 to 1. A suggested group has
    its rank among those of its left items (from 1); an automatic one has rank 1."""

    match: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    rule: str
    confidence: float
    status: Literal["auto", "suggested"]
    rank: int
    difference: Difference
    why: str

    @property
    def closed(self) -> bool:
        """Whether nothing of it stays open."""
        return self.difference.explained_as not in ("partial_payment", "over_payment")


class Break(msgspec.Struct, frozen=True):
    """An item that belongs to nothing yet. `cause` is timing (it may still come), suggested
    (a person can choose), ambiguous (several are equally good), no_rate, part_paid or over_paid
    (`amount` is what stays open of it) or unmatched; `why` says what comes nearest."""

    side: Literal["left", "right"]
    id: str
    amount: Decimal
    currency: str
    cause: str
    why: str


class MatchingError(Exception):
    """Input or rules that cannot be used; each problem says where, what and what was expected."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))
