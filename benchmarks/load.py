"""A load generator of its own process: keep-alive connections, requests made beforehand.

`python -m benchmarks.load PORT CONNECTIONS SECONDS WARM < requests` (length-prefixed); prints JSON with
seconds and the latencies' median and 99th percentile in milliseconds, all of it from the answer to the
first WARM requests on; ends with 3 and words where not every request was answered in SECONDS, or a
connection was cut. Loopback only, bounded.
A bare protocol, since a generator that costs as much as the server measures itself.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time

import uvloop


class Client(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is complete."""

    def __init__(self, run: Run) -> None:
        self._run, self._buffer, self._length = run, b"", -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.ended()

    def _next(self) -> None:
        if not self._run.requests:
            self._transport.close()
            return
        self._buffer, self._length = b"", -1
        self._started = time.perf_counter()
        self._transport.write(self._run.requests.pop())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._length < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            stop = head.find(b"\r", at)
            self._length = end + 4 + int(head[at : stop if stop > 0 else end])
            if not head.startswith(b"http/1.1 200"):
                self._run.bad += 1
        if len(self._buffer) >= self._length:
            self._run.answered(self._started)
            self._next()


class Run:
    """What is still to be asked, and what was answered."""

    def __init__(self, requests: list[bytes], connections: int, warm: int) -> None:
        self.requests, self.latencies, self.bad = requests, list[float](), 0
        self._open, self.done = connections, asyncio.Event()
        self._warm, self.begun, self.count = warm, time.perf_counter(), 0

    def answered(self, started: float) -> None:
        """One more, asked at `started`: a server's first ones, while it opens its connections, are not measured."""
        now = time.perf_counter()
        self.count += 1
        if self.count <= self._warm:
            self.begun = now
        else:
            self.latencies.append(now - started)

    def ended(self) -> None:
        self._open -= 1
        if not self._open:
            self.done.set()


def _given() -> list[bytes]:
    raw, requests, at = sys.stdin.buffer.read(), [], 0
    while at < len(raw):
        (size,) = struct.unpack_from("!I", raw, at)
        requests.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    return requests


async def main() -> int:
    port, connections, limit, warm = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    requests = _given()
    sent, run = len(requests), Run(requests, connections, warm)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit):
            for _ in range(connections):
                await loop.create_connection(lambda: Client(run), "127.0.0.1", port)
            await run.done.wait()
    except TimeoutError:
        pass
    except OSError as error:
        print(f"port {port}: {error}", file=sys.stderr)
        return 3
    seconds = time.perf_counter() - run.begun
    if run.count < sent:
        print(
            f"{run.count} of {sent} requests were answered within {seconds:.1f} s (limit {limit:g} s)",
            file=sys.stderr,
        )
        return 3
    latencies, count = sorted(run.latencies), len(run.latencies)
    print(json.dumps({"count": count, "seconds": seconds, "bad": run.bad,
                      "p50_ms": latencies[count // 2] * 1000,
                      "p99_ms": latencies[int(count * 0.99)] * 1000}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
