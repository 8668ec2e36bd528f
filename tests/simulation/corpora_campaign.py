"""`make campaign-corpora`: what becomes of published files, read and taken in, as docs/campaigns/corpora.md tells it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import psycopg

from tests.conformance.corpora import Corpus, Formats, Read, Reading, corpora, read_all
from tests.databases import STRATEGY, quicken
from tests.simulation.corpora_intake import ORDERS, Taken, take_bills, take_in
from tieout.cli.invoice_readings import EINVOICE
from tieout.operations.discover import discover
from tieout.store import Database, EmbeddedServer, migrate

Fresh = Callable[[], Database]
Job = tuple[Callable[[Database, Corpus, Sequence[Path], str], Taken], Corpus, list[Path], str]
# Of invoices each is known by itself, whichever came before it: one order of thousands is enough.
BILL_ORDERS = ("shuffled",)
_AT_ONCE = 4
# Where another library reads other lines, and why ours are the file's.
EXPLAINED = {
    "Engine/Rabo/sample": "a decimal point and no :61: entry date: mt-940 reads whole units alone, and 10 of its 39 lines",
    "fixtures/ofx-v102-empty-tags.ofx": "a transaction with an empty FITID, which ofxparse leaves out",
    "ofx.version-1.invented.ofx": "a transaction without FITID, which ofxparse leaves out",
    "mt940.deutschebank.blank-before-type.invented.sta": "blanks before the type, which mt-940 reads as no line",
}
# What is refused because it is another thing than a bank's, card's or provider's file, or a broken one on purpose.
_MOST_REASONS = 45


@contextmanager
def fresh_databases() -> Iterator[Fresh]:
    """A server, and as many empty databases of the product as are asked for."""
    with tempfile.TemporaryDirectory() as place, EmbeddedServer(Path(place) / "postgres") as server:
        made, lock = 0, Lock()
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            quicken(connection)

        def create(name: str, template: str) -> Database:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute(f"create database {name} template {template} {STRATEGY}".encode())
            return Database(server.dsn.replace("dbname=tieout", f"dbname={name}"), bytes(32))

        def fresh() -> Database:
            nonlocal made
            with lock:
                made += 1
                return create(f"corpus{made}", "migrated")

        migrate(create("migrated", "template1"))
        yield fresh


def campaign(folder: Path, fresh: Fresh) -> tuple[list[str], list[str]]:
    """The page's lines, and everything that is wrong: a crash, a line lost or doubled, amounts that another library reads otherwise."""
    discover()
    found = corpora(folder)
    read = read_all(found)
    banks, bills = taken(found, read.readings, fresh)
    wrong = [f"{r.corpus}: {r.name}: {r.crash}" for r in read.crashes]
    wrong += [w for t in (*banks, *bills) for w in t.wrong]
    differ = [d for f in read.formats.values() for d in f.differ]
    wrong += [f"{d}: another library reads other lines" for d in differ if not _explained(d)]
    return [
        *_read_part(found, read),
        *_taken_part(banks, bills),
        *_wrong_part(wrong),
        *_rest(found, read, differ),
    ], wrong


def taken(
    found: Sequence[Corpus], readings: Sequence[Reading], fresh: Fresh
) -> tuple[list[Taken], list[Taken]]:
    """What became of the bank files and of the electronic invoices that were read, a corpus and an order each."""
    banks, bills = list[Job](), list[Job]()
    for corpus in found:
        good = [r for r in readings if r.corpus == corpus.name and not (r.error or r.crash)]
        for jobs, take, orders, files in (
            (banks, take_in, ORDERS, [r.path for r in good if r.format != EINVOICE]),
            (bills, take_bills, BILL_ORDERS, [r.path for r in good if r.format == EINVOICE]),
        ):
            jobs += [(take, corpus, files, order) for order in orders if files]

    def work(job: Job) -> Taken:
        take, corpus, files, order = job
        done = take(fresh(), corpus, files, order)
        print(done.corpus, order, done.told, "told,", len(done.wrong), "wrong", flush=True)
        return done

    # The database works in processes of its own: while one waits for it, another reads.
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        ended = list(threads.map(work, [*bills, *banks]))
    return ended[len(bills) :], ended[: len(bills)]


def _explained(where: str) -> bool:
    return any(where.endswith(name) for name in EXPLAINED)


