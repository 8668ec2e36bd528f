"""How the files of tests are shared among workers names files that there are."""

from __future__ import annotations

from pathlib import Path

from tests.sharing import TOGETHER, unit_of, unknown

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_named_is_there() -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    assert unknown(files) == []
    assert "tests/simulation/test_month.py" in unknown([])


def test_files_that_share_something_are_one_unit() -> None:
    assert unit_of("tests/unit/test_money.py::test_a[1]") == "tests/unit/test_money.py"
    assert len({unit_of(f"{file}::test_x") for file in TOGETHER}) == len(set(TOGETHER.values()))
