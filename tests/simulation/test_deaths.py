"""What dies is up again, or said why not: a few of the deaths that `make campaign-deaths` counts."""

from __future__ import annotations

import sys

import pytest

from tests.simulation.deaths import DEATHS, deaths, script

pytestmark = pytest.mark.long


@pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc")
def test_after_each_of_four_deaths_it_works_again() -> None:
    """PostgreSQL, the web side, the worker and the supervisor."""
    found = deaths(4, seed=1)
    assert len({d.name for d in found}) == 5
    assert not [d for d in found if d.wrong]


def test_fifty_deaths_are_of_every_kind() -> None:
    assert len(script(50, 1)) == 50 and set(script(50, 1)) == set(DEATHS)
    assert script(50, 1) == script(50, 1) != script(50, 2)
