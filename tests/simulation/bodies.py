"""Hostile pushes and uploads with valid ones between them, to a real process: what each was answered, whether every
valid one was acknowledged once and kept once, and the most memory that the process had."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from tests.integration.edge import KEY, READER, Edge, heard, statement, stripe_event, stripe_headers
from tests.integration.serving import SECRET

_MIB = 1 << 20
LIMITS = {"gap_s": 1.0, "body_s": 2.0, "upload_s": 6.0, "window_s": 5.0}
_CUT, _NOT_NOW = 0, 503
_THREADS = 6
Send = Callable[[Edge, random.Random], int]


@dataclass(frozen=True)
class Hostile:
    """One kind of it: how it is sent, and what it may be answered (0: the line was cut)."""

    kind: str
    send: Send
    allowed: tuple[int, ...]


@dataclass
class Outcome:
    """What came of a run."""

    hostile: int = 0
    answered: dict[str, Counter[int]] = field(default_factory=dict)
    acknowledged: Counter[str] = field(default_factory=Counter)
    again: int = 0
    wrong: list[str] = field(default_factory=list)
    evidence: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    base_mib: float = 0
    peak_mib: float = 0
    seconds: float = 0


# How things are sent


def _push(body: bytes, **headers: str) -> Send:
    return lambda edge, _: edge.ask("POST", "/webhooks/stripe", body, {**stripe_headers(body), **headers})[0]


def _shop(body: bytes) -> Send:
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "x-shopify-hmac-sha256": signature,
        "x-shopify-topic": "orders/create",
        "x-shopify-event-id": "e",
    }
    return lambda edge, _: edge.ask("POST", "/webhooks/shop", body, headers)[0]


def _signed_with(signature: str) -> Send:
    body = stripe_event("evt_x")
    return lambda edge, _: edge.ask("POST", "/webhooks/stripe", body, {"stripe-signature": signature})[0]


def _file(name: str, body: bytes, interface: str = "bank", key: str = KEY, **headers: str) -> Send:
    given = {"authorization": f"Bearer {key}", **headers} if key else headers
    return lambda edge, _: edge.ask("PUT", f"/files/{interface}/{name}", body, given)[0]


def _head(method: str, path: str, **headers: str) -> Send:
    """A head alone: of its body nothing is sent, and it is answered all the same."""
    given = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda edge, _: edge.raw([edge.head(method, path, given)])[0]


def _stream(method: str, path: str, most: int, **headers: str) -> Send:
    """Pieces until nobody listens."""
    given = {k.replace("_", "-"): v for k, v in headers.items()} | {"transfer-encoding": "chunked"}
    piece = b"%x\r\n%s\r\n" % (_MIB, b"x" * _MIB)
    return lambda edge, _: edge.raw([edge.head(method, path, given), *([piece] * most)])[0]


def _raw(*parts: bytes) -> Send:
    return lambda edge, _: edge.raw(parts)[0]


def _slow(method: str, path: str, **headers: str) -> Send:
    """Two bytes of a body, then silence; or a byte now and then."""

    def send(edge: Edge, chance: random.Random) -> int:
        given = {"content-length": "500", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if chance.random() < 0.5:
            return edge.raw([edge.head(method, path, given), b"{}"])[0]
        with edge.connect() as line:
            line.sendall(edge.head(method, path, given))
            line.settimeout(0.3)
            for _ in range(60):
                with suppress(TimeoutError):
                    return heard(line)[0]
                with suppress(OSError):
                    line.sendall(b" ")
        return -1

    return send


def _cut(method: str, path: str, body: bytes, **headers: str) -> Send:
    """The line is cut somewhere: in the head, in the body, between two chunks."""

    def send(edge: Edge, chance: random.Random) -> int:
        given = {"content-length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
        if chance.random() < 0.3:
            given = {"transfer-encoding": "chunked", **given}
            del given["content-length"]
            whole = edge.head(method, path, given) + b"%x\r\n%s\r\n" % (len(body), body)
        else:
            whole = edge.head(method, path, given) + body
        with edge.connect() as line:
            line.sendall(whole[: chance.randrange(1, len(whole) - 1)])
            time.sleep(chance.choice((0, 0, 0.05)))
        return _CUT

    return send


def _silent(edge: Edge, _: random.Random) -> int:
    with edge.connect():
        return _CUT


def _bomb() -> bytes:
    """A workbook whose sheet unfolds to a gibibyte."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/workbook.xml", '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
        )
        with book.open("xl/sharedStrings.xml", "w") as part:
            part.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for _ in range(128):
                part.write(b"<si><t>%s</t></si>" % (b"a" * (8 * _MIB)))
            part.write(b"</sst>")
    return made.getvalue()


