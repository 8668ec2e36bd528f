"""AvaTax: what is asked, and what its words become; conditions that others met who integrated it are named after their reports."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.published.replay import Answer, Replay
from tieout.connector_api import RefusedError, SetupError, SystemConfig
from tieout.connectors.avatax.client import AvaTaxSession, open_session
from tieout.documents.taxation import TaxDetermination, TaxedLine, TaxQuestion

ASKED = TaxQuestion(
    key="V:B-1", on=date(2026, 10, 5), currency="USD", seller="Acme", seller_country="US", seller_tax_id="", buyer_country="US",
    buyer_region="NY", buyer_postal_code="10001", buyer_tax_id="", exemption="", lines=(TaxedLine(line="1", net=Decimal("100.00"), category="P0000000"),),
)  # fmt: skip


def part(tax: str, rate: str = "0.0925", kind: str = "Sales", **more: Any) -> dict[str, Any]:
    return {"jurisName": "TENNESSEE", "rate": Decimal(rate), "tax": Decimal(tax), "taxType": kind, "isFee": False, **more}  # fmt: skip


def line(tax: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"lineNumber": "1", "lineAmount": Decimal("100.00"), "tax": Decimal(tax), "exemptAmount": 0, "details": list(parts), **more}  # fmt: skip


def session(url: str) -> AvaTaxSession:
    given = {"url": url, "account": "7", "license_key": "k", "company_code": "DEFAULT"}
    return open_session(SystemConfig("tax", "avatax", "test", given))


def answered(
    *rows: dict[str, Any], question: TaxQuestion = ASKED, told: Any = None
) -> tuple[TaxDetermination, dict[str, Any]]:
    """What becomes of these lines, and the body that asked."""
    raw = msgspec.json.Encoder(decimal_format="number").encode({"lines": list(rows)})
    with Replay({("POST", "/api/v2/transactions/create"): told or Answer(raw, 201)}) as there:
        (found,) = session(there.url).determine([question])
        return found, json.loads(there.asked[0].body, parse_float=Decimal)


def asked(question: TaxQuestion) -> dict[str, Any]:
    rows = [line("0") | {"lineNumber": x.line} for x in question.lines]
    return answered(*rows, question=question)[1]


def test_account_fiscal_rule_120_a_line_that_lowers_the_bill_is_asked_for_below_zero() -> None:
    """OCA/account-fiscal-rule 120: credit notes were sent as positive amounts."""
    back = msgspec.structs.replace(ASKED, lines=(TaxedLine(line="1", net=Decimal("-10.00"), category=""),))
    found, body = answered(line("-0.93", part("-0.93")), question=back)
    assert (body["lines"][0]["amount"], body["lines"][0]["quantity"]) == (Decimal("-10.00"), 1)
    assert found.lines[0].amount == Decimal("-0.93")


def test_account_fiscal_rule_117_a_line_is_asked_for_as_one_piece_after_its_discount() -> None:
    """OCA/account-fiscal-rule 117: with a line's discount its tax was looked up by its price before it."""
    (sent,) = asked(ASKED)["lines"]
    assert (sent["quantity"], sent["amount"]) == (1, Decimal("100.00"))
    assert "discounted" not in sent and "discount" not in asked(ASKED)


@pytest.mark.parametrize("charged", ["15.14", "15.15"])
def test_account_fiscal_rule_313_the_engines_own_rounding_stands(charged: str) -> None:
    """OCA/account-fiscal-rule 313: 9.25% of 163.75 are 15.14 there and 15.15 in Odoo, and a cent stayed open."""
    found, _ = answered(line("15.14", part("15.14")))
    assert found.charged == Decimal("15.14")
    assert found.once_charged(Decimal(charged), Decimal("0.05")) is not None


def test_account_fiscal_rule_167_nothing_of_a_bill_is_recorded_there() -> None:
    """OCA/account-fiscal-rule 167: vendor bills were reported to Avalara."""
    body = asked(ASKED)
    assert body["type"] == "PurchaseOrder" and "commit" not in body


def test_account_fiscal_rule_342_a_fees_rate_is_an_amount_and_no_percentage() -> None:
    """OCA/account-fiscal-rule 342: Colorado's delivery fee of 0.27 got lost between order and invoice. Here it was a tax of 27%."""
    fee = part("0.27", "0.27", "Fee", isFee=True, unitOfBasis="FlatAmount")
    found, _ = answered(line("3.17", part("2.90", "0.029"), fee))
    assert (found.lines[0].amount, found.lines[0].rate) == (Decimal("3.17"), Decimal("2.9"))


