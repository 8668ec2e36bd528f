"""Dates and figures in people's own form, and what they type read back: no digit is ever another one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_decimal, parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from tieout.console import forms
from tieout.console.forms import TypedError, plain_amount, plain_day
from tieout.console.language import Speech, speaking
from tieout.console.words import amount, day, due, long_day, month, number, percent, when

ISO, ENGLISH, GERMAN = Speech(), Speech("en", "language"), Speech("de", "language")
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**21), max_value=10**21)


@pytest.mark.parametrize("said", [ISO, ENGLISH, GERMAN, Speech("de")])
@given(value=AMOUNTS)
def test_a_shown_amount_is_read_as_the_same(said: Speech, value: Decimal) -> None:
    with speaking(said):
        shown = str(amount(f"{value:f}", "EUR").striptags()).removesuffix(" EUR")
        if said == GERMAN and re.fullmatch(r"−?[1-9][0-9]{0,2},[0-9]{3}", shown):
            with pytest.raises(TypedError):
                plain_amount(shown)
        else:
            assert Decimal(plain_amount(shown)) == value
        # Babel reads it as the same, too.
        locale = "de" if said == GERMAN else "en"
        assert parse_decimal(shown.replace("−", "-"), locale=locale, strict=True) == value


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**20))
def test_marks_are_those_of_cldr(value: Decimal) -> None:
    for said, locale in ((ENGLISH, "en"), (GERMAN, "de")):
        with speaking(said):
            assert forms.digits(value, 2) == format_decimal(value, "#,##0.00", locale=locale)


def test_a_german_controller_reads_their_own_form() -> None:
    with speaking(GERMAN):
        assert amount("1234.56", "EUR").striptags() == "1.234,56 EUR"
        assert amount("-1234567.5", "EUR").striptags() == "−1.234.567,50 EUR"
        assert number(1234567) == "1.234.567"
        assert percent("0.125") == "12,5"
        assert day("2026-10-31") == "31.10.2026" and day(None) == "–" and day("unknown") == "unknown"
        assert month("2026-10") == "Oktober 2026"
        assert long_day("2026-10-31T08:00:00+00:00") == "Samstag, 31. Oktober 2026"
        assert when("2026-10-31T08:05:00+00:00").striptags() == "31.10.2026 08:05"
        # Machines read what they always did.
        assert 'datetime="2026-10-31T08:05:00+00:00"' in when("2026-10-31T08:05:00+00:00")
        assert due("2026-10-01T13:00:00+00:00", "2026-10-01T12:00:00+00:00").striptags() == "in 1 Std."


def test_german_words_stand_beside_figures_in_isos_form() -> None:
    with speaking(Speech("de")):
        assert amount("1234.56", "EUR").striptags() == "1,234.56 EUR"
        assert day("2026-10-31") == "2026-10-31"
        assert month("2026-03") == "März 2026"
        assert forms.moment(datetime(2026, 10, 31, 8, 5, tzinfo=UTC)) == "31. Okt. 08:05"


def test_the_form_of_before_is_what_nobody_chose() -> None:
    assert day("2026-10-31") == "2026-10-31" and month("2026-10") == "October 2026"
    assert when("2026-10-31T08:05:00+00:00").striptags() == "31 Oct 08:05"
    assert forms.month(date(2026, 10, 1)) == "October 2026"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1.234.567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("-1.234,56", "-1234.56"),
        ("−0,01", "-0.01"),
        ("1 234,56", "1234.56"),
        ("1.234,56 EUR", "1234.56"),
        ("1.500 JPY", "1500"),
        ("1,500 KWD", "1.500"),
        ("1234,567", "1234.567"),
        ("0,125", "0.125"),
        ("500", "500"),
        ("", ""),
    ],
)
def test_an_amount_is_understood_as_germans_type_it(typed: str, plain: str) -> None:
    with speaking(GERMAN):
        assert plain_amount(typed) == plain


@pytest.mark.parametrize("typed", ["1.234", "1,234", "-12.500", "1.500 EUR"])
def test_what_may_be_two_amounts_is_refused_with_both(typed: str) -> None:
    with speaking(GERMAN), pytest.raises(TypedError, match=r"kann .* oder .* heißen.*1\.234,56"):
        plain_amount(typed)


@pytest.mark.parametrize("typed", ["abc", "1.2.3,4.5", "1..2", "1,23,4", "12.34.5", "1" * 60, ",", "12,"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    for said in (GERMAN, ISO):
        with speaking(said):
            try:
                read = plain_amount(typed)
            except TypedError:
                continue
            # The API says what is wrong with what was left as it stands.
            assert said == ISO or read in ("12.",)


def test_english_marks_are_read_as_they_were() -> None:
    for said in (ISO, ENGLISH):
        with speaking(said):
            assert plain_amount("1,234") == "1234"
            assert plain_amount("1.234") == "1.234"
            assert plain_amount("-12.50") == "-12.50"
            assert plain_amount("1,234.56") == "1234.56"
            assert plain_amount("1.234,56") == "1234.56"


def test_a_day_is_understood_as_it_is_typed() -> None:
    with speaking(GERMAN):
        assert plain_day("31.10.2026") == plain_day("2026-10-31") == "2026-10-31"
        assert plain_day("3. 1. 2026") == "2026-01-03"
        with pytest.raises(TypedError, match=r"31\.10\.2026"):
            plain_day("3/10/2026")
