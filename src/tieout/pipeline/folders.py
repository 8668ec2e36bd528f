"""Files: a watched folder, and the taking in of one file.

A file that was taken in moves to `taken/`; one that cannot be read moves to `refused/` and
becomes a case: it is kept either way.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.cases import NewCase, open_cases
from tieout.connect import FileReader, FileRefusedError, Item
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point, text_of
from tieout.money import Period
from tieout.pipeline.intake import Accepted, accept
from tieout.pipeline.pausing import is_paused
from tieout.rules import Interface, Release
from tieout.store import Connection

_SETTLED_SECONDS = 0.2
_PORTION = 500
_PORTION_BYTES = 1 << 21
# A bank's file is read whole by its parsers: only larger ones are mapped.
_MAPPED_FROM = 1 << 20


def take_file(
    connection: Connection,
    interface: Interface,
    reader: FileReader,
    name: str,
    content: Any,
    clock: Clock,
    submitted_by: str = "",
) -> Accepted:
    """Take one file in, in one transaction; `content` is bytes or a mapped file. Raises FileRefusedError where it cannot be read."""
    items = iter(reader.read(name, content, interface.options))
    new = known = 0
    with connection.transaction():
        for portion in _portions(items):
            done = accept(connection, interface.name, portion, "file", clock.now(), submitted_by=submitted_by)
            new, known = new + done.new, known + done.known
        crash_point("intake.before_commit")
    crash_point("intake.after_commit")
    return Accepted(new, known)


def _portions(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Items some at a time: memory does not grow with a file."""
    portion: list[Item] = []
    size = 0
    for item in items:
        portion.append(item)
        size += len(item.body)
        if len(portion) == _PORTION or size > _PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


@contextmanager
def file_content(path: Path) -> Iterator[bytes | mmap.mmap]:
    """A file's bytes: mapped where they are many, so that memory does not grow with it."""
    if path.stat().st_size < _MAPPED_FROM:
        yield path.read_bytes()
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def refuse_file(
    connection: Connection,
    release: Release,
    interface: Interface,
    name: str,
    why: str,
    clock: Clock,
) -> None:
    """Open the case of a file that cannot be read."""
    now = clock.now()
    case = NewCase(
        cause="unreadable_file",
        interface=interface.name,
        entity=interface.entity,
        period=str(Period.of(now.date())),
        source_key=name,
        amount=Decimal(0),
        currency=release.entities[interface.entity].currency,
        recovery="the file is kept: ask its sender for a good one, put that into the folder, and solve this",
        detail=why,
        owner=interface.owner,
        opened_at=now,
        due_at=now + timedelta(hours=interface.service_level_hours),
    )
    with connection.transaction():
        open_cases(connection, [case], "intake")


class FolderStage:
    """Folders of this machine: a watched interface is a lane, a file an item."""

    name, pace = "folder", Pace()

    def __init__(
        self,
        watched: Sequence[tuple[str, Path]],
        release: Callable[[], Release],
        reader_of: Callable[[str], FileReader | None],
        clock: Clock,
    ) -> None:
        self._watched, self._release = dict(watched), release
        self._reader_of, self._clock = reader_of, clock

    def lanes(self, connection: Connection) -> Sequence[Due]:
        known = self._release().interfaces
        return [Due((name,), known[name].system) for name in self._watched if name in known]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Every file that is there, each by itself; one on which its reader fails is refused. Raises OSError where
        the folder cannot be read."""
        (name,) = lane
        folder, interface = self._watched[name], self._release().interfaces.get(name)
        if interface is None or not folder.is_dir():
            return False
        files = sorted(p for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
        if not files or is_paused(connection, name):
            return False
        reader = self._reader_of(interface.system)
        if reader is None:
            return False

        def refuse(path: Path, error: Exception) -> None:
            self._refuse(connection, interface, path, text_of(error))

        return turn.each(
            files,
            lambda path: path.name,
            lambda path: self._take(connection, interface, reader, path),
            refuse,
        )

    def _take(self, connection: Connection, interface: Interface, reader: FileReader, path: Path) -> bool:
        try:
            # A file that is still written to is waited for, a moment; then for the next look.
            age = time.time() - path.stat().st_mtime
            if age < _SETTLED_SECONDS:
                time.sleep(max(0.0, _SETTLED_SECONDS - max(age, 0.0)))
                if time.time() - path.stat().st_mtime < _SETTLED_SECONDS:
                    return False
            with file_content(path) as content:
                take_file(connection, interface, reader, path.name, content, self._clock)
        except FileNotFoundError:
            return False
        except FileRefusedError as error:
            self._refuse(connection, interface, path, str(error))
            return True
        _move(path, "taken")
        return True

    def _refuse(self, connection: Connection, interface: Interface, path: Path, why: str) -> None:
        refuse_file(connection, self._release(), interface, path.name, why, self._clock)
        _move(path, "refused")


def _move(path: Path, to: str) -> None:
    """Into a folder beside it; a name that stands there already gets a number."""
    folder = path.parent / to
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}.{number}{path.suffix}"
    path.replace(target)