def _long_statement(number: int) -> bytes:
    """A good one of some 4 MiB: 85,000 lines of a cent besides its own."""
    before, _, after = statement(number).partition(b":61:")
    lines = b":61:2610011001C0,01NTRFREF\r\n:86:payment of a cent\r\n" * 85_000
    closing = f"USD{1001 + number},".encode(), f"USD{1851 + number},".encode()
    return before + lines + b":61:" + after.replace(*closing)


_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">%s]><Document>&z;</Document>'
    % b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 20) for c in range(ord("b"), ord("z") + 1))
)


def _event(data: bytes) -> bytes:
    return b'{"id":"evt_h","type":"charge.succeeded","data":' + data + b"}"


@cache
def hostiles() -> tuple[Hostile, ...]:
    """Every kind."""
    return tuple(Hostile(*each) for each in (*_pushes(), *_uploads(), *_heads(), *_others()))


def _pushes() -> Iterator[tuple[str, Send, tuple[int, ...]]]:
    event, chance = stripe_event("evt_h"), random.Random(3)
    yield "push without a signature", _head("POST", "/webhooks/stripe", content_length="0"), (401,)
    yield "push with a wrong signature", _signed_with("t=1,v1=" + "0" * 64), (401,)
    yield "push with an odd signature", _signed_with("t=²,v1=é"), (401,)
    yield "push with a long signature", _signed_with("t=1," + "v1=0," * 4000), (401,)
    yield "push of another secret", lambda e, _: e.push(event, "another")[0], (401,)
    yield "push that says 700 MB", _head("POST", "/webhooks/stripe", content_length=str(700 * _MIB)), (413,)
    yield "push without an end", _stream("POST", "/webhooks/stripe", 20, **stripe_headers(b"")), (413, _CUT)
    yield "push of nothing", _push(b""), (400,)
    for levels in (1_100, 50_000, 900_000):
        yield f"push, {levels} deep", _push(_event(b"[" * levels + b"]" * levels)), (400,)
        yield (
            f"push to a shop, {levels} deep",
            _shop(b'{"id":1,"a":' * levels + b"1" + b"}" * levels),
            (400, 413),
        )
    yield "half a character", _push(b'{"id":"evt_\\ud800","type":"charge.x"}'), (400,)
    yield "half a character to a shop", _shop(b'{"id":"\\udc00"}'), (400,)
    yield "a NUL", _push(stripe_event("evt_\0")), (400,)
    yield "a NUL to a shop", _shop(b'{"id":"\\u0000"}'), (400,)
    yield "an id that no index takes", _push(stripe_event(chance.randbytes(8_000).hex())), (400,)
    yield "an id of a mebibyte", _shop(json.dumps({"id": chance.randbytes(_MIB // 2).hex()}).encode()), (400,)
    yield "an id that is a list", _shop(json.dumps({"id": ["x" * 600]}).encode()), (400,)
    yield "digits without an end", _shop(b'{"id":' + b"9" * 100_000 + b"}"), (400,)
    for name, body in (
        ("bytes", chance.randbytes(100_000)), ("UTF-16", event.decode().encode("utf-16")), ("packed", gzip.compress(event)),
        ("cut JSON", event[:-3]), ("a list", b"[1]"), ("a number", b"1e999"), ("HTML", b"<html>"), ("Latin-1", _event(b'"\xe4"')),
        ("two documents", event + event), ("2 MiB of braces", b"{" * (2 * _MIB)),
    ):  # fmt: skip
        yield f"push of {name}", _push(body), (400,)
    yield "push, slow", _slow("POST", "/webhooks/stripe"), (408,)
    yield "push, cut", _cut("POST", "/webhooks/stripe", event * 50, **stripe_headers(event * 50)), (_CUT,)
    yield (
        "push of two lengths",
        _head("POST", "/webhooks/stripe", content_length="3", transfer_encoding="chunked"),
        (400,),
    )
    yield "push of length -1", _head("POST", "/webhooks/stripe", content_length="-1"), (400,)
    yield (
        "push of a bad chunk",
        _raw(b"POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        (400, _CUT),
    )
    yield "push by GET", _head("GET", "/webhooks/stripe"), (405,)
    yield "push to nobody", _head("POST", "/webhooks/n%00%ed%a0%80", content_length="9"), (404,)


def _uploads() -> Iterator[tuple[str, Send, tuple[int, ...]]]:
    good, chance = statement(999_999), random.Random(4)
    with_key = {"authorization": f"Bearer {KEY}"}
    yield "file of nobody", _head("PUT", "/files/bank/h", content_length=str(20 * _MIB)), (401,)
    yield "file with a wrong key", _file("h", good, key="wrong"), (401, 429)
    yield "file of a reader", _file("h", good, key=READER), (403,)
    yield "file of another entity", _file("h", good, interface="bank_de"), (403,)
    yield "file of nobody, 700 MB", _head("PUT", "/files/bank/h", content_length=str(700 * _MIB)), (413,)
    yield "file of nobody, without an end", _stream("PUT", "/files/bank/h", 40), (401, _CUT)
    yield "file without an end", _stream("PUT", "/files/bank/h", 40, **with_key), (413, _CUT, _NOT_NOW)
    yield "file, slow", _slow("PUT", "/files/bank/h", **with_key), (408, _NOT_NOW)
    yield "file, cut", _cut("PUT", "/files/bank/h", good * 200, **with_key), (_CUT,)
    yield (
        "file, packed on the way",
        _file("h", good, **{"content-encoding": "gzip"}),
        (415,),
    )
    yield "file named by a NUL", _file("a%00b", good), (400,)
    yield "file named by half a character", _file("a%ed%a0%80b%0d", good), (400,)
    yield "file with a long name", _file("n" * 2000, good), (400,)
    yield "file to nobody", _file("h", good, interface="nobody"), (404,)
    junk = {
        "nothing": b"", "zeros": bytes(5_000), "bytes": chance.randbytes(50_000), "HTML": b"<html><body>" * 100,
        "deep XML": b"<a>" * 200_000, "a billion laughs": _LAUGHS, "quotes": b'"' * 20_000, "half a statement": good[:-40],
        "NULs in a statement": good.replace(b"payment", b"pay\0nt").replace(b":62F:C", b":62F:X"),
        "UTF-16": good.decode().encode("utf-16")[:-7], "packed": gzip.compress(good),
        "many empty lines": b"Date,Amount,Currency,Description\n" + b"\n" * (2 * _MIB),
        "20 MiB of bytes": chance.randbytes(20 * _MIB), "30 MiB of zeros": bytes(30 * _MIB),
    }  # fmt: skip
    for name, body in junk.items():
        yield f"file of {name}", _file("h", body), (422, _NOT_NOW)
    yield "a workbook that unfolds to a gibibyte", _file("h.xlsx", _bomb(), "journals"), (422, _NOT_NOW)
    yield "a journal of bytes", _file("h.csv", chance.randbytes(3_000), "journals"), (422, _NOT_NOW)


def _heads() -> Iterator[tuple[str, Send, tuple[int, ...]]]:
    start, gone = b"GET /healthz HTTP/1.1\r\nhost: x\r\n", (400, 431, _CUT)
    chunked = b"POST /webhooks/stripe HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    yield "a header without an end", _raw(start, b"x-a: ", *([b"x" * 65536] * 40)), gone
    yield "headers without an end", _raw(start, *([b"x-a: b\r\n" * 500] * 40)), gone
    yield "an address without an end", _raw(b"GET /", *([b"x" * 65536] * 40)), gone
    yield "trailers without an end", _raw(chunked, b"1\r\nx\r\n0\r\n", *([b"x-a: b\r\n" * 500] * 40)), gone
    yield "an extension without an end", _raw(chunked, b"1;", *([b"x" * 65536] * 40)), gone
    yield "bytes that are no HTTP", _raw(b"\x16\x03\x01\x02\x00" + bytes(200)), gone
    yield "a line and no word", _silent, (_CUT,)


def _others() -> Iterator[tuple[str, Send, tuple[int, ...]]]:
    form = {"content_type": "application/json"}
    for path in ("/api/v1/sign-in", "/api/v1/cases/1/solve", "/cases", "/nowhere", "/metrics"):
        yield f"500 MB to {path}", _head("POST", path, content_length=str(500 * _MIB), **form), (413,)
        yield f"{path} without an end", _stream("POST", path, 20, **form), (413, _CUT)
    yield "sign-in, slow", _slow("POST", "/api/v1/sign-in", **form), (408,)
    deep = b"[" * 60_000
    yield (
        "sign-in, deep",
        lambda e, _: e.ask("POST", "/api/v1/sign-in", deep, {"content-type": "application/json"})[0],
        (400, 404, 422),
    )


# The run


class _Run:
    """Threads that take turns: one hostile, one valid."""

    def __init__(self, edge: Edge, count: int, seed: int) -> None:
        self._edge, self._count, self._seed = edge, count, seed
        self.outcome = Outcome(base_mib=edge.peak_mib())
        self._lock = threading.Lock()

    def run(self) -> Outcome:
        started = time.monotonic()
        kinds = list(hostiles())
        chance = random.Random(self._seed)
        # Each kind comes as often as any other, in an order that the seed says.
        order = [kinds[n % len(kinds)] for n in range(self._count)]
        chance.shuffle(order)
        turns = iter(list(enumerate(order)))
        threads = [threading.Thread(target=self._work, args=(turns,)) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._look(len(order))
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def _work(self, turns: Iterator[tuple[int, Hostile]]) -> None:
        while True:
            with self._lock:
                turn = next(turns, None)
            if turn is None:
                return
            number, hostile = turn
            try:
                self._strike(number, hostile)
                self._valid(number)
            except Exception as error:  # noqa: BLE001 - told at the end
                self._complain(f"{number} {hostile.kind}: {error!r}")

    def _complain(self, what: str) -> None:
        with self._lock:
            self.outcome.wrong.append(what)

    def _strike(self, number: int, hostile: Hostile) -> None:
        status = hostile.send(self._edge, random.Random(self._seed * 1_000_003 + number))
        with self._lock:
            self.outcome.hostile += 1
            self.outcome.answered.setdefault(hostile.kind, Counter())[status] += 1
        if status not in hostile.allowed:
            self._complain(f"{hostile.kind}: {status}, not one of {hostile.allowed}")
        if number % 10 == 0 and self._edge.get("/healthz") != (200, "ok"):
            self._complain(f"after {hostile.kind}: health {self._edge.get('/healthz')}")

    def _valid(self, number: int) -> None:
        """Sent until it is acknowledged, as its sender would."""
        chance = random.Random(self._seed * 7_000_003 + number)
        filler = "x" * chance.choice((0, 0, 100, 10_000, 200_000))
        if large := chance.random() < 0.02:
            filler = "x" * 1_900_000
        for _ in range(200):
            if number % 4:
                key, (status, _said) = (
                    f"stripe evt_v{number}",
                    self._edge.push(stripe_event(f"evt_v{number}", data=filler)),
                )
            else:
                name = f"v{number}.sta"
                key, (status, _said) = (
                    f"bank {name}",
                    self._edge.upload(name, _long_statement(number) if large else statement(number)),
                )
            if status == 200:
                with self._lock:
                    self.outcome.acknowledged[key] += 1
                return
            if status not in (_NOT_NOW, _CUT, 408):
                self._complain(f"valid {key}: {status}")
                return
            with self._lock:
                self.outcome.again += 1
            time.sleep(0.1)
        self._complain(f"valid {number} was never acknowledged")

    def _look(self, count: int) -> None:
        done = self.outcome
        kept = self._edge.kept()
        done.wrong += [f"acknowledged {k} {n} times" for k, n in done.acknowledged.items() if n != 1]
        done.wrong += [
            f"acknowledged, and kept {kept.get(k, 0)} times: {k}"
            for k in done.acknowledged
            if kept.get(k) != 1
        ]
        done.wrong += [f"kept, and never acknowledged: {k}" for k in kept if k not in done.acknowledged]
        if len(done.acknowledged) != count:
            done.wrong.append(f"{len(done.acknowledged)} of {count} valid ones were acknowledged")
        if self._edge.get("/healthz") != (200, "ok"):
            done.wrong.append(f"health at the end: {self._edge.get('/healthz')}")
        done.peak_mib = self._edge.peak_mib()
        self._edge.stop()
        for entry in self._edge.evidence(
            "webhook.refused", "webhook.malformed", "webhook.failed", "authority.refused"
        ):
            done.evidence[entry["action"]] += 1
            done.refused += entry["detail"].get("count", 1)
        left = [p.name for p in self._edge.folder.rglob("*") if p.name != "serve.log"]
        done.wrong += [f"left on disk: {name}" for name in left]


def attack(edge: Edge, count: int, seed: int) -> Outcome:
    """`count` hostile ones, each followed by a valid one. The process is stopped at the end."""
    return _Run(edge, count, seed).run()
