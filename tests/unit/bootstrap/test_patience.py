"""When what died is started again, and when it is given up."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tieout.bootstrap.patience import Attempts, Patience

EXACT = Patience(chance=0.0)


def test_each_failure_in_a_row_waits_twice_as_long_up_to_the_longest() -> None:
    attempts = Attempts(EXACT, random.Random(1))
    waits = [attempts.ended(float(n)) for n in range(12)]
    assert waits[0] == 0.1 and waits[-1] == 15.0
    assert all(b == min(2 * a, 15.0) for a, b in pairwise(waits))


def test_it_is_not_due_before_its_wait_is_over() -> None:
    attempts = Attempts(EXACT, random.Random(1))
    attempts.ended(50.0)
    assert not attempts.due(50.09) and attempts.due(50.1)


def test_what_worked_long_enough_begins_anew_and_what_only_came_up_does_not() -> None:
    attempts = Attempts(EXACT, random.Random(1))
    for now in (0.0, 1.0, 2.0):
        attempts.ended(now)
    attempts.well(10.0)
    # Well for a moment is not well: the run of failures goes on.
    assert attempts.ended(11.0) == 0.8
    attempts.well(20.0)
    attempts.well(21.0)
    assert attempts.ended(22.0) == 0.1 and attempts.failures == 1


def test_what_came_up_and_died_is_not_given_up() -> None:
    attempts = Attempts(Patience(tries=3, give_up_s=60.0), random.Random(1))
    for now in range(0, 1000, 10):
        attempts.well(float(now))
        attempts.ended(now + 0.5)
    assert attempts.failures == 100 and not attempts.hopeless(2000.0)


def test_it_is_hopeless_after_so_many_failures_over_so_long_a_time() -> None:
    attempts = Attempts(Patience(tries=3, give_up_s=60.0), random.Random(1))
    for now in (0.0, 1.0, 2.0, 3.0):
        attempts.ended(now)
    assert not attempts.hopeless(59.0) and attempts.hopeless(60.0)
    few = Attempts(Patience(tries=3, give_up_s=60.0), random.Random(1))
    few.ended(0.0)
    few.ended(100.0)
    assert not few.hopeless(1000.0)


@given(st.integers(0, 5000), st.randoms(use_true_random=False))
def test_a_wait_is_never_longer_than_the_longest_and_its_chance(failures: int, dice: random.Random) -> None:
    patience = Patience()
    attempts = Attempts(patience, dice)
    attempts.failures = failures
    wait = attempts.ended(0.0)
    assert 0 < wait <= patience.most_s * (1 + patience.chance)


def test_two_do_not_come_at_the_same_instant() -> None:
    dice = random.Random(1)
    assert Attempts(Patience(), dice).ended(0.0) != Attempts(Patience(), dice).ended(0.0)
