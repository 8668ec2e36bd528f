"""The ASGI application. Webhooks take a raw route before the framework, and those that come whole none at all: it is
the fastest way, and nothing there needs more.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tieout.api.bodies import CutError, Headers, Limits
from tieout.api.bounded import Bounded
from tieout.api.committer import Committer
from tieout.api.deadlines import Deadlines
from tieout.api.health import Examiner
from tieout.api.measuring import Measures, read_measures
from tieout.api.refusals import Refusals
from tieout.api.status import Status, read_status
from tieout.api.uploads import Uploads
from tieout.api.v1 import build
from tieout.api.v1.calling import readable, shows_somebody
from tieout.api.v1.context import RequestContext
from tieout.api.v1.expensive import Expensive
from tieout.api.v1.problems import ProblemError, answer
from tieout.api.webhooks import Answer, Webhooks
from tieout.api.whole_pushes import PushProtocol, Write
from tieout.connector_api import Connector
from tieout.engine import Clock, SystemClock
from tieout.observe import INSTANCE, Metrics
from tieout.operations.open_project import OpenProject
from tieout.rules import Release
from tieout.security import load_authority
from tieout.security.identity.single_sign_on import Provider
from tieout.settings import IdentitySettings
from tieout.store import Database

# Beyond these many connections whoever comes is told 503; a process may open 1,024 files as a rule.
_CONNECTIONS = 800
_GRACE_S = 10
_OTHER_NAME = "this server is not known by that name: [identity] url in tieout.toml says it"


@dataclass
class Services:
    """What the web side needs of an open project."""

    name: str
    environment: str
    database: Database
    clock: Clock
    release: Callable[[], Release]
    session: Callable[[str], object]
    connector_of: Callable[[str], Connector]
    host: str
    port: int
    identity: IdentitySettings | None = None
    wall: Clock = field(default_factory=SystemClock)
    project: OpenProject | None = None
    # How long somebody waits for a system outside before they are answered from what is kept, or told to come back.
    patience_s: float = 10.0
    # Where files lie while they are uploaded (None: where the system keeps what is temporary).
    spool: Path | None = None
    # What this process alone answers by when it is asked for its health.
    instance: str = ""
    limits: Limits = field(default_factory=Limits)

    def site(self) -> IdentitySettings:
        """Under which address people come."""
        return self.identity or IdentitySettings(f"http://localhost:{self.port}")


Pages = Callable[[ASGIApp], Sequence[BaseRoute]]


class Application:
    """Raw webhooks in front, Starlette behind."""

    def __init__(self, services: Services, pages: Pages | None = None) -> None:
        self._s, self._metrics = services, Metrics()
        limits = services.limits
        refusals, deadlines = Refusals(limits.window_s), Deadlines()
        self.committer = Committer(services.database, refusals)
        self._webhooks = Webhooks(services, self.committer, refusals, limits, deadlines)
        self._health = Examiner(services.database, self.committer.ailing)
        settings = services.site()
        provider = Provider(settings.sign_on) if settings.sign_on else None
        self._context = context = RequestContext(
            services.name,
            services.database.pool(24),
            services.clock,
            services.wall,
            services.release,
            settings,
            provider,
            services.project,
            services.environment,
            Expensive(patience_s=services.patience_s),
        )
        self._uploads = Uploads(services, context, refusals, limits, self._metrics, deadlines)
        api = build(context)
        rest = Starlette(
            routes=[
                Mount("/api/v1", api),
                *(pages(api) if pages else ()),
                Route("/status", self._status),
                Route("/metrics", self._render_metrics),
                Route("/healthz", self._healthy),
                Route("/readyz", self._ready),
            ],
            exception_handlers={404: _not_here},
        )
        self._rest = Bounded(rest, limits, self._is_known, deadlines)
        # Files are read by whoever takes them, and by nobody before.
        upload = Route("/files/{interface}/{name}", self._uploads.take, methods=["PUT", "POST"])
        self._files = Starlette(routes=[upload], exception_handlers={404: _not_here})

    async def close(self) -> None:
        """Commit what was taken, and record what was counted."""
        await self.committer.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith("/webhooks/"):
            await self._push(scope, receive, send)
            return
        if (
            scope["type"] == "http"
            and scope["path"] not in ("/healthz", "/readyz")
            and not self._is_us(scope)
            and not _holds_a_key_for_figures(scope)
        ):
            await answer(421, "host", _OTHER_NAME)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith("/files/"):
            await self._files(scope, receive, send)
            return
        await self._rest(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """From the server's start to its end."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.committer.start()
            if message["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _push(self, scope: Scope, receive: Receive, send: Send) -> None:
        interface = scope["path"].removeprefix("/webhooks/")
        try:
            status, text, more = await self._webhooks.take(interface, scope, receive)
        except CutError:
            return
        self._metrics.count_push(interface if status != 404 else "?", status)
        headers, body = _told(status, text, tuple(more.items()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def take_whole(self, name: str, headers: Headers, body: bytes, answer: Write) -> None:
        """Take a push whose body is here already, in the event loop's thread; it is answered once."""

        def tell(said: Answer) -> None:
            status, text, more = said
            self._metrics.count_push(name if status != 404 else "?", status)
            answer(status, *_told(status, text, tuple(more.items())))

        self._webhooks.take_whole(name, headers, body, tell)

    async def _is_known(self, scope: Scope) -> bool:
        """Whether somebody is signed in, or holds a key, by a request's headers alone."""
        request = Request(scope)

        def look() -> bool:
            with self._context.pool.connection() as connection:
                return shows_somebody(request, self._context, connection)

        return await asyncio.to_thread(look)

    def _is_us(self, scope: Scope) -> bool:
        """Whether a browser meant this server: a page of another name that lately leads here (DNS rebinding)
        would read what is shown to this very machine."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name = urlsplit(f"//{host}").hostname or ""
        return name in {"localhost", "127.0.0.1", "::1", self._s.host, self._context.identity_settings.host}

    async def _read(self, request: Request) -> Status:
        """The status, as far as whoever asks may see it. Raises ProblemError."""

        def read() -> Status:
            with self._context.pool.connection() as connection:
                seen = readable(request, self._context, connection)
            if not seen:
                raise ProblemError(403, "forbidden", "you have no role for documents:read")
            release = self._s.release()
            return read_status(self._s.database, release, self._context.away).of(seen, release)

        return await asyncio.to_thread(read)

    async def _status(self, request: Request) -> Response:
        try:
            return Response((await self._read(request)).to_json(), media_type="application/json")
        except ProblemError as problem:
            return answer(problem.status, problem.kind, problem.detail)

    async def _render_metrics(self, request: Request) -> Response:
        try:
            found = await asyncio.to_thread(self._measure, request)
        except ProblemError as problem:
            return answer(problem.status, problem.kind, problem.detail)
        return Response(self._metrics.render(Measures(found)), media_type="text/plain; version=0.0.4")

    def _measure(self, request: Request) -> dict[str, list[tuple[tuple[str, ...], float]]]:
        """Raises ProblemError for whoever may not see the figures of every entity."""
        with self._context.pool.connection() as connection:
            # Under another name a key is asked for, and before people are let in there is none that says anything.
            if not self._is_us(request.scope) and not load_authority(connection).people:
                raise ProblemError(421, "host", _OTHER_NAME)
            if "*" not in readable(request, self._context, connection):
                raise ProblemError(403, "forbidden", "you have no role for documents:read of every entity")
            return read_measures(connection, self._s.release(), self._s.clock.now())

    async def _ready(self, request: Request) -> Response:
        """Whether this process can serve: its database answers, its tables are those that it knows, and what
        commits webhooks is alive."""
        health = await self._health.look()
        if health.why:
            return JSONResponse({"ready": False, "why": health.why}, 503)
        return JSONResponse({"ready": True, "tables": health.tables})

    async def _healthy(self, request: Request) -> Response:
        health = await self._health.look()
        told = {INSTANCE: self._s.instance}
        return PlainTextResponse(health.why or "ok", 503 if health.why else 200, told)


def _holds_a_key_for_figures(scope: Scope) -> bool:
    """Whether a collector of metrics asks, with a key: it reaches a container or a pod by whatever name that has there."""
    return scope["path"] == "/metrics" and b"authorization" in dict(scope["headers"])


@lru_cache(maxsize=32)
def _told(
    status: int, text: str, more: tuple[tuple[str, str], ...]
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The headers and body that a push is answered with; nearly all with the same few words."""
    body = json.dumps({"status": status, "detail": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return headers + [(k.encode(), v.encode()) for k, v in more], body


async def _not_here(request: Request, error: Exception) -> Response:
    return answer(404, "http", "nothing is at this address")


def serve(services: Services, pages: Pages | None = None) -> None:
    """Serve, with the `pages` of the console, until the process is told to stop."""
    # Threads that read for a page take turns with the event loop: shorter turns, shorter waits.
    sys.setswitchinterval(0.0005)
    application = Application(services, pages)
    # What stands now stands until the end: the collector need not go through it again and again.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        application,
        host=services.host,
        port=services.port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http=partial(PushProtocol, take=application.take_whole),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
