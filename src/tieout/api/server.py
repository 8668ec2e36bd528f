"""The ASGI application. Webhooks take a raw route before the framework: it is the fastest way,
and nothing there needs more.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from tieout.api.committer import Committer, Work
from tieout.api.measuring import Measures, read_measures
from tieout.api.status import Status, read_status
from tieout.api.v1 import build
from tieout.api.v1.calling import Desk, readable
from tieout.api.v1.expensive import Expensive
from tieout.api.v1.office import Office
from tieout.api.v1.problems import ProblemError, answer
from tieout.connect import Connector, FileReader, FileRefusedError, SignatureError, WebhookReceiver
from tieout.engine import Clock, SystemClock
from tieout.evidence import Entry, record
from tieout.observe import Metrics
from tieout.pipeline import poll_now, refuse_file, take_file
from tieout.rules import Release
from tieout.security import AuthorityError, StampError, load_authority, person_of
from tieout.security.identity import service_key_of
from tieout.security.identity.single_sign_on import Provider
from tieout.security.roles import may
from tieout.settings import IdentitySettings
from tieout.store import Connection, Database, Pool

_LIMIT_BYTES = 2 * 1024 * 1024
_FILE_LIMIT_BYTES = 256 * 1024 * 1024


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
    office: Office | None = None
    # How long somebody waits for a system outside before they are answered from what is kept, or told to come back.
    patience_s: float = 10.0

    def site(self) -> IdentitySettings:
        """Under which address people come."""
        return self.identity or IdentitySettings(f"http://localhost:{self.port}")


Message = dict[str, Any]
Pages = Callable[[ASGIApp], Sequence[BaseRoute]]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Application:
    """Raw webhooks in front, Starlette behind."""

    def __init__(self, services: Services, pages: Pages | None = None) -> None:
        self._s, self._metrics = services, Metrics()
        self._receivers: dict[tuple[str, str], tuple[WebhookReceiver, tuple[str, ...]]] = {}
        self._committer = Committer(services.database, self._wake_polls)
        self._committer.start()
        settings = services.site()
        provider = Provider(settings.sign_on) if settings.sign_on else None
        self._desk = desk = Desk(
            services.name,
            Pool(services.database.dsn, 24),
            services.clock,
            services.wall,
            services.release,
            settings,
            provider,
            services.office,
            Expensive(patience_s=services.patience_s),
        )
        api = build(desk)
        self._rest = Starlette(
            routes=[
                Mount("/api/v1", api),
                *(pages(api) if pages else ()),
                Route("/status", self._status),
                Route("/metrics", self._render_metrics),
                Route("/healthz", self._health),
                Route("/readyz", self._ready),
                Route("/files/{interface}/{name}", self._upload, methods=["PUT", "POST"]),
            ],
            exception_handlers={404: _not_here},
        )

    def _wake_polls(self, connection: Connection, interfaces: set[str]) -> None:
        for interface in interfaces:
            poll_now(connection, interface, self._s.clock)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/webhooks/"):
            interface = scope["path"].removeprefix("/webhooks/")
            status, text = await self._webhook(interface, scope, receive)
            self._metrics.webhooks.labels(interface if status != 404 else "?", str(status)).inc()
            body = json.dumps({"status": status, "detail": text}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        if (
            scope["type"] == "http"
            and scope["path"] not in ("/healthz", "/readyz")
            and not self._is_us(scope)
        ):
            told = answer(
                421, "host", "this server is not known by that name: [identity] url in tieout.toml says it"
            )
            await told(scope, receive, send)  # type: ignore[arg-type]
            return
        await self._rest(scope, receive, send)  # type: ignore[arg-type]

    def _is_us(self, scope: Message) -> bool:
        """Whether a browser meant this server: a page of another name that lately leads here (DNS rebinding)
        would read what is shown to this very machine."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name = urlsplit(f"//{host}").hostname or ""
        return name in {"localhost", "127.0.0.1", "::1", self._s.host, self._desk.settings.host}

    def _receiver(self, name: str) -> tuple[WebhookReceiver | None, tuple[str, ...]]:
        """Who takes pushes for an interface, and the events that wake its polls; looked up once
        a release, since to ask a session for a capability costs more than to check a signature."""
        release = self._s.release()
        key = (release.sha256, name)
        if key not in self._receivers:
            interface = release.interfaces.get(name)
            session = self._s.session(interface.system) if interface else None
            if interface is None or not isinstance(session, WebhookReceiver):
                return None, ()
            self._receivers[key] = (session, self._s.connector_of(interface.system).pushes)
        return self._receivers[key]

    async def _webhook(self, name: str, scope: Message, receive: Receive) -> tuple[int, str]:
        session, pushes = self._receiver(name)
        if session is None:
            return 404, f"no interface {name!r} takes webhooks"
        if scope["method"] != "POST":
            return 405, "webhooks are posted"
        headers = {k.decode().lower(): v.decode("latin-1") for k, v in scope["headers"]}
        body = await _body(receive, _LIMIT_BYTES)
        if body is None:
            return 413, f"more than {_LIMIT_BYTES} bytes"
        now = self._s.clock.now()
        try:
            items = session.receive(headers, body, now)
        except SignatureError as error:
            entry = Entry(now, "webhook", "webhook.refused", name, detail={"why": str(error)})
            await self._commit(name, [], entry, False)
            return 401, str(error)
        except ValueError as error:
            entry = Entry(now, "webhook", "webhook.malformed", name, detail={"why": str(error)[:200]})
            await self._commit(name, [], entry, False)
            return 400, f"signed, but not readable: {error}"
        wakes = any(i.stream.removeprefix("event:").startswith(pushes) for i in items)
        if not await self._commit(name, items, None, wakes):
            return 503, "the database does not answer: send it again"
        return 200, "kept" if wakes else "kept; an event that no interface knows, so only listed"

    async def _commit(self, interface: str, items: list[Any], entry: Entry | None, wakes: bool) -> bool:
        loop = asyncio.get_running_loop()
        work = Work(interface, items, entry, self._s.clock.now(), wakes, loop.create_future(), loop)
        self._committer.put(work)
        return await work.done

    async def _upload(self, request: Request) -> Response:
        release = self._s.release()
        interface = release.interfaces.get(request.path_params["interface"])
        reader = self._s.session(interface.system) if interface else None
        if interface is None or not isinstance(reader, FileReader):
            return JSONResponse({"detail": "no such interface takes files"}, 404)
        content = await request.body()
        if len(content) > _FILE_LIMIT_BYTES:
            return JSONResponse({"detail": f"more than {_FILE_LIMIT_BYTES} bytes"}, 413)
        name = request.path_params["name"]
        key = request.headers.get("authorization", "").removeprefix("Bearer ").strip()

        def take() -> tuple[int, dict[str, Any]]:
            connection = self._s.database.connect(autocommit=True)
            try:
                who = self._uploader(connection, key, interface.entity)
            except (AuthorityError, StampError) as error:
                connection.close()
                return 401, {"detail": f"{error}; send your key as Authorization: Bearer KEY"}
            try:
                done = take_file(connection, interface, reader, name, content, self._s.clock, who)
                return 200, {"new": done.new, "known": done.known}
            except FileRefusedError as error:
                refuse_file(connection, release, interface, name, str(error), self._s.clock)
                return 422, {"detail": str(error)}
            finally:
                connection.close()

        status, body = await asyncio.to_thread(take)
        return JSONResponse(body, status)

    def _uploader(self, connection: Connection, key: str, entity: str) -> str:
        """Who gives a file: once people were added, the one whose key it is, or a service account whose key is
        for that. Raises AuthorityError, StampError, and leaves evidence of who was not let do it."""
        if not load_authority(connection).people:
            return ""
        try:
            service = service_key_of(connection, key, self._s.wall.now())
            person = service.person if service is not None else person_of(connection, key)
            allowed = (
                service.may("files:write", entity) if service else may(person.grants, "files:write", entity)
            )
            if not allowed:
                raise AuthorityError(f"this key of {person.name} is not for files:write of {entity}")
            return person.name
        except AuthorityError as error:
            detail = {"why": str(error)}
            entry = Entry(self._s.clock.now(), "unknown", "authority.refused", "upload", "", detail)
            with connection.transaction():
                record(connection, [entry])
            raise

    async def _read(self, request: Request) -> Status:
        """The status, as far as whoever asks may see it. Raises ProblemError."""

        def read() -> Status:
            with self._desk.pool.connection() as connection:
                seen = readable(request, self._desk, connection)
            if not seen:
                raise ProblemError(403, "forbidden", "you have no role for documents:read")
            release = self._s.release()
            return read_status(self._s.database, release).of(seen, release)

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
        with self._desk.pool.connection() as connection:
            if "*" not in readable(request, self._desk, connection):
                raise ProblemError(403, "forbidden", "you have no role for documents:read of every entity")
            return read_measures(connection, self._s.release(), self._s.clock.now())

    async def _ready(self, request: Request) -> Response:
        """Whether this process can serve: its database answers, and its tables are those that it knows."""

        def look() -> str:
            with self._desk.pool.connection() as connection:
                row = connection.execute("select max(name) as name from tieout.schema_migration").fetchone()
                return str(row["name"]) if row else ""

        try:
            name = await asyncio.to_thread(look)
        except Exception as error:
            return JSONResponse({"ready": False, "why": type(error).__name__}, 503)
        return JSONResponse({"ready": True, "tables": name})

    async def _health(self, request: Request) -> Response:
        try:
            await asyncio.to_thread(self._s.database.rows, "select 1")
        except Exception as error:
            return PlainTextResponse(f"database: {type(error).__name__}", 503)
        return PlainTextResponse("ok")


async def _not_here(request: Request, error: Exception) -> Response:
    return answer(404, "http", "nothing is at this address")


async def _body(receive: Receive, limit: int) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return None
        parts.append(chunk)
        if not message.get("more_body"):
            return b"".join(parts)


def serve(services: Services, pages: Pages | None = None) -> None:
    """Serve, with the `pages` of the console, until the process is told to stop."""
    # The committer's thread takes turns with the event loop: shorter turns, shorter waits.
    sys.setswitchinterval(0.0005)
    uvicorn.run(
        Application(services, pages),
        host=services.host,
        port=services.port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
        lifespan="off",
    )
