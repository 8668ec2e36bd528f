"""Stripe's lists by the connector's own client and normaliser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.published.payloads import Payload
from tests.published.replay import Replay, Told
from tieout.connector_api import SystemConfig
from tieout.connectors.stripe.client import open_session
from tieout.connectors.stripe.connector import CONNECTOR
from tieout.documents import Document

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
_NONE = json.dumps({"object": "list", "data": [], "has_more": False}).encode()


def take(payload: Payload) -> list[Document]:
    """What a list becomes; asked again three hours later, since the event of a closing is waited for."""
    stream, documents = CONNECTOR.stream(payload.stream), []
    with Replay(_answers(payload)) as there:
        session = open_session(
            SystemConfig("stripe", "stripe", "test", {"url": there.url, "key": "rk_test_x"})
        )
        cursor, now = {}, NOW
        for _ in range(4):
            page = session.poll(payload.stream, cursor, now)
            for item in page.items:
                documents += stream.documents(item.body, payload.options)
            if not page.more and (payload.stream != "disputes" or now > NOW):
                break
            cursor, now = page.cursor, now + timedelta(hours=3)
        session.close()
    assert there.strange == []
    return list({json.dumps([d.key, d.version]): d for d in documents}.values())


def _answers(payload: Payload) -> Mapping[tuple[str, str], list[Told]]:
    """The file itself, and beside it: the next page of movements, what a payout paid out, events of disputes."""
    beside = payload.path.with_suffix(".beside.json")
    more: list[Told] = [beside.read_bytes()] if beside.exists() else []
    body: list[Told] = [payload.body]
    movements = ("GET", "/v1/balance_transactions")
    if payload.stream == "balance_transactions":
        return {movements: [*body, *more]}
    if payload.stream == "payouts":
        return {("GET", "/v1/payouts"): body, movements: more or [_NONE]}
    return {("GET", "/v1/disputes"): body, ("GET", "/v1/events"): more or [_NONE]}
