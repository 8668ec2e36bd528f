"""Every kind of hostile push and upload once, with valid ones between them; `make campaign-bodies` sends a thousand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.edge import Edge
from tests.simulation.bodies import LIMITS, attack, hostiles
from tieout.store import Database

pytestmark = pytest.mark.long


def test_every_valid_one_is_acknowledged_once_and_kept_once(database: Database, tmp_path: Path) -> None:
    done = attack(Edge(database, tmp_path, **LIMITS), len(hostiles()), seed=1)
    assert not done.wrong, done.wrong
    assert done.hostile == len(done.acknowledged) == len(hostiles()) >= 60
    print(f"{done.peak_mib:.0f} MiB at most, {done.base_mib:.0f} before")
    assert done.peak_mib < 400
    # Refusals are told by counts: fewer entries than refusals.
    assert 0 < done.evidence.total() < done.refused
