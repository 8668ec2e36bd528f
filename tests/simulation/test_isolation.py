"""The Runner under random schedules; a thousand of them in `make campaign-isolation`."""

from __future__ import annotations

from tests.simulation.isolation import play
from tieout.store import Database


def test_no_item_delays_its_neighbours_by_more_than_a_round(database: Database) -> None:
    connection = database.connect(autocommit=True)
    wrong = {seed: found for seed in range(10) if (found := play(connection, seed))}
    connection.close()
    assert not wrong
