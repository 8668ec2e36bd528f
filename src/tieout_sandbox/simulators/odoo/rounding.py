"""How the cents go that rounding an invoice's lines one by one leaves: so that they add up to what the whole comes to.

Observed on 18.0 and 19.0, of which each has a way of its own (`_round_base_lines_tax_details` of account.tax there).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

_NONE = Decimal(0)


@dataclass(frozen=True)
class Base:
    """A line before rounding: `net` in the currency that is rounded to, `weight` its amount with taxes in the document's,
    `taxed` whether it has any."""

    net: Decimal
    weight: Decimal
    taxed: bool


Rounder = Callable[[Decimal], Decimal]


def smoothly(bases: Sequence[Base], target: Decimal, rounder: Rounder, step: Decimal) -> list[Decimal]:
    """The lines' rounded nets, made to add up to `target`: what is missing goes by size, and what that leaves a cent a line,
    the largest first (from 19 on)."""
    found = [rounder(b.net) for b in bases]
    delta = target - sum(found, _NONE)
    left = cents = int(abs(delta) / step)
    sign = step if delta > 0 else -step
    order = sorted(range(len(bases)), key=lambda i: -abs(bases[i].net))
    whole = sum((abs(b.net) for b in bases), _NONE)
    for i in order:
        factor = abs(bases[i].net) / whole if whole else Decimal(1) / len(bases)
        share = min(int((factor * cents).to_integral_value(ROUND_HALF_EVEN)), left)
        found[i] += sign * share
        left -= share
    for i in order[:left]:
        found[i] += sign
    return found


def to_the_largest(bases: Sequence[Base], rounder: Rounder, step: Decimal) -> list[Decimal]:
    """As 18 does: first among the lines without taxes, the largest first; what the whole still lacks goes to the largest of
    all. Largest by what they come to with their taxes and sign."""
    found = [rounder(b.net) for b in bases]
    order = sorted(range(len(bases)), key=lambda i: -bases[i].weight)
    bare = [i for i in order if not bases[i].taxed]
    whole = sum((abs(bases[i].weight) for i in bare), _NONE)
    delta = rounder(sum((bases[i].net for i in bare), _NONE)) - sum((found[i] for i in bare), _NONE)
    if whole:
        left = cents = int(abs(delta) / step)
        for i in bare:
            share = int(abs(bases[i].weight * cents / whole).to_integral_value(ROUND_CEILING))
            share = min(share, left)
            found[i] += share * (step if delta > 0 else -step)
            left -= share
    if order:
        found[order[0]] += rounder(sum((b.net for b in bases), _NONE)) - sum(found, _NONE)
    return found
