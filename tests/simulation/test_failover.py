"""A month whose database dies and moves to its standby ends in the same ledger: the campaign, for one failover."""

from __future__ import annotations

import re
from pathlib import Path

from tests.simulation import campaign


def test_a_failover_ends_in_the_same_ledger(tmp_path: Path) -> None:
    assert campaign.failover(1, tmp_path, orders=2, most=1) == 0
    page = (tmp_path / "failover.md").read_text()
    assert re.search(r"1 failovers in 1 months of 2 orders: .*(\n.*)*: 0 differences", page), page
