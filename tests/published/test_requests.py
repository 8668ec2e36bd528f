"""Each request of a connector is one that its vendor publishes: path, parameters, headers, and how one signs in."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from tests.conformance.furnished import NOW, furnished, settings
from tests.published.requests import Operation, Request, Schema, listening, schema_of, schemas
from tieout.connector_api import Balances, ControlTotals, Poller, SystemConfig, open_system
from tieout.operations.discover import discover
from tieout_sandbox import World

_PAGES = 50


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder, furnished(Path(folder) / "world") as made:
        yield made


def _ask(connector: str) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    """`settings(world)` and `ask(session, world)` of the connector's own `asking.py`, where it has one."""
    name = f"tests.published.{connector}.asking"
    if importlib.util.find_spec(name) is None:
        return None, None
    module = importlib.import_module(name)
    return getattr(module, "settings", None), getattr(module, "ask", None)


def _work(session: Any, streams: tuple[str, ...]) -> None:
    """All that the Runner asks of a system that is read: who it is, every page, its own figures."""
    session.check()
    if isinstance(session, Poller):
        for stream in streams:
            cursor: dict[str, Any] = {}
            for turn in range(_PAGES):
                page = session.poll(stream, cursor, NOW + timedelta(minutes=turn // 2))
                cursor = page.cursor
                if turn and not page.more:
                    break
    first, after = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    if isinstance(session, ControlTotals):
        session.control_totals(streams, first, after, "Europe/Berlin")
    if isinstance(session, Balances):
        session.balances(NOW)


@pytest.mark.parametrize("name", schemas())
def test_whatever_is_asked_is_published(name: str, world: World) -> None:
    schema, connector = schema_of(name), discover()[name]
    own_settings, own_ask = _ask(name)
    given = own_settings(world) if own_settings else settings(world, name)
    prefix = urlsplit(str(given.get("url", ""))).path
    with listening(prefix) as seen:
        session = open_system(connector, SystemConfig(name, name, "sandbox", given))
        try:
            _work(session, tuple(s.name for s in connector.streams))
            if own_ask:
                own_ask(session, world)
        finally:
            if hasattr(session, "close"):
                session.close()
    assert seen, "nothing was asked"
    wrong = sorted({complaint for request in seen for complaint in schema.complaints(request)})
    assert not wrong, "\n".join(wrong)
    unasked = [
        f"{o.method} {o.path}"
        for o in schema.operations
        if not o.unseen and not any(o.takes(request) for request in seen)
    ]
    assert not unasked, f"stated and never asked: {unasked}; say in `unseen` why, or take it out"


class TestWhatTheSchemaFinds:
    SCHEMA = Schema(
        "a document",
        "today",
        "bearer",
        [
            Operation(
                "GET",
                "/v1/things/{id}",
                query=("page", "include"),
                required=("page",),
                values={"include": ("a", "b")},
            )
        ],
        {"X-Version": "7"},
    )
    RIGHT: ClassVar[dict[str, Any]] = {
        "method": "GET",
        "path": "/v1/things/1",
        "query": [("page", "1"), ("include", "a,b")],
        "headers": {"authorization": "Bearer x", "x-version": "7"},
        "body": [],
    }

    def test_a_request_as_published_is_none(self) -> None:
        assert self.SCHEMA.complaints(Request(**self.RIGHT)) == []

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"method": "POST"}, "no such operation"),
            ({"path": "/v1/things/1/more"}, "no such operation"),
            ({"query": [("page", "1"), ("size", "2")]}, "no parameter size"),
            ({"query": []}, "page is required"),
            ({"query": [("page", "1"), ("include", "a,c")]}, "include is never c"),
            ({"headers": {"authorization": "Bearer x", "x-version": "6"}}, "X-Version is 6"),
            ({"headers": {"authorization": "Bearer x"}}, "X-Version is None"),
            ({"headers": {"authorization": "Basic x", "x-version": "7"}}, "signs in otherwise"),
            ({"body": ["name"]}, "no field name in the body"),
        ],
    )
    def test_each_wrong_one_is_named(self, changed: dict[str, Any], said: str) -> None:
        (complaint,) = self.SCHEMA.complaints(Request(**{**self.RIGHT, **changed}))
        assert said in complaint
