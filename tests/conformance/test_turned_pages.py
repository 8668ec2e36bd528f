"""Every list of every connector, its pages turned wrongly: it ends, nothing is told twice, and what is not believed is said in words.

What a poll brings twice has no second effect, since an item is known by its key; a control total that counts a page twice would hold a true
ledger for wrong, or a wrong one for true.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.disturbed import SHAPES, WAYS, Between
from tests.conformance.furnished import MANY, NOW, furnished, settings
from tieout.connector_api import (
    ConnectorError,
    ControlTotal,
    ControlTotals,
    SystemConfig,
    Trail,
    open_system,
    walking,
)
from tieout.operations.discover import discover
from tieout_sandbox import World

pytestmark = pytest.mark.long

_CONNECTORS = Path(__file__).resolve().parents[2] / "src" / "tieout" / "connectors"
# Connectors that read no list in pages from anybody.
WITHOUT_PAGES = {
    "odoo": "its books are read by id, by one walk: tests/unit/connectors/test_odoo_paging.py",
}


def _ways(name: str) -> tuple[str, ...]:
    """A list that does not say that there is more cannot say it of an empty page."""
    return ("same", "again") if SHAPES[name]().silent else WAYS


_POLLS = [
    (name, stream.name, way)
    for name in sorted(SHAPES)
    for stream in discover()[name].streams
    if (name, stream.name) != ("coupa", "accruals")
    for way in _ways(name)
]
_TOTALS = [
    (name, way) for name in sorted(SHAPES) if "control_totals" in discover()[name].can for way in _ways(name)
]
_FIRST, _AFTER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
# By which words of a list it is known which stream it is of, where that does not stand in them.
_WORDS = {("stripe", "disputes"): ("events",)}
_MOST = 600
_KNOWN: dict[tuple[str, str], Any] = {}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder, furnished(Path(folder) / "world") as made:
        _pay_out_and_dispute(made)
        yield made


def _pay_out_and_dispute(made: World) -> None:
    """More than a page of Stripe's payouts and disputes."""
    for number in range(MANY):
        at = NOW - timedelta(days=20, minutes=number)
        row = made.stripe.charge(2000, "USD", 88, at, {"order_id": f"d{number}"})
        if number:
            made.stripe.open_dispute(row["source"], 0, at)
    made.stripe.charge(900_000, "USD", 88, NOW - timedelta(days=20), {"order_id": "d"})
    payout = made.stripe.pay_out("USD", NOW - timedelta(days=1))
    assert payout is not None
    made.stripe.books.payouts |= {f"po_{n}": {**payout, "id": f"po_{n}"} for n in range(MANY)}


@pytest.fixture(autouse=True)
def _short_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that are reached within a test; PayPal's pages shorter than its published 500."""
    monkeypatch.setattr(walking, "MOST_EMPTY", 45)
    monkeypatch.setattr(walking, "MOST_PAGES", 200)
    monkeypatch.setattr("tieout_sandbox.simulators.salesforce._PAGE", 50)
    monkeypatch.setattr("tieout.connectors.paypal.client._PER_PAGE", 50)


def _polled(session: Any, stream: str) -> dict[str, bytes]:
    """All that a poll brings, its pages followed as the poll's own stage follows them."""
    trail, cursor, found = Trail(), dict[str, Any](), dict[str, bytes]()
    for _ in range(_MOST):
        page = session.poll(stream, {**cursor, "options": {}}, NOW)
        trail = Trail.of(json.loads(json.dumps(trail.after(f"source: {stream}", cursor, page).kept)))
        found |= {item.dedupe_key: item.body for item in page.items}
        cursor = json.loads(json.dumps(page.cursor))
        if not page.more:
            return found
    raise AssertionError(f"{stream}: {_MOST} pages, and no end")


def _totals(session: ControlTotals, streams: Sequence[str]) -> list[ControlTotal]:
    return sorted(session.control_totals(streams, _FIRST, _AFTER, "Europe/Berlin"), key=str)


@pytest.fixture(scope="module")
def between(world: World) -> Iterator[Callable[[str], Between]]:
    """One for each connector, so that what signs in stays signed in."""
    with ExitStack() as used:
        made: dict[str, Between] = {}

        def of(name: str) -> Between:
            if name not in made:
                made[name] = used.enter_context(Between(str(settings(world, name)["url"]), SHAPES[name]()))
            return made[name]

        yield of


def _ask(name: str, world: World, between: Between, way: str, stream: str) -> Any:
    """What comes of a poll of a stream, or of the control totals ("") of all: an answer or a ConnectorError."""
    between.turning(way)
    given = {**settings(world, name), "url": between.url}
    session = open_system(discover()[name], SystemConfig(f"pages-{name}", name, "sandbox", given))
    try:
        if stream:
            return _polled(session, stream)
        return _totals(session, [s.name for s in discover()[name].streams])
    except ConnectorError as error:
        return error
    finally:
        session.close()


def _right(name: str, world: World, between: Callable[[str], Between], stream: str) -> Any:
    """What comes where the pages are turned as they are; asked once."""
    if (name, stream) not in _KNOWN:
        _KNOWN[name, stream] = _ask(name, world, between(name), "plain", stream)
    return _KNOWN[name, stream]


def test_every_connector_that_reads_lists_is_here() -> None:
    folders = [p.name for p in _CONNECTORS.iterdir() if (p / "connector.py").exists()]
    asked = {n for n in folders if {"poll", "control_totals"} & set(discover()[n].can)}
    assert asked - set(SHAPES) - set(WITHOUT_PAGES) == set()


@pytest.mark.parametrize(("name", "stream", "way"), _POLLS)
def test_a_poll_ends_and_tells_nothing_twice(
    name: str, stream: str, way: str, world: World, between: Callable[[str], Between]
) -> None:
    there, right = between(name), _right(name, world, between, stream)
    assert isinstance(right, dict) and right, right
    told = _ask(name, world, there, way, stream)
    assert len(there.asked) < _MOST * 2
    if isinstance(told, ConnectorError):
        _says(told, name, stream)
    else:
        assert told == right
    if way in ("same", "endless"):
        assert isinstance(told, ConnectorError) or not there.turned, "a list without an end was taken for one"


@pytest.mark.parametrize(("name", "way"), _TOTALS)
def test_a_control_total_counts_no_page_twice(
    name: str, way: str, world: World, between: Callable[[str], Between]
) -> None:
    there, right = between(name), _right(name, world, between, "")
    assert isinstance(right, list) and right, right
    told = _ask(name, world, there, way, "")
    assert len(there.asked) < _MOST * 2
    if isinstance(told, ConnectorError):
        _says(told, name, *(s.name for s in discover()[name].streams))
    else:
        assert told == right
        assert way not in ("same", "endless") or not there.turned


def _says(error: ConnectorError, name: str, *streams: str) -> None:
    said = str(error).lower().replace("_", " ")
    words = [w for s in streams for w in (s.replace("_", " ").rstrip("s"), *_WORDS.get((name, s), ()))]
    assert any(word in said for word in words), error
