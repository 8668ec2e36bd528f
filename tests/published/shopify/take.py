"""A page of Shopify's through the connector's own client: GraphQL is one address, so answers come in the order of questions.

`x.beside.json` is what is asked next: a second page of orders, the parts of a payout. REST examples are carried over to the shape of
GraphQL Admin 2026-07, names of persons and what is not asked for left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Replay
from tieout.connector_api import SystemConfig, open_system
from tieout.documents import Document
from tieout.operations.discover import discover

_PATH = ("POST", "/admin/api/2026-07/graphql.json")
_NOW = datetime(2026, 11, 30, tzinfo=UTC)
# Of which refunds movements are: the order is of another example.
_NO_ORDER = b'{"data": {"nodes": []}}'


def take(payload: Payload) -> list[Document]:
    """The documents of all its pages."""
    connector = discover()["shopify"]
    beside = payload.path.with_suffix(".beside.json")
    answers = [payload.body, beside.read_bytes() if beside.is_file() else _NO_ORDER]
    with Replay({_PATH: answers}) as there:
        session = open_system(
            connector, SystemConfig("s", "shopify", "test", {"url": there.url, "token": "t"})
        )
        try:
            bodies = _pages(session, payload.stream)
        finally:
            session.close()
        assert there.strange == []
    stream = connector.stream(payload.stream)
    return [document for body in bodies for document in stream.documents(body, payload.options)]


def _pages(session: Any, stream: str) -> list[bytes]:
    found: list[bytes] = []
    cursor: dict[str, Any] = {}
    for _ in range(5):
        page = session.poll(stream, cursor, _NOW)
        found += [item.body for item in page.items]
        if not page.more:
            break
        cursor = page.cursor
    return found
