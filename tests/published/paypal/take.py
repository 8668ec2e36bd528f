"""An answer of PayPal's through the client, by a token of its own, and the stream's normaliser: each of its transactions is a movement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Answer, Replay
from tieout.connector_api import SystemConfig, open_system
from tieout.connectors.paypal.connector import CONNECTOR
from tieout.documents import Document

_TOKEN = b'{"access_token": "A21AAtoken", "token_type": "Bearer", "expires_in": 32400, "scope": "reporting"}'
_LIST = ("GET", "/v1/reporting/transactions")


def take(payload: Payload) -> list[Document]:
    """The documents of all pages. Raises what the client or the normaliser says."""
    beside = sorted(payload.path.parent.glob(f"{payload.path.stem}.*.beside.json"))
    answers = [_answer(payload.body), *(_answer(path.read_bytes()) for path in beside)]
    with Replay({("POST", "/v1/oauth2/token"): _TOKEN, _LIST: answers}) as there:
        values = {"url": there.url, "client_id": "id", "client_secret": "secret"}
        session = open_system(CONNECTOR, SystemConfig(there.url, "paypal", "sandbox", values))
        cursor: dict[str, Any] = {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
        items = []
        for _ in answers:
            page = session.poll(payload.stream, cursor, datetime(2026, 11, 1, tzinfo=UTC))
            items += page.items
            cursor = page.cursor
            if not page.more:
                break
        session.close()
    stream = CONNECTOR.stream(payload.stream)
    return [document for item in items for document in stream.documents(item.body, payload.options)]


def _answer(body: bytes) -> Answer:
    """Refusals of PayPal's have an id by which it looks for them."""
    return Answer(body, 400 if b'"debug_id"' in body else 200)
