"""A distributor's small month, as the console's people find it: it ties out, and they close it (acceptance/test_console.py)."""

from __future__ import annotations

from tests.simulation.house import House
from tests.simulation.runs import complaints


def test_it_ties_out_and_every_planted_fault_is_found(busy_house: House) -> None:
    result = busy_house.result
    assert not complaints(result)
    assert len(result.planted) >= 12 and result.amount_planted > 0
    assert {r.period for r in result.rows} == {"2026-10", "2026-11"}
    assert len({r.interface for r in result.rows}) >= 5
