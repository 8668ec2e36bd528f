"""Which few of many amounts add up to one. Pure; whole minor units.

Exact up to six items by meeting in the middle, and every run of neighbours of any length; the
number of sets that were looked at says how likely a hit by chance is.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate, combinations
from math import comb, exp, gcd, log, pi, sqrt
from statistics import fmean, pstdev

# Sixteen items have 14,876 sets of two to six.
LARGEST, ITEMS, HITS = 6, 16, 6


def subsets(amounts: list[int], wanted: int) -> tuple[list[tuple[int, ...]], float]:
    """(hits, chance): sets of two or more positions whose amounts add up to `wanted`, at most
    six, neighbours first; and the natural logarithm of how many hits chance alone would give.

    Positions are in the order of the items' dates; only the last 16 are combined freely.
    """
    runs = _runs(amounts, wanted)
    first = max(0, len(amounts) - ITEMS)
    tail = amounts[first:]
    found: dict[tuple[int, ...], None] = dict.fromkeys(runs)
    for hit in _few(tail, wanted):
        found.setdefault(tuple(n + first for n in hit), None)
    hits = list(found)[:HITS]
    n = len(tail)
    return hits, _chance(
        tail, wanted, {k: comb(n, k) for k in range(2, min(LARGEST, n) + 1)}
    ) if hits else 0.0


def beside(amounts: list[int], wanted: int) -> tuple[list[tuple[int, ...]], float]:
    """As `subsets`, of what stands beside items that are known already: at most two more, where the smaller sets are
    as good as the larger; the chance is that of all of them."""
    pairs = combinations(range(len(amounts)), 2)
    found: list[tuple[int, ...]] = [(a, b) for a, b in pairs if amounts[a] + amounts[b] == wanted]
    n = len(amounts)
    return found[:HITS], _chance(amounts, wanted, {2: comb(n, 2)}) if found else 0.0


def chance_of_runs(amounts: list[int], wanted: int) -> float:
    """The natural logarithm of how many runs of neighbours chance alone would let fit."""
    n = len(amounts)
    return _chance(amounts, wanted, {k: n - k + 1 for k in range(2, n + 1)})


def _chance(amounts: list[int], wanted: int, sets: dict[int, int]) -> float:
    """How many of so many sets of each size add up to just `wanted`, if sums lie about their
    mean as sums do (normally)."""
    unit = gcd(*amounts) or 1
    mean, spread = fmean(amounts), max(pstdev(amounts), unit / 2)
    expected = 0.0
    for size, count in sets.items():
        width = spread * sqrt(size)
        away = (wanted - size * mean) / width
        expected += count * exp(-away * away / 2) * unit / (width * sqrt(2 * pi))
    # Amounts have longer tails than that: no sum is wholly unlikely.
    floor = sum(sets.values()) * unit / (100 * max(unit, sum(map(abs, amounts))))
    return log(max(expected, floor))


def _runs(amounts: list[int], wanted: int) -> list[tuple[int, ...]]:
    ends: dict[int, list[int]] = defaultdict(list)
    found = []
    for end, total in enumerate(accumulate(amounts, initial=0)):
        for start in ends.get(total - wanted, ()):
            if end - start > 1:
                found.append(tuple(range(start, end)))
        ends[total].append(end)
    return found[:HITS]


def _few(amounts: list[int], wanted: int) -> list[tuple[int, ...]]:
    """Sets of two to six positions: each is cut into a lower and an upper half."""
    n = len(amounts)
    sums: dict[int, dict[int, list[tuple[int, ...]]]] = {}
    for size in (1, 2, 3):
        table: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for chosen in combinations(range(n), size):
            table[sum([amounts[i] for i in chosen])].append(chosen)
        sums[size] = table
    found: list[tuple[int, ...]] = []
    for low, high in ((1, 1), (1, 2), (2, 2), (2, 3), (3, 3)):
        for total, lowers in sums[low].items():
            for upper in sums[high].get(wanted - total, ()):
                for lower in lowers:
                    if lower[-1] < upper[0]:
                        found.append(lower + upper)
                        # Of many equal amounts thousands of sets fit, and none of them says anything.
                        if len(found) > 4 * HITS:
                            return sorted(found, key=lambda s: (len(s), s))[:HITS]
    return sorted(found, key=lambda s: (len(s), s))
