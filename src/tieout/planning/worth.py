"""What something is worth in an entity's own currency. Pure."""

from __future__ import annotations

from decimal import Decimal

from tieout.money import Amount
from tieout.processes import Facts


def worth_of(amount: Decimal, currency: str, facts: Facts | None, own: str) -> Decimal | None:
    """`amount` in the entity's currency; None where its plan found no rate. Nothing is worth nothing anywhere."""
    if currency == own or not amount:
        return amount
    if facts is None or facts.rate is None:
        return None
    return Amount.rounded(amount / facts.rate, own).value
