"""HTTP on the wire, with the bounds that the server behind it has not.

uvicorn reads the head of a request, and the trailers of a body, for as long and as far as they go; what is still
sent after an answer it reads and drops for ever; and of requests that come before the answers to those before them it
holds as many as are sent. Here each has an end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Of a request's first line and headers together, and of the trailers of a body.
MOST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 100
HEAD_SECONDS = 10.0
# What is read and dropped of a body that was refused, so that its sender hears the answer.
MOST_DROPPED = 4 << 20
# How many requests of one connection may wait behind the one that is worked on: each answer lets a whole read of new ones in.
MOST_WAITING = 32
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_WORDS = b"the head of a request, and its trailers, are 64 KiB and 100 fields at most"
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_WORDS), _WORDS)
)


class TooLargeError(Exception):
    """A head or trailers beyond the bounds."""


class TooManyError(Exception):
    """More requests behind one another than are held."""


class _HeadFirst:
    """The transport of one answer: its head goes out with the first piece of its body, in one write and one packet."""

    __slots__ = ("_begun", "_head", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._head, self._begun = transport, b"", False
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """The first is the head, but for the word that a body may come."""
        if self._head:
            data, self._head = self._head + data, b""
        elif not self._begun and data != _CONTINUE:
            self._head, self._begun = data, True
            return
        self._transport.write(data)

    def close(self) -> None:
        """What waits goes out before."""
        if self._head:
            self.write(b"")
        self._transport.close()


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Bytes since the parser last got anywhere; bytes of headers; bytes dropped.
        self._idle = self._bytes = self._dropped = 0
        self._in_head = self._too_large = self._too_many = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._idle += len(data)
        super().data_received(data)
        if self._idle > MOST_HEAD_BYTES and not self.transport.is_closing():
            # A name, a value or an extension of a chunk without an end: the parser would collect it.
            self._too_large = True
            self.send_400_response("")
        # A head that is not whole, or a body that nobody waits for any more, has its time.
        if self._in_head or (
            self.cycle is not None and self.cycle.response_complete and self.cycle.more_body
        ):
            self._arm()

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        if self._too_many:
            # Whatever were written here would be read as the answer to a request that still waits for its own.
            self.transport.close()
            return
        if not self._too_large:
            super().send_400_response(msg)
            return
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    # What the parser calls. An error that is raised here ends the connection with an answer.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._idle = self._bytes = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._bytes += len(url)
        if self._bytes > MOST_HEAD_BYTES:
            self._refuse()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._bytes += len(name) + len(value)
        if self._bytes > MOST_HEAD_BYTES or len(self.headers) >= MOST_HEADERS:
            self._refuse()
        super().on_header(name, value)

    def _refuse(self) -> None:
        self._too_large = True
        raise TooLargeError

    def end_head(self) -> None:
        """The head is whole, within its bounds and its time."""
        self._idle, self._in_head, self._dropped = 0, False, 0
        self._disarm()

    def on_headers_complete(self) -> None:
        self.end_head()
        if len(self.pipeline) >= MOST_WAITING:
            self._too_many = True
            raise TooManyError
        super().on_headers_complete()
        # An answer to HEAD has no body that its head could wait for.
        if self.scope["method"] != "HEAD":
            self.cycle.transport = _HeadFirst(self.transport)  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        self._idle = 0
        if self.cycle.response_complete:
            self._dropped += len(body)
            if self._dropped > MOST_DROPPED:
                self._close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._idle = 0
        if self.cycle.response_complete:
            self.cycle.more_body = False
            self._disarm()
        super().on_message_complete()
