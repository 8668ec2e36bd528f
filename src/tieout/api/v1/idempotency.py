"""A write is one transaction, with an Idempotency-Key done once and answered alike, however often it is sent.

The key and the answer are written in the very transaction of the effect (see `unit`): a process that dies in between
leaves neither. Of the same key with another request the second is refused; of two at the same time the second is told
to wait. An answer that says "not now" (5xx, 429, 401) is not kept: the same key may try again. Kept for a day.

A question (`try`, `look`, `test`) changes nothing that counts: it is asked again, and holds no transaction open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout.api.v1.calling import caller_of
from tieout.api.v1.context import RequestContext
from tieout.api.v1.problems import ProblemError, answer
from tieout.api.v1.unit import SCOPE, BusyError, Kept, Key, Unit
from tieout.engine import crash_point
from tieout.observe import get_logger
from tieout.operations.files import settle_files
from tieout.security import StampError
from tieout.settings import ProjectError
from tieout.store import Queries

_log = get_logger(__name__)
_SQL = Queries("tieout.api.v1")
_KEPT = timedelta(days=1)
# Where an answer may hold a secret it is never kept.
_COVERED = (
    "/cases", "/approvals", "/interfaces", "/matches", "/lessons", "/closes", "/mappings", "/payment-runs", "/systems",
    "/access/people", "/access/grants", "/access/changes", "/receivables", "/taxes/filings",
    "/late-events", "/set-up", "/views",
)  # fmt: skip
# A look may find something that was there before; asked again it finds it once.
_QUESTIONS = ("/try", "/look", "/test", "/read-back", "/matches/read")
# What these do stands in files of the project, which are put in place after the commit.
_FILES = ("/interfaces", "/mappings", "/set-up", "/systems")
_NOT_KEPT = (401, 429)
_LONGEST = 200


def is_covered(path: str) -> bool:
    """Whether writes to a path are one transaction, and done once a key."""
    return path.startswith(_COVERED) and not path.endswith(("/invitation", *_QUESTIONS))


class Idempotent:
    """Around the API."""

    def __init__(self, app: ASGIApp, context: RequestContext) -> None:
        self._app, self._context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or not is_covered(path):
            return await self._app(scope, receive, send)
        headers = dict(scope.get("headers", []))
        name = headers.get(b"idempotency-key", b"").decode("latin-1")
        if len(name) > _LONGEST:
            problem = answer(422, "idempotency", f"an Idempotency-Key has {_LONGEST} characters at most")
            return await problem(scope, receive, send)
        body = await _whole(receive)
        key = None
        if name:
            who = hashlib.sha256(
                headers.get(b"authorization", b"") + b"\x1f" + headers.get(b"cookie", b"")
            ).digest()
            request = f"{scope['method']} {path}?".encode() + scope["query_string"] + b"\x1f" + body
            key = Key(who, name, hashlib.sha256(request).digest())
            if not await run_in_threadpool(self._alive, Request(scope)):
                # Nothing is told, or kept, of what somebody asked before who is not let in any more.
                return await self._app(scope, _again(body), send)
        begun = await run_in_threadpool(self._begin, key, path)
        if not isinstance(begun, Unit):
            return await begun(scope, receive, send)
        messages = await self._done(begun, key, scope, body)
        # Committed before it is told: whoever heard it and asks again is answered alike.
        for message in messages:
            await send(message)

    async def _done(self, unit: Unit, key: Key | None, scope: Scope, body: bytes) -> list[Message]:
        """What the operation answers, once its transaction ended."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        try:
            await self._app({**scope, SCOPE: unit}, _again(body), keep)
        except BaseException:
            await run_in_threadpool(unit.roll_back)
            raise
        problem = await run_in_threadpool(self._end, unit, key, kept)
        if problem is None:
            return kept
        kept.clear()
        await problem(scope, _again(b""), keep)
        return kept

    def _alive(self, request: Request) -> bool:
        with self._context.pool.connection() as connection:
            connection.execute(_SQL["drop_old"], {"before": self._context.wall.now() - _KEPT})
            try:
                caller_of(request, self._context, connection)
            except (ProblemError, StampError):
                return False
        return True

    def _begin(self, key: Key | None, path: str) -> Unit | Response:
        """A transaction for what is asked now, or the answer where it was asked before."""
        try:
            unit = Unit.begin(self._context.pool)
        except psycopg.Error:
            return _no_database()
        try:
            known = unit.known(key) if key is not None else None
            if known is None:
                unit.ready()
                return unit
        except BusyError:
            unit.roll_back()
            why = "the same request is being answered: send it again in a moment"
            return answer(409, "idempotency", why, {"retry-after": "1"})
        except BaseException:
            unit.roll_back()
            raise
        unit.roll_back()
        assert key is not None
        return self._told_again(known, key, path)

    def _told_again(self, known: Kept, key: Key, path: str) -> Response:
        if known.request_sha256 != key.request_sha256:
            return answer(422, "idempotency", "this Idempotency-Key was used for another request")
        if known.status is None:
            why = (
                "an earlier version of Tieout began this request and ended before it answered: look whether it was "
                "done, and send what is left with another key"
            )
            return answer(409, "idempotency", why)
        if (path.startswith(_FILES) or path.endswith("/map")) and self._context.project is not None:
            problem = _put_in_place(partial(settle_files, self._context.project))
            if problem is not None:
                return problem
        replayed = {"idempotent-replayed": "true"}
        return Response(known.body, known.status, replayed, known.content_type or None)

    def _end(self, unit: Unit, key: Key | None, kept: list[Message]) -> Response | None:
        """Commit what was done with its answer, or undo it all; a problem where that is not known."""
        start = next((m for m in kept if m["type"] == "http.response.start"), None)
        if start is None or start["status"] >= 500:
            unit.roll_back()
            return None
        try:
            unit.settle()
            if key is not None and start["status"] not in _NOT_KEPT:
                kind = dict(start["headers"]).get(b"content-type", b"").decode("latin-1")
                body = b"".join(m.get("body", b"") for m in kept if m["type"] == "http.response.body")
                unit.keep(key, start["status"], kind, body, self._context.wall.now())
            crash_point("api.before_commit")
            unit.commit()
        except psycopg.Error as error:
            unit.roll_back()
            _log.warning("a write was not committed", error=type(error).__name__)
            return _no_database()
        crash_point("api.after_commit")
        return _put_in_place(*unit.after)


def _put_in_place(*acts: Callable[[], None]) -> Response | None:
    """What is to be done after a commit; a problem where it cannot be: whoever comes next tries it again."""
    try:
        for act in acts:
            act()
    except ProjectError as error:
        why = f"it is decided and recorded, and not in place yet: {error}; send it again, with the same Idempotency-Key"
        return answer(503, "folder", why, {"retry-after": "5"})
    return None


def _no_database() -> Response:
    why = "the database does not answer: send it again, with the same Idempotency-Key"
    return answer(503, "database", why, {"retry-after": "5"})


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
