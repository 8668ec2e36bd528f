"""Every page of the console over a large database, and a list beside Django's admin on the same rows.

`python -m benchmarks.console --documents 1000000` measures on a real project that is served as `tieout serve` does, over
HTTP on this machine, one request after the other: the 95th percentile of what a page takes, and of the last page of a
list. Django's admin lists the same table in the same run, alternating.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pyotp

from benchmarks.django_admin import Admin
from tieout.bootstrap.wiring import App
from tieout.cli.template import write_template
from tieout.sandbox.world import free_port
from tieout.security import AddPerson, Begin, Confirm, GrantRole, change_authority, key_hash
from tieout.security.identity import Identity, Origin, Site
from tieout.store import Connection

CASES, LINES, RUNS = 10_000, 250_000, 40
SEED = """
set session_replication_role = replica;
insert into tieout.message (interface, stream, dedupe_key, source_key, transport, state, body_sha256, received_at)
select case when n % 3 = 0 then 'bank' else 'stripe' end, 's', 'm' || n, 'k' || n, 'poll', 'normalised', '\\x00',
    '2026-01-01'::timestamptz + n * interval '26 seconds'
from generate_series(1, {n}) n;
insert into tieout.document (interface, entity, kind, source_key, revision, version, content, content_sha256, message_id,
    occurred_at, accounting_on, period, currency, control_group, measure_count, measure_debit, measure_credit, state,
    reason, release, posted_at, link_key)
select interface, 'MAIN', case when n % 3 = 0 then 'statement_line' else 'provider_movement' end, source_key, 1, '1',
    case when n % 3 = 0 then '{{"kind":"statement_line","booked_on":"' || at::date || '"}}'
        else '{{"kind":"provider_movement","category":"' || case when n % 500 = 1 then 'payout' else 'charge' end
            || '","automatic":true,"gross":{{"value":"-10.00"}},"net":{{"value":"10.00"}}}}' end,
    '\\x00', message_id, at, at::date, to_char(at, 'YYYY-MM'), 'EUR', '', 1, (n % 1000)::numeric / 100, 0,
    case when n <= {cases} then 'refused' when n > {n} - 500 then 'planned' else 'posted' end,
    case when n <= {cases} then 'unknown_tax' else '' end, 'r', at, case when n % 500 = 1 then 'po_' || n else '' end
from (select message_id, interface, source_key, received_at as at, row_number() over (order by message_id) as n
    from tieout.message) m;
insert into tieout.delivery (document_id, interface, entity, system, lane, effect, external_id, ledger, body, body_sha256,
    state, target_model, target_id, measure, confirmed_at)
select document_id, interface, 'MAIN', 'odoo', 'l', 'entry', 'tieout.' || document_id, true, '{{}}', '\\x00', 'confirmed',
    'account.move', document_id, measure_debit, posted_at from tieout.document where state = 'posted';
insert into tieout.cases (fingerprint, cause, interface, entity, period, document_id, source_key, amount, currency, blocking,
    recovery, detail, owner, opened_at, due_at)
select 'f' || document_id, (array['unknown_tax', 'unmapped_account', 'late_event', 'bill_above_order',
    'unknown_customer'])[1 + document_id % 5], interface, 'MAIN', period, document_id, source_key, measure_debit, 'EUR', true,
    'add it to mappings/taxes.csv, then `tieout replay`', 'a tax that nobody mapped', 'finance', occurred_at,
    occurred_at + interval '1 day' from tieout.document where state = 'refused';
insert into tieout.control_total (interface, entity, period, currency, control_group, count, debit, credit, reference, taken_at)
select interface, entity, period, currency, '', count(*), sum(measure_debit), 0, 'report', now()
from tieout.document group by interface, entity, period, currency;
insert into tieout.evidence (at, actor, action, subject, entity)
select occurred_at, 'process', 'document.planned', source_key, entity from tieout.document;
insert into tieout.open_line (entity, line, side, account, kind, booked_on, amount, currency, partner, number, text, read_at)
select 'MAIN', n, case when n % 2 = 0 then 'cash' else 'due' end, '212130', 'other', '2026-01-01'::date + (n % 300),
    (n % 100000)::numeric / 100, 'EUR', 'Partner ' || n % 5000, 'INV-' || n, 'transfer ' || n, now()
