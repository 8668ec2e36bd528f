"""Of every kind of fault that is planted into a services company's month: Today and the alert name its cause and its
money, and say what to do about it. The distributor's are held the same way in test_console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.house import House, misnamed, planted_causes


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("faults") / "demo", "services", orders=6)
    made.grant("cleo", "controller")
    yield made
    made.stop()


def test_today_and_the_alert_name_every_kind_of_fault_its_money_and_an_action(house: House) -> None:
    assert len(planted_causes(house)) >= 12
    assert misnamed(house, house.api("cleo")) == []
