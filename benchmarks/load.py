"""A load generator of its own process: keep-alive connections, requests made beforehand.

`python -m benchmarks.load PORT CONNECTIONS SECONDS < requests` (length-prefixed); prints JSON with
seconds and the latencies' median and 99th percentile in milliseconds; ends with 3 and words where not
every request was answered in SECONDS, or a connection was cut. Loopback only, bounded.
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
            self._run.latencies.append(time.perf_counter() - self._started)
            self._next()


class Run:
    """What is still to be asked, and what was answered."""

    def __init__(self, requests: list[bytes], connections: int) -> None:
        self.requests, self.latencies, self.bad = requests, list[float](), 0
        self._open, self.done = connections, asyncio.Event()

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
    port, connections, limit = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    requests = _given()
    count, run = len(requests), Run(requests, connections)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
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
    seconds = time.perf_counter() - started
    answered = len(run.latencies)
    if answered < count:
        print(
            f"{answered} of {count} requests were answered within {seconds:.1f} s (limit {limit:g} s)",
            file=sys.stderr,
        )
        return 3
    latencies = sorted(run.latencies)
    print(json.dumps({"count": count, "seconds": seconds, "bad": run.bad,
                      "p50_ms": latencies[count // 2] * 1000,
                      "p99_ms": latencies[int(count * 0.99)] * 1000}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
