"""Stripe Tax by what Stripe publishes: answers of its shape, with other values than its pages have."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.published.replay import Answer, Replay
from tieout.connector_api import RefusedError, SystemConfig
from tieout.connectors.stripetax.client import VERSION, open_session
from tieout.documents.taxation import TaxDetermination, TaxedLine, TaxQuestion


def asked(*nets: str, currency: str = "USD") -> TaxQuestion:
    return TaxQuestion(
        key="V:B-1", on=date(2026, 10, 5), currency=currency, seller="Acme", seller_country="US", seller_tax_id="",
        buyer_country="US", buyer_region="WA", buyer_postal_code="98104", buyer_tax_id="", exemption="",
        lines=tuple(TaxedLine(line=str(n), net=Decimal(net), category="x") for n, net in enumerate(nets, 1)),
    )  # fmt: skip


def part(amount: int, reason: str, rate: str | None, name: str = "Washington") -> dict[str, Any]:
    details = {"display_name": "Sales", "percentage_decimal": rate, "tax_type": "sales_tax"}
    return {
        "amount": amount, "jurisdiction": {"country": "US", "display_name": name, "level": "state", "state": "WA"},
        "sourcing": "destination", "tax_rate_details": details if rate is not None else None, "taxability_reason": reason,
        "taxable_amount": 2000 if amount else 0,
    }  # fmt: skip


def line(reference: str, tax: int, *parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"tax_li_{reference}", "object": "tax.calculation_line_item", "amount": 2000, "amount_tax": tax, "product": None,
        "quantity": 1, "reference": reference, "tax_behavior": "exclusive", "tax_breakdown": list(parts) or None, "tax_code": "txcd_10000000",
    }  # fmt: skip


def determined(question: TaxQuestion, *rows: dict[str, Any]) -> tuple[TaxDetermination, Replay]:
    body = json.dumps({"id": "taxcalc_1", "object": "tax.calculation", "line_items": {"object": "list", "data": list(rows), "has_more": False}})  # fmt: skip
    with Replay({("POST", "/v1/tax/calculations"): body.encode()}) as there:
        session = open_session(
            SystemConfig("tax", "stripetax", "test", {"url": there.url, "key": "rk_test_x"})
        )
        (found,) = session.determine([question])
    return found, there


def test_the_parts_of_one_place_are_one_tax_and_a_county_that_asks_for_nothing_is_none() -> None:
    """docs.stripe.com/tax/custom: state, county, city and two districts of Seattle; it was refused as taxed in several ways."""
    found, there = determined(
        asked("20.00"),
        line(
            "1", 205, part(130, "standard_rated", "6.5"), part(0, "not_subject_to_tax", None, "KING"),
            part(44, "standard_rated", "2.2", "SEATTLE"), part(28, "standard_rated", "1.4"), part(3, "standard_rated", "0.15"),
        ),
    )  # fmt: skip
    (one,) = found.lines
    assert (one.treatment, one.rate, one.amount) == ("standard", Decimal("10.25"), Decimal("2.05"))
    assert there.asked[0].headers["stripe-version"] == VERSION


@pytest.mark.parametrize(
    ("reason", "treatment"),
    [("product_exempt", "exempt"), ("product_exempt_holiday", "exempt"), ("customer_exempt", "exempt"), ("zero_rated", "zero"),
     ("not_subject_to_tax", "zero"), ("reduced_rated", "standard"), ("taxable_basis_reduced", "standard"), ("proportionally_rated", "standard")],
)  # fmt: skip
def test_each_reason_says_what_is_due(reason: str, treatment: str) -> None:
    found, _ = determined(asked("20.00"), line("1", 0, part(0, reason, "0.0")))
    assert found.lines[0].treatment == treatment


@pytest.mark.parametrize(
    ("reason", "says"),
    [("not_collecting", "add a registration"), ("not_supported", "table of rates"), ("reverse_charge", "at which rate"), ("of_tomorrow", "does not know this word")],
)  # fmt: skip
def test_what_says_nothing_of_a_purchase_is_refused(reason: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        determined(asked("20.00"), line("1", 0, part(0, reason, "0.0")))


def test_what_one_place_exempts_and_another_taxes_is_taxed() -> None:
    """taxability_reason stands for each place: food that a state exempts and a city taxes was refused."""
    parts = part(100, "portion_standard_rated", "5.0"), part(0, "portion_product_exempt", "0.0")
    (one,) = determined(asked("20.00"), line("1", 100, *parts))[0].lines
    assert (one.treatment, one.rate, one.amount) == ("standard", Decimal("5.0"), Decimal("1.00"))


def test_a_line_of_two_payers_is_refused() -> None:
    parts = part(100, "standard_rated", "5.0"), part(0, "reverse_charge", "0.0")
    with pytest.raises(RefusedError, match="several ways"):
        determined(asked("20.00"), line("1", 100, *parts))


@pytest.mark.parametrize(("parts", "taken"), [((130, 44, 28), True), ((130, 44, 34), True), ((130, 44, 35), False), ((), False)])  # fmt: skip
def test_a_tax_is_the_sum_of_its_parts(parts: tuple[int, ...], taken: bool) -> None:
    """The published fixture of a line has a tax and no parts, since they come only where they are asked for: it was taxed by nobody."""
    row = line("1", 205, *(part(x, "standard_rated", "5.0") for x in parts))
    if taken:
        assert determined(asked("20.00"), row)[0].lines[0].amount == Decimal("2.05")
        return
    with pytest.raises(RefusedError, match="said to be taxed 205"):
        determined(asked("20.00"), row)


def test_yosemite_crew_2754_minor_units_are_the_currencys() -> None:
    """YosemiteCrew/Yosemite-Crew 2754: amounts went to Stripe a hundredfold in yen, and came back by a hundredth."""
    found, there = determined(
        asked("1000", currency="JPY"), line("1", 100, part(100, "standard_rated", "10.0"))
    )
    assert b"line_items%5B0%5D%5Bamount%5D=1000&" in there.asked[0].body
    assert found.lines[0].amount == Decimal(100)


def test_what_lowers_a_bill_is_asked_for_without_its_sign() -> None:
    """An amount is "a positive integer" (tax/calculations, line_items.amount)."""
    found, there = determined(
        asked("-20.00", "20.00"),
        line("1", 205, part(205, "standard_rated", "10.25")),
        line("2", 205, part(205, "standard_rated", "10.25")),
    )
    assert [x.amount for x in found.lines] == [Decimal("-2.05"), Decimal("2.05")] and found.charged == 0
    assert b"line_items%5B0%5D%5Bamount%5D=2000" in there.asked[0].body


def test_amounts_are_of_stripes_own_minor_units() -> None:
    found, there = determined(asked("5", currency="ISK"), line("1", 100, part(100, "standard_rated", "20.0")))
    assert found.lines[0].amount == Decimal(1)
    assert b"amount%5D=500" in there.asked[0].body


def test_a_day_too_far_away_is_said_to_be_that() -> None:
    refused = Answer(b'{"error": {"message": "Invalid tax_date", "param": "tax_date"}}', 400)
    with (
        Replay({("POST", "/v1/tax/calculations"): refused}) as there,
        pytest.raises(RefusedError, match="up to 31 days from today"),
    ):
        open_session(SystemConfig("tax", "stripetax", "test", {"url": there.url, "key": "k"})).determine(
            [asked("20.00")]
        )
