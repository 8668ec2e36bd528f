"""Account and card numbers by their last digits, and nothing else changed."""

from __future__ import annotations

import json

import pytest

from tieout.security import masked, masked_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DE02120300000000202051:285:2026-10-12", "DE…2051:285:2026-10-12"),
        ("pay GB29 NWBK 6016 1331 9268 19 now", "pay GB…6819 now"),
        ('{"iban":"NL91ABNA0417164300"}', '{"iban":"NL…4300"}'),
        ("4242424242424242", "…4242"),
        ("4242 4242 4242 4242", "…4242"),
        ("378282246310005", "…0005"),
        ("5555-5555-5555-4444.", "…4444."),
    ],
)
def test_what_is_an_account_or_a_card_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "DE02120300000000202052",  # its check digits are wrong
        "4242424242424241",  # so are Luhn's
        "order:5000000028", "gid://shopify/Order/5840000000001", "2026-10-31T23:59:59.000000Z", "1234567.89",
        "ch_6jEWN7fsaQvq64g6GA", "a05b5ca1a5d1f46da05b5ca1a5d1f46da05b5ca1a5d1f46da05b5ca1a5d1f46d", "10000000000000000",
    ],
)  # fmt: skip
def test_what_is_neither_stays(text: str) -> None:
    assert masked(text) == text


def test_json_stays_json() -> None:
    told = masked_json(
        json.dumps({"a": ["4242424242424242", 4242424242424242, {"b": "DE02120300000000202051"}]})
    )
    assert told == {"a": ["…4242", 4242424242424242, {"b": "DE…2051"}]}
