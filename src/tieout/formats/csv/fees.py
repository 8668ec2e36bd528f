"""A column of fees beside the amounts: taken besides, held in them, or not to be told.

The rows' balances say it, or a column of what is left. Where nothing does, the column is not read.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tieout.formats.csv.direction import Proof, Values
from tieout.formats.csv.table import Table
from tieout.formats.csv.words import FEE_WORDS, NET_WORDS, named


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of fees takes of each line, without sign; nothing where there is no such column. `negative`
    says that fees are written below zero."""

    column: str = ""
    values: Values = []
    negative: bool = False


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """The column of fees that were taken besides the amount (`fee`), with what is left (`net`), or of those that the
    amount holds (`within`); "" for none."""

    fee: str = ""
    net: str = ""
    within: str = ""


def _column(table: Table, words: frozenset[str]) -> str:
    """The one free column of such a name whose cells are all amounts; "" where there is none, or several."""
    found = [c for c in table.free() if named(c) in words]
    if len(found) != 1 or any(text and table.number(text) is None for text in table.cells(found[0])):
        return ""
    return found[0]


def taken(table: Table) -> Taken:
    """The fees of a table. None where they are all zero, or written with both signs."""
    column = _column(table, FEE_WORDS)
    values = [n or Decimal(0) for n in table.numbers(table.cells(column))] if column else []
    if not any(values) or min(values) < 0 < max(values):
        return Taken()
    return Taken(column=column, values=[abs(n) for n in values], negative=min(values) < 0)


def fees_of(table: Table, fees: Taken, values: Values, proof: Proof) -> Fees:
    """What the fees are to these signed amounts."""
    if not fees.column:
        return Fees()
    left = proof.less_fees(values)
    besides, within = proof.chained(left), proof.chained(values)
    net = _column(table, NET_WORDS)
    nets = table.numbers(table.cells(net))
    agrees = any(nets) and all(n is None or n == rest for n, rest in zip(nets, left, strict=True))
    if agrees and not within:
        return Fees(fee=fees.column, net=net)
    if besides and not within:
        return Fees(fee=fees.column)
    if within and not besides:
        return Fees(within="" if fees.negative else fees.column)
    return Fees()
