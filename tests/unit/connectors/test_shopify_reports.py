"""Conditions of public reports, of people who bring Shopify to their accounting: each must come out right here.

The log of all of them is docs/campaigns/public-reports.md. Values are of the reports where they say them, else ours.
"""

from __future__ import annotations

from decimal import Decimal

from tests.unit.connectors.shopify_orders import (
    adds_up,
    adjusted,
    back,
    bag,
    invoice,
    line,
    moved,
    nets,
    notes,
    placed,
    refund,
    shipping,
    tax,
)


def test_bcapps_8554_of_an_exchange_the_goods_that_came_back_are_credited_whole() -> None:
    """1,893 was sold; 1,528 of it comes back and a thing of 365 goes out: the refund is net of that."""
    kept, came, new = line(1, "365.00"), line(2, "1528.00"), line(3, "365.00")
    given = refund(1, [back(came, "1528.00")], [moved(9, "REFUND", "1163.00")])
    node = placed([kept, came, new], "2258.00", current="730.00", refunds=[given], paid=[moved(1, "SALE", "1893.00")],
                  totalOutstandingSet=bag("0.00"))  # fmt: skip
    (note,) = notes(node)
    assert adds_up(invoice(node)) and invoice(node).total.value == 2258
    assert adds_up(note) and note.total.value == 1528 and nets(note) == [("goods", "1528.00")]
    assert not note.adjusts, "money was given back for it"


def test_bcapps_10467_of_an_exchange_for_more_the_customer_owes_the_difference() -> None:
    """100 comes back and 250 goes out: nothing is refunded, and 150 is paid."""
    main, new = line(1, "100.00"), line(2, "250.00")
    node = placed([main, new], "350.00", current="250.00", refunds=[refund(1, [back(main, "100.00")])],
                  paid=[moved(1, "SALE", "100.00"), moved(2, "SALE", "150.00")], totalOutstandingSet=bag("0.00"))  # fmt: skip
    (note,) = notes(node)
    assert adds_up(note) and note.adjusts and note.total.value == 100 and nets(note) == [("goods", "100.00")]
    assert invoice(node).total.value - note.total.value == 250


def test_bcapps_9112_a_refund_is_credited_once_its_money_succeeded() -> None:
    item = line(1, "80.00")
    pending = refund(1, [back(item, "80.00")], [moved(9, "REFUND", "80.00", status="PENDING")])
    node = placed([item], "80.00", current="0.00", refunds=[pending])
    assert notes(node) == [] and adds_up(invoice(node))
    done = refund(1, [back(item, "80.00")], [moved(9, "REFUND", "80.00")])
    (note,) = notes(placed([item], "80.00", current="0.00", refunds=[done]))
    assert adds_up(note) and note.total.value == 80 and not note.adjusts
    failed = refund(1, [back(item, "80.00")], [moved(9, "REFUND", "80.00", status="FAILURE")])
    assert notes(placed([item], "80.00", current="0.00", refunds=[failed])) == []


def test_bcapps_10462_what_an_edit_takes_away_takes_its_part_of_the_orders_discount() -> None:
    """Two at 48.00 less 20%, one of them taken away: 38.40 is left, not 28.80."""
    item = line(1, "96.00", quantity=2, off=["19.20"])
    node = placed([item], "76.80", current="38.40", refunds=[refund(1, [back(item, "38.40", kind="NO_RESTOCK")])],
                  totalOutstandingSet=bag("-38.40"))  # fmt: skip
    (note,) = notes(node)
    assert nets(invoice(node)) == [("goods", "76.80")] and adds_up(invoice(node))
    assert adds_up(note) and note.adjusts and note.total.value == Decimal("38.40")


def test_bcapps_10462_also_where_the_orders_total_is_without_what_was_taken_away() -> None:
    item = line(1, "96.00", quantity=2, off=["19.20"])
    node = placed([item], "38.40", current="38.40", refunds=[refund(1, [back(item, "38.40", kind="NO_RESTOCK")])],
                  paid=[moved(1, "SALE", "76.80")], totalOutstandingSet=bag("-38.40"))  # fmt: skip
    (note,) = notes(node)
    assert adds_up(invoice(node)) and invoice(node).total.value == Decimal("76.80")
    assert adds_up(note) and note.total.value == Decimal("38.40")


def test_alappextensions_28740_goods_on_account_that_come_back_lower_what_is_owed() -> None:
    item = line(1, "10.00")
    node = placed([item], "10.00", current="0.00", paid=[], displayFinancialStatus="PENDING",
                  paymentTerms={"paymentTermsType": "NET"}, refunds=[refund(1, [back(item, "10.00")])],
                  totalOutstandingSet=bag("0.00"))  # fmt: skip
    (note,) = notes(node)
    assert adds_up(note) and note.adjusts and note.total.value == 10 and nets(note) == [("goods", "10.00")]


