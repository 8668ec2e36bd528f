"""Files on somebody else's server: new and changed ones are taken in, on the interface's own
schedule; what is known already has no second effect. Nothing is changed there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from tieout.connect import ConnectorError, FileReader, FileRefusedError, RemoteFolder, TransientError
from tieout.engine import Clock, Lane
from tieout.observe import get_logger
from tieout.pipeline.folders import refuse_file, take_file
from tieout.rules import Interface, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.pipeline")
_log = get_logger(__name__)
STREAM = "#fetch"


class FetchStage:
    """The stage as a worker's step. `sources` are (interface, system with a RemoteFolder)."""

    def __init__(
        self,
        sources: Sequence[tuple[str, str]],
        release: Callable[[], Release],
        folder_of: Callable[[str], RemoteFolder | None],
        reader_of: Callable[[str], FileReader | None],
        clock: Clock,
    ) -> None:
        self._sources, self._release = sources, release
        self._folder_of, self._reader_of, self._clock = folder_of, reader_of, clock
        self._paused: dict[str, float] = {}

    def step(self, connection: Connection) -> bool:
        worked = False
        for name, system in self._sources:
            interface = self._release().interfaces.get(name)
            if interface is None or self._paused.get(name, 0) > time.monotonic():
                continue
            given = {"interface": name, "stream": STREAM, "now": self._clock.now()}
            connection.execute(_SQL["ensure_cursor"], given)
            lane = Lane(connection, "fetch", name)
            if not lane.take():
                continue
            try:
                worked = self._fetch(connection, interface, system) or worked
            finally:
                if not connection.closed:
                    lane.free()
        return worked

    def _fetch(self, connection: Connection, interface: Interface, system: str) -> bool:
        now = self._clock.now()
        row = connection.execute(
            "select position from tieout.poll_cursor where interface = %s and stream = %s and due_at <= %s"
            " and interface not in (select interface from tieout.paused)",
            (interface.name, STREAM, now),
        ).fetchone()
        folder, reader = self._folder_of(system), self._reader_of(interface.system)
        if row is None or folder is None or reader is None:
            return False
        seen: dict[str, str] = json.loads(row["position"])
        try:
            there = {file.name: file.stamp for file in folder.list_files()}
            for name, stamp in there.items():
                if seen.get(name) == stamp:
                    continue
                content = folder.fetch(name)
                # A file that is still written to is another one by now: it waits for the next time.
                if {f.name: f.stamp for f in folder.list_files()}.get(name) != stamp:
                    continue
                self._take(connection, interface, reader, name, content)
                seen[name] = stamp
        except ConnectorError as error:
            after = error.retry_after if isinstance(error, TransientError) else 30.0
            self._paused[interface.name] = time.monotonic() + after
            _log.warning("fetch failed", interface=interface.name, error=str(error)[:300])
            connection.execute(
                _SQL["poll_failed"],
                {"interface": interface.name, "stream": STREAM, "error": str(error)[:500]},
            )
            return False
        connection.execute(
            _SQL["move_cursor"],
            {
                "interface": interface.name,
                "stream": STREAM,
                "now": now,
                "due_at": now + timedelta(minutes=interface.every_minutes),
                # What is gone there is forgotten here, so that the list does not grow.
                "position": json.dumps({k: v for k, v in seen.items() if k in there}),
            },
        )
        return True

    def _take(
        self, connection: Connection, interface: Interface, reader: FileReader, name: str, content: bytes
    ) -> None:
        try:
            take_file(connection, interface, reader, name, content, self._clock)
        except FileRefusedError as error:
            refuse_file(connection, self._release(), interface, name, str(error), self._clock)
