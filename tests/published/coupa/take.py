"""Coupa's payloads: a page of a list, read as the connector polls it."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.published.payloads import Payload
from tests.published.replay import Replay

from tieout.connector_api import SystemConfig
from tieout.connectors.coupa.client import PATHS
from tieout.connectors.coupa.connector import CONNECTOR
from tieout.documents import Document

_TOKEN = b'{"access_token": "t", "token_type": "bearer", "expires_in": 86399, "scope": "core.common.read"}'
SETTINGS = {"client_id": "c", "client_secret": "s"}


def take(payload: Payload) -> list[Document]:
    path = f"/api/{PATHS[payload.stream][0]}"
    with Replay({("POST", "/oauth2/token"): _TOKEN, ("GET", path): payload.body}) as there:
        session = CONNECTOR.open(SystemConfig("coupa", "coupa", "test", {**SETTINGS, "url": there.url}))
        items = session.poll(payload.stream, {}, datetime(2026, 11, 30, tzinfo=UTC)).items
        session.close()
    stream = CONNECTOR.stream(payload.stream)
    return [document for item in items for document in stream.documents(item.body, payload.options)]
