"""Invoices into an Odoo that is there: ours beside a bare loop that loads and posts with the same flags and reads nothing back, and
beside odoorpc's one create and one post a call.

The server is named as the conformance suite's (TIEOUT_TEST_ODOO_URL, _DB, _KEY of an administrator, _LOGIN, _VERSION); a company
of its own is made there. Where none is named it is the simulator, whose times say nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import odoorpc

from tieout.connector_api import Sending
from tieout.connectors.odoo.client import OdooClient, Server
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.loading import Loader
from tieout.connectors.odoo.rows import invoice_fields, invoice_rows
from tieout.connectors.odoo.session import OdooSession
from tieout.connectors.odoo.transports import Call
from tieout.connectors.odoo.versions import choose
from tieout.documents import InvoiceLine, InvoicePosting, PartnerRecord
from tieout_sandbox.company import Administrator
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.odoo import Odoo

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
ON = date(2026, 10, 5)
_PARTNER = "tieout.bench_partner"


@dataclass(frozen=True)
class Size:
    """How many invoices of ours and of the bare loop in each of so many alternating rounds, how many of odoorpc's, how many the
    bare loop has in a call, and how many are delivered at once (as the product does)."""

    count: int
    rounds: int
    peer: int
    batch: int
    delivered: int


FULL, TOY = Size(1000, 3, 100, 200, 200), Size(6, 1, 2, 3, 4)


@dataclass
class Spent:
    """Seconds on the clock, calls, and the seconds of each kind of call ("account.move.load")."""

    seconds: float = 0.0
    calls: int = 0
    by_call: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of invoice: of the bare loop's in a second, of ours, of both ours over theirs, round by round, and where ours spent it."""

    what: str
    bare: list[float]
    ours: list[float]
    spent: Spent

    @property
    def ratio(self) -> float:
        """The median of what the rounds say, each against its own neighbour."""
        return statistics.median(o / b for o, b in zip(self.ours, self.bare, strict=True))


@dataclass(frozen=True)
class Result:
    """What was found; `peer` is odoorpc's invoices a second, `server` what answered."""

    size: Size
    server: str
    kinds: list[Kind]
    peer: float

    def page(self) -> str:
        """Its section of a page."""
        rows = "\n".join(
            f"| {k.what}, a second | {statistics.median(k.ours):.1f} | {statistics.median(k.bare):.1f} | {k.ratio:.2f} |"
            for k in self.kinds
        )
        first = self.kinds[0]
        over = statistics.median(first.ours) / self.peer
        return f"""| {self.size.count:,} invoices of 3 lines, created, posted, read back, exactly once | ours | bare loop | ratio |
|---|---:|---:|---:|
{rows}

Against {self.server}, in a company of its own; medians of {self.size.rounds} alternating rounds, each in a journal that is in use. The bare
loop loads {self.size.batch} invoices a call with the same flags and external ids, posts them, and reads nothing back. Ours delivers
{self.size.delivered} at once, as a worker does, and reads every line back. odoorpc with one create and one post a call: {self.peer:.1f} a second,
so that ours is {over:.1f} times as fast. Sent again, all of it changed nothing.

{chr(10).join(_where(k) for k in self.kinds)}"""


def _where(kind: Kind) -> str:
    total = sum(kind.spent.by_call.values()) or 1.0
    rows = sorted(kind.spent.by_call.items(), key=lambda pair: -pair[1])
    listed = "\n".join(f"| {name} | {s / total:.1%} |" for name, s in rows)
    return f"| {kind.what}: where ours spends its time ({kind.spent.calls} calls) | share |\n|---|---:|\n{listed}\n"


class Watched(OdooClient):
    """A client that writes down how long its calls took."""

    spent: Spent

    def _once(self, call: Call) -> Any:
        began = time.monotonic()
        found = super()._once(call)
        name, took = f"{call.model}.{call.method}", time.monotonic() - began
        self.spent.calls += 1
        self.spent.by_call[name] = self.spent.by_call.get(name, 0.0) + took
        return found


@contextmanager
def _administered() -> Iterator[tuple[Administrator, str]]:
    """An administrator of the server that is named, or of a simulator; and what it is."""
    url, database, key = (os.environ.get(f"TIEOUT_TEST_ODOO_{n}", "") for n in ("URL", "DB", "KEY"))
    version = choose(os.environ.get("TIEOUT_TEST_ODOO_VERSION", "19.0")).differs
    login = os.environ.get("TIEOUT_TEST_ODOO_LOGIN", "admin")
    if url:
        yield Administrator(url, database, key, version, login), f"a real Odoo {version.series}"
        return
    odoo, port = Odoo(lambda: NOW, version, database="bench", admin_password="admin"), free_port()
    served = serve({port: odoo})
    key = odoo.service.make_key(2)
    try:
        yield (
            Administrator(f"http://127.0.0.1:{port}", "bench", key, version),
            "the simulator, whose times say nothing",
        )
    finally:
        served.stop()


def invoices(tag: str, count: int, *, taxed: bool) -> list[Sending]:
    """Invoices of three lines; `taxed` are as the product sends those of a shop: the source's tax, and a match key."""
    taxes = ("15%",) if taxed else ()
    lines = tuple(
        InvoiceLine(
            name=f"Line {i}", quantity=Decimal(1), net=Decimal("10.00"), account="400000", taxes=taxes
        )
        for i in range(3)
    )
    tax = {"15%": Decimal("4.50")} if taxed else {}
    return [
        Sending(
            f"tieout.{tag}_{n}",
            InvoicePosting(refund=False, journal="INV", partner=_PARTNER, on=ON, reference=f"{tag}-{n}",
                           currency="USD", lines=lines, tax_totals=tax, total=Decimal(30) + sum(tax.values()),
                           receivable="121000", match=f"{tag}-{n}" if taxed else ""),
        )
        for n in range(count)
    ]  # fmt: skip


