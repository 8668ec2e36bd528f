"""Every group that may be right, with what speaks for and against it.

A score is in nats: what a group's signs are worth against "these do not belong together". Signs
count by how rare they are, so an amount that thousands share says little, and one that occurs
once says much.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from math import exp, log
from typing import cast

import msgspec

from tieout.reconcile.coincidence import Coincidence
from tieout.reconcile.differences import Explainer
from tieout.reconcile.numbers import likeness
from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.ruleset import Kind, Pass, Rules
from tieout.reconcile.sums import chance_of_runs, subsets

# Differences that leave something open: a number must stand beside.
OPEN = ("partial_payment", "over_payment")
_EPOCH = date(1970, 1, 1)
_LEVEL = {2: "strong", 1: "medium"}
_ORDER = ("none", "weak", "similar", "medium", "strong")
# More candidates than these say nothing that a person could use either.
_OF_AMOUNT, _OF_PARTY, _ALONE, _PARTS = 50, 120, 3, 8


class Hypothesis(msgspec.Struct, frozen=True, gc=False):
    """A group and its signs; `difference` is left less right in minor units of `currency`."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    score: float
    rule: Pass
    number: str
    party: str
    amount: str
    difference: int
    currency: str
    other_number: bool


class Hypotheses:
    """Draws them up for a pool."""

    def __init__(self, pool: Pool, rules: Rules, explainer: Explainer) -> None:
        self._pool, self._rules, self._explainer = pool, rules, explainer
        self._evidence = rules.evidence
        self._found: dict[tuple[tuple[int, ...], tuple[int, ...]], Hypothesis | None] = {}
        self._parties = min(self._evidence.party_limit, log(max(2, len(pool.parties))))
        self._clear = rules.threshold
        self._lists: dict[int, frozenset[int]] = {}
        self.crowded: dict[int, int] = {}
        self._trust = Coincidence(pool)

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

    # candidates

    def _around_left(self, left: Item) -> None:
        pool = self._pool
        named = [pool.right[r] for r in sorted(pool.named.get(left.n, ()))]
        sure = False
        listed = self._listed(left, named)
        if len(listed) > 1:
            self._lists[left.n] = frozenset(r.n for r in listed)
            found = self._try((left,), tuple(listed))
            sure = sure or (found is not None and found.amount == "exact")
        for right in named:
            found = self._try((left,), (right,))
            sure = sure or (found is not None and found.amount == "exact" and _is_sure(found))
        if sure:
            return
        tried = [self._try((left,), (right,)) for right in (*named, *self._by_amount(left))]
        tried += self._by_party(left, named)
        # Sums are sought where nothing else says clearly what the line pays.
        if all(h is None or h.score < self._clear for h in tried):
            self._sums(left, named)

    def _listed(self, left: Item, named: list[Item]) -> list[Item]:
        """What a text lists: numbers in full, and serials alone of the same parties."""
        found = {right.n: right for right in named}
        names = {right.name for right in named} or set(self._pool.parties.of(left.name, left.account))
        for run in left.runs:
            serial = run.lstrip("0")
            for right in self._pool.by_serial.get(serial, ()) if len(serial) >= 3 else ():
                if right.name in names and right.currency == left.currency:
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
            or likeness(left.runs, r.number, r.serial) != "none"
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
            if self._difference(left.minor, left.currency, left.day, right)
        ]

    def _sums(self, left: Item, named: list[Item]) -> None:
        """Several open items of one party that one amount pays."""
        names = self._names(left, named)
        for name in names if len(names) <= 2 else ():
            items = self._block(left, name, left.currency)
            if len(items) > 1:
                self._sums_of(left, items, named)

    def _sums_of(self, left: Item, items: list[Item], named: list[Item]) -> None:
        hits, chance = subsets([r.minor for r in items], left.minor)
        runs = chance_of_runs([r.minor for r in items], left.minor) if hits else 0.0
        must = {r.n for r in named if self._pool.named[left.n][r.n] == 2}
        for hit in hits:
            chosen = tuple(items[at] for at in hit)
            if must and must <= {r.n for r in chosen}:
                chance = min(chance, runs)
            consecutive = hit[-1] - hit[0] == len(hit) - 1
            self._try((left,), chosen, runs if consecutive else chance)

    def _around_right(self, right: Item) -> None:
        """Several left items that pay one: part payments that name it, and one more of the party
        that brings exactly what is missing."""
        pool = self._pool
        payers = sorted((pool.left[n] for n in pool.named_by[right.n]), key=lambda i: (i.day, i.id))[:_PARTS]
        for size in range(2, min(4, len(payers)) + 1):
            for chosen in combinations(payers, size):
                if sum(i.minor for i in chosen) <= right.minor:
                    self._try(chosen, (right,))
        for payer in payers:
            rest = right.minor - payer.minor
            if rest > 0 and payer.minor > 0:
                for other in pool.payers.get((right.name, payer.currency, rest), ())[:_PARTS]:
                    if other.n != payer.n and right.n not in pool.named.get(other.n, ()):
                        self._try(tuple(sorted((payer, other), key=lambda i: i.n)), (right,))

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
                    self._net(side, taken, item, len(given))

    def _net(self, side: str, taken: Item, given: Item, options: int) -> None:
        """`taken` is the negative one; it may name the other by its number."""
        window = self._rules.window
        number = "strong" if len(given.number) >= 5 and given.number in taken.runs else "none"
        rule = self._rules.of(number, "same", "exact", netting=True)
        if rule is None or abs(taken.day - given.day) > window.after:
            return
        sign = self._evidence.strong_number if number == "strong" else 0.0
        pair = tuple(sorted((taken.n, given.n)))
        key = (pair, ()) if side == "left" else ((), pair)
        self._found[key] = Hypothesis(
            key[0],
            key[1],
            rule.weight + sign + self._parties - log(options),
            rule,
            number,
            "same",
            "exact",
            0,
            taken.currency,
            False,
        )

    # evidence

    def _difference(self, paid: int, currency: str, day: int, right: Item) -> tuple[str, int] | None:
        """(kind, left less right in the left's minor units), or None where nothing explains it."""
        if right.currency == currency:
            kind = self._explainer.explain(paid, right.minor, currency, day - right.day)
            return (kind, paid - right.minor) if kind and kind not in OPEN else None
        expected = self._explainer.exchanged(right.minor, right.currency, currency, _EPOCH + timedelta(day))
        if expected is None or not self._explainer.is_exchange(paid, expected):
            return None
        return "exchange", paid - expected

    def _whole(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> tuple[str, int] | None:
        """As `_difference`, for a group; part payments too."""
        currency, day = lefts[0].currency, max(i.day for i in lefts)
        if any(i.currency != currency for i in lefts):
            return None
        paid, due = sum(i.minor for i in lefts), 0
        foreign = False
        for right in rights:
            if right.currency == currency:
                due += right.minor
                continue
            expected = self._explainer.exchanged(
                right.minor, right.currency, currency, _EPOCH + timedelta(day)
            )
            if expected is None:
                return None
            due, foreign = due + expected, True
        if foreign:
            return ("exchange", paid - due) if self._explainer.is_exchange(paid, due) else None
        kind = self._explainer.explain(paid, due, currency, day - min(i.day for i in rights))
        return (kind, paid - due) if kind else None

    def _try(
        self, lefts: tuple[Item, ...], rights: tuple[Item, ...], chance: float | None = None
    ) -> Hypothesis | None:
        key = (tuple(sorted(i.n for i in lefts)), tuple(sorted(i.n for i in rights)))
        if key not in self._found:
            self._found[key] = self._weighed(key, lefts, rights, chance)
        return self._found[key]

    def _weighed(
        self,
        key: tuple[tuple[int, ...], tuple[int, ...]],
        lefts: tuple[Item, ...],
        rights: tuple[Item, ...],
        chance: float | None,
    ) -> Hypothesis | None:
        window, evidence = self._rules.window, self._evidence
        gaps = [left.day - right.day for left in lefts for right in rights]
        if min(gaps) < -window.before or max(gaps) > window.after:
            return None
        whole = self._whole(lefts, rights)
        if whole is None:
            return None
        amount, difference = whole
        number = min((self._number(lefts, r) for r in rights), key=_ORDER.index)
        party = self._party(lefts, rights)
        rule = self._rules.of(number, party, amount)
        if rule is None:
            return None
        score = rule.weight
        if len(lefts) + len(rights) > 2:
            score += evidence.several
        if chance is not None:
            # The party's own items alone could have added up by chance.
            score += min(evidence.amount_limit, -chance) - rule.weight
            score += evidence.similar_party if party == "similar" else 0.0
        elif number == "none":
            score += self._without_number(lefts[0], rights, party, amount)
        else:
            score += self._party_weight(party) + self._amount_weight(amount, rights)
        if number == "none":
            unusual = min(gaps) < -window.usual_before or max(gaps) > window.usual_after
            score += evidence.unusual_date if unusual else 0.0
        else:
            score += getattr(evidence, f"{number}_number")
        other = any(self._names_others(left, key[1], number) for left in lefts)
        score += evidence.other_number if other else 0.0
        if len(lefts) == 1 and amount == "exact" and self._is_second(lefts[0], rights):
            score -= evidence.amount_limit
        return Hypothesis(
            key[0], key[1], score, rule, number, party, amount, difference, lefts[0].currency, other
        )

    def _number(self, lefts: tuple[Item, ...], right: Item) -> str:
        """The best way in which one of the texts names the right item."""
        best = 0
        for left in lefts:
            strength = self._pool.named.get(left.n, {}).get(right.n)
            level = _LEVEL[strength] if strength else likeness(left.runs, right.number, right.serial)
            best = max(best, _ORDER.index(level))
        return _ORDER[best]

    def _party(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> str:
        names = {r.name for r in rights}
        if len(names) > 1 or not all(names):
            return "unknown" if not all(names) else "other"
        (name,) = names
        worst = "same"
        for left in lefts:
            parties = self._pool.parties.of(left.name, left.account)
            if name in parties:
                worst = parties[name] if parties[name] == "similar" or len(parties) > 1 else worst
            elif parties:
                return "other"
            else:
                worst = "unknown"
        return worst if worst in ("same", "similar", "unknown") else "same"

    def _party_weight(self, party: str) -> float:
        if party == "same":
            return self._parties
        if party == "similar":
            return self._parties + self._evidence.similar_party
        return self._evidence.other_party if party == "other" else 0.0

    def _without_number(self, left: Item, rights: tuple[Item, ...], party: str, amount: str) -> float:
        """How unlikely it is that one of the open items fits as well as this by chance: of the
        party's where the party is known, else of all."""
        pool, right = self._pool, rights[0]
        open_items = pool.open[right.currency]
        if party == "other":
            open_items = round(open_items * exp(-self._evidence.other_party))
        elif party != "unknown":
            open_items = len(pool.by_party[right.name, right.currency])
        score = -log(open_items) + self._amount_weight(amount, rights, limit=False)
        if amount == "exact" and party in ("same", "similar"):
            score = min(score, self._trust.limit(right.name, right.currency))
        return score + (self._evidence.similar_party if party == "similar" else 0.0)

    def _amount_weight(self, amount: str, rights: tuple[Item, ...], limit: bool = True) -> float:
        """How seldom an open item has this amount, or this difference, by chance."""
        if amount != "exact":
            return self._evidence.explained.get(cast(Kind, amount), 0.0)
        if len(rights) > 1:
            return self._evidence.amount_limit
        share = self._pool.common[rights[0].currency, rights[0].minor]
        return min(self._evidence.amount_limit, -log(share)) if limit else -log(share)

    def _names_others(self, left: Item, rights: tuple[int, ...], number: str) -> bool:
        """Whether the text names a number in full that is none of these."""
        named = self._pool.named.get(left.n, {})
        strong = {r for r, strength in named.items() if strength == 2}
        if strong - set(rights):
            return True
        # A run of digits that is one item's whole serial is hardly another's mistyped one.
        if number in ("similar", "weak") and set(named) - set(rights):
            return True
        if self._lists.get(left.n, frozenset()) - set(rights):
            return True
        return left.shaped and not strong and number == "none"

    def _is_second(self, left: Item, rights: tuple[Item, ...]) -> bool:
        """Whether an earlier line of the same amount names the same number: of two payments of
        one invoice, the first pays it."""
        if len(rights) != 1:
            return False
        for n, strength in self._pool.named_by.get(rights[0].n, {}).items():
            other = self._pool.left[n]
            if strength == 2 and other.minor == left.minor and (other.day, other.id) < (left.day, left.id):
                return True
        return False


def _is_sure(found: Hypothesis) -> bool:
    """Whether a text names a number so that nothing else needs to be looked for."""
    return found.number == "strong" or (found.number == "medium" and found.party == "same")
