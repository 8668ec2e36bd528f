"""Others told of what happens: signed webhooks out, and a stream for pages that are open."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from tieout.api.v1.calling import Caller, caller_of, needs, needs_shortly
from tieout.api.v1.context import RequestContext, TheConnection, TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.connector_api import AddressError
from tieout.webhooks_out import (
    TYPES,
    Subscription,
    TellingError,
    end_subscription,
    subscribe,
    subscriptions,
)

router = APIRouter(tags=["events"])
Reader = Annotated[Caller, needs("systems:read")]
Writer = Annotated[Caller, needs("systems:write")]
_BEAT_S = 1.0
_RECHECK = 15


class Subscribed(BaseModel):
    """`last_status` is what its receiver answered last; `failures` how often in a row it did not take an event."""

    subscription_id: int
    url: str
    types: list[str]
    entity: str
    made_by: str
    made_at: datetime
    position: int
    failures: int
    next_at: datetime
    last_status: str
    last_at: datetime | None


class NewSubscription(BaseModel):
    """`types` of GET /event-types; `entity` "*": of every one."""

    url: Annotated[str, Field(min_length=8, max_length=2000)]
    types: Annotated[list[Annotated[str, Field(max_length=80)]], Field(min_length=1, max_length=50)]
    entity: Annotated[str, Field(min_length=1, max_length=80)] = "*"


class MadeSubscription(Subscribed):
    """`secret` signs what is sent (Standard Webhooks); it is shown now and never again."""

    secret: str


@router.get("/event-types")
def event_types(caller: Reader) -> dict[str, str]:
    """What can be told, and what each means."""
    return TYPES


@router.get("/subscriptions")
def subscription_list(caller: Reader, connection: TheConnection) -> list[Subscribed]:
    return [Subscribed(**_told(s)) for s in subscriptions(connection)]


@router.post("/subscriptions", status_code=201)
def make_subscription(
    body: NewSubscription, caller: Writer, context: TheContext, connection: TheConnection, project: TheProject
) -> MadeSubscription:
    """Tell an address of events from now on: public and by https, or in a network that tieout.toml names."""
    if body.entity != "*" and body.entity not in context.release().entities:
        raise ProblemError(422, "subscription", f"no entity {body.entity!r}")
    try:
        with connection.transaction():
            made, secret = subscribe(
                connection, body.url, body.types, body.entity, caller.name, context.wall.now(), project.settings.private
            )  # fmt: skip
    except (TellingError, AddressError) as error:
        raise ProblemError(422, "subscription", str(error)) from None
    return MadeSubscription(**_told(made), secret=secret)


@router.delete("/subscriptions/{number}", status_code=204)
def drop_subscription(
    number: Annotated[int, Path(gt=0, lt=2**62)],
    caller: Writer,
    context: TheContext,
    connection: TheConnection,
) -> Response:
    """Tell an address nothing more."""
    with connection.transaction():
        if not end_subscription(connection, number, caller.name, context.wall.now()):
            raise ProblemError(404, "subscription", f"no subscription {number}")
    return Response(status_code=204)


@router.get(
    "/events",
    response_class=Response,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "server-sent events: `changed`, with what kinds of thing happened",
        }
    },
)
def events(
    request: Request,
    context: TheContext,
    caller: Annotated[Caller, needs_shortly("documents:read")],
    seconds: Annotated[int, Query(ge=1, le=600, description="how long the stream lasts at most")] = 300,
) -> Response:
    """That something happened, as it happens: what it was, whoever hears it asks for."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = _stream(request, context, seconds)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(request: Request, context: RequestContext, seconds: int) -> AsyncIterator[str]:
    """Ends with the session that asked for it."""
    last, kinds = await run_in_threadpool(context.pulse.since, -1)
    yield "retry: 2000\n\n"
    for beat in range(int(seconds / _BEAT_S)):
        await anyio.sleep(_BEAT_S)
        if beat % _RECHECK == _RECHECK - 1 and not await run_in_threadpool(_still, request, context):
            return
        number, kinds = await run_in_threadpool(context.pulse.since, last)
        if number != last:
            last = number
            yield f"event: changed\nid: {number}\ndata: {json.dumps(sorted(kinds))}\n\n"
        elif beat % 10 == 9:
            yield ": still here\n\n"


def _still(request: Request, context: RequestContext) -> bool:
    with context.pool.connection() as connection:
        try:
            return caller_of(request, context, connection).may_anywhere("documents:read")
        except ProblemError:
            return False


def _told(s: Subscription) -> dict[str, Any]:
    return {
        "subscription_id": s.subscription_id, "url": s.url, "types": list(s.types), "entity": s.entity,
        "made_by": s.made_by, "made_at": s.made_at, "position": s.position, "failures": s.failures,
        "next_at": s.next_at, "last_status": s.last_status, "last_at": s.last_at,
    }  # fmt: skip
