"""A load generator of its own process: keep-alive connections, requests made beforehand.

`python -m benchmarks.load PORT CONNECTIONS < requests` (length-prefixed); prints JSON with
seconds and the latencies' median and 99th percentile in milliseconds. Loopback only, bounded.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time

import uvloop


async def client(port: int, requests: list[bytes], latencies: list[float], bad: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while requests:
        request = requests.pop()
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        latencies.append(time.perf_counter() - started)
        if b" 200 " not in head[:20]:
            bad.append(head[:40])
    writer.close()


async def main() -> None:
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    raw, requests, at = sys.stdin.buffer.read(), [], 0
    while at < len(raw):
        (size,) = struct.unpack_from("!I", raw, at)
        requests.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    count, latencies, bad = len(requests), [], []
    started = time.perf_counter()
    await asyncio.gather(*(client(port, requests, latencies, bad) for _ in range(connections)))
    seconds = time.perf_counter() - started
    latencies.sort()
    print(
        json.dumps(
            {
                "count": count,
                "seconds": seconds,
                "bad": len(bad),
                "p50_ms": latencies[count // 2] * 1000,
                "p99_ms": latencies[int(count * 0.99)] * 1000,
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
