"""A payroll run of many lines, a line a person, from a file to Odoo: the product in processes of its own, so
that its memory is its own. Called by `make campaign-journals`."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from tieout.bootstrap.supervisor import Supervisor
from tieout.operations.open_project import OpenProject
from tieout.operations.starting import start_database
from tieout.operations.systems import pin_systems
from tieout_sandbox import World
from tieout_sandbox.company import Administrator
from tieout_sandbox.demo.processes import peaks
from tieout_sandbox.ports import free_port
from tieout_sandbox.services import write_services_project
from tieout_sandbox.services.chart import DE, US


@dataclass
class Measured:
    lines: int
    megabytes: str
    seconds: int
    worker_mib: int
    moves: int
    wrong: list[str]


def payroll_file(people: int) -> tuple[bytes, Decimal]:
    """A run of five rows a person, six lines in the ledger; the file and its gross pay."""
    out, gross, sums = io.StringIO(), Decimal(0), Counter[str]()
    writer = csv.writer(out)
    writer.writerow(
        ("run", "period", "pay_date", "employee", "component", "amount", "currency", "cost_centre")
    )
    for n in range(people):
        pay = Decimal(200_000 + n * 7 % 300_000).scaleb(-2)
        tax, social = (pay * 20 / 100).quantize(Decimal("0.01")), (pay * 9 / 100).quantize(Decimal("0.01"))
        gross += pay
        for component, amount in (("gross", pay), ("tax", tax), ("social", social), ("employer_social", social),
                                  ("net_pay", pay - tax - social)):  # fmt: skip
            sums[component] += amount  # type: ignore[assignment]
            writer.writerow(("R-LONG", "2026-10", "2026-10-28", f"E{n:06d}", component, amount, "USD",
                             str(100 * (n % 3 + 1))))  # fmt: skip
    for component, amount in sums.items():
        writer.writerow(("TOTAL", "2026-10", "2026-10-28", "", component, amount, "USD", ""))
    return out.getvalue().encode(), gross


def measure(people: int) -> Measured:
    """Six lines of the ledger a person."""
    with tempfile.TemporaryDirectory() as root:
        return _measure(Path(root), people)


def _measure(root: Path, people: int) -> Measured:
    world = World(root / "outside", seed=1, start=datetime(2026, 10, 28, 14, tzinfo=UTC))
    world.start()
    admin = Administrator(world.url("odoo"), world.odoo.database, world.odoo.service.make_key(2))
    companies = {
        c: admin.set_up(f"Long {c}", date(2026, 10, 1), chart) for c, chart in (("US", US), ("DE", DE))
    }
    project = root / "project"
    write_services_project(project, world, companies, free_port())
    (project / "rules" / "approvals.toml").unlink()
    path = project / "interfaces" / "payroll.toml"
    path.write_text(path.read_text().replace("[options]\n", '[options]\ndetail = "person"\n', 1))
    opened = OpenProject(project)
    server = start_database(opened)
    pin_systems(opened)
    supervisor = Supervisor(project, server)
    supervisor.start()
    content, gross = payroll_file(people)
    started, parts = time.monotonic(), -(-people * 6 // 200)
    partial = world.folder / "payroll" / ".run.csv"
    partial.write_bytes(content)
    partial.rename(world.folder / "payroll" / "run.csv")
    worker = 0
    while time.monotonic() - started < 3000:
        worker = max(worker, peaks(supervisor.pids()).get("worker", 0))
        rows = opened.database.rows(
            "select count(*) from tieout.document where kind = 'journal_entry' and state = 'posted'"
        )
        if rows[0]["count"] >= parts:
            break
        time.sleep(0.5)
    seconds = int(time.monotonic() - started)
    cases = opened.database.rows("select cause, detail from tieout.cases where state = 'open' limit 3")
    supervisor.stop()
    book = world.odoo.service.world
    accounts, sums = book.table("account.account"), Counter[str]()
    moves = {x["id"] for x in book.table("account.move").values() if x["company_id"] == companies["US"].id}
    lines = [x for x in book.table("account.move.line").values() if x["move_id"] in moves]
    for x in lines:
        sums[str(accounts[x["account_id"]]["code"])] += x["balance"]
    wrong = [f"{c['cause']}: {c['detail']}" for c in cases]
    if sums["630000"] != gross or sums["212600"] or sum(sums.values()):
        wrong.append(f"gross {sums['630000']}, not {gross}; split {sums['212600']}")
    opened.close()
    world.stop()
    return Measured(people * 6, f"{len(content) / 1e6:.1f}", seconds, worker, len(moves), wrong)
