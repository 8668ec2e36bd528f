"""What counts in a filed period: by its first and its last day, and what the ledger's lock says of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.connector_api import TaxCode, TaxItem
from tieout.proofs.filed import Filing, counted, entered, lock_in_words

D = Decimal
SOLD = TaxCode("sale", "NY")
FILED = Filing(
    no=1, entity="US", first=date(2026, 10, 1), last=date(2026, 10, 31), report="VAT", taxes=(), reference="r", reason="r",
    corrects=None, by="cora", at="",
)  # fmt: skip


def item(on: date, number: int = 1, counts: bool = True, code: TaxCode = SOLD) -> TaxItem:
    record, amounts = ("account.move", number), (D("2.00"), D("20.00"), D("1.80"), D("18.00"))
    return TaxItem(f"INV/{number}", on, record, code, "251000", "EUR", *amounts, counts=counts)


@pytest.mark.parametrize(
    ("on", "counts"),
    [
        (date(2026, 9, 30), False),
        (date(2026, 10, 1), True),
        (date(2026, 10, 31), True),
        (date(2026, 11, 1), False),
    ],
)
def test_a_filed_period_holds_its_first_and_its_last_day_and_no_other(on: date, counts: bool) -> None:
    assert bool(counted([item(on)], FILED)) is counts


def test_what_enters_on_the_last_day_is_told_of_in_the_entitys_currency() -> None:
    now = counted([item(FILED.last), item(FILED.last, 2)], FILED)
    (came,) = entered(FILED, now[:1], now, {"INV/2": "Ann"})
    assert (came.entry, came.tax, came.base, came.by) == ("INV/2", D("1.80"), D("18.00"), "Ann")


def test_what_falls_due_later_and_what_bears_no_tax_is_in_no_report() -> None:
    assert counted([item(FILED.last, counts=False), item(FILED.last, code=TaxCode("sale", ""))], FILED) == []


def test_a_lock_is_of_the_whole_period_from_its_last_day_on() -> None:
    assert "before its end" in lock_in_words(FILED, date(2026, 10, 30))
    assert "before its end" not in lock_in_words(FILED, FILED.last)
