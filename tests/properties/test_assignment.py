"""What decides between groups that share items: whatever they are, a bound is never more than the truth, and what is taken
together shares nothing."""

from __future__ import annotations

from collections import defaultdict
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tieout.reconcile import read_rules
from tieout.reconcile.assignment import _bounded, _exact, assign
from tieout.reconcile.weighing import Hypothesis

RULE = read_rules().passes[0]
scores = st.integers(1, 40).map(lambda n: n / 2)
few = st.frozensets(st.integers(0, 4), min_size=1, max_size=3)
one = st.frozensets(st.integers(0, 4), min_size=1, max_size=1)
# Most groups are pairs, as they are in life.
none = st.just(frozenset[int]())
groups = st.one_of(
    *[st.tuples(one, one, scores)] * 4,
    st.tuples(few, few, scores),
    st.tuples(none, st.frozensets(st.integers(0, 4), min_size=2, max_size=2), scores),
)


def drawn(given: list[tuple[frozenset[int], frozenset[int], float]]) -> list[Hypothesis]:
    found = {(tuple(sorted(left)), tuple(sorted(right))): score for left, right, score in given}
    return [
        Hypothesis(left, right, score, RULE, "none", "same", "exact", 0, "EUR", False)
        for (left, right), score in sorted(found.items())
    ]


def by_item(hypotheses: list[Hypothesis]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for at, h in enumerate(hypotheses):
        for item in (*(2 * n for n in h.left), *(2 * n + 1 for n in h.right)):
            found[item].append(at)
    return found


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(groups, min_size=1, max_size=12))
def test_a_bound_is_never_more_than_the_truth(
    given: list[tuple[frozenset[int], frozenset[int], float]],
) -> None:
    hypotheses = drawn(given)
    part, items = list(range(len(hypotheses))), by_item(hypotheses)
    exact, bound = [-inf] * len(part), [-inf] * len(part)
    _exact(part, hypotheses, items, exact)
    _bounded(part, hypotheses, items, bound)
    for true, low in zip(exact, bound, strict=True):
        assert low <= true + 1e-9


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(groups, max_size=40))
def test_what_is_taken_shares_nothing(given: list[tuple[frozenset[int], frozenset[int], float]]) -> None:
    hypotheses = drawn(given)
    taken, rest = assign(hypotheses, 3.0)
    left = [n for h, _ in taken for n in h.left]
    right = [n for h, _ in taken for n in h.right]
    assert len(left) == len(set(left)) and len(right) == len(set(right))
    assert {(h.left, h.right) for h, _ in taken}.isdisjoint((h.left, h.right) for h, _ in rest)


def test_what_has_better_elsewhere_gains_nothing_and_proves_nothing() -> None:
    """Two equal items for one payment stay equal, whoever else would hardly want one of them."""
    ties = [(frozenset({0}), frozenset({n}), 10.0) for n in (0, 1)]
    other = [(frozenset({1}), frozenset({n}), 12.0) for n in (2, 3, 4)]
    hypotheses = drawn([*ties, (frozenset({1}), frozenset({0}), 2.0), *other])
    part, margins = list(range(len(hypotheses))), [-inf] * len(hypotheses)
    _bounded(part, hypotheses, by_item(hypotheses), margins)
    assert max(m for h, m in zip(hypotheses, margins, strict=True) if h.left == (0,)) <= 0


def test_of_ten_equal_items_two_payments_leave_eight_and_a_named_one_is_clear() -> None:
    """Seven payments without a number, of which each may pay any of ten equal items, and one that names an item."""
    pairs = [(frozenset({n}), frozenset({m}), 8.0) for n in range(7) for m in range(10)]
    hypotheses = drawn([*pairs, (frozenset({7}), frozenset({3}), 9.0)])
    taken, _ = assign(hypotheses, 6.2)
    assert [(h.left, h.right) for h, _ in taken] == [((7,), (3,))]
