"""How `make test` shares its files among its workers: what takes long begins first, so that the short ones fill up the end,
and files that share something costly run in one process, one after the other.

Seconds are those of `make test TIMES=60`, as a quiet machine with two processors would take them; only their order matters.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

# By file: whose figures or whose project several files share.
TOGETHER = {
    "tests/simulation/test_kills.py": "the distributor's months",
    "tests/simulation/test_month.py": "the distributor's months",
    "tests/acceptance/test_naming_faults.py": "the services company's months",
    "tests/simulation/test_services.py": "the services company's months",
    "tests/acceptance/test_canaries.py": "the small house",
    "tests/integration/test_api_fuzz.py": "the small house",
    **{
        f"tests/architecture/test_{name}.py": "the sources' trees"
        for name in ("causes", "cycles", "dead_code", "docstrings", "house", "queries", "sizes")
    },
}
LONG_S = {
    "the distributor's months": 200,
    "the services company's months": 155,
    "tests/acceptance/test_console.py": 130,
    "tests/acceptance/test_staying_up.py": 100,
    "the small house": 75,
    "tests/simulation/test_closes.py": 70,
    "tests/simulation/test_upgrade.py": 60,
    "tests/acceptance/test_connector_tutorial.py": 30,
    "the sources' trees": 20,
}


def unit_of(nodeid: str) -> str:
    """What runs in one process with a test: its file, or the files that share something with it."""
    file = nodeid.partition("::")[0]
    return TOGETHER.get(file, file)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort by what is known of each unit; what is short stays in its order."""
    items.sort(key=lambda item: -LONG_S.get(unit_of(item.nodeid), 0))


class InUnits(LoadScopeScheduling):
    """Gives whole units to whichever worker is free, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unknown(files: Sequence[str]) -> list[str]:
    """What is named here and is no file among these."""
    named = {*TOGETHER, *(name for name in LONG_S if name.endswith(".py"))}
    return sorted(named - set(files)) + sorted(
        name for name in LONG_S if not name.endswith(".py") and name not in TOGETHER.values()
    )
