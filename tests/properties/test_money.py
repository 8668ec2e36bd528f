"""Money keeps every digit or is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.money import Amount, CurrencyMismatchError, MoneyError, Period, from_minor, parse_decimal

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"])
minor = st.integers(min_value=-(10**15), max_value=10**15)


@given(minor, CURRENCIES)
def test_minor_units_survive_a_round_trip_through_text(value: int, currency: str) -> None:
    amount = from_minor(value, currency)
    assert Amount.parse(f"{amount.value:f}", currency) == amount


@given(st.lists(minor, max_size=30), CURRENCIES)
def test_a_sum_of_amounts_is_the_sum_of_their_minor_units(values: list[int], currency: str) -> None:
    total = sum((from_minor(v, currency) for v in values), Amount.zero(currency))
    assert total == from_minor(sum(values), currency)


@given(minor, CURRENCIES)
def test_an_amount_and_its_negative_leave_nothing(value: int, currency: str) -> None:
    amount = from_minor(value, currency)
    assert not amount + -amount
    assert str((amount + -amount).value)[0] != "-"


@pytest.mark.parametrize(
    "text", ["1e3", "NaN", "Infinity", "1,50", "1.234,56", "", " 1", "0x1", "1" * 25, "--1"]
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_decimal(text)


@pytest.mark.parametrize(("text", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("1.0005", "KWD")])
def test_digits_finer_than_the_minor_unit_are_refused_and_not_rounded(text: str, currency: str) -> None:
    with pytest.raises(MoneyError, match="finer"):
        Amount.parse(text, currency)


def test_a_float_is_no_count_of_minor_units() -> None:
    with pytest.raises(MoneyError):
        from_minor(10.0, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [10**24, -(10**24), 10**40])
def test_an_amount_too_large_for_exact_arithmetic_is_refused(minor: int) -> None:
    with pytest.raises(MoneyError, match="digits"):
        from_minor(minor, "EUR")


def test_two_currencies_make_no_sum() -> None:
    with pytest.raises(CurrencyMismatchError):
        from_minor(1, "EUR") + from_minor(1, "USD")


def test_a_number_of_json_keeps_its_digits() -> None:
    assert Amount.exact(Decimal("0.10"), "EUR").value == Decimal("0.1")
    with pytest.raises(MoneyError):
        Amount.exact(Decimal("0.1000000000000000055511"), "EUR")


@given(st.integers(1, 9998), st.integers(1, 12))
def test_periods_follow_each_other_without_a_gap(year: int, month: int) -> None:
    period = Period(year, month)
    assert (period.next().first - period.last).days == 1
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    ("text", "value"),
    [(".5", "0.5"), ("12.", "12"), ("-.0625", "-0.0625"), ("+7.2500", "7.25"), ("12.50000", "12.5"), ("1.23450000000000000", "1.2345"),
     ("0001.5", "1.5"), ("1" * 22 + ".1234000", "1" * 22 + ".1234")],
)  # fmt: skip
def test_decimals_are_read_as_xml_schema_has_them(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)
    assert len(parse_decimal(text).as_tuple().digits) <= 26


@pytest.mark.parametrize(
    "text", ["", ".", "+", "-.", "1.23456", "1.00001", "1" * 23, "1." + "0" * 18, "1e1", "1,5", "1 000", "٣", "12.5 ", "0x1"]
)  # fmt: skip
def test_what_is_no_decimal_or_too_fine_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_decimal(text)
