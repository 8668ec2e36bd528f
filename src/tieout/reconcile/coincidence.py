"""How far party and amount alone may be trusted in these very tables.

An amount that is a few cents off would be no payment: how often such ones meet an open item of
their party is how often equal ones do so by chance. Where equal ones are not much more frequent
than that, an equal amount proves nothing. A party with many open items is judged by itself, the
others together.
"""

from __future__ import annotations

from collections import defaultdict
from math import log

from tieout.reconcile.pool import Pool

_OFF = (1, 3, 7, 11, 13, 17)
_MANY = 100
# Before anything is counted: so many true ones, and so many by chance.
_TRUE, _CHANCE = 20.0, 0.05


class Coincidence:
    """Counts, for the left items of a known party whose text names no number."""

    def __init__(self, pool: Pool) -> None:
        self._large = {key for key, items in pool.by_party.items() if len(items) >= _MANY}
        equal: dict[tuple[str, str], int] = defaultdict(int)
        chance: dict[tuple[str, str], float] = defaultdict(float)
        known = pool.by_party_amount
        for left in pool.left.values():
            if pool.named.get(left.n):
                continue
            for party in pool.parties.of(left.name, left.account):
                group = self._group(party, left.currency)
                equal[group] += (party, left.currency, left.minor) in known
                for off in _OFF:
                    hits = ((party, left.currency, left.minor + d) in known for d in (off, -off))
                    chance[group] += sum(hits) / (2 * len(_OFF))
        self._limits = {
            group: log((max(0.0, count - chance[group]) + _TRUE) / (chance[group] + _CHANCE))
            for group, count in equal.items()
        }

    def limit(self, party: str, currency: str) -> float:
        """The most that an equal amount of this party is worth, in nats."""
        return self._limits.get(self._group(party, currency), log(_TRUE / _CHANCE))

    def _group(self, party: str, currency: str) -> tuple[str, str]:
        return (party, currency) if (party, currency) in self._large else ("", "")
