"""Sessions of systems: one a system, the one of its settings now, whoever asks for it at the same time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tieout.connector_api import Connector, ConnectorRegistry, SystemConfig
from tieout.operations.sessions import Sessions


class Session:
    """What was opened with which settings; whether it was closed."""

    def __init__(self, config: SystemConfig) -> None:
        self.url, self.closed = config.text("url"), False

    def close(self) -> None:
        self.closed = True


class Opener:
    """Opens sessions, each once somebody lets it."""

    def __init__(self) -> None:
        self.opened: list[Session] = []
        self.begun, self.let = threading.Event(), threading.Event()
        self.let.set()

    def open(self, config: SystemConfig) -> Any:
        self.begun.set()
        assert self.let.wait(30)
        self.opened.append(Session(config))
        return self.opened[-1]


def system(url: str, name: str = "books") -> dict[str, SystemConfig]:
    return {name: SystemConfig(name, "kind", "test", {"url": url})}


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def registry(opener: Opener) -> ConnectorRegistry:
    found = ConnectorRegistry()
    found.add(Connector(name="kind", title="A kind", version="1", config=(), can=(), open=opener.open))
    return found


def in_threads(count: int, act: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=act, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_a_system_is_opened_once_however_many_ask(opener: Opener, registry: ConnectorRegistry) -> None:
    sessions, found = Sessions(registry, system("one")), list[Session]()
    opener.let.clear()
    threads = in_threads(8, lambda: found.append(sessions.of("books")))
    assert opener.begun.wait(30)
    opener.let.set()
    for thread in threads:
        thread.join(30)
    assert len(opener.opened) == 1 and found == opener.opened * 8


def test_one_that_is_slow_to_open_keeps_no_other_waiting(opener: Opener, registry: ConnectorRegistry) -> None:
    quick = Opener()
    registry.add(
        Connector(name="quick", title="Another kind", version="1", config=(), can=(), open=quick.open)
    )
    systems = {**system("one"), "other": SystemConfig("other", "quick", "test", {"url": "two"})}
    sessions = Sessions(registry, systems)
    opener.let.clear()
    (slow,) = in_threads(1, lambda: sessions.of("books"))
    assert opener.begun.wait(30)
    done = threading.Event()
    in_threads(1, lambda: (sessions.of("other"), done.set()))
    assert done.wait(30) and slow.is_alive()
    opener.let.set()
    slow.join(30)


def test_one_whose_settings_changed_is_opened_anew_and_the_old_one_closed_at_the_end(
    opener: Opener, registry: ConnectorRegistry
) -> None:
    sessions = Sessions(registry, {**system("one"), **system("same", "other")})
    first, other = sessions.of("books"), sessions.of("other")
    sessions.change({**system("two"), **system("same", "other")})
    second = sessions.of("books")
    # Somebody may be at the first one still.
    assert (first.url, second.url) == ("one", "two") and not first.closed
    assert sessions.of("other") is other
    sessions.close()
    assert all(session.closed for session in (first, second, other))


def test_settings_that_change_while_a_system_is_opened_are_those_that_hold(
    opener: Opener, registry: ConnectorRegistry
) -> None:
    sessions, found = Sessions(registry, system("one")), list[Session]()
    opener.let.clear()
    (asking,) = in_threads(1, lambda: found.append(sessions.of("books")))
    assert opener.begun.wait(30)
    sessions.change(system("two"))
    opener.let.set()
    asking.join(30)
    assert [s.url for s in found] == ["two"] and sessions.of("books") is found[0]
    sessions.close()
    assert [(s.url, s.closed) for s in opener.opened] == [("one", True), ("two", True)]


def test_a_system_that_is_taken_out_is_none(opener: Opener, registry: ConnectorRegistry) -> None:
    sessions = Sessions(registry, system("one"))
    sessions.of("books")
    sessions.change({})
    with pytest.raises(KeyError):
        sessions.of("books")