def test_php_sdk_95_what_is_not_taxed_without_a_reason_is_not_exempt() -> None:
    """avadev/AvaTax-REST-V2-PHP-SDK 95: everything came back as exempt, since the company collects nothing there."""
    found, _ = answered(line("0", part("0", "0"), exemptAmount=100))
    assert found.lines[0].treatment == "zero"
    with pytest.raises(RefusedError, match="collects nothing in TENNESSEE; add the place"):
        answered(line("0", part("0", "0", nonTaxableType="NexusRule"), exemptAmount=100))


def test_apps_1726_no_rate_is_said_of_what_is_not_taxed() -> None:
    """saleor/apps 1726: a rate stood beside a tax of nothing."""
    found, _ = answered(line("0", part("0"), exemptAmount=100))
    assert (found.lines[0].treatment, found.lines[0].rate) == ("exempt", 0)


def test_magento_42_the_day_is_the_bills_own() -> None:
    """avadev/Avalara-AvaTax-for-Magento2 42: the day was now, in UTC: the next one in the evening, and that of a later run."""
    assert asked(ASKED)["date"] == "2026-10-05"


@pytest.mark.parametrize("code", ["GetTaxError", "JurisdictionNotFoundError"])
def test_solidus_43_and_classyllama_125_an_error_is_no_tax_of_nothing(code: str) -> None:
    """boomerdigital/solidus_avatax_certified 43, classyllama/ClassyLlama_AvaTax 125: an error came to 0.00, and the order went on."""
    told = Answer(json.dumps({"error": {"code": code, "message": "Unable to determine"}}).encode(), 400)
    with pytest.raises(RefusedError, match=code):
        answered(told=told)


def test_avatax_158_rates_of_several_places_are_summed() -> None:
    """onepica/avatax 158: tax of more than one place was shown at 0%."""
    found, _ = answered(line("9.25", part("7.00", "0.07"), part("2.25", "0.0225")))
    assert (found.lines[0].rate, found.lines[0].jurisdiction) == (Decimal("9.25"), "TENNESSEE, TENNESSEE")


def test_xtuple_3386_a_purchases_tax_is_sales_tax_or_use_tax() -> None:
    """xtuple/xtuple 3386: of a purchase order use tax was estimated, where the seller would charge sales tax."""
    found, _ = answered(line("9.25", part("9.25", kind="ConsumerUse")))
    assert found.lines[0].treatment == "sales_or_use" and found.charged == 0
    once = found.once_charged(Decimal("9.25"), Decimal(0))
    assert once and once.charged == Decimal("9.25")


def test_sellers_use_tax_is_the_sellers() -> None:
    """help.avalara.com, About Sales and Use Tax Types. It was taken for the buyer's."""
    assert answered(line("9.25", part("9.25", kind="Use")))[0].lines[0].treatment == "standard"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (line("9.25", part("9.00")), "its parts are Sales 9.00"),
        (line("0", part("5.00", kind="Input"), part("-3.00", kind="Output"), part("-2.00", kind="Nonrecoverable")), "its parts are Input 5"),
        (line("9.25", part("9.25", kind="LandedCost")), "bears LandedCost"),
        (line("9.25", part("5.00"), part("4.25", kind="ConsumerUse")), "partly the seller's"),
        (line("0") | {"lineNumber": "7"}, "nothing about line 1"),
    ],
)  # fmt: skip
def test_words_that_do_not_say_what_is_due(row: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        answered(row)


def test_texts_are_as_long_as_avatax_takes_them() -> None:
    """CreateTransactionModel and LineItemModel: a longer one refused the whole bill (StringLengthError)."""
    long = TaxedLine(line="1", net=Decimal(1), category="3004-T006493004-1072033010-1")
    body = asked(msgspec.structs.replace(ASKED, key="V" * 60, seller="S" * 60, lines=(long,)))
    assert len(body["code"]) == len(body["customerCode"]) == 50
    assert body["lines"][0]["itemCode"] == long.category and "taxCode" not in body["lines"][0]
    with pytest.raises(RefusedError, match="25 characters of the exemption's number"):
        asked(msgspec.structs.replace(ASKED, exemption="E" * 26))


@pytest.mark.parametrize(("country", "origin"), [("US", "US"), ("", "US"), ("FR", "FR")])
def test_a_seller_within_the_country_is_taken_to_be_where_the_buyer_is(country: str, origin: str) -> None:
    """developer.avalara.com, testing address errors: state and zip are the least by which a place is found."""
    sent = asked(msgspec.structs.replace(ASKED, seller_country=country))["addresses"]
    assert sent["shipFrom"]["country"] == origin
    assert (sent["shipFrom"] == sent["shipTo"]) is (origin == "US")


def test_a_ping_that_knew_nobody_is_a_wrong_key() -> None:
    told = b'{"version": "26.10.0", "authenticated": false, "authenticationType": "None"}'
    with Replay({("GET", "/api/v2/utilities/ping"): told}) as there, pytest.raises(SetupError, match="key"):
        session(there.url).check()
