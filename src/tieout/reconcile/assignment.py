"""Which of all groups stand together: decided for all at once, by how clearly each wins.

Groups that share an item exclude each other. A group's margin is what the best choice with it is
worth more than the best choice without it, in nats. Those whose margin reaches the threshold are
taken together, their items go, and what remains is weighed again, until nothing more is clear.
Two groups that exclude each other cannot both have a positive margin, so neither the order of
rows nor the order of taking says anything; where two choices are equally good, neither is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from heapq import nlargest
from math import inf

from tieout.reconcile.weighing import Hypothesis

# At most 4,096 choices: see docs/decisions/0006.
_EXACT = 12
_PIVOTS = 3


def assign(
    hypotheses: list[Hypothesis], threshold: float
) -> tuple[list[tuple[Hypothesis, float]], list[tuple[Hypothesis, float]]]:
    """(taken, left over), each with its margin. Only automatic groups are taken; one that is worth
    less than nothing takes no part in any choice but may still be shown."""
    taken: list[tuple[Hypothesis, float]] = []
    weighed: list[tuple[Hypothesis, float]] = []
    waiting = list(hypotheses)
    while waiting:
        margins, part_of = _margins(waiting)
        clear = [at for at, h in enumerate(waiting) if margins[at] >= threshold and h.automatic]
        taken += [(waiting[at], margins[at]) for at in clear]
        # Where nothing was taken nothing changes: only what shared a part with it is weighed again.
        parts = {part_of[at] for at in clear}
        weighed += [(h, margins[at]) for at, h in enumerate(waiting) if part_of[at] not in parts]
        left = {n for at in clear for n in waiting[at].left}
        right = {n for at in clear for n in waiting[at].right}
        waiting = [
            h
            for at, h in enumerate(waiting)
            if part_of[at] in parts and left.isdisjoint(h.left) and right.isdisjoint(h.right)
        ]
    left = {n for h, _ in taken for n in h.left}
    right = {n for h, _ in taken for n in h.right}
    rest = [(h, m) for h, m in weighed if left.isdisjoint(h.left) and right.isdisjoint(h.right)]
    return taken, sorted(rest, key=lambda each: (each[0].left, each[0].right))


def _margins(hypotheses: list[Hypothesis]) -> tuple[list[float], list[int]]:
    """Each group's margin, and the part that it belongs to: -1 for one that is worth nothing."""
    by_item: dict[int, list[int]] = defaultdict(list)
    for at, h in enumerate(hypotheses):
        if h.score > 0:
            for item in _items(h):
                by_item[item].append(at)
    margins = [h.score if h.score <= 0 else 0.0 for h in hypotheses]
    part_of = [-1] * len(hypotheses)
    for name, part in enumerate(_parts(hypotheses, by_item)):
        for at in part:
            part_of[at] = name
        if len(part) == 1:
            margins[part[0]] = hypotheses[part[0]].score
        elif len(part) <= _EXACT:
            _exact(part, hypotheses, by_item, margins)
        else:
            _bounded(part, hypotheses, by_item, margins)
    return margins, part_of


def _parts(hypotheses: list[Hypothesis], by_item: dict[int, list[int]]) -> Iterator[list[int]]:
    """Groups that share items, directly or through others, together; in order."""
    seen = bytearray(len(hypotheses))
    for start, first in enumerate(hypotheses):
        if seen[start] or first.score <= 0:
            continue
        seen[start] = 1
        part, waiting = [], [start]
        while waiting:
            at = waiting.pop()
            part.append(at)
            for item in _items(hypotheses[at]):
                for other in by_item[item]:
                    if not seen[other]:
                        seen[other] = 1
                        waiting.append(other)
        yield sorted(part)


def _items(h: Hypothesis) -> list[int]:
    """Left items as even numbers, right ones as odd."""
    return [*(2 * n for n in h.left), *(2 * n + 1 for n in h.right)]


def _exact(
    part: list[int], hypotheses: list[Hypothesis], by_item: dict[int, list[int]], margins: list[float]
) -> None:
    """Every choice is looked at: the best with each group, and the best without it."""
    place = {at: n for n, at in enumerate(part)}
    clash = []
    for at in part:
        others = {o for item in _items(hypotheses[at]) for o in by_item[item]} - {at}
        clash.append(sum(1 << place[o] for o in others))
    scores = [hypotheses[at].score for at in part]
    best_with, best_without = [-inf] * len(part), [-inf] * len(part)
    # (next group, those chosen and those barred as bits, what the choice is worth)
    waiting = [(0, 0, 0, 0.0)]
    while waiting:
        n, chosen, barred, total = waiting.pop()
        if n == len(part):
            for at in range(len(part)):
                side = best_with if chosen >> at & 1 else best_without
                side[at] = max(side[at], total)
            continue
        waiting.append((n + 1, chosen, barred, total))
        if not barred >> n & 1:
            waiting.append((n + 1, chosen | 1 << n, barred | clash[n], total + scores[n]))
    for n, at in enumerate(part):
        margins[at] = best_with[n] - best_without[n]


