"""How the files of tests are shared among workers names files that there are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from tests.costs import Cost, Record
from tests.sharing import APART, TOGETHER, longest_first, unit_of, unknown

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_named_is_there() -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    assert unknown(files) == []
    assert "tests/simulation/test_month.py" in unknown([])


def test_files_that_share_something_are_one_unit() -> None:
    assert unit_of("tests/unit/test_money.py::test_a[1]") == "tests/unit/test_money.py"
    assert len({unit_of(f"{file}::test_x") for file in TOGETHER}) == len(set(TOGETHER.values()))


class Item(SimpleNamespace):
    nodeid: str
    long: bool

    def get_closest_marker(self, name: str) -> object:
        assert name == "long"
        return self.long or None


def ordered(record: Record, *items: Item) -> list[str]:
    """The files of these tests, in the order in which they run."""
    sorted_ = list(items)
    longest_first(sorted_, record)  # type: ignore[arg-type]
    return [i.nodeid.partition("::")[0] for i in sorted_]


def test_months_by_a_parameter_are_units_of_their_own() -> None:
    file = "tests/acceptance/test_naming_faults.py"
    assert unit_of(f"{file}::test_a[services]") == f"{file}[services]" and APART[file]
    assert unit_of(f"{file}::test_a") == unit_of(f"{file}::test_a[other]") == file


def test_what_costs_most_begins_first() -> None:
    months, short = "tests/acceptance/test_naming_faults.py", "tests/unit/test_a.py"
    fuzz, console = "tests/integration/test_api_fuzz.py", "tests/acceptance/test_console.py"
    record = Record({months: Cost(5, 0, 90), fuzz: Cost(5, 0, 10), console: Cost(5, 40, 60)}, {})
    items = [Item(nodeid=f"{short}::test_x", long=False)]
    items += [Item(nodeid=f"{file}::test_x", long=True) for file in (fuzz, console)]
    items += [Item(nodeid=f"{months}::test_a[services]", long=True)]
    # In the busy house the console's people come first; a unit costs as much as its files, a month its part of its file.
    assert ordered(record, *items) == [console, fuzz, months, short]
    # Of a file that is not run whole only what is run counts.
    items[2].long = False
    assert ordered(record, *items[2:], items[1]) == [console, fuzz, months]
    assert ordered(record, *items[2:]) == [months, console]
    new = "tests/simulation/test_new.py"
    assert ordered(record, *items, Item(nodeid=f"{new}::test_x", long=True))[0] == new
    assert ordered(record, Item(nodeid=f"{new}::test_x", long=False), *items)[-2:] == [new, short]
