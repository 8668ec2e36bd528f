"""A page of Chargebee's lists to documents: by its client, over HTTP, and its normaliser."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Answer, Replay
from tieout.connector_api import SystemConfig
from tieout.connectors.chargebee.connector import CONNECTOR
from tieout.documents import CreditNote, CustomerInvoice, Document
from tieout.money import Amount

NOW = datetime(2026, 11, 30, tzinfo=UTC)
_PAGES = 5


def take(payload: Payload) -> list[Document]:
    """Every page is polled: a second one, or an invoice's further lines, stand in the file beside. Raises ValueError also
    where the plan would be a case, since what is read does not add up."""
    beside = payload.path.with_suffix(".beside.json")
    more = [beside.read_bytes()] if beside.exists() else []
    answers: dict[tuple[str, str], Any] = {("GET", f"/api/v2/{payload.stream}"): [payload.body, *more]}
    for entry in json.loads(payload.body)["list"]:
        row = next(iter(entry.values()))
        if "line_items_next_offset" in row:
            answers[("GET", f"/api/v2/{payload.stream}/{row['id']}")] = Answer(more[0])
    found: list[Document] = []
    stream = CONNECTOR.stream(payload.stream)
    with Replay(answers) as server:
        config = SystemConfig("chargebee", "chargebee", "test", {"url": server.url, "key": "k"})
        session, cursor = CONNECTOR.open(config), dict[str, Any]()
        for _ in range(_PAGES):
            page = session.poll(payload.stream, cursor, NOW)
            for item in page.items:
                found += stream.documents(item.body, payload.options)
            cursor = page.cursor
            if not page.more:
                break
        session.close()
        assert not server.strange
    for document in found:
        _adds_up(document)
    return found


def _adds_up(document: Document) -> None:
    if not isinstance(document, CustomerInvoice | CreditNote) or document.exclusion:
        return
    parts = [x.net for x in document.lines] + [t.amount for t in document.taxes]
    if sum(parts, Amount.zero(document.currency)) != document.total:
        raise ValueError(f"{document.key} does not add up to {document.total}")