def _read_part(found: Sequence[Corpus], read: Read) -> list[str]:
    files = sum(f.files for f in read.formats.values())
    distinct = sum(f.distinct for f in read.formats.values())
    lines = [
        f"{files} published files of {len(found)} repositories, {distinct} of them with bytes of their own, read as `tieout parse` reads",
        f"them: {len(read.crashes)} ended otherwise than by being read or refused with words. Other libraries (mt-940, ofxtools, ofxparse, bai2; for CAMT",
        "the entries as they stand in the tree) read the same amounts in the same order, or cannot read the file.", "",
        "| format | files | of their own | parsed | refused | statements hold | do not | unknown | invoices | library agrees | differs |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    lines += [_row(name, f) for name, f in sorted(read.formats.items())]
    alike = sum(f.broken_alike for f in read.formats.values())
    broken = sum(f.statements[False] for f in read.formats.values())
    return [
        *lines, "",
        f"Of the {broken} statements that do not hold, {alike} have the same lines by another library: their figures were",
        "changed, or lines cut out, before they were published.", "",
    ]  # fmt: skip


def _row(name: str, f: Formats) -> str:
    holds = f.statements
    return (
        f"| {name} | {f.files} | {f.distinct} | {f.parsed} | {f.refused.total()} | {holds[True]} | {holds[False]} | {holds[None]} "
        f"| {f.invoices} | {f.agree} | {len(f.differ)} |"
    )


def _taken_part(banks: Sequence[Taken], bills: Sequence[Taken]) -> list[str]:
    lines = [
        "## Taken in", "",
        "What was read goes through the real intake and planning on PostgreSQL, each repository into a database of its own,",
        "bank files in three orders and then all the same bytes once more, invoices in one order (an invoice is one line here,",
        "and none of their suppliers is known, so that all are cases): nothing may be lost or doubled.",
        "*In cases* counts the lines of statements that do not hold or have no balances, and what contradicts what came before;",
        "*told before* what another file of the repository had told. Lines of interim reports and pending ones are not to be booked.", "",
        "| what | order | files | lines in | booked | in cases | told before | lost | doubled | not to be booked |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for what, found, orders in (
        ("bank files", banks, ORDERS),
        ("electronic invoices", bills, BILL_ORDERS),
    ):
        for order in orders:
            mine = [t for t in found if t.order == order]
            figures = [
                sum(getattr(t, name) for t in mine) for name in ("files", "told", "booked", "held", "known")
            ]
            wrong = [sum(len(t.lost) for t in mine), sum(len(t.doubled) for t in mine)]
            cells = [*figures, *wrong, sum(t.not_booked for t in mine)]
            lines.append(f"| {what} | {order} | " + " | ".join(str(n) for n in cells) + " |")
    return [*lines, ""]


def _wrong_part(wrong: Sequence[str]) -> list[str]:
    return ["## Wrong", "", *(f"- {w}" for w in wrong[:100]), ""] if wrong else []


def _rest(found: Sequence[Corpus], read: Read, differ: Sequence[str]) -> list[str]:
    reasons = Counter({(n, why): k for n, f in read.formats.items() for why, k in f.refused.items()})
    rest = reasons.most_common()[_MOST_REASONS:]
    lines = [
        "## Refused, by reason", "",
        "Of invoices the first rule that they break. Many are published to be refused. What is *not known* are tables of other things,",
        "tables that need a declared dialect, and documents of other kinds.", "",
        "| format | reason | files |", "|---|---|---:|",
        *(f"| {name} | {why.replace('|', '/')} | {n} |" for (name, why), n in reasons.most_common(_MOST_REASONS)),
        f"| all | {len(rest)} other reasons | {sum(n for _, n in rest)} |", "",
    ]  # fmt: skip
    if differ:
        lines += ["## Where another library reads other lines", ""]
        lines += [f"- {d}: {next((w for n, w in EXPLAINED.items() if d.endswith(n)), '')}" for d in differ]
        lines.append("")
    lines += [
        "## Repositories", "",
        "| repository | revision | licence as published | files of their own | parsed |", "|---|---|---|---:|---:|",
        *(
            f"| [{c.name}]({c.source}) | {c.revision[:12]} | {c.licence} | {n['distinct']} | {n['parsed']} |"
            for c in found
            if (n := read.by_corpus.get(c.name, Counter()))
        ),
    ]  # fmt: skip
    return lines
