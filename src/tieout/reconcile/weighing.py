"""What a group's signs are worth, in nats: against "these do not belong together".

Signs count by how rare they are, so an amount that thousands share says little, and one that
occurs once says much.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from math import exp, log
from typing import cast

import msgspec

from tieout.reconcile.coincidence import Coincidence
from tieout.reconcile.differences import EPOCH, OPEN, Explainer, Grounds
from tieout.reconcile.numbers import likeness
from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.ruleset import Kind, Pass, Rules

_NOTHING = Grounds()
_LEVEL = {2: "strong", 1: "medium"}
_ORDER = ("none", "weak", "similar", "medium", "strong")

# Why a group is for people whose difference looks like something.
NOT_ACCEPTED = "what the difference looks like has no evidence, or no limit that lets it pass"

OTHER_NUMBER = "the text names a whole number of another year, series or kind"
ADDS_UP = "open items of the party beside it make the amount just right"
NEARER = "with an open item of the party beside it the amount is nearer to the day's rate"
NAMED_TOO = "another payment names it, too, and is not known to be its party's"
OTHER_FORM = "the names differ in their legal form"
_YEARS = re.compile(r"(?:19|20)\d\d")

Key = tuple[tuple[int, ...], tuple[int, ...]]


def _is_like(whole: tuple[str, ...], right: Item) -> bool:
    """Whether one of these whole numbers has an item's serial, or is of another year."""
    if len(right.serial) < 3:
        return False
    head = right.number[: -len(right.serial)]
    for number in whole:
        if len(number) == len(right.number):
            other = number[: -len(right.serial)]
            if number.endswith(right.serial) or (other != head and _years(other) and _years(head)):
                return True
    return False


def _is_of_another_year(yearly: tuple[tuple[str, str], ...], right: Item) -> bool:
    """Whether one of these is an item's serial behind another year than its own."""
    head, serial = right.number[: -len(right.serial)], right.serial.lstrip("0")
    return any(said == serial and year != head and _years(head) for year, said in yearly)


def _years(head: str) -> bool:
    return _YEARS.fullmatch(head) is not None


def grounds(lefts: tuple[Item, ...], rights: tuple[Item, ...], day: int) -> Grounds:
    """What is said of a group whose last payment came on a day."""
    timely = [r.discount for r in rights if r.discount and day <= r.discount_until]
    untaxed = [r.untaxed for r in rights if r.untaxed is not None]
    return Grounds(
        charge=sum(i.charge for i in lefts),
        discount=sum(timely),
        terms=len(timely),
        untaxed=sum(untaxed) if len(untaxed) == len(rights) else None,
    )


class Hypothesis(msgspec.Struct, frozen=True, gc=False):
    """A group and its signs; `difference` is left less right in minor units of `currency`. `looks` is what a difference
    looks like that is not accepted as that, and `held` says why only a person may take the group; both are "" mostly."""

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
    looks: str = ""
    held: str = ""

    @property
    def automatic(self) -> bool:
        """Whether it may be taken without a person."""
        return self.rule.automatic and not self.held


