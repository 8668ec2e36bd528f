"""1,000 invoices into Odoo, exactly once, created and posted: ours beside odoorpc's one create
and one post a call; on the simulator in calls and in seconds of its documented costs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import odoorpc

from tieout.connector_api import Sending
from tieout.connectors.odoo.client import OdooClient, Server
from tieout.connectors.odoo.session import OdooSession
from tieout.connectors.odoo.versions import V19
from tieout.documents import InvoiceLine, InvoicePosting, PartnerRecord
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import serve
from tieout_sandbox.simulators.odoo import Odoo

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """How many invoices; `delays` is what of the documented costs is waited for in the run of two lanes."""

    count: int
    delays: float


FULL, TOY = Size(1000, 1.0), Size(12, 0.01)


@dataclass(frozen=True)
class Spent:
    """Calls and simulated seconds, for how many invoices that stand posted."""

    calls: int
    seconds: float
    posted: int


@dataclass(frozen=True)
class Result:
    """Ours and the peer's in one lane, and ours in two lanes on the clock (seconds)."""

    size: Size
    ours: Spent
    peer: Spent
    two_lanes_s: float
    two_lanes_posted: int

    def page(self) -> str:
        mine, theirs, lanes = self.ours, self.peer, self.two_lanes_s
        return f"""## Invoices into Odoo

| what | ours | peer | ratio |
|---|---:|---:|---:|
| {self.size.count:,} invoices into Odoo, created and posted, exactly once: calls | {mine.calls:,} | {theirs.calls:,} | {theirs.calls / mine.calls:.0f} times fewer |
| the same in simulated seconds (documented costs of a real server), one lane | {mine.seconds:.1f} | {theirs.seconds:.1f} | {theirs.seconds / mine.seconds:.1f} times fewer |
| the same in two lanes (two journals), on the clock with those costs as delays, our own work included | {lanes:.1f} | {theirs.seconds:.1f} | {theirs.seconds / lanes:.1f} times less |

The peer: odoorpc with one create and one post a call. Both on the simulator of Odoo: the invoices have not been run against
a real server. Every invoice stood posted in the end; ours sent again changed nothing.
"""


def simulator(delays: float = 0.0) -> tuple[Odoo, int]:
    odoo, port = Odoo(lambda: NOW, V19, database="bench", admin_password="admin", delays=delays), free_port()
    serve({port: odoo})
    return odoo, port


def open_session(odoo: Odoo, port: int) -> OdooSession:
    return OdooSession(OdooClient(Server(f"http://127.0.0.1:{port}", "bench", odoo.service.make_key(2), 1)))


def invoices(journal: str, count: int) -> list[Sending]:
    lines = tuple(
        InvoiceLine(name=f"Line {i}", quantity=Decimal(1), net=Decimal("10.00"), account="400000")
        for i in range(3)
    )
    return [
        Sending(
            f"tieout.bench_{journal}_{n}",
            InvoicePosting(refund=False, journal=journal, partner="tieout.bench_partner", on=date(2026, 10, 5),
                           reference=f"B-{n}", currency="USD", lines=lines, tax_totals={}, total=Decimal("30.00"),
                           receivable="121000"),
        )
        for n in range(count)
    ]  # fmt: skip


def posted(odoo: Odoo) -> int:
    return sum(1 for m in odoo.service.world.table("account.move").values() if m["state"] == "posted")


def ours(size: Size) -> Spent:
    """In batches, twice: the second time changes nothing."""
    odoo, port = simulator()
    session, batch = open_session(odoo, port), invoices("INV", size.count)
    session.send([Sending("tieout.bench_partner", PartnerRecord(name="Bench"))])
    odoo.requests, odoo.simulated_seconds = 0, 0.0
    outcomes = session.send(batch)
    calls, seconds = odoo.requests, odoo.simulated_seconds
    again = session.send(batch)
    assert all(o.status == "confirmed" and not o.cause for o in (*outcomes, *again))
    return Spent(calls, seconds, posted(odoo))


def two_lanes(size: Size) -> tuple[float, int]:
    """Two journals, a session each, side by side, with the documented costs as real delays: so
    the seconds are those on the clock, our own and the simulator's work included."""
    odoo, port = simulator(delays=size.delays)
    first = open_session(odoo, port)
    first.send([Sending("tieout.bench_partner", PartnerRecord(name="Bench"))])
    values = {"name": "Second sales", "code": "INV2", "type": "sale", "company_id": 1}
    OdooClient(Server(f"http://127.0.0.1:{port}", "bench", odoo.service.make_key(2), 1)).call(
        "account.journal", "create", vals_list=[values]
    )
    lanes = [
        (first, invoices("INV", size.count // 2)),
        (open_session(odoo, port), invoices("INV2", size.count // 2)),
    ]
    for session, _ in lanes:
        session.check()
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda lane: lane[0].send(lane[1]), lanes))
    seconds = time.monotonic() - started
    assert all(o.status == "confirmed" and not o.cause for outcomes in sent for o in outcomes)
    return seconds, posted(odoo)


def peer(size: Size) -> Spent:
    """One create and one post a call."""
    odoo, port = simulator()
    client = odoorpc.ODOO("127.0.0.1", protocol="jsonrpc", port=port, timeout=60)
    client.login("bench", "admin", "admin")
    partner = client.execute_kw("res.partner", "create", [{"name": "Bench"}])
    odoo.requests, odoo.simulated_seconds = 0, 0.0
    for number in range(size.count):
        lines = [(0, 0, {"name": f"Line {i}", "quantity": 1, "price_unit": 10.0, "tax_ids": [(6, 0, [])]})
                 for i in range(3)]  # fmt: skip
        values = {"move_type": "out_invoice", "partner_id": partner, "invoice_date": "2026-10-05",
                  "ref": f"B-{number}", "invoice_line_ids": lines}  # fmt: skip
        move = client.execute_kw("account.move", "create", [values])
        client.execute_kw("account.move", "action_post", [[move]])
    return Spent(odoo.requests, odoo.simulated_seconds, posted(odoo))


def run(size: Size) -> Result:
    """One after another. Raises AssertionError where an invoice is missing or there twice."""
    mine, theirs, (seconds, made) = ours(size), peer(size), two_lanes(size)
    assert mine.posted == theirs.posted == made == size.count, (mine, theirs, made)
    return Result(size, mine, theirs, seconds, made)
