"""How far party and amount alone may be trusted in these very tables.

An amount that is a few cents off would be no payment: how often such ones meet an open item of
their party is how often equal ones do so by chance. Where equal ones are not much more frequent
than that, an equal amount proves nothing. A party with many open items is judged by itself, the
others together.

Of an amount that many parties have open (a fee, a subscription) its frequency says nothing about one party: who has but
one such item open pays it. What speaks against that is money of that amount from parties that have none open:
so many came that pay something else, and among all parties some of these would meet an open one by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import log

from tieout.reconcile.pool import Item, Pool

_OFF = (1, 3, 7, 11, 13, 17)
_MANY = 100
# Before anything is counted: so many true ones, and so many by chance.
_TRUE, _CHANCE = 20.0, 0.05
# Where nearly all parties have the amount open, none that has not could be seen: chance counts no more than so often.
_MOST = 0.95


class Coincidence:
    """Counts, for the left items of a known party whose text names no number."""

    def __init__(self, pool: Pool, near: int) -> None:
        self._pool, self._near = pool, near
        self._turns: dict[tuple[str, str, int], dict[int, int]] = {}
        self._large = {key for key, items in pool.by_party.items() if len(items) >= _MANY}
        equal: dict[tuple[str, str], int] = defaultdict(int)
        chance: dict[tuple[str, str], float] = defaultdict(float)
        known = pool.by_party_amount
        spread: dict[tuple[str, int], float] = {}
        paid, astray = 0, 0.0
        for left in pool.left.values():
            if pool.named.get(left.n):
                continue
            shared, met = self.is_shared(left), False
            parties = pool.parties.of(left.name, left.account)
            for party in parties:
                group = self._group(party, left.currency)
                hit = (party, left.currency, left.minor) in known
                met = met or hit
                equal[group] += hit
                for off in _OFF:
                    hits = ((party, left.currency, left.minor + d) in known for d in (off, -off))
                    chance[group] += sum(hits) / (2 * len(_OFF))
            if shared and parties:
                amount = left.currency, left.minor
                if amount not in spread:
                    owing = {item.name for item in pool.by_amount[amount]}
                    spread[amount] = min(_MOST, len(owing) / max(1, len(pool.parties)))
                paid += met
                astray += 0.0 if met else spread[amount] / (1 - spread[amount])
        self._limits = {group: _odds(count, chance[group]) for group, count in equal.items()}
        self._shared = _odds(paid, astray)

    def limit(self, party: str, currency: str) -> float:
        """The most that an equal amount of this party is worth, in nats."""
        return self._limits.get(self._group(party, currency), _odds(0, 0.0))

    def is_shared(self, item: Item) -> bool:
        """Whether so many items have its amount that it is a price, and one of them is open."""
        return (item.currency, item.minor) in self._pool.prices

    def of_shared(self) -> float:
        """What a party's open item of an amount that many have is worth where the party pays that amount, in nats."""
        return self._shared

    def is_out_of_turn(self, left: Item, right: Item) -> bool:
        """Whether a party's equal items and its payments of that amount, of which none names a number, come by turns,
        and these two are no neighbours: a standing order pays what was open alone when it came."""
        key = right.name, right.currency, right.minor
        if key not in self._turns:
            payers = [p for p in self._pool.payers.get(key, ()) if not self._pool.named.get(p.n)]
            self._turns[key] = in_turn(payers, self._pool.by_party_amount[key], self._near)
        turn = self._turns[key]
        return bool(turn) and turn.get(left.n) != right.n

    def _group(self, party: str, currency: str) -> tuple[str, str]:
        return (party, currency) if (party, currency) in self._large else ("", "")


def in_turn(payments: Sequence[Item], items: Sequence[Item], near: int) -> dict[int, int]:
    """Of each payment the item before it, where they come strictly by turns, an item first; else nothing. A payment so
    many days before the next item, or fewer, may be that one's."""
    if not 1 < len(items) <= len(payments) + 1:
        return {}
    events = sorted([(i.day, 0, i.id, i.n) for i in items] + [(p.day, 1, p.id, p.n) for p in payments])
    found: dict[int, int] = {}
    for at, (day, kind, _, n) in enumerate(events):
        if kind != at % 2:
            return {}
        if kind:
            if at + 1 < len(events) and events[at + 1][0] - day <= near:
                return {}
            found[n] = events[at - 1][3]
    return found


def _odds(count: int, chance: float) -> float:
    return log((max(0.0, count - chance) + _TRUE) / (chance + _CHANCE))
