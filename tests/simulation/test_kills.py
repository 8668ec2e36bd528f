"""Processes that die at any moment change nothing in the end."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from tests.simulation import campaign
from tests.simulation.runs import SEED, quiet_month, remembered
from tieout.engine.crash import POINTS


def test_two_kills_at_random_moments_end_in_the_same_ledger(tmp_path: Path) -> None:
    """The campaign, for one month."""
    assert campaign.kills(2, tmp_path, remembered, first=SEED, each=2) == 0
    page = (tmp_path / "kills.md").read_text()
    found = re.search(r"(\d+) SIGKILLs of .* in 1 months of 14 orders,\n.*: 0 differences", page)
    assert found and int(found[1]) >= 2, page


def test_a_campaign_says_what_differs() -> None:
    """Held against another seed's ledger, a month differs."""
    other = replace(quiet_month(), ledger_sha256="another")
    assert campaign.unlike_quiet(SEED, other, remembered) == [f"- seed {SEED}: another ledger"]


def test_kills_at_every_named_point_end_in_the_same_ledger(tmp_path: Path) -> None:
    """Each death arms the next one's point; `make campaign-points` plays a month for each alone."""
    assert campaign.points(1, tmp_path, remembered, first=SEED, months=(POINTS,)) == 0
    page = (tmp_path / "points.md").read_text()
    found = re.search(r": 0 differences.\n(.|\n)*\| \d+ \| (\d+) \| 0 \|", page)
    assert found and int(found[2]) >= len(POINTS) == 10, page
