"""A payroll run with a line a person, from a file to Odoo in parts: the campaign, for a short one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulation import campaign

pytestmark = pytest.mark.long


def test_a_run_is_booked_in_parts_with_nothing_missing(tmp_path: Path) -> None:
    """40 people are 240 lines: more than one part of 200."""
    assert campaign.journals(0, tmp_path, people=(40,)) == 0
    page = (tmp_path / "journals.md").read_text()
    assert re.search(r"\| 240 \| 0\.0 \| \d+ \| [1-9]\d* \| 2 \| 0 \|", page), page