from generate_series(1, {lines}) n;
set session_replication_role = origin;
vacuum (analyze);
"""
PAGES = (
    "/", "/tie-out", "/tie-out/documents?interface=bank&entity=MAIN&period=2026-03&currency=EUR&bucket=posted",
    "/tie-out/documents?interface=stripe&entity=MAIN&period=2026-03&currency=EUR&bucket=posted",
    "/tie-out/documents?interface=stripe&entity=MAIN&period=2026-01&currency=EUR&bucket=in_exception",
    "/cases", "/cases?cause=unknown_tax&entity=MAIN", "/cases/{case}", "/matching", "/matching?words=INV-99999&entity=MAIN",
    "/matching/lessons", "/approvals", "/documents", "/documents?interface=bank", "/documents?period=2026-02",
    "/documents?state=refused", "/documents?source_key=k4711", "/documents/{document}", "/payouts", "/payouts/{payout}",
    "/close", "/close/MAIN/2026-10", "/interfaces", "/interfaces/stripe", "/mappings", "/mappings/accounts", "/evidence",
    "/evidence?action=case.", "/evidence?subject=k4711", "/access", "/systems", "/payments", "/me",
)  # fmt: skip


def p95(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[18]


class Bench:
    """A project with its database, served."""

    def __init__(self, folder: Path, documents: int) -> None:
        os.environ.update(ODOO_KEY="x", STRIPE_KEY="x", STRIPE_WEBHOOK_SECRETS="x")
        self.port, self.documents = free_port(), documents
        write_template(folder)
        toml = folder / "tieout.toml"
        toml.write_text(toml.read_text().replace("port = 8080", f"port = {self.port}"))
        self.app = App(folder)
        self.postgres = self.app.start_database()
        started = time.monotonic()
        with psycopg.connect(self.app.owner_dsn, autocommit=True) as connection:
            for statement in SEED.format(n=documents, cases=CASES, lines=LINES).split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode())
        print(
            f"{documents:,} documents, {CASES:,} cases, {LINES:,} open lines in {time.monotonic() - started:.0f} s"
        )
        self.connection: Connection = self.app.database.connect(autocommit=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "serve", "--dir", str(folder)], stderr=subprocess.DEVNULL
        )
        self.base = self.app.project.identity.url
        self.http = httpx2.Client(
            base_url=self.base, timeout=120, headers={"cookie": f"tieout={self._person()}"}
        )
        while True:
            try:
                if self.http.get("/healthz").status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.1)

    def _person(self) -> str:
        """Somebody who may see everything, signed in."""

        def now() -> datetime:
            return datetime.now(UTC)

        people = tuple(
            AddPerson(name=n, human=True, names=(), key_sha256=key_hash(n)) for n in ("ann", "ben")
        )
        with self.connection.transaction():
            change_authority(self.connection, Begin(people=people), "first start", now())
            cleo = AddPerson(name="cleo", human=True, names=(), key_sha256="")
            roles = [
                GrantRole(name="cleo", role=r, entity="*", limit=None)
                for r in ("controller", "integrator", "auditor", "administrator")
            ]
            for change in (cleo, *roles):
                number = change_authority(self.connection, change, "ann", now())
                change_authority(self.connection, Confirm(no=number), "ben", now())
        site = Site("localhost", self.base, "Tieout")
        identity = Identity(self.connection, now, site)
        signed = identity.accept(
            identity.invite("cleo", "ann"), "five words that nobody guesses", Origin("bench")
        )
        secret, _ = identity.offer_totp(signed.session)
        signed, _ = identity.confirm_totp(signed.session, pyotp.TOTP(secret).at(now()), Origin("bench"))
        return signed.token

    def one(self, sql: str) -> int:
        row = self.connection.execute(sql.encode()).fetchone()
        assert row is not None
        return int(next(iter(row.values())))

    def timed(self, path: str) -> float:
        """Milliseconds of one page, from the request to its last byte."""
        started = time.perf_counter()
        reply = self.http.get(path)
        took = (time.perf_counter() - started) * 1000
        assert reply.status_code == 200, (path, reply.status_code, reply.text[:300])
        return took

    def last_page(self, path: str) -> str:
        """The address of a list's last page, without walking there: by the place of its last rows."""
        number = self.one("select document_id from tieout.document order by document_id offset 30 limit 1")
        after = base64.urlsafe_b64encode(json.dumps([str(number)]).encode()).rstrip(b"=").decode()
        return f"{path}?after={after}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.http.close()
        self.connection.close()
        if self.postgres is not None:
            self.postgres.stop()


def measure(documents: int, write: Path | None) -> None:
    lines: list[str] = []

    def say(text: str) -> None:
        print(text, flush=True)
        lines.append(text)

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "project", documents)
        places = {
            "case": bench.one("select case_id from tieout.cases order by amount desc limit 1"),
            "document": bench.one(
                "select document_id from tieout.document where state = 'posted' limit 1 offset 5000"
            ),
            "payout": bench.one("select document_id from tieout.document where link_key <> '' limit 1"),
        }
        # A worker keeps what costs more than a page may; here once.
        for path in ("/tie-out", "/interfaces", "/matching", "/payouts", "/interfaces/stripe"):
            bench.http.get(path)
        say(
            f"{documents:,} documents, {CASES:,} open cases, {LINES:,} open lines; {RUNS} requests of each page, one after another, two cores.\n"
        )
        say("| page | median ms | 95th percentile ms |\n|---|---:|---:|")
        over = []
        for path in (*PAGES, "last of /documents"):
            where = bench.last_page("/documents") if path.startswith("last") else path.format(**places)
            bench.timed(where)
            samples = [bench.timed(where) for _ in range(RUNS)]
            say(f"| `{path}` | {statistics.median(samples):.0f} | {p95(samples):.0f} |")
            if p95(samples) >= 100:
                over.append(path)
        say(f"\nOver 100 ms at the 95th percentile: {', '.join(f'`{p}`' for p in over) or 'none'}.\n")
        _matching(bench, say)
        _beside_django(bench, say)
        bench.stop()
    if write is not None:
        head = "# The console over a large database\n\n`make campaign-console` wrote this.\n\n"
        write.write_text(head + "\n".join(lines) + "\n")


def _matching(bench: Bench, say: Callable[[str], None]) -> None:
    """The matching page while as many lines are matched in a process of its own, and kept."""
    path = "/matching?entity=MAIN"
    for _ in range(5):
        bench.timed(path)
    alone = [bench.timed(path) for _ in range(RUNS)]
    command = [
        sys.executable,
        "-m",
        "benchmarks.reconciling",
        str(bench.app.project.folder),
        str(LINES),
        "60",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as matching:
        assert matching.stdout is not None and matching.stdout.readline() == "begins\n"
        samples = []
        while matching.poll() is None:
            samples.append(bench.timed(path))
            time.sleep(0.05)
        runs, seconds, applied = matching.stdout.read().split()
    say(
        f"While {LINES:,} open lines are matched in another process and kept ({runs} runs of {seconds} s, {int(applied):,} "
        f"matches applied): the matching page answers in {statistics.median(samples):.0f} ms (median), {p95(samples):.0f} ms "
        f"(95th percentile), {max(samples):.0f} ms at most of {len(samples)} times; alone in "
        f"{statistics.median(alone):.0f} ms (median).\n"
    )


def _beside_django(bench: Bench, say: Callable[[str], None]) -> None:
    """Our list of documents and Django's admin on the same table, alternating."""
    admin = Admin(bench.app.dsn)
    last_ours, last_theirs = bench.last_page("/documents"), admin.last(bench.documents)
    figures: dict[str, list[float]] = {"ours": [], "theirs": [], "ours, last": [], "theirs, last": []}
    for _ in range(7):
        figures["ours"].append(bench.timed("/documents"))
        figures["theirs"].append(admin.timed(admin.first))
        figures["ours, last"].append(bench.timed(last_ours))
        figures["theirs, last"].append(admin.timed(last_theirs))
    admin.stop()
    m: dict[str, Any] = {k: statistics.median(v) for k, v in figures.items()}
    say(
        "| list of documents, 50 a page, median of 7 alternating runs | first page ms | last page ms |\n|---|---:|---:|"
    )
    say(f"| Tieout | {m['ours']:.0f} | {m['ours, last']:.0f} |")
    say(f"| Django's admin | {m['theirs']:.0f} | {m['theirs, last']:.0f} |")
    say(f"| ratio | {m['theirs'] / m['ours']:.1f} | {m['theirs, last'] / m['ours, last']:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    measure(given.documents, given.write)
