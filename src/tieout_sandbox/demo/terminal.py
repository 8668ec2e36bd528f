"""A demo's month on a terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from tieout.cli.clearing import show as show_clearing
from tieout.cli.context import out
from tieout.cli.tables import bad, ledger_month_table, ledger_table, money, tie_out_table
from tieout_sandbox.demo.closing import Closed
from tieout_sandbox.demo.result import PERIODS, DemoResult


def show(result: DemoResult) -> None:
    """The month on a terminal."""
    out.print(tie_out_table(result.rows, out.width))
    # The closed month alone: its last day is the cut-off.
    out.print(ledger_table(r for r in result.ledger if r.period == str(PERIODS[0])))
    out.print(ledger_month_table(result.months, out.width))
    clearing = [r for r in result.clearing if r.as_of == PERIODS[0].last]
    if clearing:
        show_clearing(clearing, items=False)
    if result.cases:
        _show_cases(result)
    proven = len(result.payouts) - len(result.unproven_payouts)
    if result.payouts:
        out.print(f"Payouts: {proven} of {len(result.payouts)} proven to the bank, residual 0.00")
    for payout in result.unproven_payouts:
        out.print(f"  {payout.payout_key}: {payout.why}")
    found = len(result.planted) - len(result.missed)
    out.print(
        f"Planted faults: {found} of {len(result.planted)} found, {len(result.false)} false; "
        f"{money(result.amount_in_exception)} in exception, {money(result.amount_planted)} planted"
    )
    for finding in result.findings[:12]:
        out.print(f"ORACLE {finding.check}: {finding.detail}", style="red")
    for p in result.missed:
        out.print(f"MISSED {p.cause} {p.source_key}", style="red")
    for f in result.false[:12]:
        out.print(f"FALSE {f['cause']} {f['source_key']}: {f['detail']}", style="red")
    for closed in result.closed:
        _show_close(closed)
    word = Text("verified") if result.verified else bad("NOT verified")
    out.print(Text(f"Evidence: {result.entries} entries, ").append_text(word))
    out.print(f"Ledger {result.ledger_sha256[:16]}, {result.seconds:.1f} s")


def _show_cases(result: DemoResult) -> None:
    table = Table(title="Cases", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("what failed", no_wrap=True)
    table.add_column("cases", justify="right")
    table.add_column("at risk", justify="right", no_wrap=True)
    table.add_column("what recovers it")
    for case in result.cases:
        amount = f"{money(case['amount_at_risk'])} {case['currency']}"
        table.add_row(case["cause"].replace("_", " "), str(case["count"]), amount, case["recovery"])
    out.print(table)


def _show_close(c: Closed) -> None:
    state = (
        Text(f"closed on business day {c.days}, {c.minutes} minutes after its last data")
        if c.days is not None
        else bad("NOT closed")
    )
    out.print(Text(f"Close of {c.entity} {c.period}: {c.tasks} tasks, ").append_text(state))
    for why in c.open_tasks[:8]:
        out.print(f"  open: {why}", style="red")
    if c.late_cause:
        out.print(
            f"  a late event ({c.late_cause}) took back the signatures of {', '.join(c.revoked)}",
        )
    if sorted(c.revoked) != sorted(c.touched):
        out.print(f"  REVOKED {c.revoked}, not {c.touched}", style="red")
