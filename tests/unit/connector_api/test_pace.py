"""How often a system is asked, by all processes of a machine together."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tieout.connector_api import AwayError, TransientError
from tieout.connector_api import pace as pace_module
from tieout.connector_api.pace import Budget, Pace
from tieout.connectors.odoo.hosting import HOSTED, is_hosted


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


def pace(clock: Clock, budget: Budget = Budget(), system: str = "https://books.example.com") -> Pace:
    return Pace(system, budget, now=clock.now, sleep=clock.sleep)


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
    for each in (pace(clock, HOSTED), pace(clock, HOSTED), pace(clock, HOSTED)):
        with each.turn():
            clock.at += 0.2
    assert clock.slept == [0.8, 0.8]
    with pace(clock, HOSTED, "https://other.example.com").turn():
        pass
    assert len(clock.slept) == 2, "another system has a pace of its own"


def test_no_second_call_begins_while_one_is_under_way() -> None:
    one, other, began = Pace("x", HOSTED), Pace("x", HOSTED), threading.Event()

    def ask() -> None:
        with other.turn():
            began.set()

    with one.turn():
        thread = threading.Thread(target=ask)
        thread.start()
        assert not began.wait(1.3)
    thread.join(5)
    assert began.is_set()


def test_calls_that_go_alone_do_so_where_no_pace_is_declared_beside_it() -> None:
    alone, began = Budget(alone=True), threading.Event()

    def ask() -> None:
        with Pace("x", alone).turn():
            began.set()

    with Pace("x", alone).turn():
        thread = threading.Thread(target=ask)
        thread.start()
        assert not began.wait(0.5)
    thread.join(5)
    assert began.is_set()


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_PATIENCE_S", 0.1)
    with (
        Pace("x", HOSTED).turn(),
        pytest.raises(TransientError, match="one call at a time") as told,
        Pace("x", HOSTED).turn(),
    ):
        pass
    # Whoever is away for so long is not tried again at once.
    assert told.value.retry_after == 5.0


def test_what_may_be_spent_at_once_is_and_then_it_is_so_much_a_second() -> None:
    clock, budget = Clock(), Budget(a_second=4, burst=3)
    for _ in range(6):
        with pace(clock, budget).turn():
            pass
    assert clock.slept == [0.25, 0.25, 0.25]
    # What was not spent for a while is there again, and no more than that.
    clock.at += 100
    clock.slept.clear()
    for _ in range(4):
        with pace(clock, budget).turn():
            pass
    assert clock.slept == [0.25]


def test_a_call_costs_what_it_costs() -> None:
    """Shopify's GraphQL: 100 points a second, 2,000 at once (shopify.dev, API limits)."""
    clock, budget = Clock(), Budget(a_second=100, burst=2000)
    for cost in (1500, 500, 200, 1):
        with pace(clock, budget).turn(cost):
            pass
    assert clock.slept == [2.0, 0.01]


def test_a_days_budget_ends_at_midnight_and_says_so() -> None:
    clock, budget = Clock(), Budget(a_day=3)
    clock.at = 86_400 * 20_000 + 86_000.0
    for _ in range(3):
        with pace(clock, budget).turn():
            pass
    words = r"waits for its next day until 2024-10-05 00:00 UTC: .* a day \(3\) is spent"
    with pytest.raises(AwayError, match=words) as told, pace(clock, budget).turn():
        pass
    assert told.value.retry_after == 400.0
    clock.at -= 80_000
    with pytest.raises(TransientError) as told, pace(clock, budget).turn():
        pass
    assert told.value.retry_after == 3600.0
    clock.at += 80_400
    with pace(clock, budget).turn():
        pass


BUCKET = Budget(a_second=100, burst=2000, told=True)


def test_what_an_answer_tells_of_the_bucket_is_what_everybody_goes_by() -> None:
    """Another app's use, or a plan that is larger: what the vendor says last stands (shopify.dev, GraphQL rate limits)."""
    clock = Clock()
    one, other = pace(clock, BUCKET), pace(clock, BUCKET)
    one.told(50, 1000, 50)
    with other.turn(300):
        pass
    assert clock.slept == [5.0]
    # What is left is what is told, however much was reckoned to be spent: a query that cost less than was asked for gives back.
    one.told(1000, 1000, 50)
    with other.turn(900), other.turn(100):
        pass
    assert clock.slept == [5.0]
    with other.turn(10):
        pass
    assert clock.slept == [5.0, 0.2]


