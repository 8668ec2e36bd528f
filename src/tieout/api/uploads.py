"""Files over HTTP: who gives one is known before its first byte is read, and it lies on disk, not in memory."""

from __future__ import annotations

import asyncio
import mmap
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tieout.api.bodies import BodyError, CutError, Limits, Pace, Room, check_length, on_disk, spool
from tieout.api.deadlines import Deadlines
from tieout.api.refusals import Refusals
from tieout.api.v1.calling import Desk, caller_by_key, origin_of
from tieout.api.v1.problems import ProblemError
from tieout.connector_api import ApartReader, FileReader, FileRefusedError, can_be_read_apart
from tieout.engine import Clock
from tieout.evidence import Entry, record
from tieout.inbox import refuse_file, take_file
from tieout.observe import Metrics, get_logger
from tieout.rules import Interface, Release
from tieout.security import StampError, load_authority
from tieout.security.identity import ThrottledError
from tieout.store import Database, can_be_kept, fit_to_keep

_log = get_logger(__name__)
_LONGEST_NAME = 200
_READERS = 2
# Files from here on are read one at a time, in a process of their own: what a reader makes of one is many times as large.
_LARGE = 1 << 20
_PACKED = (b"PK", b"%PDF", b"\x1f\x8b")
# A status, a body and headers.
_Told = tuple[int, dict[str, Any], dict[str, str]]
_HERE = ("127.0.0.1", "::1", "localhost")


class Project(Protocol):
    """What is asked of an open project."""

    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def release(self) -> Callable[[], Release]: ...
    @property
    def session(self) -> Callable[[str], object]: ...
    @property
    def spool(self) -> Path | None: ...


