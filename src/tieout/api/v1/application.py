"""Puts the API together: routers, problems, limits, headers."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope
from starlette.types import Send as StarletteSend

from tieout.api.v1 import (
    access,
    approving,
    cases,
    certifying,
    closing,
    curing,
    deciding,
    declaring,
    delivering,
    documents,
    finding,
    identity,
    late,
    mapping,
    matching,
    notifying,
    origins,
    papers,
    paying,
    period_ends,
    preferences,
    proving,
    receivables,
    running,
    setting_up,
    standing,
    story,
    subscriptions,
    surveying,
    systems,
    taxing,
    telling,
    today,
    views,
)
from tieout.api.v1.context import RequestContext
from tieout.api.v1.idempotency import Idempotent
from tieout.api.v1.problems import Problem, answer, handle

_MOST_BYTES = 1024 * 1024
_PROBLEMS = {
    status: {"model": Problem, "content": {"application/problem+json": {}}, "description": words}
    for status, words in (
        (400, "it cannot be read"), (401, "nobody is signed in"), (403, "not allowed"), (404, "there is no such thing"), (409, "it does not fit what there is"),
        (413, "too large"), (422, "something in it is not as expected"), (429, "too many tries"), (503, "not now"),
    )
}  # fmt: skip


ROUTERS = tuple(
    part.router
    for part in (
        identity, preferences, notifying, access, today, telling, deciding, cases, curing, finding, documents, delivering, story, origins, proving, taxing, matching, approving, closing, period_ends, certifying, late, paying, receivables, running, standing, surveying, declaring, mapping, systems, setting_up, subscriptions, views, papers
    )
)  # fmt: skip


def _name(route: APIRoute) -> str:
    return route.name


def needed(route: APIRoute) -> list[str]:
    """The operations of roles and keys that whoever calls a route must be allowed."""
    return sorted({str(getattr(d.call, "operation", "")) for d in route.dependant.dependencies} - {""})


def _say_who_may(router: APIRouter) -> None:
    for route in router.routes:
        if isinstance(route, APIRoute) and (needs := needed(route)):
            route.openapi_extra = {**(route.openapi_extra or {}), "x-needs": needs}


def build(context: RequestContext) -> ASGIApp:
    """The API over a context."""
    app = FastAPI(
        title="Tieout",
        version="1",
        summary="What failed, what it costs, what recovers it",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        generate_unique_id_function=_name,
        responses=_PROBLEMS,  # type: ignore[arg-type]
        servers=[{"url": "/api/v1"}],
    )
    app.state.context = context
    handle(app)

    @app.middleware("http")
    async def headers(request: Request, call_next: object) -> Response:
        response: Response = await call_next(request)  # type: ignore[operator]
        # What is answered is one person's.
        response.headers.setdefault("cache-control", "no-store")
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["content-security-policy"] = "default-src 'none'; frame-ancestors 'none'"
        response.headers["referrer-policy"] = "no-referrer"
        return response

    for router in ROUTERS:
        _say_who_may(router)
        app.include_router(router)
    return _Bounded(Idempotent(app, context))


class _Bounded:
    """Refuses a body that is larger than anything that is asked for here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: StarletteSend) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        chunked = b"transfer-encoding" in dict(scope["headers"])
        if chunked or not length.isdigit() or int(length) > _MOST_BYTES:
            problem = answer(413, "too-large", f"{_MOST_BYTES} bytes at most, and its length said beforehand")
            return await problem(scope, receive, send)
        await self._app(scope, receive, send)
