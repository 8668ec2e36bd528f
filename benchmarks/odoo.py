"""1,000 invoices into Odoo, exactly once, created and posted: ours beside odoorpc's one create
and one post a call; on the simulator in calls and in seconds of its documented costs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import odoorpc

from tieout.connect import Sending
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.session import OdooSession
from tieout.connectors.odoo.simulator import Odoo
from tieout.documents import InvoiceLine, InvoicePosting, PartnerRecord
from tieout.sandbox.world import free_port
from tieout.simkit import serve

COUNT = 1000
NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)


def simulator(delays: float = 0.0) -> tuple[Odoo, int]:
    odoo, port = Odoo(lambda: NOW, database="bench", admin_password="admin", delays=delays), free_port()
    serve({port: odoo})
    return odoo, port


def open_session(odoo: Odoo, port: int) -> OdooSession:
    return OdooSession(OdooClient(f"http://127.0.0.1:{port}", "bench", odoo.service.make_key(2), 1))


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


def ours() -> tuple[int, float, int]:
    odoo, port = simulator()
    session, batch = open_session(odoo, port), invoices("INV", COUNT)
    session.send([Sending("tieout.bench_partner", PartnerRecord(name="Bench"))])
    odoo.requests, odoo.simulated_seconds = 0, 0.0
    outcomes = session.send(batch)
    spent = (odoo.requests, odoo.simulated_seconds)
    again = session.send(batch)
    assert all(o.status == "confirmed" and not o.cause for o in (*outcomes, *again))
    return (*spent, posted(odoo))


def two_lanes() -> tuple[float, int]:
    """Two journals, a session each, side by side, with the documented costs as real delays: so
    the seconds are those on the clock, our own and the simulator's work included."""
    odoo, port = simulator(delays=1.0)
    first = open_session(odoo, port)
    first.send([Sending("tieout.bench_partner", PartnerRecord(name="Bench"))])
    values = {"name": "Second sales", "code": "INV2", "type": "sale", "company_id": 1}
    OdooClient(f"http://127.0.0.1:{port}", "bench", odoo.service.make_key(2), 1).call(
        "account.journal", "create", vals_list=[values]
    )
    lanes = [(first, invoices("INV", COUNT // 2)), (open_session(odoo, port), invoices("INV2", COUNT // 2))]
    for session, _ in lanes:
        session.check()
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda lane: lane[0].send(lane[1]), lanes))
    seconds = time.monotonic() - started
    assert all(o.status == "confirmed" and not o.cause for outcomes in sent for o in outcomes)
    return seconds, posted(odoo)


def peer() -> tuple[int, float, int]:
    odoo, port = simulator()
    client = odoorpc.ODOO("127.0.0.1", protocol="jsonrpc", port=port, timeout=60)
    client.login("bench", "admin", "admin")
    partner = client.execute_kw("res.partner", "create", [{"name": "Bench"}])
    odoo.requests, odoo.simulated_seconds = 0, 0.0
    for number in range(COUNT):
        lines = [(0, 0, {"name": f"Line {i}", "quantity": 1, "price_unit": 10.0, "tax_ids": [(6, 0, [])]})
                 for i in range(3)]  # fmt: skip
        values = {"move_type": "out_invoice", "partner_id": partner, "invoice_date": "2026-10-05",
                  "ref": f"B-{number}", "invoice_line_ids": lines}  # fmt: skip
        move = client.execute_kw("account.move", "create", [values])
        client.execute_kw("account.move", "action_post", [[move]])
    return odoo.requests, odoo.simulated_seconds, posted(odoo)


def main() -> None:
    for name, result in (("ours", ours()), ("peer", peer())):
        calls, seconds, made = result
        assert made == COUNT, made
        print(f"{name}: {calls} calls, {seconds:.1f} simulated seconds, {made} invoices posted")
        if name == "ours":
            mine = result
    print(
        f"{calls / mine[0]:.0f} x fewer calls, {seconds / mine[1]:.1f} x fewer simulated seconds (one lane)"
    )
    on_the_clock, made = two_lanes()
    assert made == COUNT, made
    print(f"two lanes: {on_the_clock:.1f} s on the clock, {seconds / on_the_clock:.1f} x the peer's seconds")
