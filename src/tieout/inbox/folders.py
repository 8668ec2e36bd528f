"""Files: a watched folder, and the taking in of one file.

A file that is still written is waited for (`arriving`). One that was taken in moves to `taken/`; one that cannot be read, or
that nothing shows to be all there (`proving`), moves to `refused/` and becomes a case: it is kept either way.
"""

from __future__ import annotations

import mmap
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from tieout.cases import NewCase, open_cases
from tieout.connector_api import FileReader, FileRefusedError, Item
from tieout.engine import Clock, Due, LaneKey, Pace, Turn, crash_point, is_of_batch, storable, text_of
from tieout.inbox.arriving import Arriving
from tieout.inbox.intake import Accepted, accept
from tieout.inbox.pausing import is_paused
from tieout.inbox.proving import LARGEST_CONTROL, check_whole
from tieout.money import Period
from tieout.rules import Interface, Release
from tieout.rules.arrival import CONTROL_SUFFIX
from tieout.store import Connection

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
    control: bytes | None = None,
    unchanged: Callable[[], bool] = lambda: True,
) -> Accepted:
    """Take one file in, in one transaction; `content` is bytes or a mapped file, `control` its control file's. Raises
    FileRefusedError where it cannot be read, or nothing shows that it is all there (what was taken before is known, and
    needs no proof); FileChangedError where it is not `unchanged` in the end."""
    items = iter(reader.read(name, content, interface.options))
    new = known = 0
    with connection.transaction():
        for portion in _portions(items):
            done = accept(connection, interface.name, portion, "file", clock.now(), submitted_by=submitted_by)
            new, known = new + done.new, known + done.known
        if new:
            check_whole(reader, interface, name, content, control)
        if not unchanged():
            raise FileChangedError(name)
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
    """A file's bytes: mapped where they are many, so that memory does not grow with it. What is mapped is a copy that nobody
    else has: whoever touches a mapped page that a sender has cut off meanwhile dies of it (SIGBUS)."""
    if path.stat().st_size < _MAPPED_FROM:
        yield path.read_bytes()
        return
    with path.open("rb") as file, _nameless(path.parent) as copy:
        shutil.copyfileobj(file, copy, _MAPPED_FROM)
        copy.flush()
        if not copy.tell():
            yield b""
            return
        with mmap.mmap(copy.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped


def _nameless(folder: Path) -> IO[bytes]:
    """A file without a name, on the folder's disk where it may be written to."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except PermissionError:
        return tempfile.TemporaryFile()


def refuse_file(
    connection: Connection,
    release: Release,
    interface: Interface,
    name: str,
    error: FileRefusedError,
    clock: Clock,
) -> None:
    """Open the case of a file that is not taken."""
    now = clock.now()
    case = NewCase(
        cause=error.cause,
        interface=interface.name,
        entity=interface.entity,
        period=str(Period.of(now.date())),
        source_key=name,
        amount=Decimal(0),
        currency=release.entities[interface.entity].currency,
        recovery=error.recovery,
        detail=str(error),
        owner=interface.owner,
        opened_at=now,
        due_at=now + timedelta(hours=interface.service_level_hours),
    )
    with connection.transaction():
        open_cases(connection, [case], "intake")


class FolderStage:
    """Folders of this machine: a watched interface is a lane, a file an item."""

    # Nothing tells of a file: wake-ups are for other work, of which there may be hundreds a second.
    name, pace = "folder", Pace(every_s=0.1)

    def __init__(
        self,
        watched: Sequence[tuple[str, Path]],
        release: Callable[[], Release],
        reader_of: Callable[[str], FileReader | None],
        clock: Clock,
        wall: Clock | None = None,
    ) -> None:
        self._watched, self._release = dict(watched), release
        self._reader_of, self._clock = reader_of, clock
        self._arriving = Arriving(release, clock, wall)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane a watched folder."""
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
        self._arriving.forget_gone(connection, name, {called(p) for p in files})
        if not files or is_paused(connection, name):
            return False
        reader = self._reader_of(interface.system)
        if reader is None:
            return False

        def refuse(path: Path, error: Exception) -> None:
            if isinstance(error, NotMovedError):
                raise error
            self._refuse(connection, interface, path, FileRefusedError(text_of(error)))

        return turn.each(
            files,
            lambda path: path.name,
            lambda path: self._take(connection, interface, reader, path),
            refuse,
        )

    def _take(self, connection: Connection, interface: Interface, reader: FileReader, path: Path) -> bool:
        arrival, name = interface.arrival, called(path)
        if arrival.marks(path.name):
            return False
        try:
            stamp = _stamp(path)
            beside = [called(y) for x in arrival.beside(path.name) if (y := path.with_name(x)).exists()]
            if self._arriving.look(connection, interface, name, stamp, beside).why:
                return False
            with file_content(path) as content:
                take_file(
                    connection, interface, reader, name, content, self._clock,
                    control=control_of(path), unchanged=lambda: _stamp(path) == stamp,
                )  # fmt: skip
        except (FileNotFoundError, FileChangedError):
            return False
        except FileRefusedError as error:
            self._refuse(connection, interface, path, error)
            return True
        self._end(connection, interface, path, "taken")
        return True

    def _refuse(
        self, connection: Connection, interface: Interface, path: Path, error: FileRefusedError
    ) -> None:
        refuse_file(connection, self._release(), interface, called(path), error, self._clock)
        self._end(connection, interface, path, "refused")

    def _end(self, connection: Connection, interface: Interface, path: Path, to: str) -> None:
        """Nothing waits for a file any more: it is moved, with what stands beside it. Raises NotMovedError."""
        self._arriving.ended(connection, interface.name, called(path))
        try:
            _move(path, to)
            for other in interface.arrival.beside(path.name):
                with suppress(FileNotFoundError):
                    _move(path.with_name(other), to)
        except FileNotFoundError:
            raise
        except OSError as error:
            if is_of_batch(error):
                raise
            raise NotMovedError(f"{path} cannot be moved into {to}/: {error}") from error


class NotMovedError(Exception):
    """What became of a file is decided and written down; only its place is still the old one."""


class FileChangedError(Exception):
    """A file was written to while it was read: it is not whole yet."""


def called(path: Path) -> str:
    """A file's name as text: a machine's file may be named by bytes that are none (é of an older machine)."""
    return storable(path.name)


def control_of(path: Path) -> bytes | None:
    """The control file beside a file; None where there is none."""
    try:
        with path.with_name(path.name + CONTROL_SUFFIX).open("rb") as file:
            return file.read(LARGEST_CONTROL + 1)
    except FileNotFoundError:
        return None


def _stamp(path: Path) -> str:
    """What changes when a file does. Raises FileNotFoundError."""
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"


def _move(path: Path, to: str) -> None:
    """Into a folder beside it; a name that stands there already gets a number. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(path)
    folder = path.parent / to
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}.{number}{path.suffix}"
    path.replace(target)
