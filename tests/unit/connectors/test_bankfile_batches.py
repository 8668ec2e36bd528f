"""A line that stands for several payments: booked as one, carrying them all, and none of them. All texts are invented."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.formats.camt_texts import batch, detail, entry, proven
from tieout.connectors.bankfile.normalise import statements
from tieout.documents import StatementLine, canonical_bytes, decode_document

PARTY = "<RltdPties><Dbtr><Pty><Nm>{}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>Invoice {}</Ustrd></RmtInf>"
A = detail("329.56", end_to_end="A", more=PARTY.format("Ada", "INV-1"))
B = detail("100.00", end_to_end="B", more=PARTY.format("Bob", "INV-2"))


def line_of(more: str) -> StatementLine:
    _, line = statements(proven(entry("429.56", more=more), closing="1429.56"), {})
    assert isinstance(line, StatementLine)
    return line


@pytest.mark.parametrize(
    ("more", "carried"),
    [(batch(A, B, count="2"), "AB"), (batch(A, B), "AB"), (batch(A, count="1") + batch(B, count="1"), "AB"),
     (batch(A, count="3"), "A")],
)  # fmt: skip
def test_a_batch_carries_its_payments_and_is_none_of_them(more: str, carried: str) -> None:
    line = line_of(more)
    assert (line.amount.value, line.end_to_end_id, line.counterparty) == (Decimal("429.56"), "", "")
    assert "".join(d.end_to_end_id for d in line.payments) == carried
    first = line.payments[0]
    assert (str(first.amount), first.counterparty, first.remittance) == ("329.56 EUR", "Ada", "Invoice INV-1")
    assert decode_document(canonical_bytes(line)) == line


@pytest.mark.parametrize("more", [batch(A), batch(A, count="1"), batch(A, count="0"), batch(A) + batch()])
def test_one_payment_is_the_line_itself(more: str) -> None:
    line = line_of(more)
    assert (line.end_to_end_id, line.counterparty, line.payments) == ("A", "Ada", ())


def test_a_batch_whose_payments_are_elsewhere_is_a_plain_line() -> None:
    line = line_of(batch(count="2"))
    assert (line.amount.value, line.end_to_end_id, line.payments) == (Decimal("429.56"), "", ())


def test_a_payment_finer_than_its_currency_is_carried_without_its_amount() -> None:
    line = line_of(batch(A, detail("0.005", end_to_end="C")))
    assert [None if d.amount is None else str(d.amount) for d in line.payments] == ["329.56 EUR", None]


def test_of_more_payments_than_a_document_holds_none_is_carried() -> None:
    line = line_of(batch(*[detail("0.01", end_to_end="X")] * 5001))
    assert (line.end_to_end_id, line.payments) == ("", ())
