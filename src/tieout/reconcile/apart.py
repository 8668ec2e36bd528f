"""Pairs that are never matched by themselves: groups without them are found as if they were not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from tieout.reconcile.frames import pl
from tieout.reconcile.pool import Item, Pool
from tieout.reconcile.ruleset import Pass
from tieout.reconcile.weighing import Hypothesis

Pairs = Collection[frozenset[str]]


def without(edges: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, apart: Pairs) -> pl.DataFrame:
    """Links but those between two of a pair. How many links an item has is counted with them: what names two numbers
    names two, though one of them is not for it."""
    if not apart:
        return edges
    both = [(x, y) for pair in apart for x in pair for y in pair if x != y]
    barred = pl.DataFrame(both, schema={"li": pl.String, "ri": pl.String}, orient="row")
    found = barred.join(left.select(l="n", li="id"), on="li").join(right.select(r="n", ri="id"), on="ri")
    return edges.join(found.select("l", "r"), on=["l", "r"], how="anti")


def parted(
    hypotheses: list[Hypothesis], pool: Pool, apart: Pairs
) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Groups without such a pair, and those that hold one."""
    if not apart:
        return hypotheses, []
    others: dict[str, set[str]] = defaultdict(set)
    for pair in apart:
        for one in pair:
            others[one] |= pair - {one}
    free: list[Hypothesis] = []
    held: list[Hypothesis] = []
    for h in hypotheses:
        ids = {pool.left[n].id for n in h.left} | {pool.right[n].id for n in h.right}
        (held if any(others.get(x, set()) & ids for x in ids) else free).append(h)
    return free, held


def still_free(
    rest: list[tuple[Hypothesis, float]],
    held: list[Hypothesis],
    chosen: list[tuple[Hypothesis, float]],
    ordered: list[tuple[Item, Item, Pass]],
) -> list[tuple[Hypothesis, float]]:
    """Groups to be suggested, of which nothing was chosen or taken in order; those that are held are as likely as not,
    for somebody said no once."""
    left = {n for h, _ in chosen for n in h.left} | {mine.n for mine, _, _ in ordered}
    right = {n for h, _ in chosen for n in h.right} | {other.n for _, other, _ in ordered}
    every = [*rest, *((h, 0.0) for h in held)]
    return [(h, m) for h, m in every if left.isdisjoint(h.left) and right.isdisjoint(h.right)]
