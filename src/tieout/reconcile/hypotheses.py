"""Every group that may be right: what is tried, and around which item."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec

from tieout.reconcile.differences import OPEN, Explainer
from tieout.reconcile.numbers import likeness
from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.ruleset import Rules
from tieout.reconcile.sums import ITEMS, beside, chance_of_runs, subsets
from tieout.reconcile.weighing import ADDS_UP, Hypothesis, Key, Weigher

# More candidates than these say nothing that a person could use either.
_OF_AMOUNT, _OF_PARTY, _ALONE, _PARTS = 50, 120, 3, 8
# Payments that name one item: so many in any choice, and so many together.
_FREELY, _INSTALMENTS = 4, 60


class Hypotheses:
    """Draws them up for a pool."""

    def __init__(self, pool: Pool, rules: Rules, explainer: Explainer) -> None:
        self._pool, self._rules = pool, rules
        self._weigher = Weigher(pool, rules, explainer)
        self._found: dict[Key, Hypothesis | None] = {}
        self._clear = rules.threshold
        self.crowded: dict[int, int] = {}

    def all(self) -> list[Hypothesis]:
        """Each group once, in the order of its items."""
        for left in self._pool.left.values():
            self._around_left(left)
        for n in self._pool.named_by:
            self._around_right(self._pool.right[n])
        self._circles()
        self._netting()
        found = [h for h in self._found.values() if h is not None]
        self._found.clear()
        return sorted(found, key=lambda h: (h.left, h.right))

    def _around_left(self, left: Item) -> None:
        pool = self._pool
        named = [pool.right[r] for r in sorted(pool.named.get(left.n, ()))]
        sure = False
        listed = self._listed(left, named)
        if len(listed) > 1:
            self._weigher.lists[left.n] = frozenset(r.n for r in listed)
            found = self._try((left,), tuple(listed))
            sure = sure or (found is not None and found.amount == "exact")
        for right in named:
            found = self._try((left,), (right,))
            sure = sure or (found is not None and found.amount == "exact" and _is_sure(found))
        if sure:
            return
        tried = [self._try((left,), (right,)) for right in (*named, *self._by_amount(left))]
        tried += self._by_party(left, named)
        self._beside(left, listed if len(listed) > 1 else named)
        # Sums are sought where nothing else says clearly what the line pays.
        if all(h is None or h.score < self._clear for h in tried):
            self._sums(left, named)

    def _listed(self, left: Item, named: list[Item]) -> list[Item]:
        """What a text lists: numbers in full, and serials alone of the same parties."""
        found = {right.n: right for right in named}
        names = {right.name for right in named} or set(self._pool.parties.of(left.name, left.account))
        currencies = {right.currency for right in named} or {left.currency}
        for run in left.runs:
            serial = run.lstrip("0")
            for right in self._pool.by_serial.get(serial, ()) if len(serial) >= 3 else ():
                if right.name in names and right.currency in currencies:
                    found.setdefault(right.n, right)
        return [found[n] for n in sorted(found)]

    def _by_amount(self, left: Item) -> list[Item]:
        """Equal amounts with a sign beside; alone only where they are few."""
        pool = self._pool
        equal = pool.by_amount.get((left.currency, left.minor), [])
        parties = pool.parties.of(left.name, left.account)
        if len(equal) > _OF_AMOUNT:
            # Thousands are equal: only those count which have another sign.
            mine = [r for p in parties for r in pool.by_party_amount.get((p, left.currency, left.minor), ())]
            if len(mine) > _OF_AMOUNT:
                self.crowded[left.n] = len(mine)
                mine = []
            numbered = [
                r
                for run in left.runs
                for r in pool.by_serial.get(run.lstrip("0"), ())
                if r.minor == left.minor and r.currency == left.currency
            ]
            equal = list({r.n: r for r in (*mine, *numbered)}.values())
        signed = [
            r
            for r in equal
            if r.name in parties
            or r.n in pool.named.get(left.n, ())
            or likeness(left.loose, r.number, r.serial) != "none"
        ]
        if signed:
            return signed
        if len(equal) <= _ALONE:
            return equal
        self.crowded[left.n] = len(equal)
        return []

    def _names(self, left: Item, named: list[Item]) -> list[str]:
        """Whose items the left one may pay."""
        return sorted({*self._pool.parties.of(left.name, left.account), *(r.name for r in named)})

    def _block(self, left: Item, name: str, currency: str) -> list[Item]:
        """A party's open items that lie in the window, in the order of their dates; the latest."""
        window = self._rules.window
        return self._pool.block(name, currency, left.day - window.after, left.day + window.before, _OF_PARTY)

    def _by_party(self, left: Item, named: list[Item]) -> list[Hypothesis | None]:
        return [
            self._try((left,), (right,))
            for name in self._names(left, named)
            for currency in self._pool.currencies
            for right in self._block(left, name, currency)
            if self._weigher.may_be(left, right)
        ]

    def _beside(self, left: Item, named: list[Item]) -> None:
        """What is named and one or two more of its party that make the amount just right: a credit note that was taken
        off, an invoice that was paid along. Where there are such, what is named alone is not paid in part or too much."""
        if not named or any((r.name, r.currency) != (named[0].name, left.currency) for r in named):
            return
        rest = left.minor - sum(r.minor for r in named)
        known = {r.n for r in named}
        others = [r for r in self._block(left, named[0].name, left.currency) if r.n not in known]
        if not rest or not others or not named[0].name:
            return
        ones = [r for r in others if r.minor == rest]
        for one in ones[:_PARTS]:
            self._try((left,), (*named, one), self._weigher.chance_of(one, len(others)), named)
        others = others[-ITEMS:]
        hits, chance = beside([r.minor for r in others], rest)
        for hit in hits:
            self._try((left,), (*named, *(others[at] for at in hit)), chance, named)
        if ones or hits:
            for rights in {(r.n,) for r in named} | {tuple(sorted(known))}:
                alone = self._found.get(((left.n,), rights))
                if alone is not None and alone.amount in OPEN and not alone.held:
                    self._found[alone.left, alone.right] = msgspec.structs.replace(alone, held=ADDS_UP)

    def _sums(self, left: Item, named: list[Item]) -> None:
        """Several open items of one party that one amount pays."""
        names = self._names(left, named)
        for name in names if len(names) <= 2 else ():
            items = self._block(left, name, left.currency)
            if len(items) > 1:
                self._sums_of(left, items, named)

    def _sums_of(self, left: Item, items: list[Item], named: list[Item]) -> None:
        """As `_sums`, of one party's items."""
        hits, chance = subsets([r.minor for r in items], left.minor)
        runs = chance_of_runs([r.minor for r in items], left.minor) if hits else 0.0
        must = {r.n for r in named if self._pool.named[left.n][r.n] == 2}
        for hit in hits:
            chosen = tuple(items[at] for at in hit)
            # A run of neighbours, or what the text names in part, is one of few sets and not of many.
            told = hit[-1] - hit[0] == len(hit) - 1 or (must and must <= {r.n for r in chosen})
            self._try((left,), chosen, min(chance, runs) if told else chance)

    def _around_right(self, right: Item) -> None:
        """Several left items that pay one: part payments that name it, and one more of the party
        that brings exactly what is missing."""
        pool = self._pool
        payers = sorted((pool.left[n] for n in pool.named_by[right.n]), key=lambda i: (i.day, i.id))
        if self._instalments(right, payers[:_INSTALMENTS]):
            return
        payers = payers[:_PARTS]
        for size in range(2, min(_FREELY, len(payers)) + 1):
            for chosen in combinations(payers, size):
                if sum(i.minor for i in chosen) <= right.minor:
                    self._try(chosen, (right,))
        for payer in payers:
            rest = right.minor - payer.minor
            if rest > 0 and payer.minor > 0:
                for other in pool.payers.get((right.name, payer.currency, rest), ())[:_PARTS]:
                    if other.n != payer.n and right.n not in pool.named.get(other.n, ()):
                        self._try(tuple(sorted((payer, other), key=lambda i: i.n)), (right,))

    def _instalments(self, right: Item, payers: list[Item]) -> bool:
        """What its party has paid of an item that each payment names: all of it together, where that is no more than is
        due. Whether there is nothing else to be tried."""
        mine = [p for p in payers if right.name in self._pool.parties.of(p.name, p.account)]
        if len(mine) < 2 or sum(p.minor for p in mine) > right.minor or any(p.minor <= 0 for p in mine):
            return False
        found = self._try(tuple(sorted(mine, key=lambda i: i.n)), (right,))
        return found is not None and (found.amount == "exact" or len(mine) > _FREELY)

    def _circles(self) -> None:
        """Many for many: payments and invoices that name each other around, and add up as one."""
        pool, seen = self._pool, set[int]()
        for start in pool.named:
            if start in seen:
                continue
            lefts, rights, waiting = {start}, set[int](), [start]
            while waiting:
                fresh = set(pool.named[waiting.pop()]) - rights
                rights |= fresh
                for right in fresh:
                    more = set(pool.named_by[right]) - lefts
                    lefts |= more
                    waiting += more
            seen |= lefts
            if 1 < len(lefts) <= _PARTS and 1 < len(rights) <= _PARTS:
                self._try(
                    tuple(pool.left[n] for n in sorted(lefts)), tuple(pool.right[n] for n in sorted(rights))
                )

    def _netting(self) -> None:
        """Items of one side that cancel: a credit note and its invoice, a payment and its return."""
        for side, items in (("left", self._pool.left), ("right", self._pool.right)):
            equal: dict[tuple[str, str, int], list[Item]] = {}
            for item in items.values():
                equal.setdefault((item.name, item.currency, item.minor), []).append(item)
            for taken in items.values():
                if taken.minor >= 0 or not taken.name:
                    continue
                given = equal.get((taken.name, taken.currency, -taken.minor), [])
                for item in given if len(given) <= _PARTS else ():
                    found = self._weigher.weigh_netting(side, taken, item, len(given))
                    if found is not None:
                        self._found[found.left, found.right] = found

    def _try(
        self,
        lefts: tuple[Item, ...],
        rights: tuple[Item, ...],
        chance: float | None = None,
        named: Sequence[Item] = (),
    ) -> Hypothesis | None:
        # Most groups are pairs: nothing of them needs to be sorted.
        key = (
            (lefts[0].n,) if len(lefts) == 1 else tuple(sorted([i.n for i in lefts])),
            (rights[0].n,) if len(rights) == 1 else tuple(sorted([i.n for i in rights])),
        )
        if key not in self._found:
            self._found[key] = self._weigher.weigh(key, lefts, rights, chance, named)
        return self._found[key]


def _is_sure(found: Hypothesis) -> bool:
    """Whether a text names a number so that nothing else needs to be looked for."""
    return found.number == "strong" or (found.number == "medium" and found.party == "same")
