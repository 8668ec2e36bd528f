"""A system that answers everything with one answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LARGEST = 2**20


@dataclass(frozen=True)
class Reply:
    """What is answered. `cut`: the line is closed before the body that was promised is complete."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Asked:
    """The address, and how often somebody asked there."""

    url: str
    times: int = 0


@contextmanager
def answering(reply: Reply) -> Iterator[Asked]:
    """Whoever asks is answered so."""
    seen = Asked("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            seen.times += 1
            self.rfile.read(min(int(self.headers.get("content-length") or 0), _LARGEST))
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + (4096 if reply.cut else 0)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            """Nothing is written for a request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
