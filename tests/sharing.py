"""How `make test` shares its files among its workers: what takes long begins first, so that the short ones fill up the end,
and files that share something costly run in one process, one after the other.

What each file costs is measured (costs.toml); only the order matters here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import inf

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.costs import Cost, Record, recorded

# By file: whose figures or whose project several files share, in the order in which they run.
TOGETHER = {
    "tests/simulation/test_kills.py": "the distributor's months",
    "tests/simulation/test_month.py": "the distributor's months",
    "tests/simulation/test_failover.py": "the distributor's months",
    "tests/simulation/test_small_month.py": "the busy house",
    "tests/acceptance/test_console.py": "the busy house",
    "tests/acceptance/test_canaries.py": "the busy house",
    "tests/integration/test_api_fuzz.py": "the busy house",
    **{
        f"tests/architecture/test_{name}.py": "the sources' trees"
        for name in (
            "causes",
            "cycles",
            "dead_code",
            "docstrings",
            "house",
            "operations",
            "queries",
            "sizes",
            "states",
            "terminal",
        )
    },
}
# By file whose tests are a whole month each by their parameter: each runs where it likes. They begin beside the months of the
# same companies that are held against theirs.
APART = {"tests/acceptance/test_naming_faults.py": ("distributor", "services")}


def unit_of(nodeid: str) -> str:
    """What runs in one process with a test: its file, the files that share something with it, or what has its parameter."""
    file, _, test = nodeid.partition("::")
    for name in APART.get(file, ()):
        if test.endswith(f"[{name}]"):
            return f"{file}[{name}]"
    return TOGETHER.get(file, file)


def longest_first(items: list[pytest.Item], record: Record | None = None) -> None:
    """Sort by what each unit cost when it was measured, and its files as they are named here; what is equal stays in its order.
    What is long and was never measured comes first."""
    costs = (record or recorded()).files
    files = {(_file(i), i.get_closest_marker("long") is not None) for i in items}
    seconds: dict[str, float] = defaultdict(float)
    # In order, so that all workers come to the same sums.
    for file, long in sorted(files):
        cost = costs.get(file, Cost(0, 0, inf))
        names = [f"{file}[{name}]" for name in APART.get(file, ())] or [TOGETHER.get(file, file)]
        for name in names:
            seconds[name] += (cost.long if long else cost.now) / len(names)
    order = {file: number for number, file in enumerate(TOGETHER)}
    items.sort(key=lambda i: (-seconds[unit_of(i.nodeid)], order.get(_file(i), 0)))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


class InUnits(LoadScopeScheduling):
    """Gives whole units to whichever worker is free, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unknown(files: Sequence[str]) -> list[str]:
    """What is named here and is no file among these."""
    return sorted({*TOGETHER, *APART} - set(files))
