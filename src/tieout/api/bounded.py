"""One limit for every body that is neither a push nor a file: sign-in, forms, the API.

They are small and read whole here, before anything else looks at them; what is behind reads them from memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout.api.bodies import BodyError, CutError, Limits, Pace, Room, check_length, in_memory
from tieout.api.deadlines import Deadlines
from tieout.api.v1.problems import answer

Known = Callable[[Scope], Awaitable[bool]]


class Bounded:
    """Around everything else. `known` says by the headers whether somebody is signed in or holds a key: whoever
    is not may sign in, which takes few bytes; so it is asked where more are sent, before they are read."""

    def __init__(self, app: ASGIApp, limits: Limits, known: Known, deadlines: Deadlines) -> None:
        self._app, self._limits, self._known = app, limits, known
        self._room = Room(limits.others, limits.other_room)
        self._pace = Pace(deadlines, limits.gap_s, limits.body_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] != "http" or not _has_body(headers):
            await self._app(scope, receive, send)
            return
        limits, most = self._limits, self._limits.unknown_bytes
        try:
            length = check_length(headers, limits.other_bytes)
            if length is None or length > most:
                if await self._known(scope):
                    most = limits.other_bytes
                check_length(headers, most)
            with self._room.place() as place:
                body = await in_memory(receive, place, most, self._pace)
                await self._app(scope, _again(body, receive), send)
        except BodyError as error:
            problem = answer(error.status, "body", error.detail, error.headers | _closing(error.status))
            await problem(scope, receive, send)
        except CutError:
            return


def _has_body(headers: dict[bytes, bytes]) -> bool:
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _closing(status: int) -> dict[str, str]:
    """Whoever was too slow is not listened to any longer."""
    return {"connection": "close"} if status == 408 else {}


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A body that was read already, then whatever comes."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
