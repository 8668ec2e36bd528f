"""Durable webhook intake: ours with signature, deduplication, evidence and stamps on, against
Starlette + uvicorn + asyncpg with one INSERT a request. Both commit with fsync before 2xx."""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import socket
import statistics
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from benchmarks.databases import KEY, own_database
from benchmarks.waiting import NoAnswerError, output_of, until
from tieout.security.stamps import Stamper
from tieout.store import Database

SECRET = "whsec"


@dataclass(frozen=True)
class Size:
    """Requests a round, over how many connections, after so many that warm a server which was just started; each way runs
    so many rounds, each in `limit_s` seconds at most."""

    requests: int
    warm: int
    connections: int
    rounds: int
    limit_s: float

    @property
    def sent(self) -> int:
        """In one round, those that warm among them."""
        return self.requests + self.warm


FULL, TOY = Size(12_000, 1_000, 64, 5, 120), Size(80, 8, 8, 1, 60)


@dataclass(frozen=True)
class Result:
    """Medians by way, and what ours kept: its messages, each with its evidence and its stamp."""

    size: Size
    rate: dict[str, float]
    p99_ms: dict[str, float]
    kept: int

    def page(self) -> str:
        rate, p99 = self.rate, self.p99_ms
        return f"""## Intake

| what | ours | peer | ratio |
|---|---:|---:|---:|
| durable webhook intake (signature, deduplication, evidence, stamps; fsync before 2xx), requests/s | {rate["ours"]:,.0f} | {rate["peer"]:,.0f} | {rate["ours"] / rate["peer"]:.2f} |
| the same, 99th percentile | {p99["ours"]:.1f} ms | {p99["peer"]:.1f} ms | {p99["ours"] / p99["peer"]:.2f} |

The peer: Starlette + uvicorn + asyncpg with one INSERT a request and no signature, deduplication, evidence or stamp.
{self.size.connections} connections, {self.size.requests:,} pushes of about a kilobyte a run after {self.size.warm:,} that are not measured, medians of {self.size.rounds}
alternating runs on one database; the load generator runs on the same cores. After the runs every one of {self.kept:,}
messages was there once, with its evidence and a stamp that holds; a push that came again changed nothing, and one with a
wrong signature was refused.
"""


def ours(dsn: str, port: int) -> None:
    """Serve as `tieout serve` does, in a process of its own: it is told the key of its database, as there."""
    from tieout.api import Services, serve
    from tieout.connector_api import SystemConfig
    from tieout.engine import SystemClock
    from tieout.operations.discover import discover
    from tieout.rules import Entity, Interface, Release

    registry = discover()
    values = {"url": "http://127.0.0.1:1", "key": "k", "webhook_secrets": SECRET}
    session = registry["stripe"].open(SystemConfig("stripe", "stripe", "bench", values))
    interface = Interface("stripe", "stripe", "US", ("balance_transactions",), "o", "p")
    release = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {"stripe": interface}, {})
    serve(
        Services(
            name="bench", environment="bench", database=Database(dsn, KEY), clock=SystemClock(),
            release=lambda: release, session=lambda _: session, connector_of=lambda _: registry["stripe"],
            host="127.0.0.1", port=port,
        )
    )  # fmt: skip


def peer(dsn: str, port: int) -> None:
    """The same push, kept by one INSERT."""
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
            host=parts["host"], user=parts["user"], password=parts.get("password"),
            database=parts["dbname"], min_size=20, max_size=20,
        )  # fmt: skip
        yield

    async def hook(request: Request) -> JSONResponse:
        body = await request.body()
        event = json.loads(body)
        await pool.execute("insert into public.peer (id, body) values ($1, $2)", event["id"], body)
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


def signed(number: int, round_number: int, secret: str = SECRET) -> tuple[bytes, str]:
    """A push of about a kilobyte with an id of its own, and its signature."""
    filler = {"charge": {"id": "ch_x", "metadata": {"order_id": "1"}, "text": "x" * 700}}
    event = {"id": f"evt_{round_number}_{number}", "type": "charge.succeeded", "data": filler}
    body = json.dumps(event).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={digest}"


