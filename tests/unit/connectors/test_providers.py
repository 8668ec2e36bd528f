"""PayPal's event codes and Adyen's journals mean what these publish, in the direction of their money; all else is a case.

Source: PayPal, "Transaction event codes" (developer.paypal.com/docs/transaction-search/transaction-event-codes), published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tieout.connector_api import CATEGORIES, MOVEMENTS, declared_movement
from tieout.connectors.settlements.normalise import settlements
from tieout.connectors.settlements.providers import PROVIDERS
from tieout.documents import ProviderMovement
from tieout.formats import Line
from tieout.formats.model import Charge, Place
from tieout.formats.paypal.codes import CODES
from tieout.operations.discover import discover


def category(
    code: str, amount: str, fee: str = "0", provider: str = "paypal", options: Mapping[str, Any] = {}
) -> str:
    charges = (Charge(Decimal(fee), "EUR", True),) if Decimal(fee) else ()
    line = Line(
        amount=Decimal(amount), currency="EUR", booked_on=None, value_on=None, place=Place(0, 0), bank_code=code, charges=charges
    )  # fmt: skip
    return PROVIDERS[provider].category(line, options)


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


# All that PayPal publishes, by the page's own ranges.
PUBLISHED = [
    f"T{group}{n:02}"
    for group, kinds in {
        "00": [*range(20), 21], "01": range(15), "02": range(3), "03": range(4), "04": range(4), "05": range(6), "06": [0],
        "07": range(2), "08": range(9), "09": range(6), "10": [0], "11": range(20), "12": [0, 1, 2, 3, 4, 5, 7, 8], "13": range(3),
        "14": [0], "15": range(4), "16": range(4), "17": range(2), "18": range(2), "19": [0], "20": range(5), "21": range(1, 15),
        "22": [1], "23": [1], "30": [0], "50": range(2), "97": range(3), "98": [0], "99": [0],
    }.items()
    for n in kinds
]  # fmt: skip


def test_every_published_code_is_declared_and_no_other() -> None:
    assert sorted(CODES) == sorted(PUBLISHED)
    for code, meaning in CODES.items():
        assert meaning.says and {meaning.comes, meaning.goes} <= {"", *CATEGORIES}, code


@pytest.mark.parametrize(("code", "amount", "word"), [
    ("T0006", "-10", "spending"), ("T0001", "-50", "spending"), ("T0500", "-9", "spending"), ("T0700", "9", "spending"),
    ("T1107", "12", "spending"), ("T1119", "5", "spending"), ("T1118", "-5", "dispute"), ("T1208", "-5", "dispute"),
    ("T0600", "-4", "spending"), ("T1104", "-40", "topup"), ("T1203", "4", "other"), ("T0801", "1", "other"),
    ("T2201", "-8", "reserve"), ("T5000", "8", "reserve"), ("T9701", "90", "financing"), ("T9702", "-9", "financing"), ("T2004", "9", "financing"), ("T0505", "-3", "reserve"),
    # Not published: the group says it.
    ("T0099", "10", "charge"), ("T0450", "-10", "payout"), ("T2199", "-10", "reserve"),
])  # fmt: skip
def test_money_that_we_spend_and_codes_of_a_group_are_told(code: str, amount: str, word: str) -> None:
    assert category(code, amount) == word


# Where books differ on what it is, or the money went the other way than the code says, or nothing is published of it.
ASKED = "T1100 T1112 T1116 T1300 T1302 T1700 T2000 T2001 T2301 T3000 T9700 T9800 T9900 T1299 T6000"


@pytest.mark.parametrize("amount", ["7", "-7"])
@pytest.mark.parametrize("code", ASKED.split())
def test_a_code_that_only_the_company_can_tell_keeps_its_name(code: str, amount: str) -> None:
    assert category(code, amount) == code


@pytest.mark.parametrize(("code", "amount"), [
    ("T1106", "12"), ("T0400", "12"), ("T0300", "-12"), ("T1101", "-12"), ("T1202", "-12"), ("T1205", "-12"), ("T1109", "-1"),
])  # fmt: skip
def test_a_code_whose_money_went_the_other_way_keeps_its_name(code: str, amount: str) -> None:
    assert category(code, amount) == code


def test_the_company_says_what_a_code_is_to_it() -> None:
    said = {"movements": {"T2000": "other", "T0000 out": "refund", "T0006": "other"}}
    assert (
        category("T2000", "-7", options=said) == "other" and category("T2000", "7", options=said) == "other"
    )
    assert (
        category("T0000", "-7", options=said) == "refund" and category("T0000", "7", options=said) == "charge"
    )
    assert category("T0006", "7", options=said) == "other"
    assert declared_movement({}, "T2000", 1) == "" and declared_movement({"movements": "x"}, "T2000", 1) == ""


def test_a_project_may_say_it_as_the_option_is_explained() -> None:
    """A project is held against this shape, a row at a time; Stripe's interfaces have the same option."""
    for said in ("T2000 = other", "T0000 out = refund", "EpaPaid = spending", "topup = financing"):
        assert re.fullmatch(MOVEMENTS.shape, said)
    for wrong in ("T2000 = others", "T2000 = ", " = other"):
        assert not re.fullmatch(MOVEMENTS.shape, wrong)
    assert all(MOVEMENTS in discover()[name].options for name in ("settlements", "stripe"))


