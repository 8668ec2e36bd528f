"""How entries that somebody made on governed accounts are told: each by itself, or, on accounts that hold no money, those
within a limit added up. Pure.

Every entry is in one case and in one only: of whatever accounts it touches, one of money makes it an entry without a source,
told by itself. Of the others one above the limit is told by itself, with its accounts in the key: changed to other accounts,
it is another case. The rest is added up by the account that it moves most, by journal, by who made it and how; the key
holds what the sum is made of, so that a reason holds for these entries and no others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tieout.connector_api import OthersMove
from tieout.money import Period
from tieout.rules.origins import Made

_NAMED = 3
Key = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """One case of entries of others: its source key, its amount (the sum of the entries' sizes, positive, in the entity's
    currency), its entries, and how they were made. `by_hand`: they touch no account of money."""

    key: str
    amount: Decimal
    moves: tuple[OthersMove, ...]
    made: Made
    by_hand: bool = False

    @property
    def period(self) -> Period:
        """The month of its entries."""
        return Period.of(self.moves[0].on)

    def lines(self) -> dict[Key, Decimal]:
        """What it moves accounts by, net, by account and currency, a debit positive."""
        return _added(self.moves)

    def says(self) -> str:
        """What it is, in words: its entries, and, of no money, what it moves each account by, net and gross."""
        first = self.moves[0]
        named = f"{first.name} of {first.on}, made by {first.author}: {first.reference}"
        if not self.by_hand:
            return named[:300]
        moved = ", ".join(f"{a} {amount:+.2f} {c}" for (a, c), amount in sorted(self.lines().items()))
        if len(self.moves) == 1:
            return f"{moved}: {named}"[:300]
        listed = ", ".join(m.name for m in self.moves[:_NAMED])
        return (
            f"{len(self.moves)} entries by {first.author}, net {moved}; gross {self.amount:.2f} in all: {listed} …"[:300]
        )  # fmt: skip


def entry_key(entity: str, move: str) -> str:
    """The source key of the case of an entry that others made."""
    return f"{entity}:{move}"


def narrowed(move: OthersMove, money: Collection[str]) -> OthersMove:
    """An entry with the accounts that decide who may make it: those of money where it stands on any, else all of them."""
    kept = tuple(a for a in move.made.accounts if a in money)
    return replace(move, made=replace(move.made, accounts=kept)) if kept else move


def told(entity: str, moves: Sequence[OthersMove], money: Collection[str], limit: Decimal) -> dict[str, Told]:
    """By an entry's name: the case that it is told in, were it one."""
    found: dict[str, Told] = {}
    sums: dict[tuple[str, Made], list[OthersMove]] = {}
    for move in moves:
        key = entry_key(entity, move.name)
        if any(a in money for a, _ in move.lines) or not move.lines:
            found[move.name] = Told(key, move.amount, (move,), move.made)
        elif move.amount > limit:
            found[move.name] = Told(
                f"{key} {_digest((move,))}", move.amount, (move,), move.made, by_hand=True
            )
        else:
            made = replace(move.made, accounts=(_main(move),))
            sums.setdefault((str(Period.of(move.on)), made), []).append(move)
    for (month, made), rows in sums.items():
        ordered = tuple(sorted(rows, key=lambda m: m.name))
        key = f"{entity}:{made.accounts[0]}:{month}:{made.journal}:{made.user} {_digest(ordered)}"
        amount = sum((m.amount for m in ordered), Decimal(0))
        each = Told(key, amount, ordered, made, by_hand=True)
        found |= {m.name: each for m in ordered}
    return found


def _main(move: OthersMove) -> str:
    """The account that it moves most; of two the first."""
    return min(move.lines.items(), key=lambda x: (-abs(x[1]), x[0]))[0][0]


def _added(moves: Sequence[OthersMove]) -> dict[Key, Decimal]:
    found: dict[Key, Decimal] = {}
    for move in moves:
        for key, amount in move.lines.items():
            found[key] = found.get(key, Decimal(0)) + amount
    return found


def _digest(moves: Sequence[OthersMove]) -> str:
    content = [
        (m.name, str(m.on), f"{m.amount:f}", sorted((a, c, f"{x:f}") for (a, c), x in m.lines.items())) for m in moves
    ]  # fmt: skip
    return hashlib.sha256(repr(content).encode()).hexdigest()[:8]


def figures(every: Mapping[str, Told]) -> list[tuple[str, Decimal]]:
    """Key and amount of each case of these, once each, in order of the keys."""
    return sorted({t.key: t.amount for t in every.values()}.items())
