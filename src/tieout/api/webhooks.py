"""Pushes: whose they are, read within limits, checked, and acknowledged once they are committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from starlette.types import Receive, Scope

from tieout.api.bodies import BodyError, Limits, Pace, Place, Room, check_length, in_memory
from tieout.api.committer import Committer, Done, Work
from tieout.api.deadlines import Deadlines
from tieout.api.refusals import Refusals
from tieout.connector_api import Connector, Item, SignatureError, WebhookReceiver
from tieout.engine import Clock
from tieout.evidence import Entry
from tieout.inbox import check_items
from tieout.observe import get_logger
from tieout.rules import Release
from tieout.store import fit_to_keep

_log = get_logger(__name__)
_AGAIN = {"retry-after": "2"}


class Project(Protocol):
    """What is asked of an open project."""

    @property
    def clock(self) -> Clock: ...
    @property
    def release(self) -> Callable[[], Release]: ...
    @property
    def session(self) -> Callable[[str], object]: ...
    @property
    def connector_of(self) -> Callable[[str], Connector]: ...


class Webhooks:
    """Takes the pushes of every interface."""

    def __init__(
        self, project: Project, committer: Committer, refusals: Refusals, limits: Limits, deadlines: Deadlines
    ) -> None:
        self._project, self._committer, self._refusals = project, committer, refusals
        self._limits, self._room = limits, Room(limits.pushes, limits.push_room)
        self._deadlines, self._pace = deadlines, Pace(deadlines, limits.gap_s, limits.body_s)
        self._receivers: dict[tuple[str, str], tuple[WebhookReceiver, tuple[str, ...]]] = {}

    async def take(self, name: str, scope: Scope, receive: Receive) -> tuple[int, str, dict[str, str]]:
        """The status, words and headers to answer a push to interface `name` with. Raises CutError."""
        session, pushes = self._receiver(name)
        if session is None:
            return 404, f"no interface {fit_to_keep(name, 100)!r} takes webhooks", {}
        if scope["method"] != "POST":
            return 405, "webhooks are posted", {"allow": "POST"}
        raw, limits = dict(scope["headers"]), self._limits
        try:
            check_length(raw, limits.push_bytes)
            with self._room.place() as place:
                done = await self._read(name, session, pushes, raw, receive, place)
        except BodyError as error:
            closing = {"connection": "close"} if error.status == 408 else {}
            return error.status, error.detail, error.headers | closing
        return done.status, done.why, _AGAIN if done.status == 503 else {}

    def _receiver(self, name: str) -> tuple[WebhookReceiver | None, tuple[str, ...]]:
        """Who takes pushes for an interface, and the events that wake its polls; looked up once
        a release, since to ask a session for a capability costs more than to check a signature."""
        release = self._project.release()
        key = (release.sha256, name)
        if key not in self._receivers:
            interface = release.interfaces.get(name)
            session = self._project.session(interface.system) if interface else None
            if interface is None or not isinstance(session, WebhookReceiver):
                return None, ()
            self._receivers[key] = (session, self._project.connector_of(interface.system).pushes)
        return self._receivers[key]

    async def _read(
        self, name: str, session: WebhookReceiver, pushes: tuple[str, ...], raw: dict[bytes, bytes],
        receive: Receive, place: Place,
    ) -> Done:  # fmt: skip
        body = await in_memory(receive, place, self._limits.push_bytes, self._pace)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in raw.items()}
        now = self._project.clock.now()
        try:
            items = session.receive(headers, body, now)
            check_items(items)
        except SignatureError as error:
            await self._refuse("webhook.refused", name, str(error), now)
            return Done(401, fit_to_keep(str(error)))
        except Exception as error:  # noqa: BLE001 - the push is refused
            # Whatever a body can do to a connector's reader (depth, digits, shapes) is the body's.
            if not isinstance(error, ValueError | RecursionError):
                _log.warning("a connector broke on a push", interface=name, error=type(error).__name__)
            why = str(error) or type(error).__name__
            await self._refuse("webhook.malformed", name, why, now)
            return Done(400, f"signed, but not readable: {fit_to_keep(why)}")
        wakes = any(i.stream.removeprefix("event:").startswith(pushes) for i in items)
        done = await self._commit(name, items, None, wakes, now)
        if done.status in (400, 500):
            action = "webhook.malformed" if done.status == 400 else "webhook.failed"
            await self._refuse(action, name, done.why, now)
        if done.status != 200:
            return done
        return Done(200, "kept" if wakes else "kept; an event that no interface knows, so only listed")

    async def _refuse(self, action: str, name: str, why: str, now: datetime) -> None:
        """Leave evidence: the first of a window is committed before it is answered, the others are counted."""
        entry = self._refusals.note(action, name, why, now, time.monotonic())
        if entry is not None and (await self._commit(name, [], entry, False, now)).status != 200:
            self._refusals.put_back(entry, time.monotonic())

    async def _commit(
        self, interface: str, items: list[Item], entry: Entry | None, wakes: bool, now: datetime
    ) -> Done:
        loop = asyncio.get_running_loop()
        work = Work(interface, items, entry, now, wakes, loop.create_future(), loop)
        self._committer.put(work)

        def give_up() -> None:
            # Nobody waits for a commit for ever. If it comes after all, what is sent again is known.
            if not work.done.done():
                why = f"it was not committed within {self._limits.commit_s:g} seconds: send it again"
                work.done.set_result(Done(503, why))

        number = self._deadlines.add(self._limits.commit_s, give_up)
        try:
            return await work.done
        finally:
            self._deadlines.drop(number)
