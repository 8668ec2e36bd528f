"""CAMT.053: read whole or refused with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.connectors.bankfile.normalise import statements
from tieout.connectors.bankfile.simulator import Bank, BankLine
from tieout.documents import Statement, StatementLine

DAY = date(2026, 10, 5)
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "camt" / "camt_parser"


def file(*lines: BankLine, opening: int = 10_000) -> bytes:
    bank = Bank()
    bank.open_account("DE02120300000000202051", "EUR", opening)
    for line in lines:
        bank.book("DE02120300000000202051", line)
    return bank.statement("DE02120300000000202051", DAY)


def lines_of(raw: bytes) -> list[StatementLine]:
    return [d for d in statements(raw, {}) if isinstance(d, StatementLine)]


def test_signs_balances_and_references_are_read() -> None:
    raw = file(
        BankLine(DAY, 12_345, "po_1", "STRIPE", "STRIPE po_1"), BankLine(DAY, -500, remittance="Fee & co")
    )
    head, *lines = statements(raw, {})
    assert isinstance(head, Statement)
    assert (head.opening.value, head.closing.value, head.line_count) == (
        Decimal("100.00"),
        Decimal("218.45"),
        2,
    )
    assert [(x.amount.value, x.end_to_end_id, x.remittance) for x in lines if isinstance(x, StatementLine)] == [
        (Decimal("123.45"), "po_1", "STRIPE po_1"), (Decimal("-5.00"), "", "Fee & co"),
    ]  # fmt: skip


def test_two_equal_lines_of_a_day_are_two_lines() -> None:
    fee = BankLine(DAY, -1500, remittance="Account fee")
    found = lines_of(file(fee, fee))
    assert len(found) == 2 and len({x.key for x in found}) == 2


def test_a_statement_that_does_not_hold_is_refused_whole() -> None:
    raw = file(BankLine(DAY, 1000)).replace(b'<Amt Ccy="EUR">10.00</Amt>', b'<Amt Ccy="EUR">10.01</Amt>', 1)
    with pytest.raises(ValueError, match="does not hold"):
        statements(raw, {})


@pytest.mark.parametrize(
    "bad",
    [b"<Document", b"", b"<?xml version='1.0'?><a/>",
     b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'],
)  # fmt: skip
def test_what_is_no_statement_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError):
        statements(bad, {})


@pytest.mark.parametrize("text", ["NaN", "1e5", "-1.00", "10.001", "1" * 30])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    raw = file(BankLine(DAY, 1000)).replace(b'"EUR">10.00<', f'"EUR">{text}<'.encode(), 1)
    with pytest.raises(ValueError):
        statements(raw, {})


def test_published_samples_are_read_or_refused_with_a_reason() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("../shared/data is not here")
    read, refused = [], {}
    for path in sorted(SAMPLES.glob("spec_fixtures_053_*.xml")):
        try:
            statements(path.read_bytes(), {})
            read.append(path.name)
        except ValueError as error:
            refused[path.name] = str(error)
    assert read, refused
    assert all(refused.values())
