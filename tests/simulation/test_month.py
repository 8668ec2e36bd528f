"""The whole month: what it must come to, whatever happens on the way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.simulation import campaign
from tests.simulation.apart import odoo_apart
from tests.simulation.runs import ORDERS, SEED, complaints, disturbed_month, month, quiet_month, remembered

pytestmark = pytest.mark.long


def test_a_month_ties_out_and_every_planted_fault_is_found() -> None:
    result = quiet_month()
    assert not complaints(result)
    assert len(result.planted) >= 12
    assert {r.period for r in result.rows} == {"2026-10", "2026-11"}
    assert any(r.currency == "EUR" for r in result.rows)
    assert len({r.interface for r in result.rows}) >= 5


def test_each_month_of_the_ledger_is_its_sources_month_and_what_is_named() -> None:
    result = quiet_month()
    assert {(r.interface, r.period) for r in result.months} >= {(r.interface, r.period) for r in result.rows}
    assert any(r.items for r in result.months) and all(r.residual == 0 for r in result.months)
    # What was deferred or accrued at October's end is back on the first of November; small months may have none of it.
    moved = {(a.account, a.period): a.moved for a in result.accounts if a.account in ("212400", "101740")}
    assert all(sum(v for (a, _), v in moved.items() if a == b) == 0 for b, _ in moved)


def test_pulling_taking_and_replaying_everything_again_changes_nothing() -> None:
    result = quiet_month()
    assert result.rerun_sha256 == result.ledger_sha256


def test_payouts_are_proven_except_those_that_hold_a_planted_fault() -> None:
    result = quiet_month()
    assert result.payouts
    for payout in result.unproven_payouts:
        assert "is in a case" in payout.why or "did not arrive" in payout.why, payout
    assert all(p.residual == 0 for p in result.payouts)


def test_a_month_in_an_odoo_that_stands_apart_is_planted_proven_and_read_apart() -> None:
    """As `demo --odoo-url` does on a real server, whose days are not the month's (docs/campaigns/odoo-*.md)."""
    with odoo_apart() as apart:
        result = month(orders=2, **apart.given)
        names = {c["name"] for c in apart.odoo.service.world.table("res.company").values()}
    assert not complaints(result)
    assert "Meridian Supply 2" in names and len(result.planted) >= 12 and result.ledger_sha256


def test_its_summary_is_json_with_exact_texts() -> None:
    summary = json.loads(json.dumps(quiet_month().as_json()))
    assert summary["planted"]["amount_planted"] == summary["planted"]["amount_in_exception"]
    row = summary["tieout"][0]
    assert set(row["residual"]) == {"net", "count", "debit", "credit"}
    assert row["residual"]["net"] == "0.00"


def test_heavy_faults_end_in_the_same_ledger(tmp_path: Path) -> None:
    """The campaign, for one seed."""
    assert campaign.faults(1, tmp_path, remembered, first=SEED) == 0
    page = (tmp_path / "faults.md").read_text()
    found = re.search(r"1 seeds of 14 orders with heavy faults \((\d+) struck\)[^:]*: 0 differences", page)
    assert found and int(found[1]) > 20, page


def test_after_faults_and_deaths_the_month_is_closed_and_late_data_take_back_what_they_touch() -> None:
    result = disturbed_month("distributor")
    (us,) = result.closed
    assert (us.entity, us.period) == ("US", "2026-10") and us.good and us.tasks and us.revoked
    assert result.verified


def test_what_a_larger_month_costs_is_written_down(tmp_path: Path) -> None:
    """The campaign, where the larger month is the same one."""
    assert campaign.scale(0, tmp_path, remembered, sizes=(ORDERS, ORDERS), seed=SEED) == 0
    page = (tmp_path / "scale.md").read_text()
    rows = re.findall(r"\| 14 \| \d+\.\d \| 0 \| [1-9]\d* \| [1-9]\d* \|", page)
    assert len(rows) == 2 and "14 orders cost 1.0 times as much as 14." in page, page
