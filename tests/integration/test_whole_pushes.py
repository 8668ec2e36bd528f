"""A push that comes whole in one read takes a shorter way than one that comes in pieces: both end alike. A real process,
and bytes on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.databases import Databases
from tests.integration.edge import Edge, heard, stripe_event, stripe_headers
from tieout.api.whole_pushes import PushProtocol

pytestmark = pytest.mark.long

_numbers = count()
Way = Callable[[Edge, str, bytes, dict[str, str]], tuple[int, Any]]


@pytest.fixture(scope="module")
def edge(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    made = Edge(databases.fresh(), tmp_path_factory.mktemp("edge"), push_bytes=60_000)
    yield made
    made.stop()


def whole(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return edge.raw([edge.head("POST", path, {"content-length": str(len(body)), **headers}) + body])


def in_two(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    """Its body begins with its head, and ends later."""
    head = edge.head("POST", path, {"content-length": str(len(body)), **headers})
    return edge.raw(_apart(head + body[:5], body[5:]))


def head_first(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    head = edge.head("POST", path, {"content-length": str(len(body)), **headers})
    return edge.raw(_apart(head, body))


def chunked(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    head = edge.head("POST", path, {"transfer-encoding": "chunked", **headers})
    return edge.raw([head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)])


def closing(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return whole(edge, path, body, {**headers, "connection": "close"})


def asking(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return whole(edge, path, body, {**headers, "expect": "100-continue"})


def with_a_query(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return whole(edge, f"{path}?from=them", body, headers)


def in_other_letters(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return whole(edge, path.replace("e", "%65"), body, headers)


def of_old(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    head = edge.head("POST", path, {"content-length": str(len(body)), **headers})
    return edge.raw([head.replace(b"HTTP/1.1", b"HTTP/1.0") + body])


def with_a_fragment(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return whole(edge, f"{path}#there", body, headers)


def with_blanks(edge: Edge, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    return whole(edge, path, body, {**headers, "content-length": f" {len(body)} \t"})


def _apart(*parts: bytes) -> Iterator[bytes]:
    for part in parts:
        yield part
        time.sleep(0.05)


LONG: list[Way] = [
    in_two,
    head_first,
    chunked,
    closing,
    asking,
    with_a_query,
    in_other_letters,
    of_old,
    with_a_fragment,
    with_blanks,
]


def _good() -> tuple[str, bytes, dict[str, str]]:
    body = stripe_event(f"evt_{next(_numbers)}")
    return "/webhooks/stripe", body, stripe_headers(body)


def _listed() -> tuple[str, bytes, dict[str, str]]:
    body = stripe_event(f"evt_{next(_numbers)}").replace(b"charge.succeeded", b"zebra.seen")
    return "/webhooks/stripe", body, stripe_headers(body)


def _forged() -> tuple[str, bytes, dict[str, str]]:
    body = stripe_event("evt_forged")
    return "/webhooks/stripe", body, stripe_headers(body, "another")


def _no_event() -> tuple[str, bytes, dict[str, str]]:
    return "/webhooks/stripe", b"[1, 2]", stripe_headers(b"[1, 2]")


def _of_nobody() -> tuple[str, bytes, dict[str, str]]:
    return "/webhooks/bank", b"{}", {}


def _too_large() -> tuple[str, bytes, dict[str, str]]:
    body = stripe_event("evt_large", text="x" * 60_000)
    return "/webhooks/stripe", body, stripe_headers(body)


def _with_a_nul() -> tuple[str, bytes, dict[str, str]]:
    body = stripe_event("evt_\0")
    return "/webhooks/stripe", body, stripe_headers(body)


@pytest.mark.parametrize("way", LONG)
@pytest.mark.parametrize(
    ("make", "status"),
    [
        (_good, 200), (_listed, 200), (_forged, 401), (_no_event, 400), (_with_a_nul, 400), (_of_nobody, 404),
        (_too_large, 413),
    ],
)  # fmt: skip
def test_whole_or_not_the_answer_is_the_same(
    edge: Edge, way: Way, make: Callable[[], tuple[str, bytes, dict[str, str]]], status: int
) -> None:
    short, long = whole(edge, *make()), way(edge, *make())
    assert short[0] == status
    if way is chunked and status == 413:
        # Its length is not said: it is counted.
        assert long == (413, "more than 60000 bytes, the most that is taken here") or long[0] == 413
        return
    assert short == long


def test_each_way_keeps_a_push_once(edge: Edge) -> None:
    for way in (whole, *LONG):
        path, body, headers = _good()
        assert [way(edge, path, body, headers)[0] for _ in range(2)] == [200, 200]
        key = body.decode().split('"')[3]
        assert edge.kept()[f"stripe {key}"] == 1, way.__name__


def test_one_behind_the_other_they_are_answered_in_their_order(edge: Edge) -> None:
    made = [_good(), _forged(), _listed(), _good()]
    requests = [
        edge.head("POST", path, {"content-length": str(len(body)), **headers}) + body
        for path, body, headers in made
    ]
    requests.insert(2, edge.head("GET", "/healthz", {}))
    with edge.connect() as line:
        line.sendall(b"".join(requests))
        said = _answers(line, len(requests))
    assert said == [200, 401, 200, 200, 200]
    assert all(edge.kept()[f"stripe {b.decode().split(chr(34))[3]}"] == 1 for _, b, _ in (made[0], made[3]))


def test_a_line_serves_push_after_push_and_other_questions_between_them(edge: Edge) -> None:
    with edge.connect() as line:
        for number in range(40):
            path, body, headers = _good()
            head = edge.head("POST", path, {"content-length": str(len(body)), **headers})
            # Every third in pieces: the line goes on by whichever way.
            for part in _apart(head, body) if number % 3 == 0 else (head + body,):
                line.sendall(part)
            assert heard(line) == (200, {"status": 200, "detail": "kept"})
            if number % 5 == 0:
                line.sendall(edge.head("GET", "/healthz", {}))
                assert heard(line) == (200, "ok")


@pytest.mark.parametrize("path", ["/webhooks/nobody", "/webhooks/nobody?", "/nowhere"])
def test_whoever_sends_on_and_reads_no_answer_is_cut_off(edge: Edge, path: str) -> None:
    request = edge.head("POST", path, {"content-length": "0"})
    with edge.connect(20) as line, pytest.raises(OSError):
        # The most that lies in the buffers of both ends is a few mebibytes of answers.
        for _ in range(400_000_000 // len(request) // 1000):
            line.sendall(request * 1000)
    assert edge.peak_mib() < 400
    assert whole(edge, *_good())[0] == 200


def test_a_push_that_waits_while_the_server_stops_is_answered_and_kept(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    edge = Edge(databases.fresh(), tmp_path_factory.mktemp("stopping"))
    path, body, headers = _good()
    locked = edge.database.connect()
    locked.execute("lock table tieout.message in exclusive mode")
    with edge.connect() as line:
        line.sendall(edge.head("POST", path, {"content-length": str(len(body)), **headers}) + body)
        _until_it_waits(edge)
        stopping = threading.Thread(target=edge.stop)
        stopping.start()
        _until_nobody_is_let_in(edge)
        locked.rollback()
        told = b"".join(iter(lambda: line.recv(65536), b""))
    stopping.join()
    locked.close()
    assert told.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in told
    assert sum(edge.kept().values()) == 1


def test_a_sender_that_leaves_before_the_answer_has_been_kept_and_harms_nobody(edge: Edge) -> None:
    path, body, headers = _good()
    locked = edge.database.connect()
    locked.execute("lock table tieout.message in exclusive mode")
    with edge.connect() as line:
        line.sendall(edge.head("POST", path, {"content-length": str(len(body)), **headers}) + body)
        _until_it_waits(edge)
    locked.rollback()
    locked.close()
    assert whole(edge, *_good())[0] == 200
    assert edge.kept()[f"stripe {body.decode().split(chr(34))[3]}"] == 1


def test_a_push_that_breaks_its_server_is_answered_500_and_the_line_goes_on() -> None:
    async def broken() -> tuple[list[bytes], int]:
        config = uvicorn.Config(_nothing, ws="none", lifespan="off", log_level="critical")
        config.load()
        written: list[bytes] = []
        tries = count(1)

        def take(name: str, headers: Any, body: bytes, answer: Any) -> None:
            if next(tries) == 1:
                raise RuntimeError("a defect")
            answer(200, [(b"content-length", b"2")], b"ok")

        protocol = PushProtocol(config=config, server_state=ServerState(), app_state={}, take=take)
        protocol.connection_made(_Transport(written))
        for _ in range(2):
            protocol.data_received(b"POST /webhooks/x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        return written, next(tries) - 1

    written, tried = asyncio.run(broken())
    assert [w.split(b"\r\n")[0] for w in written] == [
        b"HTTP/1.1 500 Internal Server Error",
        b"HTTP/1.1 200 OK",
    ]
    assert tried == 2


class _Transport(SimpleNamespace):
    """As much of a line as a protocol asks for."""

    def __init__(self, written: list[bytes]) -> None:
        super().__init__(write=written.append, close=lambda: None, is_closing=lambda: False)
        self.resume_reading = self.pause_reading = lambda: None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("no request goes the long way")


def _answers(line: socket.socket, number: int) -> list[int]:
    """The statuses of so many answers on one line, in their order."""
    told = b""
    while told.count(b"HTTP/1.1 ") < number:
        more = line.recv(65536)
        if not more:
            break
        told += more
    return [int(part[:3]) for part in told.split(b"HTTP/1.1 ")[1:]]


def _until_it_waits(edge: Edge) -> None:
    deadline = time.monotonic() + 120
    sql = (
        "select 1 from pg_stat_activity where application_name = 'tieout intake' and wait_event_type = 'Lock'"
    )
    while not edge.database.rows(sql):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _until_nobody_is_let_in(edge: Edge) -> None:
    deadline = time.monotonic() + 120
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            edge.connect(1).close()
            time.sleep(0.02)
        raise AssertionError("it does not stop")