@pytest.mark.parametrize(
    "told",
    [
        (1, 0, 50),
        (1, 1000, 0),
        (1, 1000, -5),
        (float("nan"), 1000, 50),
        (1, float("inf"), 50),
        (1e12, 1000, 50),
        (-1e12, 1000, 50),
        (1, 1000, float("inf")),
    ],
)
def test_what_makes_no_sense_of_a_bucket_is_not_believed(told: tuple[float, float, float]) -> None:
    clock = Clock()
    one = pace(clock, BUCKET)
    one.told(*told)
    with one.turn(2000), one.turn(100):
        pass
    assert clock.slept == [1.0]


def test_more_left_than_there_can_be_is_as_much_as_there_can_be() -> None:
    clock = Clock()
    one = pace(clock, BUCKET)
    one.told(5000, 1000, 100)
    with one.turn(1000), one.turn(100):
        pass
    assert clock.slept == [1.0]


def test_a_bucket_that_is_told_to_who_goes_by_the_projects_own_figure_is_nothing_to_them() -> None:
    clock = Clock()
    one = pace(clock, Budget(a_second=2))
    one.told(0, 1000, 0.01)
    with one.turn(), one.turn():
        pass
    assert clock.slept == [0.5]


def test_what_was_told_before_the_project_said_its_own_figure_is_nothing_to_it_either() -> None:
    clock = Clock()
    pace(clock, BUCKET).told(1000, 1000, 1000)
    own = pace(clock, Budget(a_second=2))
    with own.turn(), own.turn():
        pass
    assert clock.slept == [0.5]


