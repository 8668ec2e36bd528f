"""Asks the API, in this process, as whoever is signed in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.types import ASGIApp, Message

from tieout.console.language import _

_PASSED = (
    b"cookie", b"origin", b"sec-fetch-site", b"host", b"user-agent", b"x-tieout-csrf", b"x-forwarded-for",
)  # fmt: skip


class AnswerError(Exception):
    """The API refused: its problem details (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", "")))
        self.status, self.problem = status, problem
        self.kind = str(problem.get("type", "")).rpartition(":")[2]

    @property
    def detail(self) -> str:
        """What to tell people: what happened and, of a form, where."""
        errors = self.problem.get("errors") or []
        said = [f"{x['at'][-1]}: {x['why']}" for x in errors if x.get("at")]
        return "; ".join(said) or str(self.problem.get("detail") or _("it did not work"))


class Api:
    """The API as one request's asker sees it."""

    def __init__(self, app: ASGIApp, request: Request, csrf: str = "") -> None:
        self._app, self._request, self._csrf = app, request, csrf
        # What the API wants the browser to keep: a new session's token, say.
        self.cookies: list[str] = []

    async def get(self, path: str, **params: Any) -> Any:
        """Raises AnswerError."""
        given = {k: v for k, v in params.items() if v not in (None, "")}
        return await self._ask("GET", path, given, None)

    async def post(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Raises AnswerError."""
        return await self._ask(method, path, {}, {} if body is None else body)

    async def maybe(self, path: str, **params: Any) -> Any:
        """What the API tells, or None where whoever asks may not see it."""
        try:
            return await self.get(path, **params)
        except AnswerError as error:
            if error.status in (403, 404):
                return None
            raise

    async def _ask(self, method: str, path: str, params: Mapping[str, Any], body: Any) -> Any:
        scope = self._request.scope
        headers = [(k, v) for k, v in scope["headers"] if k in _PASSED]
        sent = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(sent)).encode())]
            if self._csrf and b"x-tieout-csrf" not in dict(headers):
                headers.append((b"x-tieout-csrf", self._csrf.encode("latin-1", "ignore")))
        asked = {
            **{k: scope[k] for k in ("asgi", "http_version", "scheme", "client", "server")},
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": urlencode(params, doseq=True).encode(), "headers": headers, "state": {},
        }  # fmt: skip
        status, told, cookies = await _answered(self._app, asked, sent)
        self.cookies += cookies
        found: Any = None
        if told:
            try:
                found = json.loads(told)
            except ValueError:
                found = told
        if status >= 400:
            raise AnswerError(status, found if isinstance(found, dict) else {})
        return found


async def _answered(app: ASGIApp, scope: dict[str, Any], body: bytes) -> tuple[int, bytes, list[str]]:
    status, parts, asked = 500, [], False
    cookies: list[str] = []

    async def receive() -> Message:
        nonlocal asked
        if asked:
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            cookies.extend(v.decode("latin-1") for k, v in message["headers"] if k.lower() == b"set-cookie")
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, b"".join(parts), cookies
