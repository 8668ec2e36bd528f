"""What a group's signs are worth, in nats: against "these do not belong together".

Signs count by how rare they are, so an amount that thousands share says little, and one that
occurs once says much.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import exp, log
from typing import cast

import msgspec

from tieout.reconcile.coincidence import Coincidence
from tieout.reconcile.differences import Explainer
from tieout.reconcile.numbers import likeness
from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.ruleset import Kind, Pass, Rules

# Differences that leave something open: a number must stand beside.
OPEN = ("partial_payment", "over_payment")
_EPOCH = date(1970, 1, 1)
_LEVEL = {2: "strong", 1: "medium"}
_ORDER = ("none", "weak", "similar", "medium", "strong")

Key = tuple[tuple[int, ...], tuple[int, ...]]


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


class Weigher:
    """Weighs groups of a pool. `lists` are the right items that each left item's text lists."""

    def __init__(self, pool: Pool, rules: Rules, explainer: Explainer) -> None:
        self._pool, self._rules, self._explainer = pool, rules, explainer
        self._evidence = rules.evidence
        self._trust = Coincidence(pool)
        self.parties = min(self._evidence.party_limit, log(max(2, len(pool.parties))))
        self.lists: dict[int, frozenset[int]] = {}

    def difference(self, paid: int, currency: str, day: int, right: Item) -> tuple[str, int] | None:
        """(kind, left less right in the left's minor units), or None where nothing explains it."""
        if right.currency == currency:
            kind = self._explainer.explain(paid, right.minor, currency, day - right.day)
            return (kind, paid - right.minor) if kind and kind not in OPEN else None
        expected = self._explainer.exchanged(right.minor, right.currency, currency, _EPOCH + timedelta(day))
        if expected is None or not self._explainer.is_exchange(paid, expected):
            return None
        return "exchange", paid - expected

    def _whole(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> tuple[str, int] | None:
        """As `difference`, for a group; part payments too."""
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

    def weigh(
        self,
        key: Key,
        lefts: tuple[Item, ...],
        rights: tuple[Item, ...],
        chance: float | None,
    ) -> Hypothesis | None:
        """The group with what it is worth; None where no pass takes it. `chance` is the logarithm of
        how many such sums chance alone would give, for a sum that was sought without a number."""
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
            return self.parties
        if party == "similar":
            return self.parties + self._evidence.similar_party
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
        if self.lists.get(left.n, frozenset()) - set(rights):
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

    def weigh_netting(self, side: str, taken: Item, given: Item, options: int) -> Hypothesis | None:
        """Two items of one side that cancel: `taken` is the negative one and may name the other by
        its number; so many `options` it has."""
        number = "strong" if len(given.number) >= 5 and given.number in taken.runs else "none"
        rule = self._rules.of(number, "same", "exact", netting=True)
        if rule is None or abs(taken.day - given.day) > self._rules.window.after:
            return None
        sign = self._evidence.strong_number if number == "strong" else 0.0
        pair = tuple(sorted((taken.n, given.n)))
        left, right = (pair, ()) if side == "left" else ((), pair)
        score = rule.weight + sign + self.parties - log(options)
        return Hypothesis(left, right, score, rule, number, "same", "exact", 0, taken.currency, False)