@pytest.mark.parametrize(("journal", "word"), [
    ("Settled", "charge"), ("Refunded", "refund"), ("Chargeback", "dispute"), ("SecondChargeback", "dispute"),
    ("ChargebackReversed", "dispute_reversal"), ("RefundedReversed", "refund_failure"), ("SettledReversed", "capture_reversal"),
    ("Fee", "fee"), ("MiscCosts", "fee"), ("PaymentCost", "fee"), ("AuthorisationSchemeFee", "fee"), ("InvoiceDeduction", "fee"),
    ("DepositCorrection", "reserve"), ("ReserveAdjustment", "reserve"), ("Balancetransfer", "reserve"), ("BalanceTransfer", "reserve"),
    ("ManualCorrected", "other"), ("MatchedStatement", "topup"), ("MerchantPayin", "topup"), ("MerchantPayout", "payout"),
    ("BankInstructionReturned", "payout_reversal"), ("PaidOut", "spending"), ("PaidOutReversed", "spending"),
    ("SentForSettle", "charge"), ("InternalCompanyPayout", "InternalCompanyPayout"), ("EpaPaid", "EpaPaid"),
    ("ChargebackExternallyWithInfo", "ChargebackExternallyWithInfo"),
])  # fmt: skip
def test_a_journal_of_adyens_is_what_it_is_published_as(journal: str, word: str) -> None:
    assert category(journal, "-5", provider="adyen") == word
    said = {"movements": {journal: "other"}}
    assert category(journal, "-5", provider="adyen", options=said) == "other"


def test_a_sale_whose_fee_is_all_of_it_is_one() -> None:
    assert category("T0006", "0", "-0.30") == "charge" and category("T0006", "-0.05", "-0.35") == "charge"


def test_a_dispute_in_a_file_of_shopify_payments_that_comes_back_is_its_reversal() -> None:
    columns = "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Available On,Amount,Fee,Net,Checkout"
    more = "Payment Method Name,Presentment Amount,Presentment Currency,Currency"
    rows = [
        f"2026-10-05 10:00:00 -0400,dispute,#1,visa,online,paid,2026-10-08,2026-10-08,{amount},0.00,{amount},#1,card,{amount},USD,USD"
        for amount in ("-9.00", "9.50")
    ]
    raw = "\n".join([f"{columns},{more}", *rows, ""]).encode()
    made = settlements(raw, {"provider": "shopify_payments"})
    found = [(d.category, str(d.net.value)) for d in made if isinstance(d, ProviderMovement)]
    assert found[:2] == [("dispute", "-9.00"), ("dispute_reversal", "9.50")]
