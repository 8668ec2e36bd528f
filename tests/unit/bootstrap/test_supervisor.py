"""What the supervisor gives up, and what it tries again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.bootstrap.supervisor import Supervisor


@pytest.mark.parametrize(("status", "ends"), [(4, True), (3, False), (2, False), (0, False), (-9, False)])
def test_a_child_of_another_version_than_its_database_is_not_started_again(
    tmp_path: Path, status: int, ends: bool
) -> None:
    supervisor = Supervisor(tmp_path, None, ("worker",))
    (child,) = supervisor._children
    child.up, child.status, child.words = False, status, "the database was migrated by a newer version"
    assert bool(supervisor._hopeless(1.0)) is ends
