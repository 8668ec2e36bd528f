"""Matches two sides: what a number alone proves first, in sets; then everything else at once."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import exp
from sys import intern
from typing import cast

import msgspec

from tieout.money import from_minor
from tieout.reconcile.apart import parted, still_free, without
from tieout.reconcile.assignment import assign
from tieout.reconcile.caps import Taken, capped
from tieout.reconcile.charges import with_charges
from tieout.reconcile.differences import EPOCH, OPEN, Accepting, Explainer, Grounds, Rates
from tieout.reconcile.frames import pl
from tieout.reconcile.hypotheses import Hypotheses
from tieout.reconcile.interchangeable import pairs_in_order
from tieout.reconcile.keys import letters_of, links, shapes_of
from tieout.reconcile.model import Difference, Match
from tieout.reconcile.parties import Parties
from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.proven import PROVING, edges_of, proven, unequal_pairs
from tieout.reconcile.ruleset import Kind, Pass, Rules
from tieout.reconcile.weighing import Hypothesis
from tieout.reconcile.words import explained, why

_RANKS = 3
# Groups this near to the best, in nats, are as good as it: odds of two to one.
_EQUAL = 0.7
_SURE = 0.9999
_KEPT = ("id", "date", "due", "minor", "currency")


class Result(msgspec.Struct, frozen=True):
    """`proven` are groups that a number alone proves: (l, r) lists of row numbers into `left` and
    `right`, by the pass that is named `rule`; `matches` are all other groups, automatic ones
    first."""

    left: pl.DataFrame
    right: pl.DataFrame
    proven: pl.DataFrame
    rule: str
    matches: list[Match]
    crowded: dict[str, int]

    def groups(self) -> Iterator[Match]:
        """Every group."""
        left, right = self.left["id"].to_list(), self.right["id"].to_list()
        currency = self.left["currency"].to_list()
        for ls, rs in self.proven.iter_rows():
            yield _proven(tuple(left[n] for n in ls), tuple(right[n] for n in rs), currency[ls[0]], self.rule)
        yield from self.matches


def _proven(left: tuple[str, ...], right: tuple[str, ...], currency: str, rule: str) -> Match:
    """A group whose number alone proves it."""
    return Match(
        match=f"{left[0]}~{right[0]}",
        left=left,
        right=right,
        rule=rule,
        confidence=_SURE,
        status="auto",
        rank=1,
        difference=_difference(0, currency, ""),
        why="each names the other alone, and the amounts agree",
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of small objects and no cycle among them: looking for cycles costs a tenth."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def match(
    left: pl.DataFrame,
    right: pl.DataFrame,
    rules: Rules,
    rates: Rates | None = None,
    worth: Mapping[str, Decimal] | None = None,
    taken: Mapping[Taken, Decimal] | None = None,
    apart: Collection[frozenset[str]] = (),
    past: pl.DataFrame | None = None,
) -> Result:
    """Match two tables as `reading.checked` gives them. The order of rows says nothing. The rules' limits are in each
    currency's own units, or in one whose `worth` of a unit of each currency is given; `taken` is what was accepted
    before of differences. No group that holds two ids of one of `apart` is automatic, and others of these items are found
    as if there were none: it may still be suggested. `past` are items of the right side that are settled (counterparty,
    currency, minor): nothing is matched with them, and how rare names and amounts are is counted over them, too."""
    left = with_charges(left) if "bank_charge" in rules.limits else left
    left, right = left.with_row_index("n"), right.with_row_index("n")
    linked = links(left, right, tuple((k.left, k.right) for k in rules.keys))
    edges = _edges(left, right, linked, rules, apart)
    explainer = Explainer(rules.differences, rates, Accepting(rules.allowed, rules.withheld, worth))
    # What a number alone proves is taken in sets where a pass asks for no more than that.
    rule, part = rules.of("strong", "unknown", "exact"), rules.of("medium", "same", "exact")
    takes = rule is not None and rule.automatic
    seen = _seen(right, past)
    names = seen["counterparty"].unique().to_list()
    unequal = unequal_pairs(edges, left, right)
    pairs = _explained(unequal, rules, explainer, len(names), _beside(unequal, right))
    del unequal
    sure = _sure(edges.select(PROVING), takes, part == rule)
    del edges
    free_left = _free(left, sure.select(n=pl.col("l").explode()), [p.left for p in pairs])
    free_right = _free(right, sure.select(n=pl.col("r").explode()), [p.right for p in pairs])
    linked = linked.join(free_left, left_on="l", right_on="n", how="semi")
    parties = Parties(names, _accounts(left, right, sure))
    shapes, letters = shapes_of(right["reference"]), letters_of(right["reference"])
    common, prices = _common(seen, free_right)
    whose = _whose(left, right) if rules.limits else None
    # Texts are needed for what is free alone.
    left, right = left.select(*_KEPT), right.select(*_KEPT)
    with _uncollected():
        pool = Pool(free_left, free_right, linked, parties, shapes, letters, common, prices)
        del linked, free_left, free_right
        hypotheses = Hypotheses(pool, rules, explainer)
        drawn, held = parted(hypotheses.all(), pool, apart)
        chosen, rest = assign(drawn, rules.threshold)
        matches = [_match(h, margin, "auto", 1, pool) for h, margin in chosen]
        used_left = {n for h, _ in chosen for n in h.left} | {p.left for p in pairs}
        used_right = {n for h, _ in chosen for n in h.right} | {p.right for p in pairs}
        ordered = list(pairs_in_order(pool, rules, used_left, used_right, apart))
        matches += [_in_order(mine, other, rule, rules) for mine, other, rule in ordered]
        rest = still_free(rest, held, chosen, ordered)
        _forget(hypotheses.crowded, ordered)
        matches += [_pair(pair, left, right) for pair in pairs]
        matches.sort(key=lambda m: (m.left, m.right))
        if whose is not None:
            matches = capped(matches, rules.allowed, whose, worth, taken)
        matches += _suggested(rest, pool, hypotheses.crowded)
    return Result(
        left=left,
        right=right,
        rule=rule.name if rule else "",
        proven=sure.sort(pl.col("l").list.first(), pl.col("r").list.first()),
        matches=matches,
        crowded={pool.left[n].id: size for n, size in hypotheses.crowded.items()},
    )


def _edges(
    left: pl.DataFrame,
    right: pl.DataFrame,
    linked: pl.DataFrame,
    rules: Rules,
    apart: Collection[frozenset[str]],
) -> pl.DataFrame:
    """Links with what both rows say, but between two that were taken apart."""
    edges = edges_of(left, right, linked, (rules.window.before, rules.window.after))
    return without(edges, left, right, apart)


def _forget(crowded: dict[int, int], ordered: list[tuple[Item, Item, Pass]]) -> None:
    for mine, _, _ in ordered:
        crowded.pop(mine.n, None)


def _whose(left: pl.DataFrame, right: pl.DataFrame) -> Callable[[Match], tuple[str, date]]:
    """What says of a group whose right items are, and on which day it stands: the latest of its items'."""
    ours = dict(zip(left["id"].to_list(), left["date"].to_list(), strict=True))
    theirs = dict(zip(right["id"].to_list(), right["date"].to_list(), strict=True))
    names = dict(zip(right["id"].to_list(), right["counterparty"].to_list(), strict=True))
    return lambda match: (
        names[match.right[0]],
        max(*(ours[x] for x in match.left), *(theirs[x] for x in match.right)),
    )


