"""What a bank says of a line, and what names it or is said of it by others: a line is known again by the first alone.

A field in the wrong set books a line twice, or loses one of two. One that is added to the line has to be put into one of them
here, and is held to it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.statement_files import camt, csv, mt940, ofx_lines, told
from tieout.connectors.bankfile.normalise import statements
from tieout.documents import Statement, StatementLine
from tieout.documents.details import LineDetail
from tieout.money import Amount

DAY = date(2026, 10, 5)
LINE = StatementLine(
    key="DE1:S1:2026-10-05:00001", occurred_at=datetime(2026, 10, 5, 12, tzinfo=UTC), currency="USD",
    control_group="entries", account="DE1", booked_on=DAY, value_on=DAY, amount=Amount(Decimal("12.50"), "USD"),
)  # fmt: skip

# What the bank says: another value is another line.
SAID: dict[str, Any] = {
    "account": "DE2",
    "currency": "EUR",
    "booked_on": date(2026, 10, 6),
    "value_on": date(2026, 10, 6),
    "amount": Amount(Decimal("12.51"), "USD"),
    "reference": "R1",
    "end_to_end_id": "E1",
    "counterparty": "ACME",
    "remittance": "INV-1",
    "bank_code": "NTRF",
    "reversal": True,
    "details": (LineDetail(amount=Amount(Decimal("12.50"), "USD")),),
    "corrects": "replaces F1",
    "charged": Decimal("1.00"),
    # The same of all lines that are booked.
    "control_group": "pending",
}
# What names it, follows from the above, or was said of it by planning or by an interface: another value is the same line.
NAMES: dict[str, Any] = {
    "key": "DE1:S2:2026-10-05~abc:00009",
    "version": "2",
    "occurred_at": datetime(2026, 10, 6, tzinfo=UTC),
    "shares": "DE1:S1:2026-10-05",
    "unproven": True,
    "resembles": "DE1:F1:1",
    "unnamed": "csv",
    "bank": "12030000",
}


def test_each_field_of_a_line_is_said_by_the_bank_or_names_it() -> None:
    assert not SAID.keys() & NAMES.keys()
    assert SAID.keys() | NAMES.keys() == set(StatementLine.__struct_fields__)


@pytest.mark.parametrize("field", sorted(SAID))
def test_a_line_of_which_the_bank_says_something_else_is_another_one(field: str) -> None:
    assert replace(LINE, **{field: SAID[field]}).told() != LINE.told()


@pytest.mark.parametrize("field", sorted(NAMES))
def test_a_line_that_only_bears_another_name_is_the_same(field: str) -> None:
    other = replace(LINE, **{field: NAMES[field]})
    assert getattr(other, field) != getattr(LINE, field) and other.told() == LINE.told()


def lines_of(raw: bytes, **options: str) -> list[tuple[object, ...]]:
    return [d.told() for d in statements(raw, options) if isinstance(d, StatementLine)]


ONE = told("S1", "1", "1000", ("12.50", "A1"), ("-3.00", "A2"))


@pytest.mark.parametrize("write", [mt940, camt])
def test_a_line_is_the_same_under_whatever_name_its_statement_comes(write: Any) -> None:
    other = told("S2", "7", "1000", ("12.50", "A1"), ("-3.00", "A2"))
    assert lines_of(write(ONE)) == lines_of(write(other))


def test_a_line_is_the_same_whether_or_not_its_statements_balances_have_signs() -> None:
    head, rest = camt(ONE).split(b"<Ntry>", 1)
    unmarked = head.replace(b"<CdtDbtInd>CRDT</CdtDbtInd>", b"") + b"<Ntry>" + rest
    assert any(isinstance(d, Statement) and d.unproven for d in statements(unmarked, {}))
    assert lines_of(unmarked) == lines_of(camt(ONE))


def test_a_line_that_planning_renames_or_marks_is_the_same() -> None:
    frame, first, _ = statements(mt940(ONE), {})
    assert isinstance(frame, Statement) and isinstance(first, StatementLine)
    apart = first.apart(frame.apart("abc"), frame.name, "00009")
    assert (apart.key, apart.shares) != (first.key, first.shares) and apart.told() == first.told()
    assert replace(first, resembles="another").told() == first.told()


def test_a_line_is_the_same_whichever_name_its_account_had_before() -> None:
    raw = csv((DAY, "12.50", "A1"))
    (before,), (after,) = (statements(raw, {"account": a}) for a in ("csv", "MAIN"))
    assert isinstance(before, StatementLine) and isinstance(after, StatementLine)
    assert after.unnamed and replace(after, account=before.account).told() == before.told()


def test_a_line_is_the_same_by_whichever_bank_its_key_names_it() -> None:
    raw = ofx_lines((DAY, "12.50", "F1", "A1"), account="202051")
    (one,), (other,) = (
        [d for d in statements(file, {}) if isinstance(d, StatementLine)]
        for file in (raw, raw.replace(b"<BANKID>1", b"<BANKID>2"))
    )
    assert one.bank != other.bank and one.key != other.key and one.told() == other.told()
