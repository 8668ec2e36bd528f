"""A write with an Idempotency-Key is done once and answered alike, however often it is sent.

Of the same key with another request the second is refused; of two at the same time the second is told to wait. An
answer that says "not now" (5xx, 429, 401) is not kept: the same key may try again. Kept for a day.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout.api.v1.calling import Desk, caller_of
from tieout.api.v1.problems import ProblemError, answer
from tieout.security import StampError
from tieout.store import Queries

_SQL = Queries("tieout.api.v1")
_KEPT = timedelta(days=1)
# Where an answer may hold a secret it is never kept.
_COVERED = (
    "/cases", "/approvals", "/interfaces", "/matches", "/lessons", "/closes", "/mappings", "/payment-runs", "/systems",
    "/access/people", "/access/grants", "/access/changes",
)  # fmt: skip
_NOT_KEPT = (401, 429)
_LONGEST = 200


def is_covered(path: str) -> bool:
    """Whether writes to a path are done once a key."""
    return path.startswith(_COVERED) and not path.endswith("/invitation")


class Idempotent:
    """Around the API."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app, self._desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        key = headers.get(b"idempotency-key", b"").decode("latin-1")
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        covered = is_covered(path)
        if scope["type"] != "http" or not key or not covered or scope["method"] in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        if len(key) > _LONGEST:
            problem = answer(422, "idempotency", f"an Idempotency-Key has {_LONGEST} characters at most")
            return await problem(scope, receive, send)
        body = await _whole(receive)
        # Whose key it is: two callers may use the same.
        who = hashlib.sha256(
            headers.get(b"authorization", b"") + b"\x1f" + headers.get(b"cookie", b"")
        ).digest()
        request = hashlib.sha256(
            f"{scope['method']} {path}?".encode() + scope["query_string"] + b"\x1f" + body
        ).digest()
        if not await run_in_threadpool(self._alive, Request(scope)):
            # Nothing is told, or kept, of what somebody asked before who is not let in any more.
            return await self._app(scope, _again(body), send)
        known = await run_in_threadpool(self._begin, who, key, request)
        if known is not None:
            return await known(scope, receive, send)
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        try:
            await self._app(scope, _again(body), keep)
        finally:
            await run_in_threadpool(self._end, who, key, kept)
        # Kept before it is told: whoever heard it and asks again is answered alike.
        for message in kept:
            await send(message)

    def _alive(self, request: Request) -> bool:
        with self._desk.pool.connection() as connection:
            try:
                caller_of(request, self._desk, connection)
            except (ProblemError, StampError):
                return False
        return True

    def _begin(self, who: bytes, key: str, request: bytes) -> ASGIApp | None:
        now = self._desk.wall.now()
        with self._desk.pool.connection() as connection:
            connection.execute(_SQL["drop_old"], {"before": now - _KEPT})
            given = {"scope": who, "key": key, "sha": request, "now": now}
            if connection.execute(_SQL["begin_once"], given).fetchone() is not None:
                return None
            row = connection.execute(_SQL["known_once"], given).fetchone()
        if row is None or (row["status"] is None and bytes(row["request_sha256"]) == request):
            why = "the same request is being answered: send it again in a moment"
            return answer(409, "idempotency", why, {"retry-after": "1"})
        if bytes(row["request_sha256"]) != request:
            return answer(422, "idempotency", "this Idempotency-Key was used for another request")
        body = bytes(row["body"] or b"")
        replayed = {"idempotent-replayed": "true"}
        return Response(body, row["status"], replayed, row["content_type"] or None)

    def _end(self, who: bytes, key: str, kept: list[Message]) -> None:
        start = next((m for m in kept if m["type"] == "http.response.start"), None)
        status = start["status"] if start else 500
        given = {"scope": who, "key": key}
        with self._desk.pool.connection() as connection:
            if status >= 500 or status in _NOT_KEPT:
                connection.execute(_SQL["drop_once"], given)
                return
            kind = dict(start["headers"]).get(b"content-type", b"").decode("latin-1") if start else ""
            body = b"".join(m.get("body", b"") for m in kept if m["type"] == "http.response.body")
            connection.execute(
                _SQL["keep_once"], given | {"status": status, "content_type": kind, "body": body}
            )


def _again(body: bytes) -> Receive:
    """A body that was read already, to be read once more."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
