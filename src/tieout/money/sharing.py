"""An amount shared out in whole minor units, so that nothing is lost and nothing made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tieout.money.amount import Amount, from_minor
from tieout.money.currency import minor_digits


def in_minor(amount: Amount) -> int:
    """An amount in its currency's minor units (10.50 EUR is 1050)."""
    return int(amount.value.scaleb(minor_digits(amount.currency)))


def shared_out(amount: Amount, weights: Sequence[Decimal]) -> tuple[Amount, ...]:
    """`amount`, which is not negative, by weights that are not negative: each share its floor, and the minor units that
    are left by the largest remainders, the earlier first. The shares sum to the amount. Weights of nothing give all of it
    to the first; where they are amounts themselves, no share is above its own as long as the amount is not above their sum.
    """
    total, whole = in_minor(amount), sum(weights, Decimal(0))
    if not whole:
        return tuple(from_minor(0 if n else total, amount.currency) for n in range(len(weights)))
    shares = [int(total * w // whole) for w in weights]
    by_rest = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in by_rest[: total - sum(shares)]:
        shares[n] += 1
    return tuple(from_minor(share, amount.currency) for share in shares)