def requests(size: Size, port: int, round_number: int) -> bytes:
    """Raw requests, each with its length before it, as the load generator takes them."""
    out = []
    for number in range(size.sent):
        body, signature = signed(number, round_number)
        head = (
            f"POST /webhooks/stripe HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
            f"stripe-signature: {signature}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        raw = head.encode() + body
        out.append(struct.pack("!I", len(raw)) + raw)
    return b"".join(out)


def _answers(port: int, process: Any) -> bool:
    """Whether the server accepts connections. Raises NoAnswerError where it ended instead."""
    if process.exitcode is not None:
        raise NoAnswerError(f"the server ended with {process.exitcode} before it answered")
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def served(target: Callable[[str, int], None], dsn: str, port: int, ask: Callable[[], Any]) -> Any:
    """What `ask` says while `target` serves in a process of its own. Raises NoAnswerError."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=(dsn, port), daemon=True)
    process.start()
    try:
        until(f"the server of {target.__name__}", 60, lambda: _answers(port, process))
        return ask()
    finally:
        process.terminate()
        process.join(10)
        if process.exitcode is None:
            process.kill()
            process.join(10)


def measure(
    size: Size, target: Callable[[str, int], None], dsn: str, port: int, round_number: int
) -> dict[str, float]:
    """One round: what the load generator measured. Raises NoAnswerError."""
    command = [sys.executable, "-m", "benchmarks.load"]
    command += [str(each) for each in (port, size.connections, size.limit_s, size.warm)]

    def ask() -> str:
        given = requests(size, port, round_number)
        return output_of(f"pushes to {target.__name__}", command, size.limit_s + 30, given)

    result: dict[str, float] = json.loads(served(target, dsn, port, ask))
    if result["bad"]:
        raise NoAnswerError(
            f"{target.__name__} answered {result['bad']} of {result['count']} pushes with no 200"
        )
    return result


def _pushed(port: int, secret: str) -> int:
    """The status of the first push of all, sent again."""
    body, signature = signed(0, 0, secret)
    url = f"http://127.0.0.1:{port}/webhooks/stripe"
    return httpx2.post(url, content=body, headers={"stripe-signature": signature}, timeout=30).status_code


def proven(database: Database, count: int) -> int:
    """That what ours acknowledged is there once, with evidence and a stamp that holds: how many messages there are.
    Raises AssertionError."""
    rows = database.rows("select * from tieout.message")
    assert len(rows) == len({r["dedupe_key"] for r in rows}) == count, f"{len(rows)} messages, not {count}"
    stamper = Stamper(KEY)
    for row in rows:
        parts = ("interface", "stream", "dedupe_key", "transport", "submitted_by", "body_sha256")
        assert stamper.holds(row["stamp"], "message", *(row[p] for p in parts)), (
            f"no stamp on {row['dedupe_key']}"
        )
    sql = "select count(distinct subject) as n, count(*) as of from tieout.evidence where action = 'message.received'"
    (evidence,) = database.rows(sql)
    assert evidence["n"] == evidence["of"] == count, f"evidence of {evidence['n']} messages, not {count}"
    return len(rows)


def refuses(database: Database, port: int) -> None:
    """That a push that comes again is answered as the first was, and one with a wrong signature is refused. Raises
    AssertionError."""
    again, forged = served(
        ours, database.dsn, port, lambda: (_pushed(port, SECRET), _pushed(port, "another"))
    )
    assert (again, forged) == (200, 401), (again, forged)


def compare(size: Size, database: Database) -> Result:
    """Alternating rounds on one database; then the proof of what was kept."""
    from tieout_sandbox.ports import free_port

    results: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    with database.transaction() as connection:
        connection.execute("create table public.peer (id text primary key, body bytea not null)")
    for round_number in range(size.rounds):
        for name, target in (("peer", peer), ("ours", ours)):
            results[name].append(measure(size, target, database.dsn, free_port(), round_number))
    rate = {n: statistics.median(r["count"] / r["seconds"] for r in rows) for n, rows in results.items()}
    tail = {n: statistics.median(r["p99_ms"] for r in rows) for n, rows in results.items()}
    refuses(database, free_port())
    return Result(size, rate, tail, proven(database, size.sent * size.rounds))


def run(size: Size) -> Result:
    """On a server of its own."""
    with own_database() as database:
        return compare(size, database)
