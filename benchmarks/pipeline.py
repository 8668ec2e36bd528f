"""Messages through normalise, check and plan with evidence and stamps: ours in sets, against a worker that
runs one procrastinate job a document and does the same work there, at its best concurrency."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import procrastinate
from psycopg.rows import dict_row

from benchmarks.databases import KEY, own_database
from benchmarks.waiting import NoAnswerError
from tieout.connector_api import Item, LedgerFacts
from tieout.engine import Runner, SystemClock, look_for_cycles_seldom
from tieout.inbox import accept
from tieout.operations.discover import discover
from tieout.planning import ProcessStage
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release
from tieout.security.stamps import Stamper
from tieout.store import Connection, Database


@dataclass(frozen=True)
class Size:
    """Documents a round of each way, of which ours is done by one worker and by two; the peer is tried at each concurrency
    first. A round has `limit_s` seconds."""

    ours: int
    peers: int
    rounds: int
    concurrencies: tuple[int, ...]
    limit_s: float


FULL, TOY = Size(10_000, 600, 5, (1, 2, 4, 8, 16), 300), Size(120, 12, 1, (1, 2), 60)
# Two shops' providers: two lanes.
INTERFACES = ("stripe", "stripe_outlet")
NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    """Documents a second by way, at the concurrency that is the peer's best, and how many documents ours planned."""

    size: Size
    rate: dict[str, float]
    best: int
    planned: int

    def page(self) -> str:
        mine, both, theirs = self.rate["ours"], self.rate["two"], self.rate["peer"]
        return f"""## Pipeline

| what | ours | peer | ratio |
|---|---:|---:|---:|
| messages through normalise, check, plan with evidence and stamps, one worker, documents/s | {mine:,.0f} | {theirs:,.0f} | {mine / theirs:.1f} |
| the same, two workers with an interface each, documents/s | {both:,.0f} | {theirs:,.0f} | {both / theirs:.1f} |

The peer: a worker that runs one procrastinate job a document and does the same work there for a message that lies in the
inbox already, as ours does, at the best of the concurrencies {", ".join(map(str, self.size.concurrencies))} (here {self.best}). {self.size.ours:,} documents a run of
ours, {self.size.peers:,} of the peer's, medians of {self.size.rounds} alternating runs. An interface is worked by one worker at a time, so a
second one helps where a second interface has work. After the runs each of {self.planned:,} documents was planned once, with its
evidence and a stamp that holds.
"""


class Ledger:
    def facts(self, entity: Entity) -> LedgerFacts:
        return LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}


def release() -> Release:
    def table(name: str, rows: dict[str, str]) -> Mapping:
        return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

    accounts = {"clearing.stripe.USD": "101501", "bank_in_transit": "101701", "fees.stripe": "621000"}
    interfaces = {
        name: Interface(name, "stripe", "US", ("balance_transactions",), "o", "p") for name in INTERFACES
    }
    return Release(
        "0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, interfaces,
        {"accounts": table("accounts", accounts), "journals": table("journals", {"clearing.stripe.USD": "STRU"})},
    )  # fmt: skip


def body(number: int) -> bytes:
    """A balance transaction: a payout, as Stripe shows it (invented)."""
    source = {"id": f"po_{number:08d}", "object": "payout", "automatic": False, "metadata": {}}
    return json.dumps(
        {"id": f"txn_{number}", "object": "balance_transaction", "amount": -(100 + number), "currency": "usd",
         "created": 1_791_000_000 + number, "fee": 0, "net": -(100 + number), "reporting_category": "payout",
         "type": "payout", "source": source, "description": None}
    ).encode()  # fmt: skip


def fill(
    database: Database, first: int, count: int, state: str = "received", interface: str = INTERFACES[0]
) -> None:
    """Messages in the inbox, before the clock starts. The peer's are `listed`: ours leaves them alone."""
    with database.transaction() as connection:
        for start in range(first, first + count, 2000):
            items = [
                Item("balance_transactions", f"txn_{n}", f"k{n}", body(n))
                for n in range(start, min(start + 2000, first + count))
            ]
            accept(connection, interface, items, "poll", NOW, state=state)


def stage() -> ProcessStage:
    connector = discover()["stripe"]
    known = release()
    return ProcessStage(lambda: known, lambda _: connector, Ledger(), {}, SystemClock())


def ours(database: Database, first: int, size: Size) -> float:
    """Documents a second. Raises NoAnswerError where they are not planned in time."""
    fill(database, first, size.ours)
    connection, step = database.connect(autocommit=True), Runner(stage()).step
    started = time.perf_counter()
    while step(connection):
        if time.perf_counter() - started > size.limit_s:
            raise NoAnswerError(f"{size.ours} documents were not planned within {size.limit_s:g} s")
    seconds = time.perf_counter() - started
    connection.close()
    return size.ours / seconds


def _work(dsn: str, key: bytes | None, ready: Any, begin: Any) -> None:
    """A worker's process: what waits, to its end."""
    connection, step = Database(dsn, key).connect(autocommit=True), Runner(stage()).step
    look_for_cycles_seldom()
    ready.release()
    begin.wait()
    while step(connection):
        pass
    connection.close()


