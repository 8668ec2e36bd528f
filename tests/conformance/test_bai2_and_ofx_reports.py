"""BAI2 and OFX files of public reports and rules end as INDEX.tsv says. They lie in ../shared/data/cases, and are kept out of
this repository: the tests say that they were skipped where that is absent. Files of their shape, invented: tests/unit/formats.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tieout.connectors.bankfile.normalise import statements
from tieout.documents import StatementLine
from tieout.formats import ParsedFile, parse

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "cases"

# File: its amounts that are booked, whether it holds, words of what is said, fields of its first line.
EXPECTED: dict[str, tuple[list[str], bool | None, str, dict[str, Any]]] = {
    "bai-890-spec-example.bai": (["12.50"], True, "890", {}),
    "bai-V-dated.bai": (["12.50"], True, "", {"value_on": date(2026, 10, 4)}),
    "bai-custom-credit-921.bai": (["12.50"], True, "", {}),
    "bai-group-status-4-test.bai": ([], None, "test", {}),
    "bai-neg-balance.bai": (["12.50"], True, "", {}),
    "bai-split-in-16.bai": (
        ["12.50"], True, "", {"reference": "C1", "bank_reference": "B1", "remittance": "DEPOSIT"}),
    "bai-summary-only.bai": ([], None, "details", {}),
    "ofx-5-decimals.ofx": (["-8.95"], None, "", {}),
}  # fmt: skip


def test_every_file_of_its_kind_has_an_expectation() -> None:
    if not CASES.is_dir():
        pytest.skip("../shared/data/cases is not here")
    assert {p.name for p in CASES.iterdir() if p.name.startswith(("bai-", "ofx-"))} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_reported_file_ends_as_its_report_expects(name: str) -> None:
    path = CASES / name
    if not path.is_file():
        pytest.skip("../shared/data/cases is not here")
    amounts, holds, words, fields = EXPECTED[name]
    file: ParsedFile = parse(path)
    lines = [x for s in file.statements for x in s.lines]
    assert [x.amount for x in lines if x.status == "booked"] == [Decimal(a) for a in amounts]
    assert [s.conservation.holds for s in file.statements] == [holds]
    assert words in " ".join(unread.what for unread in file.remainder)
    assert {field: getattr(lines[0], field) for field in fields} == fields
    booked = [d for d in statements(path.read_bytes(), {}) if isinstance(d, StatementLine)]
    assert [d.amount.value for d in booked] == [Decimal(a) for a in amounts]
