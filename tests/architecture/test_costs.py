"""What `make test` runs stays short: by what each file cost when it was measured (`make test-costs`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.costs import RECORD, Cost, Meter, Record, functions_in, merged, recorded

ROOT = Path(__file__).resolve().parents[2]
# Seconds of processor time. Of a file that `make test` runs; of all that it runs, which two processors do in less than eight
# minutes with a quarter of their time idle; and of a file's long tests, which are none where they cost less.
MOST_S, ALL_S, LEAST_LONG_S = 20, 700, 1
# What stands for the whole product, and what is of one piece.
MAY_COST_S = {
    "tests/simulation/test_small_month.py": 80,  # a whole month: the one that `make test` plays
    "tests/acceptance/test_console.py": 80,  # people in a browser, who close that month
    "tests/integration/test_reconciling.py": 35,  # 66 tests, each short
    "tests/integration/test_undoing.py": 35,  # 42 tests, each short
}
# How much of the suite may be newer than the record.
NEWER = 0.1


def complaints(record: Record, present: dict[str, int]) -> list[str]:
    """What does not hold of a record, and of the suite with so many functions of tests by file."""
    found = []
    for file, cost in record.files.items():
        if cost.now > MAY_COST_S.get(file, MOST_S):
            found.append(
                f"{file}: what `make test` runs of it costs {cost.now:.0f} s, and may cost {MAY_COST_S.get(file, MOST_S)}: "
                "make it cheaper, or mark what takes long with pytest.mark.long; then `make test-costs FILES=...`"
            )
        if 0 < cost.long < LEAST_LONG_S:
            found.append(f"{file}: what is long in it costs {cost.long:.1f} s: take the mark away")
    whole = sum(cost.now for cost in record.files.values()) + sum(record.shared.values())
    if whole > ALL_S:
        found.append(f"`make test` costs {whole:.0f} s, and may cost {ALL_S}: mark what takes long")
    known = sum(min(n, record.files[file].tests) for file, n in present.items() if file in record.files)
    if known < (1 - NEWER) * sum(present.values()):
        found.append(
            f"of {sum(present.values())} functions of tests {known} were measured: `make test-costs`"
        )
    return found


def test_what_make_test_runs_costs_no_more_than_it_may() -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    present = {file: functions_in(file) for file in files}
    assert set(MAY_COST_S) <= set(present), "what is excused is gone"
    assert complaints(recorded(), present) == []


def test_what_costs_too_much_is_told() -> None:
    a, b, month = "tests/a.py", "tests/b.py", "tests/simulation/test_small_month.py"
    good = Record(
        {a: Cost(10, MOST_S, 0), b: Cost(10, 1, 50), month: Cost(1, MOST_S + 1, 0)}, {"collecting": 30}
    )
    present = {a: 10, b: 11, month: 1}
    assert complaints(good, present) == []

    def told(*words: str, files: dict[str, Cost], shared: float = 30, of: dict[str, int] = present) -> None:
        (one,) = complaints(Record({**good.files, **files}, {"collecting": shared}), of)
        assert all(word in one for word in words), one

    told(a, "mark what takes long", files={a: Cost(10, MOST_S + 1, 0)})
    told(b, "take the mark away", files={b: Cost(10, 1, 0.4)})
    told("`make test` costs", files={}, shared=ALL_S)
    told("22 functions of tests 12 were measured", files={b: Cost(1, 1, 50)})
    told("of 25 functions of tests 21 were measured", files={}, of={**present, "tests/new.py": 3})


def test_a_record_is_written_as_it_is_read_and_keeps_what_was_not_measured_again(tmp_path: Path) -> None:
    here, gone, other = (
        "tests/architecture/test_costs.py",
        "tests/test_gone.py",
        "tests/architecture/test_house.py",
    )
    before = Record({here: Cost(1, 9, 9), gone: Cost(3, 1, 1), other: Cost(2, 4, 0)}, {"collecting": 20.0})
    now = merged(
        before, Counter({here: 1.24}), Counter({here: 2.0}), Counter({"collecting": 7.0}), whole=False
    )
    (tmp_path / "costs.toml").write_text(now.as_toml())
    read = recorded(tmp_path / "costs.toml")
    assert read == Record(
        {here: Cost(functions_in(here), 1.2, 2.0), other: Cost(2, 4, 0)}, {"collecting": 20.0}
    )
    again = merged(before, Counter({here: 1.24}), Counter(), Counter({"collecting": 7.0}), whole=True)
    assert again.shared == {"collecting": 7.0} and again.files[here].long == 0
    assert recorded(tmp_path / "none.toml") == Record({}, {}) and RECORD.exists()


def test_where_nothing_can_be_counted_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Meter, "_place", staticmethod(lambda: (tmp_path / "none" / "group", "cpu.stat")))
    with pytest.raises(pytest.UsageError, match="as root, or by `systemd-run"):
        Meter()
