"""Bodies of requests: how much is read, for how long, and of how many at once.

Nothing here reads more than was agreed to beforehand: a length that is said is held against the limit first, one
that is not is counted as it comes.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from starlette.types import Message, Receive

from tieout.api.deadlines import Deadlines

Headers = dict[bytes, bytes]
_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What the web side takes from whoever sends. Sizes are bytes, times are seconds."""

    push_bytes: int = 2 * _MIB
    # A larger file goes into the interface's folder, where a worker reads it.
    upload_bytes: int = 32 * _MIB
    # Of everything else: forms, the API; of whoever shows neither a session nor a key much less.
    other_bytes: int = 2 * _MIB
    unknown_bytes: int = 64 * 1024
    # Between two pieces of a body, and for the whole of it.
    gap_s: float = 15.0
    body_s: float = 30.0
    upload_s: float = 900.0
    # At once: how many, and what pushes may hold of memory until they are committed.
    pushes: int = 512
    uploads: int = 16
    large_uploads: int = 4
    others: int = 64
    push_room: int = 48 * _MIB
    other_room: int = 24 * _MIB
    # How long a large file waits until those before it are read.
    large_wait_s: float = 60.0
    # How long a push waits for its commit, and the window in which refusals are counted.
    commit_s: float = 30.0
    window_s: float = 60.0


class BodyError(Exception):
    """A body that is not read, or not any further: the status and words to answer with."""

    def __init__(self, status: int, detail: str, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = {"retry-after": str(retry_after)} if retry_after else {}


class CutError(Exception):
    """The line was cut before the body was whole: nobody is there to be answered."""


class Room:
    """How many bodies may be read at once, and how many bytes of them may be held."""

    def __init__(self, most: int, size: int) -> None:
        self._left, self._free = most, size

    def place(self) -> Place:
        """A place for one body, given back when it is left. Raises BodyError 503 where none is left."""
        if self._left <= 0:
            raise BodyError(503, "too many are sending at once: send it again in a moment", 2)
        self._left -= 1
        return Place(self)

    def leave(self, held: int) -> None:
        """A place is free again."""
        self._left += 1
        self._free += held

    def take(self, size: int) -> None:
        """Raises BodyError 503 where so many bytes are not free."""
        if size > self._free:
            raise BodyError(503, "too much is being sent at once: send it again in a moment", 2)
        self._free -= size


class Place:
    """What one body holds of a room, while it is entered."""

    def __init__(self, room: Room) -> None:
        self._room, self._held = room, 0

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Give back what is held: once, by whoever did not enter it."""
        self._room.leave(self._held)

    def grow(self, size: int) -> None:
        """Raises BodyError 503."""
        self._room.take(size)
        self._held += size


def said_length(headers: Headers) -> int | None:
    """The Content-Length; None where the body comes in pieces of unsaid number. Raises BodyError 400."""
    if b"transfer-encoding" in headers:
        return None
    # The parser leaves the blanks that may stand behind a value.
    said = headers.get(b"content-length", b"0").strip(b" \t")
    if not said.isdigit() or len(said) > 18:
        raise BodyError(400, "its Content-Length is no number")
    return int(said)


def check_length(headers: Headers, most: int) -> int | None:
    """The length that is said, held against a limit before anything is read. Raises BodyError."""
    length = said_length(headers)
    if length is not None and length > most:
        raise BodyError(413, f"{length} bytes: {most} are the most that is taken here")
    return length


@dataclass(frozen=True)
class Pace:
    """How long is waited for a piece of a body, and for the whole of it."""

    deadlines: Deadlines
    gap_s: float
    whole_s: float

    async def next(self, receive: Receive, end: float) -> Message:
        """The next piece, before `end` (of `time.monotonic`). Raises BodyError 408 and CutError."""
        task, late = asyncio.current_task(), False
        assert task is not None

        def stop() -> None:
            nonlocal late
            late = True
            task.cancel()

        number = self.deadlines.add(min(self.gap_s, end - time.monotonic()), stop)
        try:
            message = await receive()
        except asyncio.CancelledError:
            # Another one may want it to end as well.
            if not late or task.uncancel():
                raise
            why = f"no piece came for {self.gap_s:g} seconds, or the whole took longer than {self.whole_s:g}"
            raise BodyError(408, f"too slow: {why}") from None
        finally:
            self.deadlines.drop(number)
        if message["type"] == "http.disconnect":
            raise CutError
        return message


async def pieces(receive: Receive, most: int, pace: Pace) -> AsyncIterator[bytes]:
    """The body as it comes, up to `most` bytes. Raises BodyError (408, 413) and CutError."""
    end, size, more = time.monotonic() + pace.whole_s, 0, True
    while more:
        message = await pace.next(receive, end)
        piece = message.get("body", b"")
        more = bool(message.get("more_body"))
        size += len(piece)
        _check_size(size, most)
        if piece:
            yield piece


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise BodyError(413, f"more than {most} bytes, the most that is taken here")


async def in_memory(receive: Receive, place: Place, most: int, pace: Pace) -> bytes:
    """A small body as a whole. Raises BodyError, CutError."""
    # Not by way of `pieces`: nearly every body is one piece, and the way there costs as much as its signature.
    end, size, more, parts = time.monotonic() + pace.whole_s, 0, True, []
    while more:
        message = await pace.next(receive, end)
        piece: bytes = message.get("body", b"")
        more = bool(message.get("more_body"))
        size += len(piece)
        _check_size(size, most)
        place.grow(len(piece))
        parts.append(piece)
    return parts[0] if len(parts) == 1 else b"".join(parts)


@contextmanager
def spool(folder: Path | None) -> Iterator[IO[bytes]]:
    """A file on disk that has no name: however this process ends, nothing of it is left."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder, prefix="upload-") as file:
        yield file


async def on_disk(receive: Receive, file: IO[bytes], most: int, pace: Pace) -> int:
    """A body into a file, a mebibyte in memory at a time; its size. Raises BodyError, CutError, OSError."""
    held, size = bytearray(), 0
    async for piece in pieces(receive, most, pace):
        held += piece
        size += len(piece)
        if len(held) >= _MIB:
            block, held = held, bytearray()
            await asyncio.to_thread(file.write, block)
    if held:
        await asyncio.to_thread(file.write, held)
    await asyncio.to_thread(file.flush)
    return size
