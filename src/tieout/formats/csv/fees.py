"""A column of fees beside the amounts: taken besides, held in them, or not to be told.

The rows' balances say it, or a column of what is left. Where nothing does, the column is not read.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tieout.formats.csv.direction import Proof, Values, less
from tieout.formats.csv.table import Table
from tieout.formats.csv.words import FEE_WORDS, NET_WORDS, named


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of fees may take of each line: `plainly` where it is written above zero, `below` where it is
    written below; None for what its signs do not allow. No column ("") where there are no fees."""

    column: str = ""
    plainly: Values | None = None
    below: Values | None = None

    def readings(self) -> list[Values]:
        """Every reading that the signs allow."""
        return [values for values in (self.plainly, self.below) if values is not None]


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """The column of fees that were taken besides the amount (`fee`), with what is left (`net`), or of those that the
    amount holds (`within`); "" for none. `negative` says that fees are written below zero."""

    fee: str = ""
    net: str = ""
    within: str = ""
    negative: bool = False


def _column(table: Table, words: frozenset[str]) -> str:
    """The one free column of such a name whose cells are all amounts; "" where there is none, or several."""
    found = [c for c in table.free() if named(c) in words]
    if len(found) != 1 or any(text and table.number(text) is None for text in table.cells(found[0])):
        return ""
    return found[0]


def taken(table: Table) -> Taken:
    """The fees of a table; none where they are all zero. Fees of both signs may be meant either way: one of them is
    given back, and which is not told by its own sign."""
    column = _column(table, FEE_WORDS)
    values = [n or Decimal(0) for n in table.numbers(table.cells(column))] if column else []
    if not any(values):
        return Taken()
    return Taken(
        column=column,
        plainly=values if max(values) > 0 else None,
        below=[0 - n for n in values] if min(values) < 0 else None,
    )


def fees_of(table: Table, fees: Taken, values: Values, proof: Proof) -> Fees:
    """What the fees are to these signed amounts. A column of what is left counts for as much as balances do, and
    where neither tells, or both readings fit, nothing is taken of any amount."""
    within = proof.chained(values)
    net = _column(table, NET_WORDS) if fees.column else ""
    nets = table.numbers(table.cells(net))
    besides, by_net = [], []
    for taking in fees.readings():
        left = less(values, taking)
        if any(nets) and all(n is None or n == rest for n, rest in zip(nets, left, strict=True)):
            by_net.append(taking)
        if proof.chained(left):
            besides.append(taking)
    # Balances that fit both ways prove neither: then what is left says it.
    told = [taking for taking in by_net if proof.chained(less(values, taking)) is not False]
    if within and len(told) == 1:
        return Fees(fee=fees.column, net=net, negative=told[0] is fees.below)
    if within:
        held = not besides and fees.below is None
        return Fees(within=fees.column if held else "")
    found = by_net or besides
    if len(found) != 1:
        return Fees()
    return Fees(fee=fees.column, net=net if by_net else "", negative=found[0] is fees.below)
