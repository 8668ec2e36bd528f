"""Polls: each stream of each interface on its own schedule, with an overlap that repairs every
push that never came. A stream is a lane; a round takes a few of its pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from tieout.connector_api import Connector, Poller, Trail
from tieout.connector_api.walking import MOST_POLLED
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point, wake
from tieout.inbox.intake import accept
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.inbox")
# A long list is taken in several rounds: other streams have their turn between them.
_PAGES = 20
# Beside what a connector keeps of its place: how far the walk came (see `Trail`).
_TRAIL = "#trail"


class PollStage:
    """Every stream of every interface whose connector polls. `poller_of` gives a system's open session."""

    name, pace = "poll", Pace()

    def __init__(
        self,
        release: Callable[[], Release],
        connector_of: Callable[[str], Connector],
        poller_of: Callable[[str], Poller | None],
        clock: Clock,
        most: int = MOST_POLLED,
    ) -> None:
        self._release, self._connector_of, self._poller_of = release, connector_of, poller_of
        self._clock, self._most = clock, most
        self._known = ""

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane a stream of an interface whose poll is due."""
        release = self._release()
        if self._known != release.sha256:
            self._ensure_cursors(connection, release)
            self._known = release.sha256
        rows = connection.execute(_SQL["due_polls"], {"now": self._clock.now()}).fetchall()
        return [
            Due((row["interface"], row["stream"]), release.interfaces[row["interface"]].system)
            for row in rows
            if row["interface"] in release.interfaces
        ]

    def _ensure_cursors(self, connection: Connection, release: Release) -> None:
        """All of them at once: nobody sees some and takes them for all. No system is opened for it."""
        polled = [i for i in release.interfaces.values() if "poll" in self._connector_of(i.system).can]
        with connection.transaction():
            for interface in polled:
                for stream in interface.streams:
                    connection.execute(
                        _SQL["ensure_cursor"],
                        {"interface": interface.name, "stream": stream, "now": self._clock.now()},
                    )

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """A few pages of a stream. Raises ConnectorError."""
        name, stream = lane
        interface = self._release().interfaces.get(name)
        given = {"interface": name, "stream": stream, "now": self._clock.now()}
        # Asked first: a system that is left alone has no poll that is under way.
        poller = self._poller_of(interface.system) if interface is not None else None
        row = connection.execute(_SQL["begin_poll"], given).fetchone() if poller is not None else None
        if interface is None or row is None or poller is None:
            return False
        was, position = row["position"], json.loads(row["position"])
        trail, what = Trail.of(position.pop(_TRAIL, None)), f"{interface.system}: {stream}"
        options = {"overlap_minutes": interface.overlap_minutes, **interface.options}
        for _ in range(_PAGES):
            if turn.stopping:
                break
            now = self._clock.now()
            page = poller.poll(stream, {**position, "options": options}, now)
            trail = trail.after(what, position, page, self._most)
            position = page.cursor
            due = now if page.more else now + timedelta(minutes=interface.every_minutes)
            with connection.transaction():
                accept(connection, name, page.items, "poll", now)
                moved = {
                    **given, "now": now, "due_at": due, "more": page.more, "was": was, "position": json.dumps({**position, _TRAIL: trail.kept} if page.more else position),
                }  # fmt: skip
                went_on = connection.execute(_SQL["move_cursor"], moved).rowcount == 1
                crash_point("poll.before_commit")
            was = moved["position"]
            # Somebody may have let it start from the beginning meanwhile: the next round does.
            if not page.more or not went_on:
                break
        return True


def poll_now(connection: Connection, interface: str, clock: Clock) -> None:
    """Make every stream of `interface` due: a push came, or somebody asked."""
    connection.execute(_SQL["poll_now"], {"interface": interface, "now": clock.now()})


def pull_again(connection: Connection, interface: str, clock: Clock) -> None:
    """Let every stream of `interface` start from the beginning: what is known has no effect."""
    connection.execute(_SQL["pull_again"], {"interface": interface, "now": clock.now()})
    wake(connection)