@pytest.mark.parametrize("whose", ["somebody else", "a link"])
def test_a_folder_in_the_temporary_one_that_is_not_ours_is_not_written_to(
    whose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where anybody may make one, one of another user's, and a link to where that user wants it, would have us write there."""
    folder = tmp_path / f"tieout-pace-{os.getuid()}"
    if whose == "a link":
        (tmp_path / "theirs").mkdir()
        folder.symlink_to(tmp_path / "theirs")
    else:
        folder.mkdir()
        monkeypatch.setattr(pace_module.os, "getuid", lambda: 4242)
        (tmp_path / "tieout-pace-4242").mkdir()
    with (
        pytest.raises(OSError, match="is somebody else's: take it away, or set TMPDIR"),
        Pace("x", HOSTED).turn(),
    ):
        pass
    assert not list((tmp_path / "theirs").iterdir() if whose == "a link" else folder.iterdir())


def test_nobody_else_reads_how_often_a_system_was_asked(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with pace(Clock(), HOSTED).turn():
            pass
    finally:
        os.umask(before)
    (folder,) = tmp_path.iterdir()
    assert [stat.S_IMODE(p.stat().st_mode) for p in (folder, *folder.iterdir())] == [0o700, 0o600]


def test_a_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    one = pace(Clock(), HOSTED)
    one._path.parent.mkdir(mode=0o700)
    (tmp_path / "precious").write_text("precious")
    one._path.symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic link"), one.turn():
        pass
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_start_does_not_forget_what_a_day_took(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(2):
        with Pace("x", Budget(a_day=2), folder=tmp_path / "made" / "for" / "it", now=clock.now).turn():
            pass
    with (
        pytest.raises(AwayError),
        Pace("x", Budget(a_day=2), folder=tmp_path / "made" / "for" / "it", now=clock.now).turn(),
    ):
        pass
    with Pace("x", Budget(a_day=2), folder=tmp_path / "other", now=clock.now).turn():
        pass


def test_a_day_that_is_spent_takes_nothing_of_the_seconds() -> None:
    clock, budget = Clock(), Budget(a_second=1, a_day=2)
    for _ in range(2):
        with pace(clock, budget).turn():
            pass
    for _ in range(20):
        with pytest.raises(AwayError), pace(clock, budget).turn():
            pass
    clock.at += 86_400
    clock.slept.clear()
    with pace(clock, budget).turn():
        pass
    assert clock.slept == []


def test_a_queue_that_is_too_long_is_left() -> None:
    clock, budget = Clock(), Budget(a_second=0.1)
    still = Pace("x", budget, now=clock.now, sleep=lambda s: None)
    for _ in range(4):
        with still.turn():
            pass
    with pytest.raises(TransientError, match="as many calls wait") as told, still.turn():
        pass
    assert told.value.retry_after == 40.0


def test_a_server_that_turns_calls_away_is_asked_more_slowly_by_all_until_it_takes_them() -> None:
    clock = Clock()
    found, other = pace(clock), pace(clock)
    for _ in range(5):
        found.turned_away(None)
    assert other.found_s == 1.0
    for each in (found, other, found):
        with each.turn():
            pass
    assert clock.slept == [1.0, 1.0]
    for _ in range(150):
        found.taken()
    assert other.found_s == 0.0
    clock.at += 1
    with other.turn(), other.turn():
        pass
    assert len(clock.slept) == 2


def test_a_pace_that_was_found_goes_back_by_halves() -> None:
    """Fifty calls in a row that are taken halve it, the quarter of a second is dropped; one that is turned away begins the count anew."""
    found, seen = pace(Clock()), []
    for _ in range(3):
        found.turned_away(None)
    for _ in range(3):
        for _ in range(49):
            found.taken()
        seen.append(found.found_s)
        found.taken()
        seen.append(found.found_s)
    assert seen == [1.0, 0.5, 0.5, 0.25, 0.25, 0.0]
    found.turned_away(None)
    for _ in range(49):
        found.taken()
    found.turned_away(None)
    for _ in range(49):
        found.taken()
    assert found.found_s == 0.5


def test_steps_of_a_pace_that_is_found_double_up_to_a_second() -> None:
    found, seen = pace(Clock()), []
    for _ in range(5):
        found.turned_away(None)
        seen.append(found.found_s)
    assert seen == [0.25, 0.5, 1.0, 1.0, 1.0]


def test_where_nothing_is_declared_or_found_nothing_is_written(tmp_path: Path) -> None:
    quiet = Pace("x")
    with quiet.turn():
        quiet.taken()
    assert not list(tmp_path.iterdir())


def test_whoever_says_to_come_back_at_once_is_believed() -> None:
    found = pace(Clock())
    found.turned_away(0.0)
    assert found.found_s == 0.0
    found.turned_away(3.0)
    assert found.found_s == 0.25


@pytest.mark.parametrize("budget", [HOSTED, Budget(a_second=1)])
def test_a_clock_that_was_set_back_holds_nobody_up(budget: Budget) -> None:
    clock = Clock()
    with pace(clock, budget).turn():
        pass
    clock.at -= 100_000
    with pace(clock, budget).turn():
        pass
    assert clock.slept == [1.0]


@pytest.mark.parametrize("left", [b"", b"1790000000000", b"{", b'{"due": "x"}', b"\xff" * 500])
def test_what_another_version_left_is_no_hindrance(left: bytes) -> None:
    clock = Clock()
    with pace(clock, HOSTED).turn():
        pass
    one = pace(clock, HOSTED)
    one._path.write_bytes(left)
    with one.turn():
        pass
    assert clock.slept == []


def test_processes_share_it(tmp_path: Path) -> None:
    """Four processes of five calls at ten a second take at least 1.8 seconds, counted by the instants that they had their turn at."""
    text = (
        "import tempfile, sys, time; tempfile.tempdir = sys.argv[1]\n"
        "from tieout.connector_api.pace import Budget, Pace\n"
        "pace = Pace('x', Budget(a_second=10))\n"
        "for _ in range(5):\n"
        "    with pace.turn(): print(time.time())\n"
    )
    began = [
        subprocess.Popen([sys.executable, "-c", text, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    turns = sorted(float(line) for each in began for line in each.communicate(timeout=120)[0].split())
    assert len(turns) == 20
    for first, after in zip(turns, turns[11:], strict=False):
        assert after - first > 0.99
    assert time.time() > turns[-1]


def test_a_pace_that_was_found_holds_beside_a_faster_one_that_is_declared() -> None:
    clock = Clock()
    one = pace(clock, Budget(a_second=4))
    for _ in range(3):
        one.turned_away(None)
    with one.turn(), one.turn():
        pass
    assert clock.slept == [1.0]


def test_where_calls_go_alone_nobody_waits_for_more_than_one_turn() -> None:
    clock, slept = Clock(), list[float]()
    still = Pace("x", HOSTED, now=clock.now, sleep=slept.append)
    for _ in range(3):
        with still.turn():
            pass
    assert slept == [1.0, 1.0]


def test_a_whole_bucket_that_was_spent_is_no_clock_that_was_set_back() -> None:
    clock = Clock()
    for cost in (4000, 1):
        with pace(clock, Budget(a_second=100, burst=4000)).turn(cost):
            pass
    assert clock.slept == [0.01]


def test_what_costs_more_than_may_be_spent_at_once_is_waited_for_in_full_and_once() -> None:
    clock, budget = Clock(), Budget(a_second=100, burst=10)
    for _ in range(2):
        with pace(clock, budget).turn(110):
            pass
    assert clock.slept == [1.1]
    with pace(clock, budget, "y").turn(5000):
        pass
    with pytest.raises(TransientError, match="as many calls wait"), pace(clock, budget, "y").turn(5000):
        pass
