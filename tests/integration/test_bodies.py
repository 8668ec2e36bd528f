"""What strangers send: nobody is read before a limit and an authentication, one bad push is one refused push, and what
is refused leaves evidence by counts. A real process, and bytes on a socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Databases
from tests.integration.edge import KEY, READER, Edge, heard, statement, stripe_event, stripe_headers
from tests.integration.serving import SECRET
from tieout.store import Database

pytestmark = pytest.mark.long

_MIB = 1 << 20
SLOW = {"gap_s": 0.5, "body_s": 1.5, "upload_s": 1.5}


@pytest.fixture(scope="module")
def edge(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """One for every test that looks at what it sent itself."""
    made = Edge(databases.fresh(), tmp_path_factory.mktemp("edge"))
    yield made
    made.stop()


@pytest.fixture
def start(database: Database, tmp_path: Path) -> Iterator[Callable[..., Edge]]:
    started: list[Edge] = []

    def make(people: bool = True, **limits: Any) -> Edge:
        started.append(Edge(database, tmp_path, people, **limits))
        return started[-1]

    yield make
    for each in started:
        each.stop()


def shopify(edge: Edge, body: bytes, event: str = "e-1") -> tuple[int, Any]:
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "x-shopify-hmac-sha256": signature,
        "x-shopify-topic": "orders/create",
        "x-shopify-event-id": event,
    }
    return edge.ask("POST", "/webhooks/shop", body, headers)


def depth(levels: int) -> bytes:
    return b'{"id":"evt_deep","type":"charge.succeeded","data":' + b"[" * levels + b"]" * levels + b"}"


BAD = {
    "half a character": lambda e: e.push(b'{"id":"evt_\\ud800","type":"charge.succeeded"}'),
    "half a character in a shop's id": lambda e: shopify(e, b'{"id":"\\udfff"}'),
    "a NUL": lambda e: e.push(stripe_event("evt_\0")),
    "a NUL in the type": lambda e: e.push(b'{"id":"evt_n","type":"charge.\\u0000"}'),
    "deep": lambda e: e.push(depth(200_000)),
    "deep, to a shop": lambda e: shopify(e, b'{"id":1,"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "an id that no index takes": lambda e: e.push(stripe_event(random.Random(7).randbytes(20_000).hex())),
    "digits without an end": lambda e: shopify(e, b'{"id":' + b"9" * 6_000 + b"}"),
    "an empty type": lambda e: shopify(e, b"[]"),
    "no UTF-8": lambda e: e.push(b'{"id":"\xff\xfe","type":"x"}'),
}


def test_a_signed_push_that_cannot_be_kept_is_one_refused_push(start: Callable[..., Edge]) -> None:
    """Its neighbours come at the same time, and are kept; nothing dies of it."""
    edge = start(window_s=600)
    for turn, (what, send) in enumerate(BAD.items()):
        told: list[int] = []

        def neighbour(key: str, told: list[int] = told) -> None:
            told.append(edge.push(stripe_event(key))[0])

        threads = [threading.Thread(target=neighbour, args=(f"evt_{turn}_{n}",)) for n in range(8)]
        for thread in threads[:4]:
            thread.start()
        status, body = send(edge)
        for thread in threads[4:]:
            thread.start()
        for thread in threads:
            thread.join()
        assert status == 400, (what, status, body)
        assert told == [200] * 8, what
        assert edge.push(stripe_event(f"evt_{turn}_after"))[0] == 200, what
        assert edge.get("/healthz") == (200, "ok"), what
    wanted = {f"stripe evt_{turn}_{n}" for turn in range(len(BAD)) for n in (*range(8), "after")}
    assert edge.kept() == dict.fromkeys(wanted, 1)
    edge.stop()
    told = [e["detail"].get("count", 1) for e in edge.evidence("webhook.malformed")]
    assert sum(told) == len(BAD)


@pytest.mark.parametrize(
    "signature",
    [
        "t=²,v1=00",
        "t=1,v1=é",
        f"t={'9' * 30},v1=00",
        "t=99999999999,v1=00",
        "t=" + "9" * 5000 + ",v1=0",
        ",,,=",
        "t=1,v1=" + "a" * 9000,
    ],
)
def test_a_signature_that_is_no_signature_is_401(edge: Edge, signature: str) -> None:
    status, body = edge.ask("POST", "/webhooks/stripe", b"{}", {"stripe-signature": signature})
    assert status == 401, body
    status, body = edge.ask("POST", "/webhooks/shop", b"{}", {"x-shopify-hmac-sha256": signature})
    assert status == 401, body


# Before anything is read


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": str(700 * _MIB)}, 413),
        ({"content-length": str(20 * _MIB)}, 401),
        ({"transfer-encoding": "chunked"}, 401),
        ({"content-length": str(20 * _MIB), "authorization": f"Bearer {READER}"}, 403),
        ({"content-length": str(20 * _MIB), "authorization": "Bearer nobody"}, 401),
        ({"content-length": str(700 * _MIB), "authorization": f"Bearer {KEY}"}, 413),
        ({"content-length": "10", "content-encoding": "gzip", "authorization": f"Bearer {KEY}"}, 415),
    ],
)
def test_an_upload_is_answered_by_its_head_alone(edge: Edge, headers: dict[str, str], status: int) -> None:
    """Not a byte of the body is sent: whoever reads one first waits for ever."""
    told, _ = edge.raw([edge.head("PUT", "/files/bank/x.sta", headers)], timeout=10)
    assert told == status


def test_a_key_of_one_entity_brings_no_other_entitys_file(edge: Edge) -> None:
    assert edge.upload("a.sta", statement(1), interface="bank_de")[0] == 403
    assert edge.upload("a.sta", statement(1))[0] == 200
    assert edge.upload("a.sta", statement(1), key="")[0] == 401


def test_seven_hundred_megabytes_without_a_key_take_no_memory(edge: Edge) -> None:
    before = edge.peak_mib()
    block = b"x" * _MIB
    head = edge.head("PUT", "/files/bank/x.sta", {"content-length": str(700 * _MIB)})
    edge.raw([head, *([block] * 700)])
    chunk = b"%x\r\n%s\r\n" % (len(block), block)
    head = edge.head("PUT", "/files/bank/x.sta", {"transfer-encoding": "chunked"})
    edge.raw([head, *([chunk] * 700)])
    assert edge.peak_mib() - before < 60
    assert edge.get("/healthz")[0] == 200


def test_a_body_of_unsaid_length_ends_at_the_limit(start: Callable[..., Edge]) -> None:
    edge = start(upload_bytes=3 * _MIB)
    chunk = b"%x\r\n%s\r\n" % (_MIB, b"x" * _MIB)
    given = {"transfer-encoding": "chunked", "authorization": f"Bearer {KEY}"}
    assert edge.raw([edge.head("PUT", "/files/bank/x.sta", given), *([chunk] * 4)])[0] == 413
    given = {"transfer-encoding": "chunked", **stripe_headers(b"x")}
    assert edge.raw([edge.head("POST", "/webhooks/stripe", given), *([chunk] * 3)])[0] == 413
    assert not edge.kept() and not edge.database.rows("select 1 from tieout.cases")


def test_an_upload_that_is_cut_leaves_nothing(start: Callable[..., Edge], tmp_path: Path) -> None:
    edge, body = start(), statement(1)
    for given in (
        {"content-length": str(len(body) + 1)},
        {"content-length": str(2 * _MIB)},
        {"transfer-encoding": "chunked"},
    ):
        with edge.connect() as line:
            line.sendall(edge.head("PUT", "/files/bank/x.sta", {**given, "authorization": f"Bearer {KEY}"}))
            chunked = "transfer-encoding" in given
            line.sendall(b"%x\r\n%s\r\n" % (len(body), body) if chunked else body)
            time.sleep(0.1)
    # A push that is cut is no shorter push.
    whole = stripe_event("evt_cut")
    with edge.connect() as line:
        given = {"content-length": str(len(whole) + 5), **stripe_headers(whole)}
        line.sendall(edge.head("POST", "/webhooks/stripe", given) + whole)
        time.sleep(0.1)
    assert edge.upload("y.sta", statement(2))[0] == 200
    assert list(edge.kept()) == ["bank y.sta"]
    assert not edge.database.rows("select 1 from tieout.cases")
    assert {p.name for p in tmp_path.rglob("*")} == {"serve.log"}


# Slow, many, large


def test_whoever_sends_slowly_is_not_waited_for(start: Callable[..., Edge]) -> None:
    edge = start(**SLOW)
    body = stripe_event("evt_slow")
    for head in (
        edge.head("POST", "/webhooks/stripe", {"content-length": str(len(body)), **stripe_headers(body)}),
        edge.head("PUT", "/files/bank/x.sta", {"content-length": "999", "authorization": f"Bearer {KEY}"}),
        edge.head("POST", "/api/v1/sign-in", {"content-length": "999", "content-type": "application/json"}),
    ):
        assert edge.raw([head, body[:3]], timeout=20)[0] == 408
        # A byte now and then is no better.
        with edge.connect(20) as line:
            line.sendall(head)
            started = time.monotonic()
            try:
                while time.monotonic() - started < 15:
                    line.sendall(b" ")
                    line.settimeout(0.2)
                    try:
                        status, _ = heard(line)
                        break
                    except TimeoutError:
                        continue
                else:
                    raise AssertionError("it is still waited for")
            except ConnectionError:
                status = 408
            assert status in (408, 0)
    assert edge.push(body)[0] == 200


@contextmanager
def held(edge: Edge, name: str, headers: dict[str, str]) -> Iterator[None]:
    """A body that is begun and not ended, in a place: one that comes while the last one's place is not free yet is
    refused at once, and begun again."""
    for _ in range(100):
        with edge.connect() as line:
            line.sendall(edge.head("PUT", f"/files/bank/{name}", headers) + b"x")
            if not select.select([line], [], [], 0.3)[0]:
                yield
                return
    pytest.fail("no place came free")


def test_only_so_many_are_read_at_once(start: Callable[..., Edge]) -> None:
    edge = start(uploads=1, pushes=2, large_uploads=1)
    key = {"authorization": f"Bearer {KEY}"}
    with held(edge, "x.sta", {"content-length": str(_MIB), **key}):
        assert edge.upload("y.sta", bytes(_MIB))[0] == 503
        # A large one keeps no small one out.
        assert edge.upload("y.sta", statement(1))[0] == 200
    with held(edge, "x.sta", {"content-length": "999", **key}):
        status, body = edge.upload("y.sta", statement(1))
        assert status == 503 and "again" in body["detail"]
    deadline = time.monotonic() + 120
    while edge.upload("y.sta", statement(1))[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert edge.upload("y.sta", statement(1))[0] == 200
    body = stripe_event("evt_many")
    head = edge.head("POST", "/webhooks/stripe", {"content-length": str(len(body)), **stripe_headers(body)})
    with edge.connect() as one, edge.connect() as two:
        for line in (one, two):
            line.sendall(head + body[:2])
        deadline = time.monotonic() + 120
        while edge.push(stripe_event("evt_third"))[0] != 503 and time.monotonic() < deadline:
            time.sleep(0.02)
        raw = edge.head("POST", "/webhooks/stripe", {"content-length": "2", **stripe_headers(b"{}")})
        with edge.connect() as third:
            third.sendall(raw + b"{}")
            told = third.recv(65536).lower()
            assert told.startswith(b"http/1.1 503") and b"retry-after: " in told
        for line in (one, two):
            line.sendall(body[2:])
            assert heard(line)[0] == 200
    assert edge.kept()["stripe evt_many"] == 1


def test_a_head_has_an_end(edge: Edge) -> None:
    start_line = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    assert edge.raw([start_line, b"x-long: ", *([b"x" * 65536] * 160)])[0] in (431, 0)
    assert edge.raw([start_line, *(b"x-%d: y\r\n" % n for n in range(200_000))])[0] in (431, 0)
    assert edge.raw([b"GET /", *([b"x" * 65536] * 160)])[0] in (400, 431, 0)
    trailers = b"".join(b"x-%d: y\r\n" % n for n in range(200_000))
    head = edge.head(
        "PUT", "/files/bank/x.sta", {"transfer-encoding": "chunked", "authorization": f"Bearer {KEY}"}
    )
    assert edge.raw([head + b"1\r\nx\r\n0\r\n", trailers])[0] in (431, 0)
    extension = b"1;" + b"x" * (10 * _MIB)
    assert edge.raw([head, extension])[0] in (431, 0)
    # In one piece with the rest, too.
    many = b"".join(b"x-%d: y\r\n" % n for n in range(500))
    assert edge.raw([start_line + many + b"\r\n"])[0] == 431
    assert edge.get("/healthz")[0] == 200


def test_a_head_that_never_ends_is_not_waited_for(edge: Edge) -> None:
    with edge.connect(30) as silent, edge.connect(30) as half:
        half.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n")
        assert silent.recv(10) == b"" and half.recv(10) == b""


def test_a_head_is_answered_whatever_comes_after_it(edge: Edge) -> None:
    """An answer without a body, one to whoever asks first whether it may send, and two that were asked for at once."""
    for method, path in (("HEAD", "/healthz"), ("HEAD", "/nowhere"), ("HEAD", "/webhooks/stripe")):
        with edge.connect(10) as line:
            line.sendall(edge.head(method, path, {}))
            assert line.recv(65536).startswith(b"HTTP/1.1 "), path
    body = stripe_event("evt_expected")
    given = {"content-length": str(len(body)), "expect": "100-continue", **stripe_headers(body)}
    with edge.connect(10) as line:
        line.sendall(edge.head("POST", "/webhooks/stripe", given))
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        assert heard(line)[0] == 200
    one, two = stripe_event("evt_one"), stripe_event("evt_two")
    with edge.connect(10) as line:
        for each in (one, two):
            given = {"content-length": str(len(each)), **stripe_headers(each)}
            line.sendall(edge.head("POST", "/webhooks/stripe", given) + each)
        told = b""
        while told.count(b"HTTP/1.1 200") < 2 or not told.endswith(b"}"):
            told += line.recv(65536)
    wanted = {f"stripe {key}" for key in ("evt_expected", "evt_one", "evt_two")}
    assert {key: edge.kept().get(key) for key in wanted} == dict.fromkeys(wanted, 1)


def test_everything_else_that_reads_a_body_has_a_limit(edge: Edge) -> None:
    chunk = b"%x\r\n%s\r\n" % (_MIB, b"x" * _MIB)
    before = edge.peak_mib()
    for path in (
        "/api/v1/sign-in",
        "/api/v1/cases/1/solve",
        "/cases",
        "/nowhere",
        "/status",
        "/metrics",
        "/healthz",
    ):
        told, _ = edge.raw([edge.head("POST", path, {"content-length": str(500 * _MIB)})], timeout=10)
        assert told == 413, path
        head = edge.head("POST", path, {"transfer-encoding": "chunked", "content-type": "application/json"})
        assert edge.raw([head, *([chunk] * 100)])[0] in (413, 0), path
        # Whoever is not known says who they are, and no more.
        head = edge.head("POST", path, {"content-length": str(_MIB), "cookie": "tieout=x"})
        assert edge.raw([head], timeout=10)[0] == 413, path
    assert edge.peak_mib() - before < 60


# Evidence


def test_bad_signatures_are_told_by_counts(start: Callable[..., Edge]) -> None:
    edge = start(window_s=600)
    body = stripe_event("evt_bad")
    told = Counter(edge.push(body, "wrong")[0] for _ in range(120))
    told += Counter(edge.ask("POST", "/webhooks/stripe", body, {})[0] for _ in range(30))
    assert told == {401: 150}
    assert Counter(edge.push(b"{%d" % n)[0] for n in range(60)) == {400: 60}
    assert len(edge.evidence("webhook.refused")) == 1
    assert len(edge.evidence("webhook.malformed")) == 1
    assert edge.stop() in (0, -15)
    first, counted = edge.evidence("webhook.refused")
    assert "by any of the secrets" in first["detail"]["why"]
    assert counted["detail"]["count"] == 149 and sum(counted["detail"]["counts"].values()) == 149
    assert sorted(counted["detail"]["counts"].values()) == [30, 119]
    first, counted = edge.evidence("webhook.malformed")
    assert counted["detail"]["count"] == 59 and len(counted["detail"]["counts"]) <= 10


def test_a_window_ends_by_itself(start: Callable[..., Edge]) -> None:
    edge = start(window_s=1)
    for _ in range(20):
        assert edge.push(stripe_event("evt_bad"), "wrong")[0] == 401
    deadline = time.monotonic() + 120
    while len(edge.evidence("webhook.refused")) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    # While the process runs: nobody stopped it.
    assert any(e["detail"].get("count", 1) > 1 for e in edge.evidence("webhook.refused"))
    edge.stop()
    assert sum(e["detail"].get("count", 1) for e in edge.evidence("webhook.refused")) == 20


def test_uploads_of_nobody_leave_counts_and_are_slowed(start: Callable[..., Edge]) -> None:
    edge = start(window_s=600)
    told = Counter(edge.upload("x.sta", b"x", key=f"wrong-{n}")[0] for n in range(60))
    told += Counter(edge.upload("x.sta", b"x", key="")[0] for _ in range(40))
    assert set(told) == {401, 429} and told[429] > 20
    assert len(edge.evidence("authority.refused")) == 1
    assert edge.upload("x.sta", statement(3))[0] == 200
    edge.stop()
    _, counted = edge.evidence("authority.refused")
    assert counted["detail"]["count"] == 99
    assert not edge.database.rows("select 1 from tieout.cases")


def test_until_people_are_let_in_a_file_comes_from_this_machine(start: Callable[..., Edge]) -> None:
    edge = start(people=False)
    assert edge.upload("x.sta", statement(1), key="")[0] == 200
    far = {"x-forwarded-for": "203.0.113.9", "content-length": "9"}
    assert edge.ask("PUT", "/files/bank/x.sta", b"x" * 9, far)[0] == 403


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("a%00b.sta", statement(1), 400), ("x" * 300, statement(1), 400), ("a%0ab.sta", statement(1), 400),
        ("bad.sta", b"\0" * 1000, 422), ("bad.sta", b"", 422), ("bad.xml", b"<a>" * 100_000, 422),
        ("bad.sta", statement(1).replace(b"payment", b"pay\0ment").replace(b":62F:C", b":62F:X"), 422),
        ("bad.sta", b":20:\xff\xfe\x00" + os.urandom(2000), 422), ("bad.csv", b'"' * 10_000, 422),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(edge: Edge, name: str, body: bytes, status: int) -> None:
    told, said = edge.upload(name, body)
    assert told == status and said["detail"]
    assert not [k for k in edge.kept() if name in k]


def test_a_pushs_key_is_kept_as_it_was(edge: Edge) -> None:
    """What is no ASCII is a name like any other."""
    body = json.dumps({"id": "evt_ü😀", "type": "charge.succeeded"}, ensure_ascii=False).encode()
    assert [edge.push(body)[0] for _ in range(3)] == [200] * 3
    assert edge.kept()["stripe evt_ü😀"] == 1


def test_tries_from_one_network_are_one_networks(edge: Edge) -> None:
    """Whoever has an IPv6 network has 2**64 addresses: they are slowed, and kept, as one."""
    told: Counter[int] = Counter()
    for number in range(60):
        headers = {"authorization": f"Bearer nobody-{number}", "x-forwarded-for": f"2001:db8:0:7::{number:x}"}
        told[edge.ask("PUT", "/files/bank/x.sta", b"x", headers)[0]] += 1
    assert told[429] > 20 and set(told) == {401, 429}
    rows = edge.database.rows("select subject from tieout.throttle where subject like 'from:2001:db8:%'")
    assert len(rows) == 1