class _Pair(msgspec.Struct, frozen=True):
    """Two rows by number, left less right in the left's minor units, what that is and what else it looks like."""

    left: int
    right: int
    difference: int
    kind: str
    looks: str
    rule: Pass


def _beside(pairs: pl.DataFrame, right: pl.DataFrame) -> dict[int, list[int]]:
    """Of each right row that cash in another currency pays: the amounts that its party has open in its currency beside it."""
    mine = pairs.filter(pl.col("lc") != pl.col("rc")).select(n="r").unique()
    whose = ["counterparty", "currency"]
    named = right.select("n", *whose).filter(pl.col("counterparty") != "").join(mine, on="n")
    found: dict[int, list[int]] = defaultdict(list)
    for n, other, minor in (
        named.join(right.select(*whose, "minor", other="n"), on=whose)
        .select("n", "other", "minor")
        .iter_rows()
    ):
        if n != other:
            found[n].append(minor)
    return found


def _explained(
    pairs: pl.DataFrame,
    rules: Rules,
    explainer: Explainer,
    parties: int,
    beside: Mapping[int, list[int]],
) -> list[_Pair]:
    """The pairs whose difference is accepted, or looks like something and is a part payment till it is, and which a
    pass takes by themselves; `parties` is how many names there are. What is off at a rate, and is less off with another item of
    the party `beside` it, is left to be weighed."""
    found = []
    for mine, other, ld, rd, paid, due, currency, theirs, bare, *said in pairs.iter_rows():
        if currency == theirs:
            charge, discount, untaxed = said
            day = (ld - EPOCH).days
            grounds = Grounds(charge or 0, discount or 0, 1 if discount else 0, untaxed)
            kind, looks = explainer.settled(paid, due, currency, day, (ld - rd).days, grounds)
        else:
            # What is small enough may hide in a rate's tolerance: the text must say nothing else.
            others = [(x, theirs) for x in beside.get(other, ())]
            kind, looks, due = (
                _abroad(explainer, paid, (due, theirs), currency, ld, others) if bare else ("", "", 0)
            )
        if not kind or (kind in OPEN and not looks):
            # A part payment may have its other part somewhere.
            continue
        rule = rules.of("strong", "same", kind)
        if (
            rule is not None
            and rule.automatic
            and _is_clear(rule, looks or kind, bool(looks), rules, parties)
        ):
            found.append(_Pair(mine, other, paid - due, kind, looks, rule))
    return found


