"""Files on somebody else's server: new and changed ones are taken in, on the interface's own
schedule; what is known already has no second effect. Nothing is changed there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from tieout.connector_api import FileReader, FileRefusedError, RemoteFile, RemoteFolder
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, text_of
from tieout.inbox.arriving import Arriving
from tieout.inbox.folders import refuse_file, take_file
from tieout.rules import Interface, Release
from tieout.rules.arrival import CONTROL_SUFFIX
from tieout.store import Connection, Queries

_SQL = Queries("tieout.inbox")
STREAM = "#fetch"


class FetchStage:
    """An interface is a lane, a file there an item. `sources` are (interface, system with a RemoteFolder)."""

    name, pace = "fetch", Pace()

    def __init__(
        self,
        sources: Sequence[tuple[str, str]],
        release: Callable[[], Release],
        folder_of: Callable[[str], RemoteFolder | None],
        reader_of: Callable[[str], FileReader | None],
        clock: Clock,
        wall: Clock | None = None,
    ) -> None:
        self._sources, self._release = dict(sources), release
        self._folder_of, self._reader_of, self._clock = folder_of, reader_of, clock
        self._arriving = Arriving(release, clock, wall)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane an interface with a remote folder."""
        known = self._release().interfaces
        return [Due((name,), system) for name, system in self._sources.items() if name in known]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Every file that is new there, each by itself. Raises ConnectorError; what was taken by then is known."""
        (name,) = lane
        interface, now = self._release().interfaces.get(name), self._clock.now()
        given = {"interface": name, "stream": STREAM, "now": now}
        connection.execute(_SQL["ensure_cursor"], given)
        row = connection.execute(_SQL["begin_poll"], given).fetchone()
        if interface is None or row is None:
            return False
        folder, reader = self._folder_of(self._sources[name]), self._reader_of(interface.system)
        if folder is None or reader is None:
            return False
        seen: dict[str, str] = json.loads(row["position"])
        there = folder.list_files()
        stamps = {f.name: f.stamp for f in there}
        self._arriving.forget_gone(connection, name, stamps)
        settling: set[str] = set()

        def is_new(file: RemoteFile) -> bool:
            mark = stamp_with_control(self._release(), file.name, stamps)
            return not interface.arrival.marks(file.name) and seen.get(file.name) not in (file.stamp, mark)

        def take(file: RemoteFile) -> bool:
            wait = self._arriving.look(connection, interface, file.name, file.stamp, stamps)
            if wait.soon:
                settling.add(file.name)
            if wait.why:
                return False
            beside = file.name + CONTROL_SUFFIX
            content, control = folder.fetch(file.name), folder.fetch(beside) if beside in stamps else None
            # One that is another by now was written to meanwhile: it waits for the next time.
            if {f.name: f.stamp for f in folder.list_files()}.get(file.name) != file.stamp:
                settling.add(file.name)
                return False
            taken = self._take(connection, interface, reader, file.name, content, control)
            self._arriving.ended(connection, name, file.name)
            # What nothing shows to be whole is looked at again once the project, or its control file, says more.
            seen[file.name] = file.stamp if taken else stamp_with_control(self._release(), file.name, stamps)
            return True

        def refuse(file: RemoteFile, error: Exception) -> None:
            refuse_file(
                connection,
                self._release(),
                interface,
                file.name,
                FileRefusedError(text_of(error)),
                self._clock,
            )
            self._arriving.ended(connection, name, file.name)
            seen[file.name] = file.stamp

        try:
            turn.each([f for f in there if is_new(f)], lambda f: f.name, take, refuse)
        finally:
            # What is gone there is forgotten here, so that the list does not grow.
            names = {file.name for file in there}
            given["was"] = row["position"]
            given["position"] = json.dumps({k: v for k, v in seen.items() if k in names})
            if not connection.closed:
                connection.execute(_SQL["remember_position"], given)
        # Where somebody let it start again meanwhile, that holds.
        given["more"] = False
        given["was"], given["due_at"] = given["position"], now + next_look(interface, bool(settling))
        connection.execute(_SQL["move_cursor"], given)
        return True

    def _take(
        self,
        connection: Connection,
        interface: Interface,
        reader: FileReader,
        name: str,
        content: bytes,
        control: bytes | None,
    ) -> bool:
        """Take a file, or open its case; False where it may be taken yet, as it is."""
        try:
            take_file(connection, interface, reader, name, content, self._clock, control=control)
        except FileRefusedError as error:
            refuse_file(connection, self._release(), interface, name, error, self._clock)
            return error.cause == "unreadable_file"
        return True


def stamp_with_control(release: Release, name: str, there: Mapping[str, str]) -> str:
    """What changes when a file, its control file or the project does; `there` are stamps by name."""
    return f"{there[name]} {there.get(name + CONTROL_SUFFIX, '')} {release.sha256[:16]}"


def next_look(interface: Interface, settles: bool) -> timedelta:
    """How long until a folder is looked at again: sooner where a file of it settles."""
    usual = timedelta(minutes=interface.every_minutes)
    return min(usual, timedelta(seconds=max(interface.arrival.settle_seconds, 1.0))) if settles else usual