def _bounded(
    part: list[int],
    hypotheses: list[Hypothesis],
    by_item: dict[int, list[int]],
    margins: list[float],
) -> None:
    """A bound from below: without a group, at most the best other use of each of its items gains something, and of a
    pair no more than what it is worth above the pair that its other item can always have instead.

    Of a payment that could take any of ten equal invoices nine are left when another takes one of them: where others
    cannot hold so many, one is free, and the payment loses nothing.
    """
    instead = _instead(part, hypotheses)
    # What takes an item gains the same against any pair: the best two of each item are enough.
    best_two: dict[int, list[tuple[float, int]]] = {}
    for at in part:
        h = hypotheses[at]
        items = _items(h)
        if len(h.left) == len(h.right) == 1:
            others = 0.0
            for item in items:
                if item not in best_two:
                    gains = [(_gain(hypotheses[o], item, 1, instead), o) for o in by_item[item]]
                    best_two[item] = nlargest(2, gains)
                others += next((gain for gain, o in best_two[item] if o != at), 0.0)
            margins[at] = h.score - others
            continue
        gained = {
            item: [
                (_gain(hypotheses[o], item, len(h.left if item % 2 == 0 else h.right), instead), o)
                for o in by_item[item]
                if o != at
            ]
            for item in items
        }
        best = {item: max((gain for gain, _ in others), default=0.0) for item, others in gained.items()}
        margins[at] = h.score - min(sum(best.values()), *_one_at_most(gained, best))


def _one_at_most(gains: dict[int, list[tuple[float, int]]], best: dict[int, float]) -> Iterator[float]:
    """What the other uses of some items gain at most, for each of a few items: of the groups that hold that one only one
    can stand, so that for the others those count that do not hold it. Twelve instalments of one invoice are no twelve
    other uses of the invoice."""
    yield inf
    for item in sorted(gains, key=lambda i: -len(gains[i]))[:_PIVOTS] if len(gains) > 2 else ():
        holding = {o for _, o in gains[item]}
        rest = (
            max((gain for gain, o in others if o not in holding), default=0.0)
            for other, others in gains.items()
            if other != item
        )
        yield best[item] + sum(rest)


def _instead(part: list[int], hypotheses: list[Hypothesis]) -> dict[int, tuple[int, list[float]]]:
    """Of each item: how many items of the other side all others of its side could hold at once, and what its pairs are
    worth, the best first."""
    most: dict[int, int] = defaultdict(int)
    pairs: dict[int, list[float]] = defaultdict(list)
    # Items that cancel within one side: nothing of the other holds them, and they are not to be had either.
    cancel: tuple[set[int], set[int]] = (set(), set())
    for at in part:
        h = hypotheses[at]
        mine, others = [2 * n for n in h.left], [2 * n + 1 for n in h.right]
        for side, here, there in ((0, mine, others), (1, others, mine)):
            cancel[side].update(() if there else here)
            for item in here:
                most[item] = max(most[item], len(there))
                if len(mine) == len(others) == 1:
                    pairs[item].append(h.score)
    held = [sum(n for item, n in most.items() if item % 2 == side) + len(cancel[1 - side]) for side in (0, 1)]
    return {item: (held[item % 2] - most[item], sorted(pairs[item], reverse=True)) for item in most}


def _gain(o: Hypothesis, item: int, taken: int, instead: dict[int, tuple[int, list[float]]]) -> float:
    """What `o` gains at most by taking an item of a group that holds so many of the other side, above what its other
    item always has instead; never less than nothing, since the item need not be taken at all."""
    if len(o.left) != 1 or len(o.right) != 1:
        return o.score
    held, pairs = instead[2 * o.right[0] + 1 if item % 2 == 0 else 2 * o.left[0]]
    # Beside what others hold, what the group takes is not to be had.
    at = held + taken
    return max(0.0, o.score - pairs[at]) if at < len(pairs) else o.score
