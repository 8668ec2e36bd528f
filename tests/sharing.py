"""How `make test` shares its files among its workers: what takes long begins first, so that the short ones fill up the end,
and files that share something costly run in one process, one after the other.

Seconds are those of `make test TIMES=60`, as a quiet machine with two processors would take them; only their order matters.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

# By file: whose figures or whose project several files share, in the order in which they run.
TOGETHER = {
    "tests/simulation/test_kills.py": "the distributor's months",
    "tests/simulation/test_month.py": "the distributor's months",
    "tests/simulation/test_failover.py": "the distributor's months",
    "tests/acceptance/test_console.py": "the busy house",
    "tests/acceptance/test_canaries.py": "the busy house",
    "tests/integration/test_api_fuzz.py": "the busy house",
    **{
        f"tests/architecture/test_{name}.py": "the sources' trees"
        for name in ("causes", "cycles", "dead_code", "docstrings", "house", "queries", "sizes")
    },
}
# By file whose tests are a whole month each by their parameter: each runs where it likes. They begin beside the months of the
# same companies that are held against theirs.
APART = {"tests/acceptance/test_naming_faults.py": ("distributor", "services")}
LONG_S = {
    "tests/acceptance/test_naming_faults.py[distributor]": 205,
    "tests/acceptance/test_naming_faults.py[services]": 204,
    "the distributor's months": 203,
    "tests/simulation/test_services.py": 202,
    "the busy house": 200,
    "tests/acceptance/test_staying_up.py": 80,
    "tests/simulation/test_closes.py": 70,
    "tests/simulation/test_upgrade.py": 60,
    "tests/acceptance/test_connector_tutorial.py": 30,
    "the sources' trees": 20,
}


def unit_of(nodeid: str) -> str:
    """What runs in one process with a test: its file, the files that share something with it, or what has its parameter."""
    file, _, test = nodeid.partition("::")
    for name in APART.get(file, ()):
        if test.endswith(f"[{name}]"):
            return f"{file}[{name}]"
    return TOGETHER.get(file, file)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort by what is known of each unit, and its files as they are named here; what is short stays in its order."""
    order = {file: number for number, file in enumerate(TOGETHER)}
    items.sort(key=lambda i: (-LONG_S.get(unit_of(i.nodeid), 0), order.get(i.nodeid.partition("::")[0], 0)))


class InUnits(LoadScopeScheduling):
    """Gives whole units to whichever worker is free, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unknown(files: Sequence[str]) -> list[str]:
    """What is named here and is no file among these."""
    units = {*TOGETHER.values(), *(f"{file}[{name}]" for file, names in APART.items() for name in names)}
    named = {*TOGETHER, *APART, *(name for name in LONG_S if name not in units)}
    return sorted(named - set(files))
