"""Processes that die at a named point change nothing in the end: every second point. The others are in
test_kills.py, so that two workers share them."""

from __future__ import annotations

import pytest

from tests.simulation.runs import survives
from tieout.engine.crash import POINTS


@pytest.mark.parametrize("point", POINTS[1::2])
def test_a_kill_at_every_named_point_ends_in_the_same_ledger(point: str) -> None:
    survives(point)
