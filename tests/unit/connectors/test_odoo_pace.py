"""How often an Odoo that others host is asked."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tieout.connector_api import TransientError
from tieout.connectors.odoo import pace as pace_module
from tieout.connectors.odoo.pace import Pace, is_hosted


class Clock:
    def __init__(self) -> None:
        self.at, self.slept = 1000.0, list[float]()

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.at += seconds


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def pace(clock: Clock, declared: bool, server: str = "https://books.example.com") -> Pace:
    return Pace(server, declared, now=clock.now, sleep=clock.sleep)


@pytest.mark.parametrize(
    ("host", "hosted"),
    [
        ("acme.odoo.com", True), ("acme-main-1.dev.odoo.com", True), ("odoo.com.example.org", False),
        ("books.example.com", False), ("myodoo.com", False),
    ],
)  # fmt: skip
def test_odoos_own_hosting_is_known_by_its_address(host: str, hosted: bool) -> None:
    assert is_hosted(host) is hosted


def test_a_declared_pace_is_one_call_a_second_for_all_who_ask() -> None:
    clock = Clock()
    for each in (pace(clock, True), pace(clock, True), pace(clock, True)):
        with each.turn():
            clock.at += 0.2
    assert clock.slept == [0.8, 0.8]
    with pace(clock, True, "https://other.example.com").turn():
        pass
    assert len(clock.slept) == 2, "another server has a pace of its own"


def test_no_second_call_begins_while_one_is_under_way() -> None:
    one, other, began = Pace("x", True), Pace("x", True), threading.Event()

    def ask() -> None:
        with other.turn():
            began.set()

    with one.turn():
        thread = threading.Thread(target=ask)
        thread.start()
        assert not began.wait(1.3)
    thread.join(5)
    assert began.is_set()


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_PATIENCE_S", 0.1)
    with (
        Pace("x", True).turn(),
        pytest.raises(TransientError, match="one call at a time") as told,
        Pace("x", True).turn(),
    ):
        pass
    # Whoever is away for so long is not tried again at once.
    assert told.value.retry_after == 5.0


def test_a_server_that_turns_calls_away_is_asked_more_slowly_until_it_takes_them() -> None:
    clock = Clock()
    found = pace(clock, False)
    for _ in range(5):
        found.turned_away(None)
    assert found.found_s == 1.0
    for _ in range(3):
        with found.turn():
            pass
    assert clock.slept == [1.0, 1.0]
    for _ in range(150):
        found.taken()
    assert found.found_s == 0.0


def test_whoever_says_to_come_back_at_once_is_believed() -> None:
    found = pace(Clock(), False)
    found.turned_away(0.0)
    assert found.found_s == 0.0
    found.turned_away(3.0)
    assert found.found_s == 0.25


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    clock = Clock()
    with pace(clock, True).turn():
        pass
    clock.at -= 100_000
    with pace(clock, True).turn():
        pass
    assert clock.slept == [1.0]
