"""Durable webhook intake: ours with signature, deduplication and evidence on, against
Starlette + uvicorn + asyncpg with one INSERT a request. Both commit with fsync before 2xx."""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from tieout.store import Database, EmbeddedServer, migrate

COUNT, CONNECTIONS, ROUNDS = 6000, 64, 5
SECRET = "whsec"


def ours(dsn: str, port: int) -> None:
    from tieout.api import Services, serve
    from tieout.bootstrap.discover import discover
    from tieout.connect import SystemConfig
    from tieout.engine import SystemClock
    from tieout.rules import Entity, Interface, Release

    registry = discover()
    values = {"url": "http://127.0.0.1:1", "key": "k", "webhook_secrets": SECRET}
    session = registry["stripe"].open(SystemConfig("stripe", "stripe", "bench", values))
    interface = Interface("stripe", "stripe", "US", ("balance_transactions",), "o", "p")
    release = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {"stripe": interface}, {})
    serve(
        Services(
            name="bench", environment="bench", database=Database(dsn), clock=SystemClock(),
            release=lambda: release, session=lambda _: session, connector_of=lambda _: registry["stripe"],
            host="127.0.0.1", port=port,
        )
    )  # fmt: skip


def peer(dsn: str, port: int) -> None:
    import contextlib

    import asyncpg
    import uvicorn
    from psycopg.conninfo import conninfo_to_dict
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    parts = conninfo_to_dict(dsn)
    pool: Any = None

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> Any:
        nonlocal pool
        pool = await asyncpg.create_pool(
            host=parts["host"], user=parts["user"], password=parts["password"],
            database=parts["dbname"], min_size=20, max_size=20,
        )  # fmt: skip
        yield

    async def hook(request: Request) -> JSONResponse:
        body = await request.body()
        event = json.loads(body)
        await pool.execute("insert into peer (id, body) values ($1, $2)", event["id"], body)
        return JSONResponse({"status": 200})

    app = Starlette(routes=[Route("/webhooks/stripe", hook, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )


def requests(port: int, round_number: int) -> bytes:
    """Signed pushes of about a kilobyte, each with an id of its own."""
    out = []
    filler = {"charge": {"id": "ch_x", "metadata": {"order_id": "1"}, "text": "x" * 700}}
    for number in range(COUNT):
        body = json.dumps(
            {"id": f"evt_{round_number}_{number}", "type": "charge.succeeded", "data": filler}
        ).encode()
        stamp = str(int(datetime.now(UTC).timestamp()))
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        head = (
            f"POST /webhooks/stripe HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
            f"stripe-signature: t={stamp},v1={digest}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        raw = head.encode() + body
        out.append(struct.pack("!I", len(raw)) + raw)
    return b"".join(out)


def measure(target: Any, dsn: str, port: int, round_number: int) -> dict[str, float]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=(dsn, port), daemon=True)
    process.start()
    for _ in range(200):
        try:
            httpx2.get(f"http://127.0.0.1:{port}/nothing")
            break
        except httpx2.HTTPError:
            time.sleep(0.05)
    time.sleep(0.3)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", str(port), str(CONNECTIONS)],
        input=requests(port, round_number), capture_output=True, check=True,
    )  # fmt: skip
    process.terminate()
    process.join()
    result: dict[str, float] = json.loads(done.stdout)
    assert not result["bad"], result
    return result


def main() -> None:
    from tieout.sandbox.world import free_port

    results: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "pg") as server:
        database = Database(server.dsn)
        migrate(database)
        with database.transaction() as connection:
            connection.execute("create table public.peer (id text primary key, body bytea not null)")
            connection.execute("alter role tieout set search_path = tieout, public")
        for round_number in range(ROUNDS):
            for name, target in (("peer", peer), ("ours", ours)):
                results[name].append(measure(target, server.dsn, free_port(), round_number))
        kept = database.rows("select count(*) as n from tieout.message")[0]["n"]
        assert kept == COUNT * ROUNDS, kept
    rate = {n: statistics.median(r["count"] / r["seconds"] for r in rows) for n, rows in results.items()}
    tail = {n: statistics.median(r["p99_ms"] for r in rows) for n, rows in results.items()}
    for name in ("ours", "peer"):
        print(f"{name}: {rate[name]:.0f} requests/s, p99 {tail[name]:.1f} ms")
    print(f"rate {rate['ours'] / rate['peer']:.2f} x the peer's, p99 {tail['ours'] / tail['peer']:.2f} x")
