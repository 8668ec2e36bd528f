"""Polls: each stream of each interface on its own schedule, with an overlap that repairs every
push that never came. Polls of one system never run side by side."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta

from tieout.connect import ConnectorError, Poller, TransientError
from tieout.engine import Clock, Lane, crash_point, wake
from tieout.observe import get_logger
from tieout.pipeline.intake import accept
from tieout.rules import Interface, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.pipeline")
_log = get_logger(__name__)


class PollStage:
    """The stage as a worker's step. `poller_of` gives a system's open session, or None where
    it cannot poll."""

    def __init__(
        self,
        release: Callable[[], Release],
        poller_of: Callable[[str], Poller | None],
        clock: Clock,
    ) -> None:
        self._release, self._poller_of, self._clock = release, poller_of, clock
        self._paused: dict[str, float] = {}
        self._known = ""

    def step(self, connection: Connection) -> bool:
        release = self._release()
        if self._known != release.sha256:
            self._ensure_cursors(connection, release)
            self._known = release.sha256
        now = self._clock.now()
        worked = False
        rows = connection.execute(
            "select interface, stream, position from tieout.poll_cursor where due_at <= %s"
            " and left(stream, 1) <> '#' and interface not in (select interface from tieout.paused) order by due_at",
            (now,),
        ).fetchall()
        for row in rows:
            interface = release.interfaces.get(row["interface"])
            if interface is None or self._paused.get(interface.system, 0) > time.monotonic():
                continue
            lane = Lane(connection, "poll", row["interface"], row["stream"])
            if not lane.take():
                continue
            try:
                worked = self._poll(connection, interface, row["stream"]) or worked
            finally:
                if not connection.closed:
                    lane.free()
        return worked

    def _ensure_cursors(self, connection: Connection, release: Release) -> None:
        """All of them at once: nobody sees some and takes them for all."""
        polled = [i for i in release.interfaces.values() if self._poller_of(i.system) is not None]
        with connection.transaction():
            for interface in polled:
                for stream in interface.streams:
                    connection.execute(
                        _SQL["ensure_cursor"],
                        {"interface": interface.name, "stream": stream, "now": self._clock.now()},
                    )

    def _poll(self, connection: Connection, interface: Interface, stream: str) -> bool:
        poller = self._poller_of(interface.system)
        row = connection.execute(
            "select position from tieout.poll_cursor where interface = %s and stream = %s and due_at <= %s",
            (interface.name, stream, self._clock.now()),
        ).fetchone()
        if poller is None or row is None:
            return False
        position = json.loads(row["position"])
        more = True
        while more:
            now = self._clock.now()
            options = {"overlap_minutes": interface.overlap_minutes, **interface.options}
            try:
                page = poller.poll(stream, {**position, "options": options}, now)
            except TransientError as error:
                self._paused[interface.system] = time.monotonic() + error.retry_after
                self._failed(connection, interface.name, stream, error)
                return False
            except ConnectorError as error:
                self._paused[interface.system] = time.monotonic() + 2.0
                self._failed(connection, interface.name, stream, error)
                return False
            more, position = page.more, page.cursor
            due = now if more else now + timedelta(minutes=interface.every_minutes)
            with connection.transaction():
                accept(connection, interface.name, page.items, "poll", now)
                connection.execute(
                    _SQL["move_cursor"],
                    {
                        "interface": interface.name,
                        "stream": stream,
                        "now": now,
                        "due_at": due,
                        "position": json.dumps(position),
                    },
                )
                crash_point("poll.before_commit")
        return True

    def _failed(self, connection: Connection, interface: str, stream: str, error: Exception) -> None:
        _log.warning("poll failed", interface=interface, stream=stream, error=str(error)[:300])
        connection.execute(
            _SQL["poll_failed"],
            {"interface": interface, "stream": stream, "error": str(error)[:500]},
        )


def poll_now(connection: Connection, interface: str, clock: Clock) -> None:
    """Make every stream of `interface` due: a push came, or somebody asked."""
    connection.execute(_SQL["poll_now"], {"interface": interface, "now": clock.now()})


def pull_again(connection: Connection, interface: str, clock: Clock) -> None:
    """Let every stream of `interface` start from the beginning: what is known has no effect."""
    connection.execute(
        "update tieout.poll_cursor set position = '{}', due_at = %s where interface = %s",
        (clock.now(), interface),
    )
    wake(connection)
