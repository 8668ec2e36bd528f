"""What is indexed and what is typed become the same terms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.finding.terms import (
    account_end,
    account_ends_of,
    amount_term,
    amounts_of,
    day_term,
    days_of,
    joined,
    quoted,
    spellings,
    words,
    written_days,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,234.56", ["1234.56"]),
        ("1234.56", ["1234.56"]),
        ("1.234,56", ["1234.56"]),
        ("1234,56", ["1234.56"]),
        ("1'234.56", ["1234.56"]),
        ("12,34,567.89", ["1234567.89"]),
        ("1.234.567", ["1234567"]),
        ("1,234", ["1.234", "1234"]),
        ("1,2345", ["1.2345"]),
        ("-99.90", ["99.90"]),
        ("99.90-", ["99.90"]),
        ("1042", ["1042"]),
        ("1042.", ["1042"]),
        ("0.5", ["0.5"]),
        ("1.2.3", []),
        ("12,3.4,5", []),
        ("1e5", []),
        ("9" * 19, []),
        ("INV-7", []),
        ("", []),
    ],
)
def test_an_amount_is_read_as_anybody_writes_it(typed: str, meant: list[str]) -> None:
    assert list(amounts_of(typed)) == [Decimal(x) for x in meant]


def test_an_amount_is_one_term_whatever_its_sign_and_zeros() -> None:
    assert amount_term(Decimal("-1234.50")) == amount_term(Decimal("1234.5")) == "=1234.5"
    assert amount_term(Decimal("100")) == "=100"
    assert amount_term(Decimal("0.00")) == "=0"


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("2026-10-03", ["@20261003"]),
        ("3.10.2026", ["@20261003"]),
        ("03.10.26", ["@20261003"]),
        ("10/03/2026", ["@20260310", "@20261003"]),
        ("31/10/2026", ["@20261031"]),
        ("2026-10", ["@202610"]),
        ("2026-02-30", []),
        ("1042", []),
    ],
)
def test_a_day_is_read_as_anybody_writes_it(typed: str, terms: list[str]) -> None:
    assert list(days_of(typed)) == terms
    assert day_term(date(2026, 10, 3)) == "@20261003"


def test_days_with_names_of_months() -> None:
    assert written_days("paid 3 Oct 2026") == "paid 2026-10-03"
    assert written_days("October 3, 2026") == "2026-10-03"
    assert written_days("3. März 2026") == "2026-03-03"
    assert written_days("acme oct 2026") == "acme 2026-10"
    assert written_days("May flowers 12") == "May flowers 12"


def test_words_are_found_whole_and_in_parts() -> None:
    assert set(words("INV-2026-0012")) == {"inv20260012", "inv", "2026", "0012", "12"}
    assert set(words("#1042")) == {"1042"}
    assert set(words("Müller GmbH")) == {"muller", "mueller", "gmbh"}
    assert spellings("Straße") == ("strasse",)
    assert set(spellings("Øresund")) == {"oresund", "oeresund"}
    assert words("—") == ()


def test_of_an_account_its_end_alone() -> None:
    assert account_end("DE89 3704 0044 0532 0130 00") == "#3000"
    assert account_end("shop") == ""
    assert account_ends_of("3000") == ("#3000",)
    assert account_ends_of("DE89370400440532013000") == ("#3000",)
    assert account_ends_of("10423") == ()


def test_what_belongs_together_is_joined() -> None:
    assert joined("to DE89 3704 0044 0532 0130 00") == "to DE89370400440532013000"
    assert joined("1 234,56 EUR") == "1234,56 EUR"
    assert joined("order 1042 12") == "order 1042 12"


def test_a_term_is_quoted_whatever_is_in_it() -> None:
    assert quoted("o'brien\\") == "'o''brien\\\\'"
