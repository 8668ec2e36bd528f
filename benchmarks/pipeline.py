"""Messages through normalise, check and plan with evidence: ours in sets, against a worker that
runs one procrastinate job a document and does the same work there, at its best concurrency."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import procrastinate
from psycopg.rows import dict_row

from tieout.bootstrap.discover import discover
from tieout.connect import Item, LedgerFacts
from tieout.engine import SystemClock
from tieout.pipeline import ProcessStage, accept
from tieout.rules import Entity, Interface, Mapping, MappingRow, Release
from tieout.store import Database, EmbeddedServer, migrate

OURS, PEERS, ROUNDS = 10_000, 600, 5
NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


class Ledger:
    def facts(self, entity: Entity) -> LedgerFacts:
        return LedgerFacts(None, {})

    def foreign(self, entity: Entity, references: Sequence[str]) -> dict[str, str]:
        return {}


def release() -> Release:
    def table(name: str, rows: dict[str, str]) -> Mapping:
        return Mapping(name, tuple(MappingRow(k, v) for k, v in rows.items()))

    accounts = {"clearing.stripe.USD": "101501", "bank_in_transit": "101701", "fees.stripe": "621000"}
    interface = Interface("stripe", "stripe", "US", ("balance_transactions",), "o", "p")
    return Release(
        "0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {"stripe": interface},
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


def fill(database: Database, first: int, count: int, state: str = "received") -> None:
    """Messages in the inbox, before the clock starts. The peer's are `listed`: ours leaves them alone."""
    with database.transaction() as connection:
        for start in range(first, first + count, 2000):
            items = [
                Item("balance_transactions", f"txn_{n}", f"k{n}", body(n))
                for n in range(start, min(start + 2000, first + count))
            ]
            accept(connection, "stripe", items, "poll", NOW, state=state)


def stage() -> ProcessStage:
    connector = discover()["stripe"]
    known = release()
    return ProcessStage(lambda: known, lambda _: connector, Ledger(), {}, SystemClock())


def ours(database: Database, first: int) -> float:
    fill(database, first, OURS)
    connection, step = database.connect(autocommit=True), stage().step
    started = time.perf_counter()
    while step(connection):
        pass
    seconds = time.perf_counter() - started
    connection.close()
    return OURS / seconds


def one_document(connection: Any, number: int, connector: Any, known: Release) -> None:
    """The same work for one document, in one transaction: what a job does."""
    from tieout.documents import canonical_bytes, measure_of
    from tieout.pipeline.facts import Asked, FactReader
    from tieout.pipeline.work import Work
    from tieout.pipeline.writing import Writer
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
            measure_of(document), NOW.date(), document_id=found["id"],
        )  # fmt: skip
        reader = FactReader(connection, known, interface, LedgerFacts(None, {}), {}, NOW)
        (work.facts,) = reader.read([Asked(document, work.on)])
        work.plan = plan_document(document, 1, work.facts, known, interface, work.on)
        Writer(connection, known, interface, {}, NOW).write([work])


def peer(database: Database, first: int, concurrency: int) -> float:
    import psycopg_pool
    from psycopg.conninfo import conninfo_to_dict

    fill(database, first, PEERS, "listed")
    connector, known = discover()["stripe"], release()
    arguments = {k: v for k, v in conninfo_to_dict(database.dsn).items() if v}
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(kwargs=arguments))
    pool = psycopg_pool.ConnectionPool(
        database.dsn + " options='-c search_path=tieout,public -c timezone=UTC'",
        min_size=concurrency, max_size=concurrency, kwargs={"row_factory": dict_row}, open=True,
    )  # fmt: skip

    def work(number: int) -> None:
        with pool.connection() as connection:
            one_document(connection, number, connector, known)

    @app.task(name="document")
    async def document(number: int) -> None:
        await asyncio.to_thread(work, number)

    async def run() -> float:
        async with app.open_async():
            await document.batch_defer_async(*[{"number": first + n} for n in range(PEERS)])
            started = time.perf_counter()
            await app.run_worker_async(
                wait=False, concurrency=concurrency, listen_notify=False, delete_jobs="always"
            )
            return PEERS / (time.perf_counter() - started)

    rate = asyncio.run(run())
    pool.close()
    return rate


def main() -> None:
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder) / "pg") as server:
        database = Database(server.dsn)
        migrate(database)
        app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=server.dsn))
        with app.open():
            app.schema_manager.apply_schema()
        tried = {c: peer(database, 10_000_000 + c * 100_000, c) for c in (1, 2, 4, 8, 16)}
        best = max(tried, key=lambda c: tried[c])
        print("peer by concurrency:", {c: round(r) for c, r in tried.items()}, f"best {best}")
        for number in range(ROUNDS):
            rates["peer"].append(peer(database, 20_000_000 + number * 100_000, best))
            rates["ours"].append(ours(database, number * OURS))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"ours: {medians['ours']:.0f} documents/s, peer: {medians['peer']:.0f} documents/s")
    print(f"{medians['ours'] / medians['peer']:.1f} x the peer's")