def test_bcapps_5115_goods_that_were_restocked_without_a_refund_are_credited() -> None:
    item = line(1, "156.38")
    node = placed([item], "156.38", current="0.00", refunds=[refund(1, [back(item, "156.38")])],
                  totalOutstandingSet=bag("-156.38"))  # fmt: skip
    (note,) = notes(node)
    assert adds_up(note) and note.total.value == Decimal("156.38")


def test_bcapps_6138_a_refund_is_in_the_shops_money_throughout() -> None:
    item = line(1, "100.00", taxLines=[tax("10.00")])
    for money in (item["originalTotalSet"], item["taxLines"][0]["priceSet"]):
        money["presentmentMoney"] = {"amount": "14500", "currencyCode": "JPY"}
    given = refund(1, [back(item, "100.00", "10.00")], [moved(9, "REFUND", "110.00")])
    given["totalRefundedSet"]["presentmentMoney"] = {"amount": "15950", "currencyCode": "JPY"}
    (note,) = notes(placed([item], "110.00", current="0.00", presentmentCurrencyCode="JPY", refunds=[given]))
    assert adds_up(note) and note.total.value == 110 and {x.net.currency for x in note.lines} == {"USD"}


def test_bcapps_4829_shipping_that_is_given_back_is_in_the_shops_money_with_its_tax() -> None:
    sent = shipping("20.00", tax("4.00", 0.2, "VAT"))
    shipped = {"subtotalAmountSet": {**bag("20.00"), "presentmentMoney": {"amount": "4400", "currencyCode": "ISK"}},
               "taxAmountSet": bag("4.00"), "shippingLine": sent}  # fmt: skip
    given = refund(1, by=[moved(9, "REFUND", "24.00")], shipping=[shipped])
    (note,) = notes(placed([line(1, "50.00")], "74.00", current="50.00", shipping=[sent], refunds=[given],
                           presentmentCurrencyCode="ISK"))  # fmt: skip
    assert adds_up(note) and nets(note) == [("shipping", "20.00")]
    assert [(t.title, f"{t.amount.value}") for t in note.taxes] == [("VAT", "4.00")]


def test_ecommerce_integrations_154_a_discount_of_the_order_lowers_its_tax() -> None:
    """100 less 20, 10% of 80: the order comes to 88, not to 90."""
    found = invoice(placed([line(1, "100.00", off=["20.00"], taxLines=[tax("8.00")])], "88.00"))
    assert adds_up(found) and found.total.value == 88 and found.taxes[0].amount.value == 8


def test_ecommerce_integrations_398_all_the_tax_on_one_line_of_prices_with_tax() -> None:
    """Three at 395 less 59, 5% within, all of it told on the first line: the whole is right, and nothing is lost."""
    first = line(1, "395.00", off=["19.67"], taxLines=[tax("53.62", 0.05, "IGST")])
    others = [line(2, "395.00", off=["19.67"]), line(3, "395.00", off=["19.66"])]
    found = invoice(placed([first, *others], "1126.00", taxesIncluded=True))
    assert adds_up(found) and found.taxes[0].amount.value == Decimal("53.62")
    assert sum(x.net.value for x in found.lines) == Decimal("1072.38")


def test_ecommerce_integrations_460_a_line_that_is_wholly_discounted_is_there_for_nothing() -> None:
    found = invoice(placed([line(1, "10.00"), line(2, "25.00", off=["25.00"])], "10.00"))
    assert adds_up(found) and nets(found) == [("goods", "10.00"), ("goods", "0.00")]


def test_dynamics365smb_docs_1091_an_authorization_and_a_void_are_no_payment() -> None:
    node = placed([line(1, "10.00")], "10.00", paid=[moved(1, "AUTHORIZATION", "10.00"), moved(2, "VOID", "10.00")],
                  displayFinancialStatus="VOIDED")  # fmt: skip
    assert invoice(node).exclusion == "cancelled"


def test_omi_13180_a_discount_is_taken_off_once() -> None:
    found = invoice(placed([line(1, "100.00", off=["10.00"])], "90.00"))
    assert adds_up(found) and nets(found) == [("goods", "90.00")]


def test_dbt_shopify_77_a_discount_of_shipping_is_none_of_the_lines() -> None:
    found = invoice(placed([line(1, "50.00")], "50.00", shipping=[shipping("0.00")]))
    assert adds_up(found) and nets(found) == [("goods", "50.00"), ("shipping", "0.00")]


