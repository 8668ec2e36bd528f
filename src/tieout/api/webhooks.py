"""Pushes: whose they are, read within limits, checked, and acknowledged once they are committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.types import Receive, Scope

from tieout.api.bodies import BodyError, Headers, Limits, Pace, Room, check_length, in_memory
from tieout.api.committer import Committer
from tieout.api.deadlines import Deadlines
from tieout.api.refusals import Refusals
from tieout.api.work import Done, Work
from tieout.connector_api import Connector, SignatureError, WebhookReceiver
from tieout.engine import Clock
from tieout.inbox import check_items
from tieout.observe import get_logger
from tieout.rules import Release
from tieout.store import fit_to_keep

_log = get_logger(__name__)
_AGAIN = {"retry-after": "2"}
_KEPT = Done(200, "kept")
_BROKEN = Done(500, "this was logged, and nothing was kept")
_LISTED = Done(200, "kept; an event that no interface knows, so only listed")

# The status, words and headers that a push is answered with.
Answer = tuple[int, str, dict[str, str]]


@dataclass(frozen=True)
class Refused:
    """A push of which nothing is kept but evidence: `why` for that, `words` for its sender."""

    status: int
    action: str
    why: str
    words: str
    at: datetime


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
        self._tasks: set[asyncio.Task[Done]] = set()

    async def take(self, name: str, scope: Scope, receive: Receive) -> Answer:
        """The status, words and headers to answer a push to interface `name` with. Raises CutError."""
        session, pushes = self._receiver(name)
        if session is None:
            return _nobody(name)
        if scope["method"] != "POST":
            return 405, "webhooks are posted", {"allow": "POST"}
        headers = dict(scope["headers"])
        try:
            check_length(headers, self._limits.push_bytes)
            with self._room.place() as place:
                body = await in_memory(receive, place, self._limits.push_bytes, self._pace)
                return _said(await self._settle(name, self._check(name, session, pushes, headers, body)))
        except BodyError as error:
            return _unread(error)

    def take_whole(self, name: str, headers: Headers, body: bytes, answer: Callable[[Answer], None]) -> None:
        """Take a push whose body is here already, without a task of its own: `answer` is called once, with what `take`
        would say. In the event loop's thread."""
        session, pushes = self._receiver(name)
        if session is None:
            answer(_nobody(name))
            return
        place = None
        try:
            check_length(headers, self._limits.push_bytes)
            place = self._room.place()
            place.grow(len(body))
        except BodyError as error:
            if place is not None:
                place.leave()
            answer(_unread(error))
            return

        def end(done: Done) -> None:
            place.leave()
            answer(_said(done))

        found = self._check(name, session, pushes, headers, body)
        if isinstance(found, Refused):
            self._go_on(self._settle(name, found), end)
            return
        work = found

        def committed(done: Done) -> None:
            self._deadlines.drop(number)
            if done.status == 200:
                end(_kept(work))
            else:
                self._go_on(self._after(work, done), end)

        work.end = committed
        number = self._put(work)

    def _go_on(self, rest: Coroutine[Any, Any, Done], end: Callable[[Done], None]) -> None:
        """What is no rule (evidence of a refusal) in a task, which is held until it is over."""

        def over(task: asyncio.Task[Done]) -> None:
            self._tasks.discard(task)
            if task.cancelled() or task.exception():
                _log.warning(
                    "a refusal was not told", error=repr(None if task.cancelled() else task.exception())
                )
                end(_BROKEN)
            else:
                end(task.result())

        task = asyncio.get_running_loop().create_task(rest)
        self._tasks.add(task)
        task.add_done_callback(over)

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

    def _check(
        self, name: str, session: WebhookReceiver, pushes: tuple[str, ...], raw: Headers, body: bytes
    ) -> Work | Refused:
        """What is to be committed of a push, or why nothing is."""
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in raw.items()}
        now = self._project.clock.now()
        try:
            items = session.receive(headers, body, now)
            check_items(items)
        except SignatureError as error:
            return Refused(401, "webhook.refused", str(error), fit_to_keep(str(error)), now)
        except Exception as error:  # noqa: BLE001 - the push is refused
            # Whatever a body can do to a connector's reader (depth, digits, shapes) is the body's.
            if not isinstance(error, ValueError | RecursionError):
                _log.warning("a connector broke on a push", interface=name, error=type(error).__name__)
            why = str(error) or type(error).__name__
            words = f"signed, but not readable: {fit_to_keep(why)}"
            return Refused(400, "webhook.malformed", why, words, now)
        wakes = any(i.stream.removeprefix("event:").startswith(pushes) for i in items)
        return Work(name, items, None, now, wakes)

    async def _settle(self, name: str, found: Work | Refused) -> Done:
        """What became of a push that was checked."""
        if isinstance(found, Refused):
            await self._refuse(found.action, name, found.why, found.at)
            return Done(found.status, found.words)
        return await self._after(found, await self._commit(found))

    async def _after(self, work: Work, done: Done) -> Done:
        """What its sender is told of a push that was, or was not, committed."""
        if done.status in (400, 500):
            action = "webhook.malformed" if done.status == 400 else "webhook.failed"
            await self._refuse(action, work.interface, done.why, work.at)
        return _kept(work) if done.status == 200 else done

    async def _refuse(self, action: str, name: str, why: str, now: datetime) -> None:
        """Leave evidence: the first of a window is committed before it is answered, the others are counted."""
        entry = self._refusals.note(action, name, why, now, time.monotonic())
        if entry is None:
            return
        work = Work(name, [], entry, now, False)
        if (await self._commit(work)).status != 200:
            self._refusals.put_back(entry, time.monotonic())

    async def _commit(self, work: Work) -> Done:
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()

        def end(said: Done) -> None:
            # Whoever waited may have been cancelled in this very turn of the loop.
            if not done.done():
                done.set_result(said)

        work.end = end
        number = self._put(work)
        try:
            return await done
        finally:
            work.over = True
            self._deadlines.drop(number)

    def _put(self, work: Work) -> int:
        """Hand it to the committer; the number of the deadline that ends its wait."""
        self._committer.put(work)

        def give_up() -> None:
            # Nobody waits for a commit for ever. If it comes after all, what is sent again is known.
            why = f"it was not committed within {self._limits.commit_s:g} seconds: send it again"
            work.finish(Done(503, why))

        return self._deadlines.add(self._limits.commit_s, give_up)


def _kept(work: Work) -> Done:
    return _KEPT if work.wakes else _LISTED


def _nobody(name: str) -> Answer:
    return 404, f"no interface {fit_to_keep(name, 100)!r} takes webhooks", {}


def _unread(error: BodyError) -> Answer:
    closing = {"connection": "close"} if error.status == 408 else {}
    return error.status, error.detail, error.headers | closing


def _said(done: Done) -> Answer:
    return done.status, done.why, _AGAIN if done.status == 503 else {}
