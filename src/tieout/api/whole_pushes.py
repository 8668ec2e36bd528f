"""Pushes that come whole, head and body in one read, as nearly all do: taken without a request's machinery.

A task, two channels and a scope for each cost more than to check its signature. What is in any way unusual (a body that
comes later, in chunks or large, HTTP/1.0, a request behind another, a server that is full) goes the long way, where
every bound is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, Protocol

from tieout.api.bodies import Headers
from tieout.api.protocol import BoundedProtocol
from tieout.observe import get_logger

_log = get_logger(__name__)
PREFIX = b"/webhooks/"
# A name as it stands: nothing behind it, and nothing written otherwise.
_USUAL_PATH = re.compile(rb"/webhooks/[^?%#]*")
_MOST_BYTES = 64 * 1024
# What asks for something else than an answer to a body that is here.
_UNUSUAL = frozenset((b"transfer-encoding", b"expect", b"upgrade", b"connection", b"trailer"))


# Writes an answer: its status, headers and body.
Write = Callable[[int, list[tuple[bytes, bytes]], bytes], None]


class Take(Protocol):
    """Takes a push to a name, and answers it once."""

    def __call__(self, name: str, headers: Headers, body: bytes, answer: Write) -> None: ...


class _Open:
    """What the server asks of a request that is not answered yet."""

    __slots__ = ("disconnected", "keep_alive", "message_event", "more_body", "response_complete")

    def __init__(self) -> None:
        self.response_complete = self.disconnected = self.more_body = False
        self.keep_alive, self.message_event = True, _NOBODY


class _Nobody:
    """Nobody waits for a next piece: the body was whole."""

    def set(self) -> None:
        """Nothing to wake."""


_NOBODY = _Nobody()


class PushProtocol(BoundedProtocol):
    """One connection. `take` is whom pushes are for."""

    def __init__(self, *args: Any, take: Take, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._take = take
        # The body of a push, as far as it has come with its head; None: the long way.
        self._held: list[bytes] | None = None
        self._head: Headers = {}

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._held is not None:
            self._go_long()

    def on_headers_complete(self) -> None:
        if not self._is_usual():
            super().on_headers_complete()
            return
        self.end_head()
        self._held = []

    def _is_usual(self) -> bool:
        if not _USUAL_PATH.fullmatch(self.url) or self.parser.get_method() != b"POST":
            return False
        if self.parser.get_http_version() != "1.1":
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        # Whoever reads no answers is waited for, and the long way does that.
        if self.flow.write_paused:
            return False
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            return False
        head = self._head = dict(self.headers)
        if not _UNUSUAL.isdisjoint(head):
            return False
        length = head.get(b"content-length", b"")
        return length.isdigit() and len(length) < 7 and int(length) <= _MOST_BYTES

    def _go_long(self) -> None:
        held, self._held = self._held, None
        if not self.transport.is_closing():
            super().on_headers_complete()
            for piece in held or ():
                super().on_body(piece)

    def on_body(self, body: bytes) -> None:
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        if self._held is None:
            super().on_message_complete()
            return
        body, self._held = b"".join(self._held), None
        self.cycle = request = _Open()  # type: ignore[assignment]
        name = self.url[len(PREFIX) :].decode("ascii", "replace")
        try:
            self._take(name, self._head, body, partial(self._answer, request))
        except Exception:  # noqa: BLE001 - one push is that push alone: the parser would call its bytes wrong
            _log.exception("a push broke its server")
            self._answer(request, 500, [(b"content-length", b"0")], b"")

    def _answer(self, request: _Open, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        request.response_complete = True
        if request.disconnected or self.transport.is_closing():
            return
        stays = request.keep_alive and (b"connection", b"close") not in headers
        more = headers if request.keep_alive else [*headers, (b"connection", b"close")]
        head = _head(status, tuple(self.server_state.default_headers), tuple(more))
        self.transport.write(head + body)
        if not stays:
            self.transport.close()
        self.on_response_complete()


# The server's own headers change once a second, by their date.
@lru_cache(maxsize=32)
def _head(status: int, *headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [name + b": " + value for each in headers for name, value in each]
    return b"\r\n".join((*lines, b"", b""))