def test_a_restocking_fee_is_kept_whether_as_a_difference_or_as_a_fee_of_the_return() -> None:
    item = line(1, "100.00", taxLines=[tax("10.00")])
    rows, paid = [back(item, "100.00", "10.00")], [moved(9, "REFUND", "95.00")]
    of_return = {"id": "gid://shopify/Return/1", "returnShippingFees": [{"id": "f2", "amountSet": bag("5.00")}],
                 "returnLineItems": {"nodes": [{"id": "r", "restockingFee": {"id": "f1", "amountSet": bag("10.00")}}]}}  # fmt: skip
    for given in (refund(1, rows, paid, adjustments=[adjusted("15.00", reason="RESTOCK")]),
                  refund(1, rows, paid, **{"return": of_return})):  # fmt: skip
        (note,) = notes(placed([item], "110.00", current="0.00", refunds=[given]))
        assert adds_up(note) and note.total.value == 95
        assert sum(x.net.value for x in note.lines if x.nature == "refund_adjustment") == -15
    both = refund(1, rows, paid, adjustments=[adjusted("15.00")], **{"return": of_return})
    (note,) = notes(placed([item], "110.00", current="0.00", refunds=[both]))
    assert adds_up(note) and note.total.value == 95, "the fee is the difference: it is kept once"


def test_a_difference_has_its_tax_of_each_of_several() -> None:
    item = line(1, "100.00", taxLines=[tax("6.00", 0.06, "State"), tax("4.00", 0.04, "City")])
    given = refund(1, [back(item, "100.00", "10.00")], [moved(9, "REFUND", "88.00")], adjustments=[adjusted("20.00", "2.00")])  # fmt: skip
    (note,) = notes(placed([item], "110.00", current="0.00", refunds=[given]))
    assert adds_up(note) and note.total.value == 88
    assert [(t.title, f"{t.amount.value}") for t in note.taxes] == [("City", "3.20"), ("State", "4.80")]


def test_money_that_goes_back_for_an_earlier_edit_is_no_further_credit() -> None:
    item = line(1, "96.00", quantity=2)
    edit = refund(1, [back(item, "48.00", kind="NO_RESTOCK")])
    later = refund(2, by=[moved(9, "REFUND", "48.00")])
    (note,) = notes(placed([item], "96.00", current="48.00", refunds=[edit, later]))
    assert note.key == "refund:1" and adds_up(note) and note.total.value == 48


def test_money_that_goes_back_for_nothing_does_not_add_up() -> None:
    (note,) = notes(placed([line(1, "50.00")], "50.00", refunds=[refund(1, by=[moved(9, "REFUND", "5.00")])]))
    assert not adds_up(note) and note.total.value == 5


def test_a_credit_that_the_shop_does_not_call_open_does_not_add_up() -> None:
    """20 of the 50 that came back were not given back, and the shop says that nothing is open."""
    item = line(1, "50.00")
    given = refund(1, [back(item, "50.00")], [moved(9, "REFUND", "30.00")])
    node = placed([item], "50.00", current="0.00", refunds=[given])
    assert adds_up(notes({**node, "totalOutstandingSet": bag("-20.00")})[0])
    assert not adds_up(notes({**node, "totalOutstandingSet": bag("0.00")})[0])


def test_a_total_that_fell_by_another_amount_is_told_by_the_newest_credit_note() -> None:
    one, two = line(1, "50.00"), line(2, "30.00")
    given = [refund(1, [back(one, "50.00")], [moved(8, "REFUND", "50.00")]), refund(2, [back(two, "20.00")], [moved(9, "REFUND", "20.00")])]  # fmt: skip
    first, newest = notes(placed([one, two], "80.00", current="0.00", refunds=given))
    assert adds_up(first) and not adds_up(newest)


def test_duties_and_cash_that_are_given_back() -> None:
    item = line(1, "10.00")
    duty = {"amountSet": bag("2.00"), "originalDuty": None}
    cash = moved(9, "REFUND", "12.00", "cash", amountRoundingSet=bag("0.03"))
    (note,) = notes(placed([item], "12.00", current="0.00", additionalFees=[],
                           refunds=[refund(1, [back(item, "10.00")], [cash], duties=[duty])],
                           shipping=[shipping("2.00")]))  # fmt: skip
    assert adds_up(note) and note.total.value == Decimal("12.03")
    assert nets(note) == [("goods", "10.00"), ("duties", "2.00"), ("rounding", "0.03")]
