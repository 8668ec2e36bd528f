"""What a system asked for is told from what nobody said: a line that breaks is waited out by the Runner's own first wait, and
only a system's own word keeps the other lanes from it. By the rows of what failed, over real HTTP and with every connector."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.integration.test_process import Clock
from tests.integration.test_retry_after import CONNECTORS, ask, opened
from tieout.connector_api import Sending, SystemConfig, TransientError, patiently
from tieout.connector_api.conformance.answers import Reply, answering
from tieout.connector_api.conformance.subject import without_waiting
from tieout.documents import MailOut
from tieout.engine import Due, LaneKey, Pace, Runner, Turn
from tieout.operations.discover import discover
from tieout.proofs import control
from tieout.store import Connection, Database

# The first wait is 0.05 s, spread by a fifth (docs/STAGES.md).
FIRST_LEAST, FIRST_MOST = timedelta(seconds=0.04), timedelta(seconds=0.06)
ASKED = timedelta(minutes=20)


class Asking:
    """Two lanes that ask one system."""

    name, pace = "asking", Pace()

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act, self.asked = act, list[str]()

    def lanes(self, connection: Connection) -> Sequence[Due]:
        return [Due(("a",), "there"), Due(("b",), "there")]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        self.asked.append(lane[0])
        with without_waiting():
            self.act()
        return False


def waits_of(
    database: Database, act: Callable[[], Any]
) -> tuple[list[str], dict[tuple[str, ...], timedelta]]:
    """The lanes that were asked in one pass, and by lane until when it waits from then on."""
    clock, connection = Clock(), database.connect(autocommit=True)
    stage = Asking(act)
    Runner(stage, clock).step(connection)
    rows = connection.execute("select lane, next_at from tieout.failure where stage = 'asking'").fetchall()
    connection.close()
    return stage.asked, {tuple(r["lane"]): r["next_at"] - clock.now() for r in rows}


def own_first_wait(database: Database, act: Callable[[], Any]) -> None:
    asked, waits = waits_of(database, act)
    assert asked == ["a", "b"], "a lane was kept from its system, which had not asked for anything"
    assert set(waits) == {("a",), ("b",)}
    for lane, wait in waits.items():
        assert FIRST_LEAST <= wait <= FIRST_MOST, f"{lane} waits for {wait}, which nobody asked for"


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port at which nobody listens, and nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_where_nobody_listens_a_lane_goes_on_after_the_runners_own_first_wait(
    name: str, nobody: int, database: Database
) -> None:
    own_first_wait(database, lambda: ask(name, opened(name, nobody)))


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_status_of_a_broken_system_is_no_word_of_when_to_come_back(
    name: str, status: int, database: Database
) -> None:
    with answering(Reply(status)) as there:
        own_first_wait(database, lambda: ask(name, opened(name, _port(there.url))))
        assert there.times


@pytest.mark.parametrize("name", sorted(set(CONNECTORS) - {"cloudevents"}))
def test_an_answer_that_is_cut_off_is_no_word_of_when_to_come_back(name: str, database: Database) -> None:
    with answering(Reply(200, b'{"data": [', cut=True)) as there:
        own_first_wait(database, lambda: ask(name, opened(name, _port(there.url))))
        assert there.times


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("written", ["seconds", "date"])
@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_system_that_asks_is_left_alone_for_as_long_by_every_lane(
    name: str, written: str, status: int, database: Database
) -> None:
    # A date is held against the answer's own Date, which is the machine's of a moment later.
    asks = {"seconds": str(int(ASKED.total_seconds())), "date": _http_date(datetime.now(UTC) + ASKED)}
    said = {"Retry-After": asks[written]}
    with answering(Reply(status, headers=said)) as there:
        asked, waits = waits_of(database, lambda: ask(name, opened(name, _port(there.url))))
        assert there.times == 1, "it asked again before the time that it was told"
    assert asked == ["a"], "another lane asked a system that had asked to be left alone"
    for lane in (("a",), ("", "there")):
        assert ASKED - timedelta(minutes=2) < waits[lane] <= ASKED
        assert written == "date" or waits[lane] == ASKED


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_busy_system_that_names_no_time_is_waited_for_as_its_vendor_says_or_as_the_runner_does(
    name: str, database: Database
) -> None:
    with answering(Reply(429)) as there:
        asked, waits = waits_of(database, lambda: ask(name, opened(name, _port(there.url))))
    # Shopify publishes a second: shopify.dev/docs/api/usage/limits.
    if name == "shopify":
        assert asked == ["a"] and waits == {("a",): timedelta(seconds=1), ("", "there"): timedelta(seconds=1)}
    else:
        assert asked == ["a", "b"] and all(FIRST_LEAST <= w <= FIRST_MOST for w in waits.values())


def test_a_mail_server_that_is_not_there_asked_for_nothing(nobody: int, database: Database) -> None:
    given = {"host": "127.0.0.1", "port": str(nobody), "sender": "a@b.example", "user": "", "password": ""}
    session = discover()["smtp"].open(SystemConfig("smtp", "smtp", "test", given))
    mail = MailOut(to="c@d.example", subject="s", text="t")
    own_first_wait(database, lambda: session.send([Sending("m", mail)]))


def test_a_file_server_that_is_not_there_asked_for_nothing(nobody: int, database: Database) -> None:
    connector = discover()["sftp"]
    given = {f.name: f.default or "1" for f in connector.config} | {"host": "127.0.0.1", "port": str(nobody)}
    own_first_wait(database, lambda: connector.open(SystemConfig("sftp", "sftp", "test", given)).check())


@pytest.mark.parametrize(
    ("asked", "tries", "waits"), [(None, 5, 1.0), (1.5, 5, 8.0), (0.0, 5, 1.0), (900.0, 1, 0.0)]
)
def test_within_a_call_a_system_is_waited_for_as_it_asked_or_for_a_moment(
    asked: float | None, tries: int, waits: float
) -> None:
    tried: list[float | None] = []

    def busy() -> None:
        tried.append(asked)
        raise TransientError("busy", asked)

    with without_waiting() as waited, pytest.raises(TransientError) as raised:
        patiently(busy)
    assert len(tried) == tries and raised.value.retry_after == asked
    assert sum(waited) <= waits and all(w >= (asked or 0.0) for w in waited)


@pytest.mark.parametrize(("each_s", "tries"), [(0.0, 12), (25.0, 3), (300.0, 1)])
def test_a_figure_is_not_asked_for_again_and_again_where_each_answer_takes_minutes(
    each_s: float, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def unfinished() -> None:
        tried.append(each_s)
        raise TransientError("the report does not finish")

    monkeypatch.setattr(control.time, "monotonic", lambda: 1000.0 + sum(tried))
    with without_waiting() as waited, pytest.raises(TransientError):
        control.ask_patiently(unfinished)
    assert len(tried) == tries and all(0 < w <= 1 for w in waited)


def test_a_failure_that_names_no_wait_has_none() -> None:
    assert TransientError("the line is gone").retry_after is None


def _port(url: str) -> int:
    found = re.search(r":(\d+)$", url.rstrip("/"))
    assert found is not None
    return int(found.group(1))


def _http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
