"""A closing rate that is out of line with those of the weeks before is found, with what hangs on it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.close.odd_rates import odd_rates
from tieout.close.revaluing import Revalued
from tieout.connector_api import LedgerFacts

LAST = date(2026, 10, 31)
BEFORE = [(date(2026, 9, 10), "0.92"), (date(2026, 9, 24), "0.93"), (date(2026, 10, 8), "0.91")]


def facts(rate: str, on: date = date(2026, 10, 29), before: list[tuple[date, str]] = BEFORE) -> LedgerFacts:
    return LedgerFacts(None, {"EUR": [(d, Decimal(r)) for d, r in [*before, (on, rate)]]})


def open_items(amount: str = "-920.00") -> list[Revalued]:
    value = Decimal(amount)
    return [
        Revalued(account="121000", currency="EUR", amount=value, carried=value, rate=Decimal(1), worth=value)
    ]


@pytest.mark.parametrize("rate", ["9.2", "0.092", "1.0870", "0.82", "1.0121"])
def test_a_rate_that_is_more_than_a_tenth_away_is_told_with_what_hangs_on_it(rate: str) -> None:
    (odd,) = odd_rates(open_items(), facts(rate), "USD", LAST)
    usual = Decimal("0.92")
    assert (odd.rate, odd.usual) == (Decimal(rate), usual)
    assert odd.amount.value == abs(-920 / Decimal(rate) - -920 / usual).quantize(Decimal("0.01"))
    assert f"EUR at {Decimal(rate).normalize():f} on 2026-10-29, and about 0.92 before" in odd.says


# The last is a tenth to the digit.
@pytest.mark.parametrize("rate", ["0.92", "1.01", "0.84", "1.012"])
def test_one_that_is_in_line_is_not(rate: str) -> None:
    assert odd_rates(open_items(), facts(rate), "USD", LAST) == []


def test_one_without_any_before_it_and_one_by_which_nothing_is_worth_anything_are_not() -> None:
    assert odd_rates(open_items(), facts("9.2", before=[]), "USD", LAST) == []
    assert odd_rates(open_items(), facts("9.2", before=[(date(2026, 3, 1), "0.92")]), "USD", LAST) == []
    assert odd_rates([], facts("9.2"), "USD", LAST) == []


def test_rates_of_after_the_day_say_nothing() -> None:
    assert odd_rates(open_items(), facts("9.2", on=date(2026, 11, 5)), "USD", LAST) == []
