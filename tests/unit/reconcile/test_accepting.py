"""What an entity accepts: discounts whose tax is left alone, its country's withholdings, limits in its currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tieout.connector_api import EarlyDiscount, OpenItem
from tieout.documents import DiscountPart, TaxShare
from tieout.reconcile import MatchingError, read_rules
from tieout.reconcile.ledger.accepting import judged, leaves_tax, with_limits, worth
from tieout.reconcile.ruleset import Limit
from tieout.rules import Entity
from tieout.rules.differences import DifferenceLimit

GRANTED = EarlyDiscount(date(2026, 10, 10), Decimal("11.50"), "included", True)
PART = DiscountPart(
    account="", name="", amount=Decimal("11.50"), company=Decimal("11.50"), tax=TaxShare(), back=TaxShare()
)
ITEM = OpenItem(
    line=1, move=1, account="121000", kind="receivable", is_payment=False, on=date(2026, 10, 1), due=None,
    currency="EUR", residual=Decimal("575.00"), company=Decimal("575.00"), partner=1, partner_name="A",
    numbers=("INV-1",), label="", discount=GRANTED,
)  # fmt: skip
ENTITY = Entity("DE", "DE", "EUR", "Europe/Berlin", "odoo", country="DE")


@pytest.mark.parametrize(
    ("computation", "taxed", "law", "left"),
    [
        ("included", True, "", False), ("included", True, "corrected", False), ("included", True, "stands", True),
        ("excluded", True, "", True), ("excluded", True, "corrected", False), ("excluded", True, "stands", True),
        ("mixed", True, "", True), ("mixed", True, "corrected", True), ("mixed", True, "stands", True),
        ("included", False, "corrected", True), ("excluded", False, "corrected", True),
        ("something new", True, "", False), ("something new", True, "stands", False),
    ],
)  # fmt: skip
def test_whether_a_discount_leaves_the_tax_alone(computation: str, taxed: bool, law: str, left: bool) -> None:
    assert leaves_tax(replace(GRANTED, computation=computation, taxed=taxed), law) is left


def test_a_discount_that_corrects_tax_grants_nothing_but_in_the_ledgers_own_parts() -> None:
    for country in ("DE", ""):
        (marked,) = judged([ITEM], country)
        assert (marked.discount, marked.corrects_tax) == (None, True)
    known = replace(ITEM, discount=replace(GRANTED, parts=(PART,)))
    assert judged([known], "DE") == [known] == judged([known], "")
    # Where the tax stands no part of it is corrected; where the term leaves it and the law does not, nobody knows how.
    assert judged([known], "NL") == [replace(ITEM, discount=GRANTED)]
    excluded = replace(ITEM, discount=replace(GRANTED, computation="excluded", parts=(PART,)))
    assert [i.discount for i in judged([excluded], "DE")] == [None]
    untaxed = replace(ITEM, discount=replace(GRANTED, taxed=False))
    assert judged([untaxed, replace(ITEM, discount=None)], "DE") == [untaxed, replace(ITEM, discount=None)]


def test_rules_take_the_entitys_limits_and_its_countrys_withholdings() -> None:
    limit = DifferenceLimit(Decimal("0.05"), Decimal(1), Decimal(5))
    found = with_limits(read_rules(), replace(ENTITY, limits={"rounding": limit}))
    assert found.allowed == {"rounding": Limit(amount=Decimal("0.05"), percent=Decimal(1), month=Decimal(5))}
    assert [(w.name, w.percent, w.base) for w in found.withheld] == [("construction", Decimal(15), "gross")]
    assert with_limits(read_rules(), replace(ENTITY, country="")).withheld == ()
    with pytest.raises(MatchingError, match=r"entities\.DE\.differences"):
        with_limits(found, ENTITY)


def test_a_unit_of_a_currency_is_worth_what_is_open_in_it_at_the_dearest_rate() -> None:
    dear = replace(ITEM, currency="GBP", residual=Decimal(100), company=Decimal(120))
    cheap = replace(ITEM, currency="GBP", residual=Decimal(-100), company=Decimal(-115))
    assert worth([ITEM, dear, cheap], "EUR") == {"EUR": Decimal(1), "GBP": Decimal("1.2")}
