"""How the files of tests are shared among workers names files that there are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from tests.sharing import APART, TOGETHER, longest_first, unit_of, unknown

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_named_is_there() -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    assert unknown(files) == []
    assert "tests/simulation/test_month.py" in unknown([])


def test_files_that_share_something_are_one_unit() -> None:
    assert unit_of("tests/unit/test_money.py::test_a[1]") == "tests/unit/test_money.py"
    assert len({unit_of(f"{file}::test_x") for file in TOGETHER}) == len(set(TOGETHER.values()))


def test_months_by_a_parameter_are_units_of_their_own_and_begin_first() -> None:
    file = "tests/acceptance/test_naming_faults.py"
    assert unit_of(f"{file}::test_a[services]") == f"{file}[services]" and APART[file]
    assert unit_of(f"{file}::test_a") == unit_of(f"{file}::test_a[other]") == file
    fuzz, console = "tests/integration/test_api_fuzz.py", "tests/acceptance/test_console.py"
    items = [SimpleNamespace(nodeid=f"{name}::test_x") for name in ("tests/unit/test_a.py", fuzz, console)]
    items.append(SimpleNamespace(nodeid=f"{file}::test_a[services]"))
    longest_first(items)  # type: ignore[arg-type]
    # In the busy house the console's people come first.
    assert [i.nodeid.partition("::")[0] for i in items] == [file, console, fuzz, "tests/unit/test_a.py"]
