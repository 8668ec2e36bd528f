"""Files on somebody else's server: new and changed ones are taken in, on the interface's own
schedule; what is known already has no second effect. Nothing is changed there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from tieout.connect import FileReader, FileRefusedError, RemoteFile, RemoteFolder
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, text_of
from tieout.pipeline.folders import refuse_file, take_file
from tieout.rules import Interface, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.pipeline")
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
    ) -> None:
        self._sources, self._release = dict(sources), release
        self._folder_of, self._reader_of, self._clock = folder_of, reader_of, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        known = self._release().interfaces
        return [Due((name,), system) for name, system in self._sources.items() if name in known]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Every file that is new there, each by itself. Raises ConnectorError; what was taken by then is known."""
        (name,) = lane
        interface, now = self._release().interfaces.get(name), self._clock.now()
        given = {"interface": name, "stream": STREAM, "now": now}
        connection.execute(_SQL["ensure_cursor"], given)
        row = connection.execute(_SQL["due_poll"], given).fetchone()
        if interface is None or row is None:
            return False
        folder, reader = self._folder_of(self._sources[name]), self._reader_of(interface.system)
        if folder is None or reader is None:
            return False
        seen: dict[str, str] = json.loads(row["position"])
        there = folder.list_files()

        def take(file: RemoteFile) -> bool:
            content = folder.fetch(file.name)
            # A file that is still written to is another one by now: it waits for the next time.
            if {f.name: f.stamp for f in folder.list_files()}.get(file.name) == file.stamp:
                self._take(connection, interface, reader, file.name, content)
                seen[file.name] = file.stamp
            return True

        def refuse(file: RemoteFile, error: Exception) -> None:
            refuse_file(connection, self._release(), interface, file.name, text_of(error), self._clock)
            seen[file.name] = file.stamp

        try:
            turn.each([f for f in there if seen.get(f.name) != f.stamp], lambda f: f.name, take, refuse)
        finally:
            # What is gone there is forgotten here, so that the list does not grow.
            names = {file.name for file in there}
            given["position"] = json.dumps({k: v for k, v in seen.items() if k in names})
            if not connection.closed:
                connection.execute(_SQL["remember_position"], given)
        given["due_at"] = now + timedelta(minutes=interface.every_minutes)
        connection.execute(_SQL["move_cursor"], given)
        return True

    def _take(
        self, connection: Connection, interface: Interface, reader: FileReader, name: str, content: bytes
    ) -> None:
        try:
            take_file(connection, interface, reader, name, content, self._clock)
        except FileRefusedError as error:
            refuse_file(connection, self._release(), interface, name, str(error), self._clock)
