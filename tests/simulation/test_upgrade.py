"""An upgrade in the middle of a day's work ends in the ledger of a month that was never broken: the distributor's here, beside what
`make campaign-upgrade` says of both, and of more days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.migration.mid_month.old import HistoryError
from tests.simulation import campaign
from tests.simulation.upgrading import complaints, kept_ledger, upgraded

pytestmark = pytest.mark.long


def test_a_month_that_begins_with_6e54738_ends_in_the_same_ledger() -> None:
    """The distributor's; the services company's is `make campaign-upgrade`."""
    try:
        result = upgraded("distributor")
    except HistoryError as error:
        pytest.skip(str(error))
    assert not complaints(result, kept_ledger("distributor"))
    assert 80 < result["before_pulling_again"]["revisions"] < result["revisions"], "that was no half"


def _month(ledger: str, **after: int) -> dict[str, Any]:
    counts = {"revisions": 84, "deliveries": 90, "plans": 95, "messages": 120}
    return {
        "findings": [], "ledger_sha256": ledger, "revisions": 200, "held": [[["row", "a"], ["row", "b"]], [], {}],
        "before_pulling_again": counts, "after_pulling_again": {**counts, "messages": 150, **after},
    }  # fmt: skip


def _page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> tuple[int, str]:
    def upgraded(scenario: str, on: object) -> dict[str, Any]:
        made = _month(kept_ledger(scenario))
        return {**made, **(changed if scenario == "services" else {})}

    monkeypatch.setattr(campaign, "upgraded", upgraded)
    monkeypatch.setattr(campaign, "unbroken_lines", lambda scenario: ["row | a", "row | c"])
    return campaign.upgrade(1, tmp_path), (tmp_path / "upgrade.md").read_text()


def test_months_that_end_as_unbroken_ones_are_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, page = _page(tmp_path, monkeypatch)
    assert code == 0 and "0 differences" in page
    assert f"| distributor | 2026-10-16 | 84 of 200 | 30 | 0 | {kept_ledger('distributor')[:16]} |" in page


def test_another_ledger_a_finding_and_a_revision_too_many_are_each_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = _month("", revisions=86)["after_pulling_again"]
    wrong = {"ledger_sha256": "f" * 64, "findings": ["5.00 is missing"], "after_pulling_again": after}
    code, page = _page(tmp_path, monkeypatch, **wrong)
    assert code == 1 and "- services, 2026-10-16: oracle 5.00 is missing" in page
    assert "polling everything again made 2 revisions" in page and "2 rows differ" in page
    assert (tmp_path / "upgrade-services-2026-10-16.rows.txt").is_file()
