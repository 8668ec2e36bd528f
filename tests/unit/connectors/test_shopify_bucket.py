"""Shopify's bucket: a question waits until there are points for it, and one that was turned away comes back when it was told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.published.replay import Answer, Replay
from tieout.connector_api import SystemConfig, TransientError
from tieout.connector_api import asking as asking_module
from tieout.connector_api.pace import Budget, Pace
from tieout.connectors.shopify.bucket import Bucket, refill_s
from tieout.connectors.shopify.client import open_session
from tieout.connectors.shopify.connector import CONNECTOR

# As community.shopify.com 254776 shows a throttled answer: `errors` and `extensions` stand side by side, without data.
_SHOP = {"shop": {"name": "s", "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin"}}
PATH = ("POST", "/admin/api/2026-07/graphql.json")


def cost(requested: float, left: float, most: float = 1000.0, rate: float = 50.0) -> dict[str, Any]:
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": None,
            "throttleStatus": {"maximumAvailable": most, "currentlyAvailable": left, "restoreRate": rate},
        }
    }


def throttled(requested: float, left: float) -> bytes:
    error = {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
    }
    return json.dumps({"errors": [error], "extensions": cost(requested, left)}).encode()


def answered(requested: float, left: float) -> bytes:
    return json.dumps({"data": _SHOP, "extensions": cost(requested, left)}).encode()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> list[float]:
    """What was waited for; the simulator is taken for a vendor's own address."""
    found: list[float] = []
    monkeypatch.setattr(asking_module, "is_elsewhere", lambda url: True)
    monkeypatch.setattr("time.sleep", lambda s: found.append(round(s, 2)))
    monkeypatch.setattr(Pace, "_sleep_s", lambda self, s: found.append(round(s, 2)) if s > 0 else None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return found


def session(there: Replay) -> Any:
    config = SystemConfig(
        "shop", "shopify", "test", {"url": there.url, "token": "t"}, published=CONNECTOR.pace
    )
    return open_session(config)


def test_a_question_waits_until_there_are_points_for_one_of_its_kind(slept: list[float]) -> None:
    with Replay({PATH: [answered(200, 100), answered(200, 900)]}) as there:
        one = session(there)
        one.check()
        assert slept == []
        # 200 are needed and 100 left, which come back at 50 a second: two seconds.
        one.check()
        assert slept == [pytest.approx(2.0, abs=0.2)]
        # Another session of the shop, as another worker has it, goes by the same bucket.
        session(there).check()
        assert len(slept) == 1


def test_another_session_waits_for_the_bucket_that_this_one_emptied(slept: list[float]) -> None:
    with Replay({PATH: [answered(200, -100), answered(1, 900)]}) as there:
        session(there).check()
        session(there).check()
    assert slept == [pytest.approx(101 / 50, abs=0.2)]


def test_a_question_that_was_throttled_comes_back_when_there_is_enough(slept: list[float]) -> None:
    with Replay({PATH: [throttled(752, 666), answered(752, 900)]}) as there:
        session(there).check()
        assert len(there.asked) == 2
    # (752 - 666) / 50: as the answer says, and as the pace that learned of it keeps to.
    assert sum(slept) >= 1.7
    assert refill_s(json.loads(throttled(752, 666))) == pytest.approx(1.72)


def test_one_that_lacks_much_is_told_for_how_long_to_everybody(slept: list[float]) -> None:
    with Replay({PATH: throttled(900, 100)}) as there:
        with pytest.raises(TransientError, match="cost bucket is empty") as told:
            session(there).check()
        assert told.value.retry_after == pytest.approx(16.0)
        assert len(there.asked) == 1 and slept == []


@pytest.mark.parametrize(
    "extensions",
    [
        {},
        {"cost": None},
        {"cost": {}},
        {"cost": {"requestedQueryCost": "x", "throttleStatus": {}}},
        cost(5, 1, rate=0.0),
        cost(5, 1, most=0.0),
    ],
)
def test_an_answer_that_does_not_say_is_no_hindrance(extensions: dict[str, Any], slept: list[float]) -> None:
    body = json.dumps({"data": _SHOP, "extensions": extensions}).encode()
    with Replay({PATH: body}) as there:
        session(there).check()
        session(there).check()
        assert slept == [] and len(there.asked) == 2
    assert refill_s({"extensions": extensions}) == 1.0


def test_a_busy_shop_is_one_that_says_429(slept: list[float]) -> None:
    with Replay({PATH: [Answer(b"{}", 429, {"Retry-After": "1.5"}), answered(1, 900)]}) as there:
        session(there).check()
    assert slept == [1.5]


def test_what_a_question_costs_hangs_on_how_many_it_asks_for_and_not_on_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(cost: float) -> dict[str, Any]:
        status = {"currentlyAvailable": 900, "maximumAvailable": 1000, "restoreRate": 50}
        return {"extensions": {"cost": {"requestedQueryCost": cost, "throttleStatus": status}}}

    made = Bucket(Pace("shop", Budget(told=True), folder=tmp_path))
    made.learn("orders", {"first": 10, "nested": 5, "after": "a"}, told(120))
    made.learn("orders", {"first": 2, "nested": 5}, told(30))
    asked = [{"first": 10, "nested": 5, "after": "b"}, {"first": 2, "nested": 5}, {"first": 2, "nested": 1}]
    assert [made.cost_of("orders", a) for a in asked] == [120.0, 30.0, 1.0]
    # More kinds of questions than there are are none that is kept.
    monkeypatch.setattr("tieout.connectors.shopify.bucket._MOST_KINDS", 2)
    made.learn("more", {}, told(77))
    assert made.cost_of("more", {}) == 1.0
