"""Mutated bank files never become silently other money; `make campaign-files` runs 10,000."""

from __future__ import annotations

from tests.properties.mutations import provable, run


def test_mutated_files_are_the_same_money_refused_or_broken() -> None:
    outcomes, bad = run(3000, seed=11)
    assert not bad, bad
    # Each outcome was seen: a judge that always says the same proves nothing.
    assert min(outcomes["same"], outcomes["refused"], outcomes["broken"]) > 100, outcomes
    assert len(provable()) >= 15
