"""Items that a rule declares interchangeable: equal amounts that nothing tells apart, paired in order.

Without such a rule they are left to people. With it, the earliest payment takes the earliest item
of its party and amount: whichever it takes, the books say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.ruleset import Pass, Rules


def pairs_in_order(
    pool: Pool,
    rules: Rules,
    left: Collection[int],
    right: Collection[int],
    apart: Collection[frozenset[str]] = (),
) -> Iterator[tuple[Item, Item, Pass]]:
    """Pairs of what is not in `left` and `right`, by the passes that allow it, the strictest first; no pair
    of `apart`."""
    used_left, used_right = set(left), set(right)
    for rule in rules.passes:
        if not rule.interchangeable:
            continue
        buckets: dict[tuple[str, str, int], list[Item]] = defaultdict(list)
        for item in pool.left.values():
            # What names a number is no one's double.
            if item.n in used_left or pool.named.get(item.n):
                continue
            same = [p for p, how in pool.parties.of(item.name, item.account).items() if how == "same"]
            if len(same) == 1:
                buckets[same[0], item.currency, item.minor].append(item)
        for key, items in sorted(buckets.items()):
            free = sorted(
                (r for r in pool.by_party_amount.get(key, ()) if r.n not in used_right),
                key=lambda r: (r.day, r.id),
            )
            for item in sorted(items, key=lambda i: (i.day, i.id)):
                fits = (
                    r
                    for r in free
                    if -rules.window.before <= item.day - r.day <= rules.window.after
                    and not (apart and frozenset((item.id, r.id)) in apart)
                )
                other = next(fits, None)
                if other is None:
                    continue
                free.remove(other)
                used_left.add(item.n)
                used_right.add(other.n)
                yield item, other, rule
