"""MT940 and CAMT files of the shapes that public bug reports and the standards name end as they should.

The files lie in ../shared/data/cases, with their sources in INDEX.tsv; the tests say that they were skipped where that
is absent. Files of the same shapes that are ours stand in tests/golden/bankfiles and tests/unit/formats.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tieout.connector_api import ContentRefusedError
from tieout.connectors.bankfile.normalise import statements
from tieout.documents import StatementLine
from tieout.formats import parse

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/data/cases is not here")


class Ends(msgspec.Struct, frozen=True):
    """How a file ends: its lines' amounts, whether each statement holds, and what is said of it (a problem or a remainder,
    "" for nothing)."""

    amounts: tuple[str, ...] = ("12.50",)
    holds: tuple[bool | None, ...] = (True,)
    says: str = ""


ENDS = {
    "mt-25P-with-bic.sta": Ends(),
    "mt-blank-before-type.sta": Ends(),
    "mt-cp1252-french.sta": Ends(),
    "mt-entry-date-blank.sta": Ends(),
    "mt-pages.sta": Ends(("12.50", "-2.50"), (True, True)),
    "camt-amount-5-fraction-zeros.xml": Ends(),
    "camt-charge-5-fraction.xml": Ends(),
    "camt-batch-sum-unequal.xml": Ends(("429.56",), says="2 of 3 transactions, they sum to 419.56 of 429.56"),
    "camt-batch-equal.xml": Ends(("429.56",)),
    "camt-ttlnet-wrong.xml": Ends(holds=(False,), says="a net of 99.00, it holds 12.50"),
    "camt-itbd-pages.xml": Ends(("12.50", "-2.50"), (True, True)),
    "camt-entry-eur-account-chf.xml": Ends(("10935.50",)),
    "camt-v8-agent-as-party.xml": Ends(),
}


@needs_cases
@pytest.mark.parametrize("name", ENDS)
def test_a_case_ends_as_it_should(name: str) -> None:
    file, ends = parse(CASES / name), ENDS[name]
    assert tuple(str(x.amount) for s in file.statements for x in s.lines) == ends.amounts
    assert tuple(s.conservation.holds for s in file.statements) == ends.holds
    said = [p for s in file.statements for p in s.conservation.problems] + [u.what for u in file.remainder]
    assert any(ends.says in x for x in said) if ends.says else not said


@needs_cases
@pytest.mark.parametrize("name", ENDS)
def test_a_case_is_taken_whole_or_refused_with_why(name: str) -> None:
    raw = (CASES / name).read_bytes()
    if False in ENDS[name].holds:
        with pytest.raises(ContentRefusedError, match="does not hold"):
            statements(raw, {})
        return
    lines = [d for d in statements(raw, {}) if isinstance(d, StatementLine)]
    assert tuple(x.amount.value for x in lines) == tuple(Decimal(a) for a in ENDS[name].amounts)


@needs_cases
def test_what_the_cases_say_beside_amounts() -> None:
    def line(name: str) -> StatementLine:
        return next(d for d in statements((CASES / name).read_bytes(), {}) if isinstance(d, StatementLine))

    account = parse(CASES / "mt-25P-with-bic.sta").statements[0].head
    assert (account.account, account.bank) == ("NL91ABNA0417164300", "ABNANL2AXXX")
    assert line("mt-cp1252-french.sta").counterparty == "Hélène Forêt"
    assert line("camt-v8-agent-as-party.xml").counterparty == "Commerzbank AG"
    batch = line("camt-batch-equal.xml")
    assert (batch.end_to_end_id, [d.end_to_end_id for d in batch.payments]) == ("", ["A", "B"])
    pages = [(s.head.page, s.head.last_page) for s in parse(CASES / "mt-pages.sta").statements]
    assert pages == [(1, False), (2, True)]