def _abroad(
    explainer: Explainer,
    paid: int,
    due: tuple[int, str],
    currency: str,
    day: date,
    others: list[tuple[int, str]],
) -> tuple[str, str, int]:
    """(kind, looks, what is due in the payment's currency) of a payment in another currency; ("", "", 0) where no rate
    leads there, or where the amount is nearer with another one of the party's open items."""
    expected = explainer.exchanged(*due, currency, day)
    if expected is None:
        return "", "", 0
    kind, looks = explainer.settled_abroad(paid, expected, currency)
    off = paid - expected
    if kind and off:
        worth = [explainer.exchanged(*other, currency, day) for other in others]
        if any(x and abs(off - x) < abs(off) for x in worth):
            return "", "", 0
    return kind, looks, expected


def _is_clear(rule: Pass, kind: str, stays_open: bool, rules: Rules, parties: int) -> bool:
    """Whether a pair that names each other alone is sure enough for what it is."""
    evidence = rules.evidence
    score = rule.weight + evidence.strong_number + evidence.explained.get(cast(Kind, kind), 0.0)
    if stays_open:
        # Their names agree: that is worth what it is among so many.
        score += evidence.party(parties)
    return score >= rules.threshold


def _sure(edges: pl.DataFrame, takes: bool, in_part: bool) -> pl.DataFrame:
    """What a number alone proves, if a pass takes that; of numbers that are named in part, where it takes these."""
    if not takes:
        return proven(edges.clear())
    return proven(edges if in_part else edges.filter(~pl.col("part")))


def _free(rows: pl.DataFrame, sure: pl.DataFrame, pairs: list[int]) -> pl.DataFrame:
    """Rows that are in no group by number."""
    done = pl.concat([sure, pl.DataFrame({"n": pairs}, schema={"n": pl.UInt32})])
    return rows.join(done, on="n", how="anti")


def _pair(pair: _Pair, left: pl.DataFrame, right: pl.DataFrame) -> Match:
    one, other, currency = left["id"][pair.left], right["id"][pair.right], left["currency"][pair.left]
    return Match(
        match=f"{one}~{other}",
        left=(one,),
        right=(other,),
        rule=pair.rule.name,
        confidence=_SURE,
        status="auto",
        rank=1,
        difference=_difference(pair.difference, currency, pair.kind),
        why=intern(f"each names the other alone; same party; {explained(pair.kind, pair.looks)}"),
    )


def _in_order(mine: Item, other: Item, rule: Pass, rules: Rules) -> Match:
    """A pair of interchangeable items."""
    return Match(
        match=f"{mine.id}~{other.id}",
        left=(mine.id,),
        right=(other.id,),
        rule=rule.name,
        confidence=rules.confidence,
        status="auto",
        rank=1,
        difference=_difference(0, mine.currency, ""),
        why="same party and amount; interchangeable by rule, so the earliest takes the earliest",
    )


def _accounts(left: pl.DataFrame, right: pl.DataFrame, sure: pl.DataFrame) -> dict[str, str]:
    """Accounts that paid one party's proven groups, and no other's."""
    pairs = (
        sure.filter(pl.col("r").list.len() == 1)
        .explode("r")
        .explode("l")
        .join(left.select("n", "account"), left_on="l", right_on="n")
        .join(right.select("n", "counterparty"), left_on="r", right_on="n")
        .filter(pl.col("account") != "", pl.col("counterparty") != "")
    )
    one = pairs.group_by("account").agg(pl.col("counterparty").unique().alias("names"))
    one = one.filter(pl.col("names").list.len() == 1)
    return dict(zip(one["account"].to_list(), one["names"].list.first().to_list(), strict=True))


def _seen(right: pl.DataFrame, past: pl.DataFrame | None) -> pl.DataFrame:
    """Names and amounts of the right side, settled items included."""
    columns = ("counterparty", "currency", "minor")
    return right.select(columns) if past is None else pl.concat([right.select(columns), past.select(columns)])


