"""What a shop's fulfilments and refunds say of an order's lines. Orders are invented, their shape is the published one
(shopify.dev, Admin GraphQL 2026-07: Order, Fulfillment, FulfillmentLineItem, RefundLineItem)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tieout.connectors.shopify.normalise import order
from tieout.documents import CustomerInvoice, Delivery
from tieout_sandbox.simulators.shopify import Shopify

BY_LINE = {"revenue_on": "cut_off"}


def day(number: int) -> datetime:
    return datetime(2026, 10, number, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shopify:
    return Shopify(lambda: day(31), shop="s", currency="EUR", zone="UTC", token="t", webhook_secret="w")


def placed(shop: Shopify, status: str = "PAID") -> dict[str, Any]:
    """Three valves and a hose, tax included at two rates, and shipping."""
    taxes = (
        [{"title": "VAT", "rate": "0.2", "amount": Decimal("6.00")}],
        [{"title": "VAT", "rate": "0.1", "amount": Decimal("1.00")}],
    )
    lines = [
        {"name": "Valve", "sku": "V", "quantity": 3, "price": Decimal("36.00"), "taxes": taxes[0]},
        {"name": "Hose", "sku": "H", "quantity": 1, "price": Decimal("11.00"), "taxes": taxes[1]},
    ]
    return shop.place(number="EU-1", at=day(1), customer={"id": "1", "name": "Ada", "email": "a@example.com"},
                      lines=lines, shipping=Decimal("4.00"), shipping_tax=[], total=Decimal("51.00"), included=True,
                      status=status)  # fmt: skip


def told(node: dict[str, Any], **options: str) -> dict[str, list[tuple[str, str, str]]]:
    found = order(json.dumps(node).encode(), {**BY_LINE, **options})
    return {
        d.key: [(x.name, f"{x.quantity}", f"{x.net.value}") for x in d.lines]
        for d in found
        if isinstance(d, Delivery)
    }


def test_each_parcel_earns_its_lines_without_tax_and_its_part_of_the_shipping(shop: Shopify) -> None:
    node = placed(shop)
    first = shop.fulfil(node, day(2), {0: 2}, whole=False)
    second = shop.fulfil(node, day(5))
    keys = [f"delivery:{f['id'].rpartition('/')[2]}" for f in (first, second)]
    assert told(node) == {
        keys[0]: [("Valve", "2", "20.00"), ("Standard shipping", "0", "2.00")],
        keys[1]: [("Valve", "1", "10.00"), ("Hose", "1", "10.00"), ("Standard shipping", "0", "2.00")],
    }
    # Revenue that stands with its invoice needs no deliveries.
    assert not [d for d in order(json.dumps(node).encode(), {}) if isinstance(d, Delivery)]


def test_control_may_pass_on_arrival_which_nobody_saw_yet(shop: Shopify) -> None:
    node = placed(shop)
    parcel = shop.fulfil(node, day(2))
    assert told(node, control_passes="arrival") == {}
    parcel["deliveredAt"] = "2026-11-02T09:00:00Z"
    (document,) = [
        d
        for d in order(json.dumps(node).encode(), {**BY_LINE, "control_passes": "arrival"})
        if isinstance(d, Delivery)
    ]
    assert document.occurred_at == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_what_is_given_back_before_it_left_was_called_off_and_returned_afterwards(shop: Shopify) -> None:
    node = placed(shop)
    off = shop.refund(node, [(0, 1, Decimal("12.00"), Decimal("2.00"))], Decimal("12.00"), day(2))
    shop.fulfil(node, day(3))
    back = shop.refund(node, [(0, 1, Decimal("12.00"), Decimal("2.00"))], Decimal("12.00"), day(6))
    number = {name: r["id"].rpartition("/")[2] for name, r in (("off", off), ("back", back))}
    found = told(node)
    assert found[f"called_off:{number['off']}"] == [("Valve", "1", "10.00")]
    assert found[f"returned:{number['back']}"] == [("Valve", "1", "10.00")]
    (sent,) = [v for k, v in found.items() if k.startswith("delivery:")]
    assert sent == [("Valve", "2", "20.00"), ("Hose", "1", "10.00"), ("Standard shipping", "0", "4.00")]


@pytest.mark.parametrize(("kind", "after", "ending"), [
    ("CANCEL", True, "called_off"), ("RETURN", True, "returned"), ("NO_RESTOCK", True, "returned"),
    ("NO_RESTOCK", False, "called_off"), ("LEGACY_RESTOCK", False, "called_off"),
])  # fmt: skip
def test_how_a_refund_is_read(shop: Shopify, kind: str, after: bool, ending: str) -> None:
    node = placed(shop)
    if after:
        shop.fulfil(node, day(2), {0: 2}, whole=False)
    refund = shop.refund(node, [(0, 1, Decimal("12.00"), Decimal("2.00"))], Decimal("12.00"), day(3))
    refund["refundLineItems"]["nodes"][0]["restockType"] = kind
    assert f"{ending}:{refund['id'].rpartition('/')[2]}" in told(node)


def test_a_parcel_that_was_cancelled_is_told_as_nothing(shop: Shopify) -> None:
    node = placed(shop)
    parcel = shop.fulfil(node, day(2))
    parcel["status"] = "CANCELLED"
    node["displayFulfillmentStatus"] = "UNFULFILLED"
    assert list(told(node).values()) == [[]]


def test_an_older_message_whose_parcels_name_no_lines_delivers_all_at_once(shop: Shopify) -> None:
    node = placed(shop)
    parcel = shop.fulfil(node, day(2))
    del parcel["fulfillmentLineItems"], parcel["id"]
    (lines,) = told(node).values()
    assert [x[2] for x in lines] == ["30.00", "10.00", "4.00"]
    node["displayFulfillmentStatus"] = "PARTIALLY_FULFILLED"
    assert list(told(node).values()) == [[]]


@pytest.mark.parametrize(("status", "terms", "exclusion"), [
    ("PENDING", None, "unpaid"), ("PENDING", {"paymentTermsType": "NET"}, ""),
    ("EXPIRED", {"paymentTermsType": "NET"}, "unpaid"), ("VOIDED", {"paymentTermsType": "NET"}, "cancelled"),
])  # fmt: skip
def test_an_order_on_terms_is_owed_before_it_is_paid(
    shop: Shopify, status: str, terms: dict[str, str] | None, exclusion: str
) -> None:
    node = placed(shop, status)
    node["paymentTerms"] = terms
    (invoice,) = [d for d in order(json.dumps(node).encode(), {}) if isinstance(d, CustomerInvoice)]
    assert invoice.exclusion == exclusion


def billed(node: dict[str, Any]) -> tuple[datetime | None, str]:
    found = order(json.dumps(node).encode(), {**BY_LINE, "invoice_on": "fulfilment"})
    invoice = next(d for d in found if isinstance(d, CustomerInvoice))
    return invoice.fulfilled_at, invoice.exclusion


ALL = [(0, 3, Decimal("36.00"), Decimal("6.00")), (1, 1, Decimal("11.00"), Decimal("1.00"))]


def test_an_order_of_which_all_goods_were_called_off_is_billed_then_for_the_shipping_that_is_kept(
    shop: Shopify,
) -> None:
    node = placed(shop)
    shop.refund(node, ALL[:1], Decimal("36.00"), day(3))
    assert billed(node) == (None, "")
    shop.refund(node, ALL[1:], Decimal("11.00"), day(4))
    # Nobody sends what was called off: the status stays as it was.
    assert node["displayFulfillmentStatus"] == "UNFULFILLED"
    assert billed(node) == (day(4), "")
    # A parcel of nothing changes no day.
    shop.fulfil(node, day(9), {})
    assert billed(node) == (day(4), "")
    node["cancelledAt"] = day(10).isoformat()
    assert billed(node) == (day(4), "")


def test_an_order_of_which_nothing_was_sent_and_nothing_is_kept_was_no_sale(shop: Shopify) -> None:
    node = placed(shop)
    shop.refund(node, ALL, Decimal("51.00"), day(4), [(0, Decimal("4.00"), Decimal(0))])
    # As it was told while its units were not counted: an order that was never sold gets no new version.
    assert billed(node) == (None, "cancelled_before_fulfilment")


def test_what_is_called_off_after_the_last_parcel_completes_the_order(shop: Shopify) -> None:
    node = placed(shop)
    shop.fulfil(node, day(2), {0: 3}, whole=False)
    assert billed(node) == (None, "")
    shop.refund(node, ALL[1:], Decimal("11.00"), day(8))
    assert billed(node) == (day(8), "")
    # What comes back afterwards is no calling off: the day stays.
    shop.refund(node, ALL[:1], Decimal("36.00"), day(20))
    assert billed(node) == (day(8), "")


def test_an_order_that_is_cancelled_and_of_which_nothing_was_given_back_yet_is_no_sale(shop: Shopify) -> None:
    node = placed(shop)
    node["cancelledAt"] = day(6).isoformat()
    assert billed(node) == (None, "cancelled_before_fulfilment")