def ours_by_two(database: Database, first: int, size: Size) -> float:
    """Documents a second by two workers, a process each as an installation has them, with half of the documents at each of
    two interfaces. Raises NoAnswerError where they are not planned in time."""
    half = size.ours // 2
    for number, interface in enumerate(INTERFACES):
        fill(database, first + number * half, half, interface=interface)
    of = multiprocessing.get_context("spawn")
    ready, begin = of.Semaphore(0), of.Event()
    workers = [
        of.Process(target=_work, args=(database.dsn, database.stamp_key, ready, begin), daemon=True)
        for _ in INTERFACES
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        if not ready.acquire(timeout=size.limit_s):
            raise NoAnswerError("a worker did not start")
    begin.set()
    started = time.perf_counter()
    for worker in workers:
        worker.join(max(0.0, size.limit_s - (time.perf_counter() - started)))
        if worker.exitcode != 0:
            worker.kill()
            raise NoAnswerError(
                f"{size.ours} documents were not planned within {size.limit_s:g} s by two workers"
            )
    return 2 * half / (time.perf_counter() - started)


def one_document(connection: Any, number: int, connector: Any, known: Release) -> None:
    """The same work for one document, in one transaction: what a job does."""
    from tieout.documents import canonical_bytes
    from tieout.planning.facts import Asked, FactReader
    from tieout.planning.work import Work
    from tieout.planning.writing import Writer
    from tieout.processes import plan_document

    interface = known.interfaces["stripe"]
    with connection.transaction():
        row = connection.execute(
            "select m.message_id, b.salt, b.body from tieout.message m join tieout.message_body b"
            " using (message_id) where m.interface = 'stripe' and m.dedupe_key = %s", (f"k{number}",)
        ).fetchone()  # fmt: skip
        (document,) = connector.stream("balance_transactions").normalise(bytes(row["body"]), {})
        found = connection.execute("select nextval('tieout.document_document_id_seq') as id").fetchone()
        work = Work(
            document, canonical_bytes(document), bytes(row["salt"]), row["message_id"], 1,
            document.measure(), NOW.date(), document_id=found["id"],
        )  # fmt: skip
        reader = FactReader(connection, known, interface, LedgerFacts(None, {}), {}, NOW)
        (work.facts,) = reader.read([Asked(document, work.on)])
        work.plan = plan_document(document, 1, work.facts, known, interface, work.on)
        Writer(connection, known, interface, {}, NOW).write([work])


def peer(database: Database, first: int, concurrency: int, size: Size) -> float:
    """Documents a second. Raises NoAnswerError where they are not planned in time."""
    import psycopg_pool
    from psycopg.conninfo import conninfo_to_dict

    fill(database, first, size.peers, "listed")
    connector, known = discover()["stripe"], release()
    arguments = {k: v for k, v in conninfo_to_dict(database.dsn).items() if v}
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(kwargs=arguments))

    def give_key(connection: Connection) -> None:
        connection.stamp_key = database.stamp_key

    pool = psycopg_pool.ConnectionPool(
        database.dsn + " options='-c search_path=tieout,public -c timezone=UTC'",
        min_size=concurrency, max_size=concurrency, kwargs={"row_factory": dict_row}, open=True,
        connection_class=Connection, configure=give_key,
    )  # fmt: skip

    def work(number: int) -> None:
        with pool.connection() as connection:
            one_document(connection, number, connector, known)

    @app.task(name="document")
    async def document(number: int) -> None:
        await asyncio.to_thread(work, number)

    async def run() -> float:
        async with app.open_async():
            await document.batch_defer_async(*[{"number": first + n} for n in range(size.peers)])
            started = time.perf_counter()
            working = app.run_worker_async(
                wait=False, concurrency=concurrency, listen_notify=False, delete_jobs="always"
            )
            try:
                await asyncio.wait_for(working, size.limit_s)
            except TimeoutError as late:
                raise NoAnswerError(f"procrastinate was not done within {size.limit_s:g} s") from late
            return size.peers / (time.perf_counter() - started)

    rate = asyncio.run(run())
    pool.close()
    return rate


def proven(database: Database, size: Size) -> int:
    """That ours planned each of its documents once, with evidence and a stamp that holds, and the peer each of its own.
    How many are ours. Raises AssertionError."""
    rows = database.rows("select * from tieout.document")
    mine, theirs = 2 * size.ours * size.rounds, size.peers * (size.rounds + len(size.concurrencies))
    assert len(rows) == len({r["source_key"] for r in rows}) == mine + theirs, (len(rows), mine, theirs)
    assert {r["state"] for r in rows} == {"planned"}, {r["state"] for r in rows}
    stamper = Stamper(KEY)
    for row in rows:
        parts = ("interface", "source_key", "revision", "message_id", "content_sha256")
        assert stamper.holds(row["stamp"], "document", *(row[p] for p in parts)), row["source_key"]
    for table, condition in (
        ("evidence", "where action = 'document.planned'"),
        ("delivery", "where stamp is not null"),
    ):
        (found,) = database.rows(f"select count(*) as n from tieout.{table} {condition}")
        assert found["n"] >= mine + theirs, (table, found["n"], mine + theirs)
    return mine


def compare(size: Size, database: Database) -> Result:
    """The peer at each concurrency, then alternating rounds; then the proof of what was counted."""
    rates: dict[str, list[float]] = {"ours": [], "two": [], "peer": []}
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=database.dsn))
    with app.open():
        app.schema_manager.apply_schema()
    tried = {c: peer(database, 10_000_000 + c * 100_000, c, size) for c in size.concurrencies}
    best = max(tried, key=lambda c: tried[c])
    for number in range(size.rounds):
        rates["peer"].append(peer(database, 20_000_000 + number * 100_000, best, size))
        rates["ours"].append(ours(database, number * size.ours, size))
        rates["two"].append(ours_by_two(database, 30_000_000 + number * size.ours, size))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return Result(size, medians, best, proven(database, size))


def run(size: Size) -> Result:
    """On a server of its own."""
    with own_database() as database:
        return compare(size, database)