class Uploads:
    """`PUT /files/INTERFACE/NAME`."""

    def __init__(
        self,
        project: Project,
        desk: Desk,
        refusals: Refusals,
        limits: Limits,
        metrics: Metrics,
        deadlines: Deadlines,
    ) -> None:
        self._project, self._desk, self._refusals = project, desk, refusals
        self._limits, self._metrics = limits, metrics
        self._pace = Pace(deadlines, limits.gap_s, limits.upload_s)
        # Apart, so that large ones, which are read one at a time, keep nobody else out.
        self._small, self._several = Room(limits.uploads, 0), Room(limits.large_uploads, 0)
        self._large = asyncio.Semaphore(1)
        # Of their own: reading a long file keeps nobody else's request waiting.
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="files")
        self._apart = ThreadPoolExecutor(1, thread_name_prefix="large files")

    async def take(self, request: Request) -> Response:
        """A file, from its headers to its answer."""
        name = request.path_params["interface"]
        try:
            status, body, headers = await self._take(request, name)
        except BodyError as error:
            status, body, headers = error.status, {"detail": error.detail}, error.headers
        except CutError:
            status, body, headers = 499, {"detail": "the line was cut: nothing was kept"}, {}
        if status in (408, 413):
            headers = headers | {"connection": "close"}
        self._metrics.uploads.labels(name if status != 404 else "?", str(status)).inc()
        return JSONResponse(body, status if status != 499 else 400, headers)

    async def _take(self, request: Request, name: str) -> _Told:
        interface = self._project.release().interfaces.get(name)
        reader = self._project.session(interface.system) if interface else None
        if interface is None or not isinstance(reader, FileReader):
            return 404, {"detail": "no such interface takes files"}, {}
        file_name, headers = request.path_params["name"], dict(request.scope["headers"])
        if len(file_name) > _LONGEST_NAME or not can_be_kept(file_name) or not file_name.isprintable():
            return 400, {"detail": f"a file's name is {_LONGEST_NAME} printable characters at most"}, {}
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            return 415, {"detail": "send the file as it is, without a Content-Encoding"}, {}
        length = check_length(headers, self._limits.upload_bytes)
        try:
            who = await asyncio.to_thread(self._who, request, interface)
        except ProblemError as problem:
            hint = "; send your key as Authorization: Bearer KEY" if problem.status == 401 else ""
            return problem.status, {"detail": problem.detail + hint}, problem.headers
        except psycopg.OperationalError:
            return 503, {"detail": "the database does not answer: send it again"}, {"retry-after": "5"}
        room = self._several if length is None or length >= _LARGE else self._small
        with room.place(), spool(self._project.spool) as file:
            await on_disk(request.receive, file, self._limits.upload_bytes, self._pace)
            return await self._read(interface, reader, file_name, file, who)

    def _who(self, request: Request, interface: Interface) -> str:
        """Who gives a file, known by the headers alone: once people were added, the one whose key it is, or a service
        account whose key is for that; before that nobody, on this very machine. Raises ProblemError, and leaves evidence
        of who was not let do it."""
        with self._desk.pool.connection() as connection:
            try:
                people = load_authority(connection).people
                if not people:
                    if request.client is None or request.client.host not in _HERE:
                        why = "until people are let in, files are taken from this very machine alone"
                        raise ProblemError(403, "forbidden", why)
                    return ""
                header = request.headers.get("authorization", "")
                if not header:
                    raise ProblemError(401, "sign-in", "nobody is named who gives this file")
                caller = caller_by_key(connection, self._desk, header, origin_of(request))
                if not caller.may("files:write", interface.entity):
                    why = f"this key of {caller.name} is not for files:write of {interface.entity}"
                    raise ProblemError(403, "forbidden", why)
                return caller.name
            except ThrottledError as error:
                problem = ProblemError(429, "throttled", str(error), {"retry-after": "60"})
            except StampError as error:
                raise ProblemError(503, "not-ours", str(error)) from None
            except ProblemError as error:
                problem = error
            now = self._project.clock.now()
            entry = self._refusals.note("authority.refused", "upload", str(problem), now, time.monotonic())
            if entry is not None:
                self._tell(connection, entry)
        raise problem

    def _tell(self, connection: Any, entry: Entry) -> None:
        try:
            with connection.transaction():
                record(connection, [entry])
        except psycopg.Error:
            self._refusals.put_back(entry, time.monotonic())

    async def _read(
        self, interface: Interface, reader: FileReader, name: str, file: IO[bytes], who: str
    ) -> _Told:
        loop = asyncio.get_running_loop()

        def take() -> _Told:
            return self._kept(interface, reader, name, file, who)

        if not _is_heavy(file):
            return await _to_the_end(loop.run_in_executor(self._threads, take))
        try:
            await asyncio.wait_for(self._large.acquire(), self._limits.large_wait_s)
        except TimeoutError:
            raise BodyError(503, "other large files are being read: send it again", 30) from None
        try:
            return await _to_the_end(loop.run_in_executor(self._apart, take))
        finally:
            self._large.release()

    def _kept(self, interface: Interface, reader: FileReader, name: str, file: IO[bytes], who: str) -> _Told:
        """Take a whole file in, in one transaction; what cannot be read becomes a case."""
        again = {"detail": "it could not be kept now: send it again"}, {"retry-after": "5"}
        connection = None
        apart = _is_heavy(file) and can_be_read_apart(reader)
        try:
            connection = self._project.database.connect(autocommit=True, name="tieout upload")
            try:
                with _content(file, apart) as content:
                    reading = ApartReader(reader, file) if apart else reader
                    done = take_file(connection, interface, reading, name, content, self._project.clock, who)
                return 200, {"new": done.new, "known": done.known}, {}
            except (psycopg.OperationalError, psycopg.InterfaceError, StampError, OSError, MemoryError):
                raise
            except FileRefusedError as error:
                refused = FileRefusedError(
                    fit_to_keep(str(error), 1000), cause=error.cause, recovery=error.recovery
                )
            except Exception as error:  # noqa: BLE001 - the file is refused
                # What a file does to its reader, or its texts to the database, is the file's.
                _log.warning("a reader broke on a file", interface=interface.name, error=type(error).__name__)
                refused = FileRefusedError(
                    f"{name}: it cannot be read as what it says it is ({type(error).__name__})"
                )
            refuse_file(connection, self._project.release(), interface, name, refused, self._project.clock)
            return 422, {"detail": str(refused)}, {}
        except (psycopg.Error, StampError, OSError, MemoryError) as error:
            _log.warning("an upload was not kept", interface=interface.name, error=type(error).__name__)
            return 503, *again
        finally:
            if connection is not None:
                connection.close()


async def _to_the_end(reading: asyncio.Future[_Told]) -> _Told:
    """What a thread tells. A request that is given up waits all the same: the thread holds its file."""
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        await asyncio.wait([reading])
        raise


def _is_heavy(file: IO[bytes]) -> bool:
    """Whether reading it may take much memory: a large file, or one that is packed and may unfold a thousandfold."""
    number = file.fileno()
    return os.fstat(number).st_size >= _LARGE or os.pread(number, 4, 0).startswith(_PACKED)


@contextmanager
def _content(file: IO[bytes], apart: bool) -> Iterator[bytes | mmap.mmap]:
    """A file's bytes: mapped where they are many; none where somebody else reads them."""
    file.seek(0)
    if apart or os.fstat(file.fileno()).st_size < _LARGE:
        yield b"" if apart else file.read()
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped
