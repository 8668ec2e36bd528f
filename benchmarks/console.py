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
import selectors
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pyotp

from benchmarks.django_admin import Admin
from benchmarks.waiting import NoAnswerError, until
from tieout.cli.template import write_template
from tieout.operations.open_project import OpenProject
from tieout.operations.starting import start_database
from tieout.security import AddPerson, Begin, Confirm, GrantRole, change_authority, key_hash
from tieout.security.identity import Identity, Origin, Site
from tieout.store import Connection
from tieout_sandbox.ports import free_port


@dataclass(frozen=True)
class Size:
    """Rows; requests of each page, and those beside Django; how long lines are matched meanwhile."""

    documents: int
    cases: int
    lines: int
    runs: int
    beside: int
    matching_s: float


FULL, TOY = Size(1_000_000, 10_000, 250_000, 40, 7, 60), Size(1_200, 60, 200, 2, 1, 0)
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
insert into tieout.findable (document_id, entity, thing, number, party, amount, terms)
select n, 'MAIN', thing, 'INV-' || padded, 'Partner ' || n % 5000, cents / 100,
    format($t$'!MAIN':1 '$eur':1 ':%s':1 '@%s':1 '=%s':1C 'k%s':1A 'inv%s':1A 'inv':1A '%s':1A '%s':1A 'partner':1B '%s':1B '#%s':1C
        'word%s':1$t$, replace(thing, ' ', ''), to_char(at, 'YYYYMMDD'), trim_scale(cents / 100), n, padded, padded, n, n % 5000,
        lpad((n % 10000)::text, 4, '0'), n % 977)::tsvector
from (select document_id as n, occurred_at as at, lpad(document_id::text, 7, '0') as padded,
    (document_id % 100000)::numeric as cents,
    case when document_id % 3 = 0 then 'bank line' when document_id % 500 = 1 then 'payout' else 'charge' end as thing
    from tieout.document) d;
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
    "/documents?state=refused", "/documents?source_key=k4711", "/documents/{document}", "/payouts", "/payouts?sort=-amount", "/payouts/{payout}",
    "/deliveries", "/deliveries?state=refused", "/deliveries?interface=bank", "/deliveries?sort=-credit", "/documents?sort=-credit",
    "/close", "/close/MAIN/2026-10", "/interfaces", "/interfaces/stripe", "/mappings", "/mappings/accounts", "/evidence",
    "/evidence?action=case.", "/evidence?subject=k4711", "/access", "/systems", "/payments", "/me",
    # Called so, said so, in any way of writing it; a whole month, what only begins so, and what every document says.
    "/find?q=INV-0004711", "/find?q=k4711", "/find?q=Partner 4711", "/find?q=471.10", "/find?q=payout 471.01 eur", "/find?q=2026-03-01",
    "/find?q=DE02 1203 0000 0000 4711 47", "/find?q=word47 1.234,56", "/find?q=inv-00047", "/find?q=oct 2026", "/find?q=inv", "/find?q=part",
    "/find?q=nobody knows", "/find/list?q=inv-00047", "/find/list?q=partner",
)  # fmt: skip


def p95(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[18]


class Bench:
    """A project with its database, served."""

    def __init__(self, folder: Path, size: Size) -> None:
        os.environ.update(ODOO_KEY="x", STRIPE_KEY="x", STRIPE_WEBHOOK_SECRETS="x")
        self.port, self.size = free_port(), size
        write_template(folder)
        toml = folder / "tieout.toml"
        toml.write_text(toml.read_text().replace("port = 8080", f"port = {self.port}"))
        self.project = OpenProject(folder)
        self.postgres = start_database(self.project)
        started = time.monotonic()
        with psycopg.connect(self.project.owner_dsn, autocommit=True) as connection:
            for statement in SEED.format(n=size.documents, cases=size.cases, lines=size.lines).split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode())
        print(
            f"{size.documents:,} documents, {size.cases:,} cases, {size.lines:,} open lines in {time.monotonic() - started:.0f} s"
        )
        self.connection: Connection = self.project.database.connect(autocommit=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tieout", "serve", "--dir", str(folder)], stderr=subprocess.DEVNULL
        )
        self.base = self.project.settings.identity.url
        self.http = httpx2.Client(
            base_url=self.base, timeout=120, headers={"cookie": f"tieout={self._person()}"}
        )
        try:
            until("the web side", 60, self._healthy)
        except NoAnswerError:
            self.stop()
            raise

    def _healthy(self) -> bool:
        if self.process.poll() is not None:
            raise NoAnswerError(f"the web side ended with {self.process.returncode} before it answered")
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx2.HTTPError:
            return False

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


