"""The services company's whole month: what it must come to, whatever happens on the way."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from tests.simulation import campaign
from tests.simulation.runs import SEED, complaints, disturbed_month, quiet_month, remembered
from tieout_sandbox.demo.result import DemoResult

pytestmark = pytest.mark.long


def quiet() -> DemoResult:
    return quiet_month("services")


def disturbed() -> DemoResult:
    """Light faults, for time's sake: heavy ones strike the other company's month, and this one with
    `tieout demo --scenario services --faults heavy --kills 3`."""
    return disturbed_month("services")


def test_both_entities_close_within_minutes_and_a_late_bill_revokes_what_it_touches() -> None:
    us, de = disturbed().closed
    assert (us.entity, de.entity) == ("US", "DE") and us.good and de.good
    assert us.minutes <= 30 and us.tasks > de.tasks
    assert us.revoked == ["cases decided", "close", "complete: bills"] and us.late_cause == "late_event"
    assert de.revoked == []


def test_the_month_ties_out_and_every_planted_fault_is_found() -> None:
    result = quiet()
    assert not complaints(result)
    causes = {p.cause for p in result.planted}
    assert causes >= {
        "unknown_dimension", "unbalanced_journal", "duplicate_payroll_run", "late_event", "schedule_differs",
        "intercompany_one_sided", "approval.refused", "approval.void", "approval_overdue", "unreadable_file",
        "duplicate_bill", "bill_above_order", "bank_details_differ", "approval_rejected", "tax_engine_down",
        "paid_already", "payment_returned",
    }  # fmt: skip
    assert {r.entity for r in result.rows} == {"US", "DE"}
    # Every interface that brings money in has a control figure of its source's own.
    assert {r.interface for r in result.rows if r.source is not None} == {
        "bank", "billing", "bills", "expenses", "journals_de", "journals_us", "payments", "payroll",
        "procurement"}  # fmt: skip


def test_taking_and_pulling_everything_again_changes_nothing() -> None:
    assert quiet().rerun_sha256 == quiet().ledger_sha256


def test_faults_and_kills_end_in_the_same_ledger() -> None:
    result = disturbed()
    assert not complaints(result)
    assert result.restarts >= 3 and result.ledger_sha256 == quiet().ledger_sha256


def test_kills_at_random_moments_end_in_the_same_ledger(tmp_path: Path) -> None:
    """The campaign, for one month; the distributor's processes die at their named points (test_kills)."""
    run = partial(remembered, scenario="services")
    assert campaign.kills(2, tmp_path, run, first=SEED, each=3) == 0
    page = (tmp_path / "kills.md").read_text()
    found = re.search(r"(\d+) SIGKILLs of .* in 1 months of 20 orders,\n.*: 0 differences", page)
    assert found and int(found[1]) >= 2, page
