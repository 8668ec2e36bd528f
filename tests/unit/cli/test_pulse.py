"""A web side is well where it says so itself: what another program says at its port is nothing of its."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tieout.cli.pulse import web_health
from tieout.observe import INSTANCE


class _Answers(BaseHTTPRequestHandler):
    status, instance = 200, "me"

    def do_GET(self) -> None:
        self.send_response(self.status)
        if self.instance:
            self.send_header(INSTANCE, self.instance)
        self.end_headers()
        self.wfile.write(b"no database")

    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_it_is_well_where_it_says_so(port: int) -> None:
    assert web_health("127.0.0.1", port, "me") == ""


@pytest.mark.parametrize("other", ["another", ""])
def test_another_program_at_its_port_is_not_it(
    port: int, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Answers, "instance", other)
    assert web_health("127.0.0.1", port, "me") == (
        f"another program answers at port {port} of 127.0.0.1: end it, or put another port into tieout.toml ([serve] port)"
    )


def test_what_it_says_is_wrong_is_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Answers, "status", 503)
    assert web_health("127.0.0.1", port, "me") == "the web side answers 503: no database"


def test_no_answer_is_told_as_one(port: int) -> None:
    assert web_health("127.0.0.1", 1, "me").startswith("the web side gives no answer: ")
