"""How often an Odoo is asked: by whoever asks it, at one pace, and more slowly once it turned somebody away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.test_odoo_versions import Books, of, opened
from tieout.connector_api import SystemConfig, TransientError
from tieout.connectors.odoo import client as client_module
from tieout.connectors.odoo.answers import TooLargeError
from tieout.connectors.odoo.session import OdooSession, open_session
from tieout.connectors.odoo.versions import V18, V19
from tieout_sandbox.simkit import Answer


@pytest.fixture
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    with opened(request.param) as made:
        yield made


def in_folder(books: Books, folder: Path, name: str = "odoo", **other: str) -> OdooSession:
    """A session of a project, whose pace is kept in a folder."""
    given = {
        "url": books.url,
        "database": "books",
        "key": books.company.key,
        "company": str(books.company.id),
    }
    given |= {"login": books.company.login, **other}
    return open_session(SystemConfig(name, "odoo", "test", given, paces=folder))


@pytest.mark.parametrize(
    ("url", "hosted", "alone"),
    [
        ("https://books.odoo.com", "", True),
        ("https://books.odoo.com", "no", False),
        ("https://books.example.com", "", False),
        ("https://books.example.com", "yes", True),
    ],
)
def test_what_is_hosted_is_asked_once_a_second_and_one_call_at_a_time(
    url: str, hosted: str, alone: bool
) -> None:
    given = {"url": url, "key": "k"} | ({"hosted": hosted} if hosted else {})
    budget = open_session(SystemConfig("odoo", "odoo", "test", given))._client._pace.budget
    assert (budget.a_second, budget.alone) == ((1.0, True) if alone else (0.0, False))


@of(V18, V19)
def test_nothing_is_asked_without_its_turn(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls, the version, and the page that says whether a database is a copy."""
    session = in_folder(books, tmp_path)
    client, turns, hours = session._client, [], []

    @contextmanager
    def turn(cost: float = 1.0) -> Iterator[None]:
        turns.append(len(books.odoo.asked))
        yield

    monkeypatch.setattr(client._pace, "turn", turn)
    monkeypatch.setattr(client, "_let_ask", lambda: hours.append(1))
    before = len(books.odoo.asked)
    session.check()
    assert client.page("/web/login")
    # Each was let through before it was sent.
    assert turns == list(range(before, len(books.odoo.asked))) and len(hours) == len(turns) > 5


def away(**headers: str) -> Answer:
    return Answer(429, b"<html>Too Many Requests</html>", "text/html", headers)


@of(V18, V19)
@pytest.mark.parametrize("where", ["version", "res.partner", "login"])
def test_who_is_turned_away_anywhere_asks_more_slowly_and_so_does_everybody_beside(
    books: Books, tmp_path: Path, where: str
) -> None:
    session, beside = in_folder(books, tmp_path), in_folder(books, tmp_path, "other", company="1")
    assert session._client._pace.found_s == beside._client._pace.found_s == 0
    struck: list[str] = []

    def instead(path: str, body: bytes) -> Answer | None:
        if struck or where not in path + body.decode():
            return None
        struck.append(path)
        return away(**{"retry-after": "1"})

    books.odoo.instead = instead
    client = session._client
    if where == "login":
        assert client.page("/web/login") == "" and struck
    elif where == "version":
        with pytest.raises(TransientError, match="status 429"):
            client.version()
    else:
        client.call("res.partner", "search_count", domain=[])
    assert struck and client._pace.found_s == beside._client._pace.found_s == 0.25
    # After fifty that were taken it is as before; the call that was turned away was taken the second time.
    for _ in range(48 if where == "res.partner" else 49):
        client._pace.taken()
    assert client._pace.found_s == 0.25
    client.call("res.partner", "search_count", domain=[])
    assert client._pace.found_s == 0


@of(V19)
def test_who_may_come_back_at_once_asks_no_more_slowly(books: Books, tmp_path: Path) -> None:
    client = in_folder(books, tmp_path)._client
    client.call("res.partner", "search_count", domain=[])
    left = [away(**{"retry-after": "0"})]
    books.odoo.instead = lambda path, body: left.pop() if left else None
    client.call("res.partner", "search_count", domain=[])
    assert not left and client._pace.found_s == 0


@of(V19)
def test_whoever_is_told_to_wait_for_long_is_told_so_at_once(books: Books) -> None:
    asked = len(books.odoo.asked)
    books.odoo.instead = lambda path, body: away(**{"retry-after": "40"}) if "res.partner" in path else None
    with pytest.raises(TransientError) as told:
        books.session._client.call("res.partner", "search_count", domain=[])
    assert told.value.retry_after == 40 and len(books.odoo.asked) == asked + 1


@of(V18, V19)
def test_the_largest_call_is_sent_and_one_byte_more_is_not(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in bytes as they go over the wire, not in characters."""
    client = books.session._client
    sizes: list[int] = []
    monkeypatch.setattr(books.odoo, "instead", lambda path, body: sizes.append(len(body)))

    def ask(name: str) -> Any:
        return client.call("res.partner", "search_count", domain=[["name", "=", name]])

    ask("ä" * 50)
    monkeypatch.setattr(client_module, "_MOST_BYTES", sizes[-1])
    assert ask("ä" * 50) == 0 and sizes[-1] == sizes[-2]
    with pytest.raises(
        TooLargeError, match=rf"{sizes[-1] + 1} bytes at once, and {sizes[-1]} are sent at most"
    ):
        ask("ä" * 50 + "a")
    assert len(sizes) == 2
