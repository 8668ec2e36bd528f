"""A system is asked within its hours and at its vendor's pace, whichever connector asks: nobody passes by."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.published.replay import Answer, Asked, Replay
from tieout.connector_api import (
    Asking,
    AwayError,
    Connector,
    Hours,
    Sending,
    SystemConfig,
    open_system,
    read_window,
)
from tieout.connector_api.asking import COST, budget_of, is_elsewhere
from tieout.connector_api.pace import NO_LIMIT, Budget
from tieout.documents import EventOut
from tieout.operations.discover import discover

_CONNECTORS = Path(__file__).resolve().parents[3] / "src" / "tieout" / "connectors"
# Which are asked over HTTP: those that have an address.
HTTP = sorted(c.name for c in discover().by_name.values() if any(f.name == "url" for f in c.config))
NOON = datetime(2026, 12, 6, 12, tzinfo=UTC)


class Anything(Replay):
    """Answers everything as a busy server would not, with nothing."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__({})
        self._status, self._headers = status, {"Content-Type": "application/json", **(headers or {})}

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        told = {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
        return Answer(
            json.dumps(told).encode(), self._status if "token" not in asked.path else 200, self._headers
        )


def config_of(connector: Connector, url: str, folder: Path, **given: Any) -> SystemConfig:
    values = {f.name: f.default or "1" for f in connector.config} | {"url": url}
    if connector.name == "cloudevents":
        values["secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    if connector.name == "salesforce":
        values |= {"client_secret": "s"}
    return SystemConfig("there", connector.name, "test", values, paces=folder, **given)


def ask(connector: Connector, session: Any) -> None:
    """Something of each that goes over the line."""
    if connector.name == "cloudevents":
        event = EventOut(type="x", subject="s", time="2026-10-01T00:00:00Z", data={})
        session.send([Sending("e1", event)])
    else:
        session.check()


def api(asked: list[Asked]) -> list[str]:
    """What was asked beside tokens."""
    return [a.path for a in asked if "token" not in a.path]


@pytest.mark.parametrize("name", HTTP)
def test_within_a_maintenance_nothing_is_asked_of_anybody_and_no_token(name: str, tmp_path: Path) -> None:
    connector = discover()[name]
    closed = Hours(maintenance=(read_window("daily 11:00-13:00 UTC"),))
    with Anything() as there:
        config = config_of(connector, there.url, tmp_path, hours=closed, now=lambda: NOON)
        session = open_system(connector, config)
        with pytest.raises(
            AwayError, match=r"there waits for the window until 13:00 \(maintenance, UTC\)"
        ) as told:
            ask(connector, session)
        assert (told.value.until, told.value.retry_after) == (NOON + timedelta(hours=1), 3600.0)
        assert there.asked == []
        session = open_system(connector, replace(config, now=lambda: NOON + timedelta(hours=1)))
        with suppress(Exception):
            # An answer of nothing is understood by few: that it was asked is all that matters here.
            ask(connector, session)
        assert there.asked, "after it, it is asked"


@pytest.mark.parametrize("name", HTTP)
def test_a_days_budget_of_the_projects_file_holds_for_every_session(name: str, tmp_path: Path) -> None:
    connector = discover()[name]
    with Anything() as there:
        config = config_of(connector, there.url, tmp_path, per_day=2)
        for _ in range(4):
            session = open_system(connector, config)
            try:
                ask(connector, session)
            except AwayError as error:
                assert re.search(r"^there waits for its next day until .* UTC: .* \(2\) is spent", str(error))
                assert error.until > datetime.now(UTC)
            except Exception:  # noqa: BLE001 - few understand an answer of nothing
                continue
        with pytest.raises(AwayError):
            ask(connector, open_system(connector, config))
        assert len(api(there.asked)) == 2


def test_no_connector_makes_a_client_beside_it() -> None:
    """`http_client` knows no pace and no hours. Odoo's client asks by turns of its own, since they last until the answer is there; its
    test is the one above."""
    made = {
        path.parent.name
        for path in _CONNECTORS.rglob("*.py")
        if re.search(r"\bhttp_client\b|httpx2\.(Client|get|post|request|stream)\(", path.read_text())
    }
    assert made == {"odoo"}


def test_what_vendors_publish_is_what_is_kept_to_and_its_source_is_named() -> None:
    """Looked up on 2026-11-30; each connector's `limits` say where."""
    published = {n: discover()[n].pace for n in HTTP if discover()[n].pace != NO_LIMIT}
    assert published == {
        "stripe": Budget(a_second=25),
        "stripetax": Budget(a_second=25),
        "shopify": Budget(a_second=100, burst=2000, told=True),
        "chargebee": Budget(a_second=150 / 60),
        "gusto": Budget(a_second=200 / 60),
        "coupa": Budget(a_second=25),
        "salesforce": Budget(a_day=100_000),
    }
    for name in published:
        assert re.search(r"\([a-z.]+\.(com|dev)", discover()[name].limits), f"{name} does not say who says so"


@pytest.mark.parametrize(
    ("url", "elsewhere"),
    [
        ("https://api.stripe.com", True), ("http://127.0.0.1:8000/x", False), ("http://localhost:1", False),
        ("http://[::1]:1", False), ("http://stripe.localhost", False), ("http://10.0.0.7", True), ("", True),
    ],
)  # fmt: skip
def test_what_is_published_is_no_limit_of_this_very_machine(url: str, elsewhere: bool) -> None:
    assert is_elsewhere(url) is elsewhere
    config = SystemConfig("s", "stripe", "test", {"url": url}, published=Budget(a_second=25))
    assert Asking(config).pace.budget == (Budget(a_second=25) if elsewhere else NO_LIMIT)


def test_what_the_project_says_stands_before_what_is_published() -> None:
    config = SystemConfig("s", "shopify", "test", {"url": "https://s.example.com"})
    bucket = Budget(a_second=100, burst=2000, told=True)
    assert budget_of(config, bucket) == bucket
    assert budget_of(replace(config, per_second=0.5), bucket) == Budget(a_second=0.5)
    assert budget_of(replace(config, per_day=7), bucket) == replace(bucket, a_day=7)
    assert budget_of(replace(config, per_second=2.0), Budget(a_second=1, alone=True)) == Budget(
        a_second=2, alone=True
    )


def asking(tmp_path: Path, budget: Budget, url: str = "http://127.0.0.1:1") -> Asking:
    return Asking(SystemConfig("shop", "x", "test", {"url": url}, paces=tmp_path), budget)


def test_requests_cost_what_they_say(tmp_path: Path) -> None:
    one = asking(tmp_path, Budget(a_day=10))
    with Anything() as there:
        http = one.client(base_url=there.url, timeout=5)
        http.get("/a", extensions={COST: 7.5})
        http.get("/b")
        with pytest.raises(AwayError):
            http.get("/c", extensions={COST: 2.0})
        assert [a.path for a in there.asked] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("headers", "found"), [({}, 0.25), ({"Retry-After": "7"}, 0.0), ({"Retry-After": "0"}, 0.0)]
)
def test_who_turns_calls_away_without_a_word_is_asked_more_slowly(
    headers: dict[str, str], found: float, tmp_path: Path
) -> None:
    """One that names a time is asked again then (the Runner keeps all who ask it away); one that names none is asked less."""
    with Anything(429, headers) as there:
        one = asking(tmp_path, NO_LIMIT, there.url)
        one.client(base_url=there.url, timeout=5).get("/a")
        assert one.pace.found_s == found


def test_two_systems_of_one_name_elsewhere_have_a_pace_each(tmp_path: Path) -> None:
    """A name that was given to another address is another system: what the one took is not the other's."""
    for url in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
        with asking(tmp_path, Budget(a_day=1), url).pace.turn():
            pass
    with pytest.raises(AwayError), asking(tmp_path, Budget(a_day=1)).pace.turn():
        pass


@pytest.mark.parametrize(("status", "found"), [(200, 0.0), (404, 0.0), (503, 0.0), (429, 0.5)])
def test_whatever_is_answered_but_too_many_calls_is_taken(
    status: int, found: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.connector_api.pace._QUIET_CALLS", 1)
    with Anything(status) as there:
        one = asking(tmp_path, NO_LIMIT, there.url)
        one.pace.turned_away(None)
        one.client(base_url=there.url, timeout=5).get("/a")
        assert one.pace.found_s == found


def test_the_pace_is_the_systems_own_and_of_the_projects_folder(tmp_path: Path) -> None:
    def config(name: str, folder: Path) -> SystemConfig:
        return SystemConfig(name, "x", "test", {"url": "http://127.0.0.1:1"}, per_day=1, paces=folder)

    def spend(config: SystemConfig) -> None:
        with Asking(config).pace.turn():
            pass

    spend(config("one", tmp_path / "a" / "pace"))
    spend(config("other", tmp_path / "a" / "pace"))
    spend(config("one", tmp_path / "b" / "pace"))
    with pytest.raises(AwayError, match=r"^one waits"):
        spend(config("one", tmp_path / "a" / "pace"))
    assert len(list((tmp_path / "a" / "pace").iterdir())) == 2