def measure(size: Size) -> str:
    """Every page, the matching page while lines are matched, and a list beside Django's: as Markdown. Raises
    NoAnswerError, AssertionError where a page is not answered with 200."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        bench = Bench(Path(folder) / "project", size)
        ending.callback(bench.stop)
        return "\n".join([*_pages(bench), *_matching(bench), *_beside_django(bench)]) + "\n"


def _pages(bench: Bench) -> list[str]:
    size = bench.size
    places = {
        "case": bench.one("select case_id from tieout.cases order by amount desc limit 1"),
        "document": bench.one(
            "select document_id from tieout.document where state = 'posted' order by document_id limit 1 offset 30"
        ),
        "payout": bench.one("select document_id from tieout.document where link_key <> '' limit 1"),
    }
    # A worker keeps what costs more than a page may; here once.
    for path in ("/tie-out", "/interfaces", "/matching", "/payouts", "/interfaces/stripe"):
        bench.http.get(path)
    lines = [
        f"{size.documents:,} documents, {size.cases:,} open cases, {size.lines:,} open lines; {size.runs} requests of each page, "
        "one after another, two cores.\n",
        "| page | median ms | 95th percentile ms |\n|---|---:|---:|",
    ]
    over = []
    for path in (*PAGES, "last of /documents"):
        where = bench.last_page("/documents") if path.startswith("last") else path.format(**places)
        bench.timed(where)
        samples = [bench.timed(where) for _ in range(size.runs)]
        lines.append(f"| `{path}` | {statistics.median(samples):.0f} | {p95(samples):.0f} |")
        if p95(samples) >= 100:
            over.append(path)
    return [*lines, f"\nOver 100 ms at the 95th percentile: {', '.join(f'`{p}`' for p in over) or 'none'}.\n"]


def _line(process: subprocess.Popen[str], seconds: float) -> str:
    """The next line that a process prints. Raises NoAnswerError."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        if not waiting.select(seconds):
            process.kill()
            raise NoAnswerError(f"matching in another process: nothing was said within {seconds:g} s")
    return process.stdout.readline()


def _matching(bench: Bench) -> list[str]:
    """The matching page while as many lines are matched in a process of its own, and kept."""
    path, size = "/matching?entity=MAIN", bench.size
    for _ in range(5):
        bench.timed(path)
    alone = [bench.timed(path) for _ in range(size.runs)]
    words = [str(bench.project.settings.folder), str(size.lines), str(size.matching_s)]
    command = [sys.executable, "-m", "benchmarks.reconciling", *words]
    # Unbuffered by text: only whole lines are asked for.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as matching:
        if _line(matching, 120) != "begins\n":
            raise NoAnswerError(f"matching in another process ended with {matching.wait(10)} before it began")
        deadline, samples = time.monotonic() + size.matching_s + 300, []
        while matching.poll() is None or not samples:
            samples.append(bench.timed(path))
            if time.monotonic() > deadline:
                matching.kill()
                raise NoAnswerError(
                    f"matching {size.lines:,} lines was not done {size.matching_s + 300:g} s later"
                )
            time.sleep(0.05)
        assert matching.stdout is not None
        runs, seconds, applied = matching.stdout.read().split()
    return [
        f"While {size.lines:,} open lines are matched in another process and kept ({runs} runs of {seconds} s, {int(applied):,} "
        f"matches applied): the matching page answers in {statistics.median(samples):.0f} ms (median), "
        f"{p95(samples) if len(samples) > 1 else samples[0]:.0f} ms (95th percentile), {max(samples):.0f} ms at most of "
        f"{len(samples)} times; alone in {statistics.median(alone):.0f} ms (median).\n"
    ]


def _beside_django(bench: Bench) -> list[str]:
    """Our list of documents and Django's admin on the same table, alternating."""
    figures: dict[str, list[float]] = {"ours": [], "theirs": [], "ours, last": [], "theirs, last": []}
    with ExitStack() as ending:
        admin = Admin(bench.project.dsn)
        ending.callback(admin.stop)
        last_ours, last_theirs = bench.last_page("/documents"), admin.last(bench.size.documents)
        for _ in range(bench.size.beside):
            figures["ours"].append(bench.timed("/documents"))
            figures["theirs"].append(admin.timed(admin.first))
            figures["ours, last"].append(bench.timed(last_ours))
            figures["theirs, last"].append(admin.timed(last_theirs))
    m: dict[str, Any] = {k: statistics.median(v) for k, v in figures.items()}
    return [
        f"| list of documents, 50 a page, median of {bench.size.beside} alternating runs | first page ms | last page ms |\n|---|---:|---:|",
        f"| Tieout | {m['ours']:.0f} | {m['ours, last']:.0f} |",
        f"| Django's admin | {m['theirs']:.0f} | {m['theirs, last']:.0f} |",
        f"| ratio | {m['theirs'] / m['ours']:.1f} | {m['theirs, last'] / m['ours, last']:.1f} |",
    ]


def main(words: Sequence[str] | None = None) -> int:
    """The exit status: 3 where something did not answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=FULL.documents)
    parser.add_argument("--toy", action="store_true", help="as small as can be: that everything runs")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args(words)
    try:
        text = measure(TOY if given.toy else replace(FULL, documents=given.documents))
    except NoAnswerError as error:
        print(error, file=sys.stderr)
        return 3
    print(text)
    if given.write is not None:
        head = "# The console over a large database\n\n`make campaign-console` wrote this.\n\n"
        given.write.write_text(head + text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
