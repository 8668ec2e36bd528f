"""Every connector that a busy system answers waits as long as that system asks, however it writes it: over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tieout.connector_api import Sending, SystemConfig, TransientError
from tieout.documents import EventOut
from tieout.operations.discover import discover

CONNECTORS = {n: c for n, c in discover().by_name.items() if any(f.name == "url" for f in c.config)}
AHEAD_S = 1800


class Busy(BaseHTTPRequestHandler):
    """Refuses everything with a status and a Retry-After, and counts."""

    def answer(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        self.rfile.read(length)
        self.server.asked += 1  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("retry-after", self.server.wait)  # type: ignore[attr-defined]
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def busy() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    server.asked, server.status, server.wait = 0, 429, ""  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def ask(name: str, session: Any) -> Any:
    """Something that this connector asks, and that changes nothing there."""
    if name == "cloudevents":
        body = EventOut(type="t", subject="s", time="2026-10-05T14:00:00+00:00", data={})
        return session.send([Sending("e", body)])
    return session.check()


def opened(name: str, port: int) -> Any:
    connector = CONNECTORS[name]
    given = {f.name: f.default or "1" for f in connector.config} | {"webhook_secrets": "s"}
    if name == "shopify":
        # By a static token: of its token endpoint, which an app's id asks first, Shopify publishes no wait.
        given["client_id"] = ""
    return connector.open(SystemConfig(name, name, "test", {**given, "url": f"http://127.0.0.1:{port}"}))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_date_to_come_back_is_understood_and_nobody_asks_before_it(
    name: str, status: int, busy: Any
) -> None:
    busy.status = status
    busy.wait = format_datetime(datetime.now(UTC) + timedelta(seconds=AHEAD_S), usegmt=True)
    session = opened(name, busy.server_port)
    with pytest.raises(TransientError) as raised:
        ask(name, session)
    assert AHEAD_S - 60 < raised.value.retry_after <= AHEAD_S
    assert busy.asked == 1, "it asked again before the time that it was told"
    getattr(session, "close", lambda: None)()


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_date_that_is_past_is_no_wait(name: str, busy: Any) -> None:
    busy.wait = "Sun, 06 Nov 1994 08:49:37 GMT"
    session = opened(name, busy.server_port)
    with pytest.raises(TransientError) as raised:
        ask(name, session)
    assert raised.value.retry_after == 0
    getattr(session, "close", lambda: None)()


def test_a_ledger_that_is_busy_says_so_whatever_is_asked(busy: Any) -> None:
    busy.wait = format_datetime(datetime.now(UTC) + timedelta(seconds=AHEAD_S), usegmt=True)
    session = opened("odoo", busy.server_port)
    with pytest.raises(TransientError) as raised:
        session.facts()
    assert AHEAD_S - 60 < raised.value.retry_after <= AHEAD_S and busy.asked == 1