# Of an amount that was seen once where few were: one of so many digits is met that often. One of one or two (500.00,
# 49.00) is anybody's, 49.99 says no more than 49.90, and one of six is hardly met twice.
_BY_DIGITS = {1: 0.1, 2: 0.05, 3: 0.02, 4: 0.003, 5: 0.0005}
_FINEST = 0.0001
# An amount that so many items have is a price.
_PRICE = 12


def _common(
    seen: pl.DataFrame, free: pl.DataFrame
) -> tuple[dict[tuple[str, int], float], frozenset[tuple[str, int]]]:
    """How likely it is that another item has each free item's amount, and those that so many have that they are prices.

    Amounts that several have count as often as they occur. One that occurs once is rarer than
    its one occurrence says: by Good and Turing's estimate, twice the number of amounts that
    occur two times over that of those that occur once. Where few were seen, its digits say how rare it is.
    What one party owes again and again it has once: a rent is no commoner for being due each month.
    """
    seen = pl.concat([
        seen.filter(pl.col("counterparty") != "").unique(),
        seen.filter(pl.col("counterparty") == ""),
    ])  # fmt: skip
    counts = seen.group_by("currency", "minor").agg(pl.len().alias("same"))
    totals = counts.group_by("currency").agg(
        pl.col("same").sum().alias("every"),
        (pl.col("same") == 1).sum().alias("once"),
        (pl.col("same") == 2).sum().alias("twice"),
    )
    single = (2 * (pl.col("twice") + 1) / (pl.col("once") + 1)).clip(upper_bound=2.0)
    by_digits = _digits().replace_strict(_BY_DIGITS, default=_FINEST, return_dtype=pl.Float64)
    wanted = (
        free.select("currency", "minor")
        .unique()
        .join(counts, on=["currency", "minor"])
        .join(totals, on="currency")
        .select(
            "currency",
            "minor",
            pl.when(pl.col("same") == 1)
            .then(pl.min_horizontal(single / (pl.col("every") + 1), by_digits))
            .otherwise((pl.col("same") + 1) / (pl.col("every") + 1)),
            pl.col("same") >= _PRICE,
        )
    )
    shares, prices = {}, []
    for currency, minor, share, price in wanted.iter_rows():
        shares[currency, minor] = share
        if price:
            prices.append((currency, minor))
    return shares, frozenset(prices)


def _digits() -> pl.Expr:
    """How many digits of an amount say something: without the zeros at its end, and of its nines there but one."""
    text = pl.col("minor").abs().cast(pl.String).str.strip_chars_end("0")
    return text.str.replace(r"9+$", "9").str.len_chars()


def _match(h: Hypothesis, margin: float, status: str, rank: int, pool: Pool) -> Match:
    left = tuple(sorted(pool.left[n].id for n in h.left))
    right = tuple(sorted(pool.right[n].id for n in h.right))
    kind = "" if h.amount == "exact" else h.amount
    return Match(
        match="~".join((*left[:1], *right[:1])) + (f"~{rank}" if status == "suggested" else ""),
        left=left,
        right=right,
        rule=h.rule.name,
        confidence=round(1 / (1 + exp(-max(-30.0, min(30.0, margin)))), 4),
        status=status,  # type: ignore[arg-type]
        rank=rank,
        difference=_difference(h.difference, h.currency, kind),
        why=intern(why(h, pool)),
    )


@lru_cache(1024)
def _difference(minor: int, currency: str, kind: str) -> Difference:
    return Difference(from_minor(minor, currency).value, currency, kind)


def _suggested(rest: list[tuple[Hypothesis, float]], pool: Pool, crowded: dict[int, int]) -> list[Match]:
    """The best groups of each left item that is still free, at most three; none where more than
    three are equally good, which `crowded` counts."""
    by_left: dict[int, list[tuple[Hypothesis, float]]] = defaultdict(list)
    for h, margin in rest:
        by_left[h.left[0] if h.left else -1 - h.right[0]].append((h, margin))
    found = []
    for left, options in sorted(by_left.items()):
        best = sorted(options, key=lambda o: (-o[0].score, o[0].left, o[0].right))
        equal = sum(h.score > best[0][0].score - _EQUAL for h, _ in best)
        if equal > _RANKS:
            if left >= 0:
                crowded[left] = equal
            continue
        best = best[:_RANKS]
        found += [_match(h, margin, "suggested", rank, pool) for rank, (h, margin) in enumerate(best, 1)]
    return found
