"""What happened to simulators, in order, so that they are the same again after their process died.

A simulator is what happened to it: the same requests in the same order, at the same instants, make the same one. So whatever
changes something is written down before it is answered, and nothing else of a simulator is kept. What the outside world does by
itself (a day) is one entry, and nobody is answered while it happens.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

Request = tuple[str, str, str, dict[str, str], bytes]
_LOOK_S = 0.002
# Methods of Odoo's JSON-2 that change nothing.
_READS = frozenset({
    "read", "search", "search_read", "search_count", "fields_get", "read_group", "formatted_read_group", "default_get", "has_access",
    "has_group", "context_get", "session_info", "check_object_reference", "get_param",
})  # fmt: skip


class Diary:
    """Entries, one JSON object a line, in a file that its owner alone may read: it has keys of simulators."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        # The last line of a process that was killed may be half a line: nothing came of it.
        with path.open("rb") as file:
            end = file.read().rfind(b"\n") + 1
        os.truncate(path, end)

    def write(self, **entry: Any) -> None:
        """Add an entry; it is there once this returns, whatever becomes of this process."""
        os.write(self._handle, json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every entry so far, the first first."""
        with self.path.open() as file:
            for line in file:
                yield json.loads(line)

    def close(self) -> None:
        """Nothing is written any more."""
        os.close(self._handle)


def changes(method: str, path: str, body: bytes) -> bool:
    """Whether a request may change a simulator."""
    if method in ("GET", "HEAD"):
        return False
    if path.startswith("/json/2/"):
        return path.rpartition("/")[2] not in _READS
    return b"mutation" in body if path.endswith("graphql.json") else True


def packed(request: Request) -> list[Any]:
    """A request as an entry has it."""
    return [*request[:4], base64.b64encode(request[4]).decode()]


def unpacked(kept: list[Any]) -> Request:
    """A request of an entry."""
    method, path, query, headers, body = kept
    return method, path, query, headers, base64.b64decode(body)


class Keeper:
    """Stands before simulators: writes down what changes them, and lets nobody in while the outside world acts.

    `systems` are they by name, `now` is their clock; whoever brings `own_key` acts for the outside world while that acts, and is
    part of what it does.
    """

    def __init__(
        self, diary: Diary, systems: Mapping[str, object], now: Callable[[], datetime], own_key: str
    ) -> None:
        self.diary, self._now, self._own_key = diary, now, own_key
        self._names = {id(system): name for name, system in systems.items()}
        self._gate = threading.Lock()
        self._acting = False

    @contextmanager
    def acting(self, **entry: Any) -> Iterator[None]:
        """The outside world acts: written down as `entry`, unless that is empty, since it was written down before."""
        with self._gate:
            if entry:
                self.diary.write(at=self._now().isoformat(), **entry)
            self._acting = True
            try:
                yield
            finally:
                self._acting = False

    @asynccontextmanager
    async def turn(self, system: object, request: Request) -> AsyncIterator[None]:
        """A request's turn, in the servers' thread."""
        if self._acting and self._own_key in request[3].get("authorization", ""):
            yield
            return
        while not self._gate.acquire(blocking=False):
            await asyncio.sleep(_LOOK_S)
        try:
            if changes(request[0], request[1], request[4]):
                self.diary.write(
                    at=self._now().isoformat(), to=self._names[id(system)], request=packed(request)
                )
            yield
        finally:
            self._gate.release()
