"""PayPal's transaction event codes mean what PayPal says, in the direction of their money; all else is a case.

Source: PayPal, "Transaction event codes" (developer.paypal.com/docs/transaction-search/transaction-event-codes), published.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tieout.connectors.settlements.providers import PROVIDERS
from tieout.formats import Line
from tieout.formats.model import Charge, Place


def category(code: str, amount: str, fee: str = "0") -> str:
    charges = (Charge(Decimal(fee), "EUR", True),) if Decimal(fee) else ()
    line = Line(
        amount=Decimal(amount), currency="EUR", booked_on=None, value_on=None, place=Place(0, 0), bank_code=code, charges=charges
    )  # fmt: skip
    return PROVIDERS["paypal"].category(line)


@pytest.mark.parametrize(("code", "amount", "word"), [
    ("T0006", "10", "charge"), ("T0021", "10", "charge"), ("T0107", "-1", "fee"), ("T0114", "-20", "fee"),
    ("T1108", "1", "fee"), ("T1109", "1", "fee"), ("T0200", "-5", "exchange"), ("T0202", "5", "exchange"),
    ("T0300", "100", "topup"), ("T0303", "100", "topup"), ("T0400", "-100", "payout"), ("T0403", "-100", "payout"),
    ("T1101", "100", "payout_reversal"), ("T1107", "-10", "refund"), ("T1106", "-10", "dispute"), ("T1110", "-10", "dispute"),
    ("T1201", "-10", "dispute"), ("T1207", "-10", "dispute"), ("T1111", "10", "dispute_reversal"),
    ("T1202", "10", "dispute_reversal"), ("T1205", "10", "dispute_reversal"), ("T1105", "10", "reserve"),
    ("T1503", "-10", "reserve"), ("T2103", "-10", "reserve"), ("T2104", "10", "reserve"), ("T1200", "3", "other"),
    ("T1900", "-3", "other"),
])  # fmt: skip
def test_a_code_is_what_it_is_published_as(code: str, amount: str, word: str) -> None:
    assert category(code, amount) == word


# What is paid by PayPal, cards, bonuses, buyer credit, transfers, and what takes these back.
UNKNOWN = (
    "T0500 T0501 T0502 T0503 T0504 T0505 T0600 T0700 T0701 T0800 T0801 T0808 T0900 T0905 T1000 T1100 T1102 T1103 T1104 T1112 "
    "T1113 T1114 T1115 T1116 T1117 T1118 T1119 T1208 T1300 T1301 T1302 T1400 T1600 T1603 T1700 T1701 T1800 T2000 T2001 "
    "T2004 T2201 T3000 T5000 T5001 T9700 T9701 T9800 T9900"
).split()


@pytest.mark.parametrize("amount", ["7", "-7"])
@pytest.mark.parametrize("code", UNKNOWN)
def test_a_code_that_means_nothing_here_keeps_its_name(code: str, amount: str) -> None:
    assert category(code, amount) == code


@pytest.mark.parametrize(("code", "amount"), [
    ("T0001", "-50"), ("T0007", "-12"), ("T1107", "12"), ("T1106", "12"), ("T0400", "12"), ("T0300", "-12"), ("T1101", "-12"),
    ("T1202", "-12"), ("T1205", "-12"), ("T1109", "-1"),
])  # fmt: skip
def test_a_code_whose_money_went_the_other_way_keeps_its_name(code: str, amount: str) -> None:
    """What we pay by PayPal is no adjustment, and a refund that we get is none that we gave."""
    assert category(code, amount) == code


def test_a_sale_whose_fee_is_all_of_it_is_one() -> None:
    assert category("T0006", "0", "-0.30") == "charge" and category("T0006", "-0.05", "-0.35") == "charge"
