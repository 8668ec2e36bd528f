"""An amount is one of its currency, whoever makes it and wherever it is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tieout.documents import GiftCardTender, canonical_bytes, decode_document
from tieout.money import CURRENCIES, Amount, MoneyError, from_minor, minor_digits, quantum

TENDER = GiftCardTender(
    key="k", occurred_at=datetime(2026, 10, 5, tzinfo=UTC), currency="USD", order_key="o",
    amount=Amount.parse("12.50", "USD"),
)  # fmt: skip


def kept(value: Any, currency: str) -> bytes:
    """The tender as bytes, with another amount in it."""
    raw = json.loads(canonical_bytes(TENDER))
    return json.dumps({**raw, "amount": {"value": value, "currency": currency}}).encode()


@pytest.mark.parametrize(
    ("value", "currency", "why"),
    [
        ("0.001", "USD", "finer than 0.01"),
        ("12.5001", "EUR", "finer"),
        ("100000.5", "JPY", "JPY has 0 decimals"),
        ("1.2345", "KWD", "finer than 0.001"),
        ("1.00", "US", "no ISO 4217 code"),
        ("1.00", "usd", "capital letters"),
        ("1.00", "", "no ISO 4217 code"),
        ("1.00", "QQQ", "no currency of ISO 4217"),
        ("1.00", "XAU", "no currency of ISO 4217"),
        ("NaN", "USD", "no number"),
        ("Infinity", "USD", "no number"),
        ("1e30", "USD", "24 digits"),
        ("1" * 25, "USD", "24 digits"),
    ],
)
def test_what_is_no_amount_of_its_currency_is_refused_where_it_is_read(
    value: str, currency: str, why: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=why) as refused:
        decode_document(kept(value, currency))
    # With its place, so that whoever reads it finds it.
    assert "$.amount" in str(refused.value)


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("12.50", "USD"), ("12.5", "USD"), ("12", "USD"), ("12.500000", "USD"), ("-0.01", "EUR"), ("5E+2", "EUR"), ("100000", "JPY"),
        ("100000.00", "JPY"), ("1.234", "KWD"), ("1.2345", "CLF"), ("7.53", "HRK"), ("9" * 23, "USD"),
    ],
)  # fmt: skip
def test_what_is_one_is_read_with_the_digits_that_it_was_written_with(value: str, currency: str) -> None:
    raw = kept(value, currency)
    read = decode_document(raw)
    assert isinstance(read, GiftCardTender) and read.amount.value == Decimal(value)
    # Hashes are over these bytes: what an older version kept stays as it is.
    assert json.loads(canonical_bytes(read))["amount"] == {"value": value, "currency": currency}


@pytest.mark.parametrize(
    "value", [Decimal("0.001"), Decimal("NaN"), Decimal("-Infinity"), 1, 1.5, "1.00", None]
)
def test_nobody_makes_one_that_could_not_be_read_again(value: Any) -> None:
    with pytest.raises(MoneyError):
        Amount(value, "USD")


def test_sums_of_amounts_are_amounts() -> None:
    total = Amount.parse("0.10", "USD") + Amount.parse("0.2", "USD")
    assert total == Amount(Decimal("0.30"), "USD") and -total == Amount(Decimal("-0.30"), "USD")


def test_minor_units_of_a_currency_that_nobody_knows_are_no_amount() -> None:
    """Two decimals would be a guess: 1000 fils are no 10.00."""
    with pytest.raises(ValueError, match="no currency of ISO 4217"):
        from_minor(1000, "QQQ")


def test_the_currencies_are_those_of_the_published_list() -> None:
    """Figures of ISO 4217 list one, published 2026-01-01: how many have which minor unit; and some of each."""
    digits = {code: minor_digits(code) for code in CURRENCIES}
    assert {d: [*digits.values()].count(d) for d in (0, 3, 4)} == {0: 17, 3: 7, 4: 2}
    assert {"ISK", "XAF", "UGX", "PYG"} <= {c for c, d in digits.items() if d == 0}
    assert (
        digits["TND"] == 3
        and digits["UYW"] == 4
        and digits["UZS"] == 2
        and quantum("CLF") == Decimal("0.0001")
    )
