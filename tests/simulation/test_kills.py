"""Processes that die at any moment change nothing in the end."""

from __future__ import annotations

import pytest

from tests.simulation.runs import complaints, month, quiet_month, survives
from tieout.engine.crash import POINTS


def test_five_kills_at_random_moments_end_in_the_same_ledger() -> None:
    result = month(kills=5)
    assert result.restarts >= 5
    assert not complaints(result)
    assert result.ledger_sha256 == quiet_month().ledger_sha256


@pytest.mark.parametrize("point", POINTS[::3])
def test_a_kill_at_every_named_point_ends_in_the_same_ledger(point: str) -> None:
    survives(point)