class Weigher:
    """Weighs groups of a pool. `lists` are the right items that each left item's text lists."""

    def __init__(self, pool: Pool, rules: Rules, explainer: Explainer) -> None:
        self._pool, self._rules, self._explainer = pool, rules, explainer
        self._evidence = rules.evidence
        self._accepts = bool(rules.limits)
        self._trust = Coincidence(pool, rules.window.usual_before)
        self.parties = self._evidence.party(len(pool.parties))
        self.lists: dict[int, frozenset[int]] = {}

    def may_be(self, left: Item, right: Item) -> bool:
        """Whether two items are worth being weighed without a number: their difference is none, or looks like one that
        closes."""
        explainer, paid, due, currency = self._explainer, left.minor, right.minor, left.currency
        if right.currency != currency:
            expected = explainer.exchanged(due, right.currency, currency, EPOCH + timedelta(left.day))
            return expected is not None and explainer.settled_abroad(paid, expected, currency)[0] != ""
        looks = explainer.explain(paid, due, currency, left.day - right.day)
        if looks and looks not in OPEN:
            return True
        # Asked for every open item of a party: what no limit lets pass is not looked at further.
        if not self._accepts or not explainer.accepting.near(paid, due, currency):
            return False
        return bool(
            explainer.accepting.accepted(paid, due, currency, left.day, grounds((left,), (right,), left.day))
        )

    def _whole(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> tuple[str, int, str] | None:
        """(kind, left less right in the left's minor units, what else it looks like) of a group; None where nothing
        explains it."""
        currency, day, paid = lefts[0].currency, lefts[0].day, lefts[0].minor
        for left in lefts[1:]:
            if left.currency != currency:
                return None
            day, paid = max(day, left.day), paid + left.minor
        due = 0
        foreign = False
        for right in rights:
            if right.currency == currency:
                due += right.minor
                continue
            expected = self._explainer.exchanged(
                right.minor, right.currency, currency, EPOCH + timedelta(day)
            )
            if expected is None:
                return None
            due, foreign = due + expected, True
        if foreign:
            kind, looks = self._explainer.settled_abroad(paid, due, currency)
            # What a rate lets expect is no part of anything: it is near, or it is something else.
            return (kind, paid - due, looks) if kind and (looks or kind not in OPEN) else None
        said = grounds(lefts, rights, day) if self._accepts and paid != due else _NOTHING
        kind, looks = self._explainer.settled(
            paid, due, currency, day, day - min(i.day for i in rights), said
        )
        return (kind, paid - due, looks) if kind else None

    def weigh(
        self,
        key: Key,
        lefts: tuple[Item, ...],
        rights: tuple[Item, ...],
        chance: float | None,
        named: Sequence[Item] = (),
    ) -> Hypothesis | None:
        """The group with what it is worth; None where no pass takes it. `chance` is the logarithm of
        how many such sums chance alone would give, for a sum that was sought without a number, or beside the `named`
        ones alone."""
        window, evidence = self._rules.window, self._evidence
        gaps = [left.day - right.day for left in lefts for right in rights]
        if min(gaps) < -window.before or max(gaps) > window.after:
            return None
        whole = self._whole(lefts, rights)
        if whole is None:
            return None
        amount, difference, looks = whole
        number = min([self._number(lefts, r) for r in rights], key=_ORDER.index)
        party = self._party(lefts, rights)
        rule, held = self._rules.of(number, party, amount), ""
        if looks and (rule is None or not rule.automatic):
            # Not even a part payment by itself: what it looks like is for a person to say.
            amount, held = looks, NOT_ACCEPTED
            rule = self._rules.of(number, party, amount)
        if rule is None:
            return None
        held = held or self._doubt(lefts, rights, number, party, amount)
        held = held or self._nearer(lefts, rights, difference)
        # What a difference looks like is a sign of the group, whatever is booked for it.
        sign = looks or amount
        score = rule.weight
        if len(lefts) + len(rights) > 2:
            score += evidence.several
        if chance is not None:
            score += self._by_chance(lefts, named, party, chance) - rule.weight
        elif number == "none":
            score += self._without_number(lefts[0], rights, party, sign)
        else:
            score += self._party_weight(party) + self._amount_weight(sign, rights)
        if number == "none":
            unusual = min(gaps) < -window.usual_before or max(gaps) > window.usual_after
            score += evidence.unusual_date if unusual else 0.0
            score += self._against(lefts, rights) if amount == "exact" else 0.0
        else:
            score += self._number_weight(number) + self._further(lefts, rights)
        other = any(self._names_others(left, key[1], number) for left in lefts)
        score += evidence.other_number if other else 0.0
        if len(lefts) == 1 and amount == "exact" and self._is_second(lefts[0], rights):
            score -= evidence.amount_limit
        return Hypothesis(
            key[0],
            key[1],
            score,
            rule,
            number,
            party,
            amount,
            difference,
            lefts[0].currency,
            other,
            looks,
            held,
        )

    def _number(self, lefts: tuple[Item, ...], right: Item) -> str:
        """The best way in which one of the texts names the right item."""
        best = 0
        for left in lefts:
            strength = self._pool.named.get(left.n, {}).get(right.n)
            # A whole number that is not this one is no spelling of it.
            level = _LEVEL[strength] if strength else likeness(left.loose, right.number, right.serial)
            best = max(best, _ORDER.index(level))
        return _ORDER[best]

    def _by_chance(self, lefts: tuple[Item, ...], named: Sequence[Item], party: str, chance: float) -> float:
        """What a sum is worth: the party's own items alone could have added up by chance. What is named is told; then
        only what stands beside it may be there by chance."""
        score = min(self._evidence.amount_limit, -chance)
        if not named:
            return score + (self._evidence.similar_party if party == "similar" else 0.0)
        told = min([self._number(lefts, r) for r in named], key=_ORDER.index)
        return score + self._party_weight(party) + self._number_weight(told)

    def _against(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> float:
        """What speaks against a pair of equal amounts without a number."""
        if len(lefts) > 1 or len(rights) > 1:
            return 0.0
        score = self._evidence.other_number if self._is_claimed(lefts[0], rights[0]) else 0.0
        turn = self._trust.is_out_of_turn(lefts[0], rights[0])
        return score + (self._evidence.out_of_turn if turn else 0.0)

    def chance_of(self, item: Item, options: int) -> float:
        """The logarithm of how many of a party's `options` have this item's amount by chance."""
        return log(options) + log(self._pool.common[item.currency, item.minor])

    def _number_weight(self, number: str) -> float:
        return 0.0 if number == "none" else getattr(self._evidence, f"{number}_number")

    def _further(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> float:
        """What each further line says that names the one item itself: an instalment is no worse told than the first."""
        if len(lefts) == 1 or len(rights) > 1:
            return 0.0
        said = []
        for left in lefts:
            number, party = self._number((left,), rights[0]), self._party((left,), rights)
            if number in ("strong", "medium") and party in ("same", "similar"):
                said.append(self._number_weight(number) + self._party_weight(party))
        return sum(sorted(said)[:-1])

    def _doubt(
        self, lefts: tuple[Item, ...], rights: tuple[Item, ...], number: str, party: str, amount: str
    ) -> str:
        """Why only a person may take a group whatever it is worth, "" where nothing says so."""
        if number not in ("strong", "medium"):
            return OTHER_NUMBER if self._is_lured(lefts, rights) else self._of_another(lefts, rights, party)
        if amount != "partial_payment" or len(rights) > 1:
            return ""
        # Another part of it may be its party's under a name that is not known.
        mine = {left.n for left in lefts}
        for n, strength in self._pool.named_by.get(rights[0].n, {}).items():
            other = self._pool.left[n]
            if n not in mine and strength == 2 and self._party((other,), rights) not in ("same", "similar"):
                return NAMED_TOO
        return ""

    def _nearer(self, lefts: tuple[Item, ...], rights: tuple[Item, ...], difference: int) -> str:
        """Why what is off at the day's rate may be no rate's doing: with another open item of the party it is less off, such
        as a credit note that was taken off. "" where nothing says so, or both sides are of one currency."""
        first, paid = rights[0], lefts[0].currency
        if not difference or all(r.currency == paid for r in rights):
            return ""
        day, mine = EPOCH + timedelta(max(left.day for left in lefts)), {r.n for r in rights}
        for other in self._pool.by_party[first.name, first.currency] if first.name else ():
            if other.n in mine:
                continue
            worth = self._explainer.exchanged(other.minor, other.currency, paid, day)
            if worth and abs(difference - worth) < abs(difference):
                return NEARER
        return ""

    def _of_another(self, lefts: tuple[Item, ...], rights: tuple[Item, ...], party: str) -> str:
        """Why a similar name is another's: two companies of one name in two legal forms."""
        differ = self._pool.parties.differ_in_form
        if party == "similar" and any(differ(left.name, r.name) for left in lefts for r in rights):
            return OTHER_FORM
        return ""

    def _is_lured(self, lefts: tuple[Item, ...], rights: tuple[Item, ...]) -> bool:
        """Whether a text names, whole, what would be taken for one of these items' numbers: of another year, of another
        series with the same serial, or of another kind of document with the same digits."""
        for left in lefts:
            if not left.whole and not left.yearly:
                continue
            named = self._pool.named.get(left.n, {})
            if any(r.n not in named and _is_of_another_year(left.yearly, r) for r in rights):
                return True
            own = {self._pool.right[n].number for n in named}
            whole = tuple([number for number in left.whole if number not in own])
            if any(right.n not in named and _is_like(whole, right) for right in rights):
                return True
        return False

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
            if len(rights) == 1 and self._trust.is_shared(right):
                score = max(score, self._trust.of_shared())
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
        return bool(left.whole) and not strong and number == "none"

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

    def _is_claimed(self, left: Item, right: Item) -> bool:
        """Whether another line names an item, in full or with its amount: it is that one's first of all."""
        claiming = self._pool.named_by.get(right.n, {})
        return any(
            n != left.n and (strength == 2 or self._pool.left[n].minor == left.minor)
            for n, strength in claiming.items()
        )

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