class Bench:
    """One company of one server."""

    def __init__(self, admin: Administrator, version: str, size: Size) -> None:
        self._size, self._admin = size, admin
        made = admin.set_up(f"Benchmark {uuid.uuid4().hex[:8]}", date(2026, 10, 1))
        server = Server(admin.url, admin.database, made.key, made.id, made.login)
        self.client = Watched(server)
        self.client.spent = Spent()
        self.session, self._bare = OdooSession(self.client), OdooClient(server)
        self._server, self._login = server, made.login
        self.session.check()
        self.session.send([Sending(_PARTNER, PartnerRecord(name="Bench"))])
        self._names, self._loader = Directory(self._bare), Loader(self._bare, quiet=True)
        self._names.refresh()
        # Journals and caches that nobody used yet are slower: once each before anything counts.
        self.bare(invoices("warm_bare", size.batch, taxed=True))
        self.ours(invoices("warm_ours", size.batch, taxed=True))

    def bare(self, batch: Sequence[Sending]) -> float:
        """Load and post, and believe it: invoices a second."""
        fields = invoice_fields(False, self._bare.differs.invoice_columns)
        began = time.monotonic()
        for first in range(0, len(batch), self._size.batch):
            part = batch[first : first + self._size.batch]
            rows = [
                row
                for s in part
                for row in invoice_rows(
                    s.external_id, s.body, self._names, {}, self._bare.differs.invoice_columns
                )  # type: ignore[arg-type]
            ]
            ids = self._loader.load("account.move", fields, rows)
            self._bare.call("account.move", "action_post", ids=ids, context=self._loader.quiet)
        return len(batch) / (time.monotonic() - began)

    def ours(self, batch: Sequence[Sending]) -> float:
        """As a worker delivers them: invoices a second. Raises AssertionError where one is not confirmed."""
        began = time.monotonic()
        for first in range(0, len(batch), self._size.delivered):
            outcomes = self.session.send(batch[first : first + self._size.delivered])
            assert all(o.status == "confirmed" and not o.cause for o in outcomes), outcomes[:2]
        return len(batch) / (time.monotonic() - began)

    def peer(self, count: int, tag: str) -> float:
        """odoorpc, one create and one post a call: invoices a second."""
        host, _, port = self._admin.url.rpartition("//")[2].partition(":")
        client = odoorpc.ODOO(host, protocol="jsonrpc", port=int(port or 80), timeout=60)
        client.login(self._server.database, self._login, self._server.key)
        partner = client.execute_kw("res.partner", "create", [{"name": "Bench"}])
        journal, account = self._names.journal("INV"), self._names.account("400000")
        began = time.monotonic()
        for number in range(count):
            lines = [(0, 0, {"name": f"Line {i}", "quantity": 1, "price_unit": 10.0, "account_id": account, "tax_ids": [(6, 0, [])]})
                     for i in range(3)]  # fmt: skip
            values = {"move_type": "out_invoice", "partner_id": partner, "invoice_date": ON.isoformat(),
                      "journal_id": journal, "ref": f"{tag}-{number}", "invoice_line_ids": lines}  # fmt: skip
            move = client.execute_kw("account.move", "create", [values])
            client.execute_kw("account.move", "action_post", [[move]])
        return count / (time.monotonic() - began)

    def posted(self) -> int:
        """How many entries of the company stand posted."""
        return int(self._bare.call("account.move", "search_count", domain=[["state", "=", "posted"]]))


def _compared(bench: Bench, size: Size, what: str, *, taxed: bool) -> Kind:
    found = Kind(what, [], [], Spent())
    bench.client.spent = found.spent
    for number in range(size.rounds):
        sets = {
            way: invoices(f"{way}_{int(taxed)}_{number}", size.count, taxed=taxed) for way in ("bare", "ours")
        }
        turns: list[tuple[list[float], Callable[[Sequence[Sending]], float], str]] = [
            (found.bare, bench.bare, "bare"), (found.ours, bench.ours, "ours")]  # fmt: skip
        for rates, way, name in turns if number % 2 else reversed(turns):
            rates.append(way(sets[name]))
    spent = replace(found.spent, by_call=dict(found.spent.by_call))
    # Again, uncounted: all of it is there, and nothing is made.
    before = bench.posted()
    bench.ours(sets["ours"])
    assert bench.posted() == before, "what was sent again made something"
    return replace(found, spent=spent)


def run(size: Size) -> Result:
    """One after another. Raises AssertionError where an invoice is missing or there twice."""
    with _administered() as (admin, server):
        bench = Bench(admin, server, size)
        before = bench.posted()
        kinds = [
            _compared(bench, size, "untaxed", taxed=False),
            _compared(bench, size, "with the source's tax and a match key", taxed=True),
        ]
        rate = bench.peer(size.peer, "peer")
        made, wanted = bench.posted() - before, 4 * size.count * size.rounds + size.peer
        assert made == wanted, f"{made} entries stand posted, not {wanted}"
        admin.close()
        return Result(size, server, kinds, rate)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=FULL.count, help="invoices of each way in each round")
    parser.add_argument("--rounds", type=int, default=FULL.rounds)
    parser.add_argument("--toy", action="store_true", help="as small as can be: that everything runs")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args(words)
    text = run(TOY if given.toy else replace(FULL, count=given.count, rounds=given.rounds)).page()
    print(text)
    if given.write is not None:
        head = f"# Invoices into a real Odoo\n\n`make campaign-odoo-speed` wrote this on {datetime.now(UTC):%Y-%m-%d}.\n\n"
        given.write.write_text(head + text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
