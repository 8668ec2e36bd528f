"""What an order of Shopify's is billed as: discounts, duties, tips, roundings, currencies, terms; and what is not billed.

The shapes are published (shopify.dev, GraphQL Admin 2026-07), the values are ours.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.connectors.shopify_orders import (
    adds_up,
    back,
    bag,
    invoice,
    line,
    moved,
    nets,
    notes,
    placed,
    read,
    refund,
    shipping,
    tax,
    tenders,
)


def test_a_discount_of_the_order_or_by_code_comes_off_the_line_that_it_was_allotted_to() -> None:
    lines = [
        line(1, "100.00", off=["20.00"], taxLines=[tax("8.00")]),
        line(2, "50.00", off=["10.00", "5.00"]),
    ]
    found = invoice(placed(lines, "123.00"))
    assert adds_up(found) and nets(found) == [("goods", "80.00"), ("goods", "35.00")]


def in_yen(node: dict[str, Any]) -> dict[str, Any]:
    """The same order of a shop in yen, which has no smaller unit."""
    made: dict[str, Any] = json.loads(json.dumps(node).replace('"USD"', '"JPY"'))
    return made


@pytest.mark.parametrize(
    ("prices", "off", "left"),
    [
        # Ten percent of the order, which Shopify allots in whole yen: the lines' shares are not ten percent of each.
        (("333", "333", "334"), ("33", "33", "34"), ("300", "300", "300")),
        # Ten percent of four yen is less than half of one: nothing comes off, and it is told all the same.
        (("4",), ("0",), ("4",)),
        # Amounts of yen with decimals that are none.
        (("1000.0",), ("100.00",), ("900",)),
        # Ten percent, and the rest as a gift: a line that is there for nothing.
        (("1000",), ("100", "900"), ("0",)),
        (("1000", "5"), ("100", "0"), ("900", "5")),
    ],
)
def test_a_discount_of_ten_percent_in_yen_comes_off_in_whole_yen(
    prices: tuple[str, ...], off: tuple[str, ...], left: tuple[str, ...]
) -> None:
    allotted = [off] if len(prices) == 1 else [(x,) for x in off]
    lines = [line(n, p, off=list(o)) for n, (p, o) in enumerate(zip(prices, allotted, strict=True), 1)]
    total = str(sum(int(x) for x in left))
    found = invoice(in_yen(placed(lines, total, paid=[moved(1, "SALE", total)] if total != "0" else [])))
    assert found.currency == "JPY" and adds_up(found)
    assert nets(found) == [("goods", x) for x in left] and str(found.total.value) == total


def test_consumption_tax_in_yen_is_whole_and_a_sale_for_nothing_has_none() -> None:
    lines = [
        line(1, "1234", off=["123"], taxLines=[tax("111")]),
        line(2, "500", off=["500"], taxLines=[tax("0")]),
    ]
    found = invoice(in_yen(placed(lines, "1222")))
    assert adds_up(found) and nets(found) == [("goods", "1111"), ("goods", "0")]
    assert [(str(t.amount.value), t.amount.currency) for t in found.taxes] == [("111", "JPY")]
    with pytest.raises(ValueError, match="finer"):
        invoice(in_yen(placed([line(1, "1234.5")], "1234.5")))


def test_shipping_is_what_is_left_of_it_after_its_discount_and_has_its_own_tax() -> None:
    found = invoice(placed([line(1, "10.00")], "14.40", shipping=[shipping("4.00", tax("0.40"))]))
    assert adds_up(found) and nets(found) == [("goods", "10.00"), ("shipping", "4.00")]


def test_a_tip_that_is_a_line_is_a_tip_once() -> None:
    tip = line(2, "3.00", requiresShipping=False, sku=None)
    found = invoice(placed([line(1, "10.00"), tip], "13.00", totalTipReceivedSet=bag("3.00")))
    assert adds_up(found) and nets(found) == [("goods", "10.00"), ("tip", "3.00")]


def test_a_tip_that_is_no_line_is_one_beside_them() -> None:
    found = invoice(placed([line(1, "10.00")], "13.00", totalTipReceivedSet=bag("3.00")))
    assert adds_up(found) and nets(found) == [("goods", "10.00"), ("tip", "3.00")]


def test_duties_and_fees_are_their_own_with_their_own_taxes() -> None:
    duty = {"id": "gid://shopify/Duty/1", "price": bag("5.00"), "taxLines": [tax("0.50")]}
    fee = {"id": "gid://shopify/AdditionalFee/1", "name": "Import fee", "price": bag("2.00"), "taxLines": []}
    found = invoice(placed([line(1, "10.00", duties=[duty])], "17.50", additionalFees=[fee]))
    assert adds_up(found) and nets(found) == [("goods", "10.00"), ("duties", "5.00"), ("fee", "2.00")]


def test_duties_that_the_total_leaves_out_are_in_the_price() -> None:
    duty = {"id": "gid://shopify/Duty/1", "price": bag("5.00"), "taxLines": []}
    found = invoice(placed([line(1, "10.00", duties=[duty])], "10.00"))
    assert adds_up(found) and nets(found) == [("goods", "10.00")]


@pytest.mark.parametrize(("total", "shown"), [("14.00", ["10.00", "4.00"]), ("10.00", ["10.00"])])
def test_shipping_that_was_removed_is_billed_where_the_total_still_has_it(total: str, shown: list[str]) -> None:  # fmt: skip
    node = placed([line(1, "10.00")], total, shipping=[shipping("4.00", isRemoved=True)])
    assert adds_up(invoice(node)) and [x for _, x in nets(invoice(node))] == shown


@pytest.mark.parametrize("rounded", ["0.02", "-0.02"])
def test_cash_is_rounded_beside_the_total(rounded: str) -> None:
    said = {"paymentSet": bag(rounded), "refundSet": bag("0")}
    found = invoice(placed([line(1, "9.98")], "9.98", totalCashRoundingAdjustment=said))
    assert adds_up(found) and nets(found)[1] == ("rounding", rounded)


def test_parts_that_were_converted_by_themselves_may_miss_the_total_by_their_roundings_alone() -> None:
    lines = [line(n, "3.33", taxLines=[tax("0.33")]) for n in (1, 2, 3)]
    off = placed(lines, "10.99", presentmentCurrencyCode="EUR")
    assert adds_up(invoice(off)) and nets(invoice(off))[-1] == ("rounding", "0.01")
    assert not adds_up(invoice({**off, "presentmentCurrencyCode": "USD"})), "one currency converts nothing"
    assert not adds_up(invoice(placed(lines, "11.10", presentmentCurrencyCode="EUR"))), (
        "and no more than that"
    )


def test_what_does_not_come_to_the_total_does_not_add_up() -> None:
    assert not adds_up(invoice(placed([line(1, "10.00")], "12.00")))


def test_a_total_that_fell_by_what_nobody_gave_back_does_not_add_up() -> None:
    assert not adds_up(invoice(placed([line(1, "10.00")], "10.00", current="7.00")))


def test_an_order_on_terms_is_owed_before_it_is_paid_also_with_a_card_kept_for_the_due_day() -> None:
    for status in ("PENDING", "AUTHORIZED"):
        node = placed([line(1, "10.00")], "10.00", paid=[], displayFinancialStatus=status)
        assert invoice(node).exclusion == "unpaid"
        assert invoice({**node, "paymentTerms": {"paymentTermsType": "NET"}}).exclusion == ""


def test_an_order_on_terms_that_is_cancelled_is_taken_back_whole() -> None:
    item = line(1, "10.00")
    node = placed([item], "10.00", current="0.00", paid=[], displayFinancialStatus="PENDING",
                  paymentTerms={"paymentTermsType": "NET"}, cancelledAt="2026-10-06T10:00:00Z",
                  refunds=[refund(1, [back(item, "10.00", kind="CANCEL")])])  # fmt: skip
    (note,) = notes(node)
    assert invoice(node).exclusion == "" and note.total.value == 10 and note.adjusts
    assert invoice(node, invoice_on="fulfilment").exclusion == "cancelled_before_fulfilment"


def test_of_an_order_that_shopify_does_not_give_whole_nothing_is_read() -> None:
    with pytest.raises(ValueError, match=r"#1001 has 300 transactions, of which Shopify gives 250: nothing of it"):  # fmt: skip
        read({**placed([line(1, "10.00")], "10.00"), "cut": "300 transactions, of which Shopify gives 250"})


def test_cards_and_store_credit_pay_by_what_moved_alone() -> None:
    paid = [
        moved(1, "AUTHORIZATION", "5.00", "gift_card"),
        moved(2, "CAPTURE", "5.00", "gift_card"),
        moved(3, "VOID", "9.00", "gift_card"),
        moved(4, "SALE", "7.00", "gift_card", status="PENDING"),
        moved(5, "SALE", "8.00", "gift_card", test=True),
        moved(6, "SALE", "4.00", "shopify_store_credit"),
        moved(7, "SALE", "1.00", "stripe"),
    ]
    found = tenders(placed([line(1, "10.00")], "10.00", paid=paid))
    assert [(f"{t.amount.value}", t.owed_as or "card") for t in found] == [("5.00", "card"), ("4.00", "store_credit")]  # fmt: skip


def test_what_is_given_back_as_store_credit_is_owed_as_that() -> None:
    item = line(1, "10.00")
    given = refund(1, [back(item, "10.00")], [moved(9, "REFUND", "10.00", "shopify_store_credit")])
    (tender,) = tenders(placed([item], "10.00", current="0.00", refunds=[given]))
    assert tender.is_refund and tender.owed_as == "store_credit" and tender.refund_key == "refund:1"
