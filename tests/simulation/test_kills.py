"""Processes that die at any moment change nothing in the end."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.simulation import campaign
from tests.simulation.differing import MOST_NAMED, Differences
from tests.simulation.runs import SEED, quiet_month, remembered
from tieout.engine.crash import POINTS
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.held import Held

pytestmark = pytest.mark.long


def test_kills_at_every_named_point_end_in_the_same_ledger(tmp_path: Path) -> None:
    """Each death arms the next one's point, in the month of heavy faults; `make campaign-points` plays a month for each alone."""
    assert campaign.points(1, tmp_path, remembered, first=SEED, months=(POINTS,)) == 0
    page = (tmp_path / "points.md").read_text()
    found = re.search(r": 0 differences.\n(.|\n)*\| \d+ \| (\d+) \| 0 \|", page)
    assert found and int(found[2]) >= len(POINTS) == 10, page


def test_a_campaign_names_and_keeps_the_rows_that_differ(tmp_path: Path) -> None:
    """A row in another day, one too many, and one mail less are planted into a month that stands for the disturbed one;
    what an earlier run kept goes."""
    quiet = quiet_month()
    assert quiet.held is not None and quiet.held.mails
    moved, *others = quiet.held.rows
    other = [*moved[:4], "2026-12-31", *moved[5:]]
    held = Held([other, *others, others[-1]], quiet.held.mails[1:], quiet.held.events)
    old = tmp_path / "kills-1.rows.txt"
    old.write_text("of another run")

    def run(**given: Any) -> DemoResult:
        return replace(quiet, held=held, restarts=1) if given.get("kills") else remembered(**given)

    assert campaign.kills(1, tmp_path, run, first=SEED, each=1) == 1
    page, kept = ((tmp_path / n).read_text() for n in ("kills.md", f"kills-{SEED}.rows.txt"))
    wanted = [
        f"- {' | '.join(moved)}",
        f"+ {' | '.join(other)}",
        f"+ {' | '.join(others[-1])}",
        f"- mail | {quiet.held.mails[0]}",
    ]
    for row in wanted:
        assert f"  - `{row}`" in page.splitlines(), page
        assert row in kept.splitlines(), kept
    assert f"- seed {SEED}: another ledger, 4 rows differ: [kills-{SEED}.rows.txt]" in page
    assert "undisturbed: 1 differences" in page
    assert not old.exists()


def test_a_ledger_that_differs_everywhere_is_kept_in_part(tmp_path: Path) -> None:
    rows = [f"row {n} {'x' * 1000}" for n in range(2000)]
    said = Differences(tmp_path, "points").keep("7-poll", [], rows).splitlines()
    kept = (tmp_path / "points-7-poll.rows.txt").read_text()
    assert len(said) == MOST_NAMED + 2 and said[-1] == "  - and 1994 more"
    assert len(kept) < 200_000 and kept.endswith("and 1500 more\n")
