"""Gift cards: sold, redeemed, and given back onto, in the ledger. Cards, rates and amounts are invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.taxed_selling import Selling, line

STATE = ("State Tax", "0.06")
CARD, GIFT, DEPOSITS, BANK, GOODS = "liability", "212300", "212200", "101501", "400000"


@pytest.fixture
def selling(office: Office) -> Selling:
    return Selling(office)


def card(price: str, quantity: int = 1) -> dict[str, Any]:
    return {**line(price, quantity=quantity, gift_card=True), "name": "Gift card"}


def paid_with(card: str, rest: str) -> list[tuple[str, Decimal]]:
    return [("gift_card", Decimal(card)), ("stripe", Decimal(rest))]


def D(text: str) -> Decimal:
    return Decimal(text)


def test_a_card_is_sold_untaxed_and_pays_what_is_taxed(selling: Selling) -> None:
    selling.order("NY-1", [card("50.00")], "50.00")
    selling.work()
    assert selling.accounts_of() == {BANK: D("50.00"), GIFT: D("-50.00")}
    selling.order("NY-2", [line("100.00", (*STATE, "6.00"))], "106.00", tenders=paid_with("50.00", "56.00"))
    selling.work()
    assert selling.accounts_of() == {BANK: D("106.00"), GOODS: D("-100.00"), "251000": D("-6.00")}
    assert selling.open_receivables() == {} and selling.cases() == []


def test_what_is_given_back_onto_a_card_raises_what_is_owed_and_moves_no_money(selling: Selling) -> None:
    tenders = paid_with("20.00", "86.00")
    order = selling.order("NY-1", [line("100.00", (*STATE, "6.00"), quantity=2)], "106.00", tenders=tenders)
    selling.work()
    before = selling.accounts_of()
    assert before == {BANK: D("86.00"), GIFT: D("20.00"), GOODS: D("-100.00"), "251000": D("-6.00")}
    back = [(0, 1, D("50.00"), D("3.00"))]
    selling.refund(order, back, D("53.00"), onto=[("gift_card", D("15.00")), ("stripe", D("38.00"))])
    selling.work()
    assert selling.accounts_of() == {
        BANK: D("48.00"),
        GIFT: D("5.00"),
        GOODS: D("-50.00"),
        "251000": D("-3.00"),
    }
    selling.refund(order, back, D("53.00"), onto=[("gift_card", D("53.00"))])
    selling.work()
    # All of it came back; 48.00 that a card had not paid is owed to its holder, and is with the provider.
    assert selling.accounts_of() == {BANK: D("48.00"), GIFT: D("-48.00")}
    assert selling.open_receivables() == {} and selling.cases() == [] and selling.tax_of() == {}


@pytest.mark.parametrize(
    ("kind", "counts"), [("CAPTURE", 1), ("AUTHORIZATION", 0), ("VOID", 0), ("EMV_AUTHORIZATION", 0)]
)
def test_what_only_reserves_or_ends_pays_nothing(selling: Selling, kind: str, counts: int) -> None:
    order = selling.order(
        "NY-1", [line("100.00", (*STATE, "6.00"))], "106.00", tenders=paid_with("20.00", "86.00")
    )
    order["transactions"].append(
        {**order["transactions"][0], "id": "gid://shopify/OrderTransaction/1", "kind": kind}
    )
    if counts:
        order["transactions"][0]["kind"] = "AUTHORIZATION"
    selling.work()
    assert selling.accounts_of()[GIFT] == D("20.00")
    assert selling.open_receivables() == {}


def test_a_refund_onto_a_card_waits_for_its_credit_note_and_is_a_case_where_that_is_one(
    selling: Selling,
) -> None:
    order = selling.order(
        "NY-1", [line("100.00", (*STATE, "6.00"))], "106.00", tenders=paid_with("20.00", "86.00")
    )
    refund = selling.refund(
        order, [(0, 1, D("100.00"), D("6.00"))], D("106.00"), onto=[("gift_card", D("106.00"))]
    )
    row = refund["refundLineItems"]["nodes"][0]
    row["totalTaxSet"] = selling.shop.money(D("7.00"))
    selling.work()
    selling.work(days=3)
    assert dict(selling.cases()) == {
        "document_does_not_add_up": D("106.00"),
        "tender_without_order": D("106.00"),
    }
    assert selling.accounts_of()[GIFT] == D("20.00")
    row["totalTaxSet"] = selling.shop.money(D("6.00"))
    refund["updatedAt"] = "2026-10-21T00:00:00Z"
    order["updatedAt"] = "2026-10-21T00:00:00Z"
    selling.work()
    assert "document_does_not_add_up" not in dict(selling.cases())


def test_a_card_for_an_order_that_was_never_billed_is_a_case_unless_cards_had_paid_it(
    selling: Selling,
) -> None:
    selling.options = {"invoice_on": "fulfilment"}
    for number, tenders in (("NY-1", paid_with("20.00", "86.00")), ("NY-2", [("stripe", D("106.00"))])):
        order = selling.order(number, [line("100.00", (*STATE, "6.00"))], "106.00", tenders=tenders)
        back = [(0, 1, D("100.00"), D("6.00"))]
        onto = [("gift_card", D("20.00")), ("stripe", D("86.00"))]
        selling.refund(order, back, D("106.00"), onto=onto)
        selling.shop.touch(
            order, order_at(order), cancelledAt=order["updatedAt"], displayFinancialStatus="REFUNDED"
        )
    selling.work()
    selling.work(days=3)
    assert selling.cases() == [("gift_card_for_unbilled_order", D("20.00"))]
    # The second order's 20.00 are with the provider, and stand among the deposits till somebody books them.
    assert selling.accounts_of() == {BANK: D("20.00"), DEPOSITS: D("-20.00")}


def order_at(order: dict[str, Any]) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(order["updatedAt"])


# Cards that are taxed when they are sold


SINGLE = {"gift_cards": "single_purpose", "gift_card_tax": "US-NY 6"}


def taxed_cards(selling: Selling) -> Selling:
    selling.options = SINGLE
    selling.taxes = {"US-NY: *": "NY 15%"}
    return selling


def test_a_taxed_card_is_taxed_once_whatever_it_pays(selling: Selling) -> None:
    taxed_cards(selling)
    selling.order("NY-1", [card("53.00")], "53.00")
    selling.work()
    assert selling.accounts_of() == {BANK: D("53.00"), GIFT: D("-50.00"), "251000": D("-3.00")}
    selling.order("NY-2", [line("100.00", (*STATE, "6.00"))], "106.00", tenders=paid_with("53.00", "53.00"))
    selling.work()
    assert selling.accounts_of() == {BANK: D("106.00"), GOODS: D("-100.00"), "251000": D("-6.00")}
    assert selling.tax_of() == {"NY 15%": D("6.00")} and selling.open_receivables() == {}
    (row,) = selling.tax_rows().values()
    assert (row.key.place, row.source, row.in_ledger, row.unsettled) == ("US-NY", D("6.00"), D("6.00"), 0)


def test_what_is_given_back_onto_a_taxed_card_is_taxed_as_its_sale_was(selling: Selling) -> None:
    taxed_cards(selling)
    order = selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00")
    selling.refund(order, [(0, 1, D("100.00"), D("6.00"))], D("106.00"), onto=[("gift_card", D("106.00"))])
    selling.work()
    assert selling.accounts_of() == {BANK: D("106.00"), GIFT: D("-100.00"), "251000": D("-6.00")}
    assert selling.open_receivables() == {} and selling.cases() == []


def test_taxed_cards_that_come_back_in_parts_leave_nothing(selling: Selling) -> None:
    taxed_cards(selling)
    order = selling.order("NY-1", [card("100.00", 3)], "100.00")
    for price in ("33.33", "33.33", "33.34"):
        selling.refund(order, [(0, 1, D(price), D("0"))], D(price))
    selling.work()
    assert selling.accounts_of() == {} and selling.open_receivables() == {} and selling.cases() == []


def test_tax_on_a_card_that_is_declared_for_anything_is_a_case(selling: Selling) -> None:
    selling.order("NY-1", [{**line("50.00", (*STATE, "3.00")), "gift_card": True}], "53.00")
    selling.work()
    assert ("gift_card_taxed", D("53.00")) in selling.cases()
    assert GIFT not in selling.accounts_of()


def test_a_taxed_card_without_its_tax_declared_is_refused_with_words(selling: Selling) -> None:
    selling.options = {"gift_cards": "single_purpose"}
    selling.order("NY-1", [card("50.00")], "50.00", paid="no")
    selling.work()
    (row,) = selling.office.database.rows("select cause, detail from tieout.cases")
    assert (
        row["cause"] == "unreadable_message"
        and 'gift_card_tax in the interface, such as "DE 19"' in row["detail"]
    )
    assert selling.accounts_of(until=date(2026, 12, 31)) == {}


def test_what_is_given_back_onto_a_card_in_another_currency_is_matched_with_its_credit_note(
    office: Office,
) -> None:
    selling = Selling(office, currency="EUR")
    tenders = paid_with("20.00", "86.00")
    order = selling.order("NY-1", [line("100.00", (*STATE, "6.00"))], "106.00", tenders=tenders)
    selling.work()
    onto = [("gift_card", D("20.00")), ("stripe", D("86.00"))]
    selling.refund(order, [(0, 1, D("100.00"), D("6.00"))], D("106.00"), onto=onto)
    selling.work()
    assert selling.cases() == [] and selling.open_receivables() == {}
    assert selling.tax_of() == {}
