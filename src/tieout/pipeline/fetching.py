"""Files on somebody else's server: new and changed ones are taken in, on the interface's own
schedule; what is known already has no second effect. Nothing is changed there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from tieout.connect import ConnectorError, FileReader, FileRefusedError, RemoteFolder, TransientError
from tieout.engine import Clock, Lane
from tieout.observe import get_logger
from tieout.pipeline.arriving import Arriving
from tieout.pipeline.folders import refuse_file, take_file
from tieout.rules import Interface, Release
from tieout.rules.arrival import CONTROL_SUFFIX
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
        wall: Clock | None = None,
    ) -> None:
        self._sources, self._release = sources, release
        self._folder_of, self._reader_of, self._clock = folder_of, reader_of, clock
        self._paused: dict[str, float] = {}
        self._arriving = Arriving(release, clock, wall)

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
        settles = False
        try:
            there = {file.name: file.stamp for file in folder.list_files()}
            self._arriving.forget_gone(connection, interface.name, there)
            for name, stamp in there.items():
                mark = stamp_with_control(self._release(), name, there)
                if interface.arrival.marks(name) or seen.get(name) in (stamp, mark):
                    continue
                wait = self._arriving.look(connection, interface, name, stamp, there)
                if wait.why:
                    settles = settles or wait.soon
                    continue
                beside = name + CONTROL_SUFFIX
                content, control = folder.fetch(name), folder.fetch(beside) if beside in there else None
                # One that is another by now was written to meanwhile: it waits for the next time.
                if {f.name: f.stamp for f in folder.list_files()}.get(name) != stamp:
                    settles = True
                    continue
                taken = self._take(connection, interface, reader, name, content, control)
                self._arriving.ended(connection, interface.name, name)
                # What nothing shows to be whole is looked at again once the project, or its control file, says more.
                seen[name] = stamp if taken else mark
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
                "due_at": now + next_look(interface, settles),
                # What is gone there is forgotten here, so that the list does not grow.
                "position": json.dumps({k: v for k, v in seen.items() if k in there}),
            },
        )
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
