"""Shopify on the wire, against its simulator: lists to their end, costs, tokens, its own figures, Shopify Payments."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.furnished import NOW
from tieout.connector_api import SetupError, SystemConfig, open_system
from tieout.documents import CustomerInvoice, Dispute, PayoutComposition, ProviderMovement
from tieout.operations.discover import discover
from tieout_sandbox import World
from tieout_sandbox.simulators.shopify import Shopify
from tieout_sandbox.simulators.shopify_payments import ShopifyPayments

D = Decimal
SHOPIFY = discover()["shopify"]


@pytest.fixture
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        made = World(Path(folder) / "world", seed=1, start=NOW)
        made.start()
        yield made
        made.stop()


@pytest.fixture
def shop(world: World) -> Shopify:
    return world.shops["shop_us"]


def opened(world: World, **settings: str) -> Any:
    given = {"url": world.url("shop_us"), **(settings or {"token": world.secrets["shop_us_token"]})}
    return open_system(SHOPIFY, SystemConfig("shop_us", "shopify", "sandbox", given))


def place(shop: Shopify, count: int = 1, **more: Any) -> dict[str, Any]:
    lines = [{"name": f"x{n}", "quantity": 1, "price": D("2.00"), "taxes": []} for n in range(count)]
    return shop.place(number="US-1", at=NOW, customer={"id": "1", "name": "A", "email": "a@example.com"}, lines=lines,
                      shipping=D("1.00"), shipping_tax=[], total=D(2 * count + 1), included=False, **more)  # fmt: skip


def everything(session: Any, stream: str) -> list[Any]:
    cursor: dict[str, Any] = {}
    found = []
    while True:
        page = session.poll(stream, cursor, NOW)
        found += [d for item in page.items for d in SHOPIFY.stream(stream).documents(item.body, {})]
        if not page.more:
            return found
        cursor = page.cursor


def test_an_order_is_read_to_the_end_of_each_of_its_lists(world: World, shop: Shopify) -> None:
    order = place(shop, count=137)
    for n in range(12):
        rows = [(n * 11 + m, 1, D("2.00"), D(0)) for m in range(11)]
        shop.refund(order, rows, D("22.00"), NOW + timedelta(minutes=n))
        shop.fulfil(order, NOW + timedelta(minutes=n), {136: 1}, whole=False)
    for _ in range(14):
        order["transactions"].append(shop._transaction("SALE", "gift_card", D("1.00"), NOW))
    session = opened(world)
    (item,) = session.poll("orders", {}, NOW).items
    node = json.loads(item.body)
    assert [len(node[x]["nodes"]) for x in ("lineItems", "shippingLines")] == [137, 1]
    assert len(node["refunds"]) == 12 and len(node["fulfillments"]) == 12
    assert [len(r["refundLineItems"]["nodes"]) for r in node["refunds"]] == [11] * 12
    assert len(node["transactions"]) == 14 + 12 + 1 and "cut" not in node
    assert "pageInfo" not in item.body.decode()


def test_an_order_with_more_than_shopify_gives_is_refused_in_words(world: World, shop: Shopify) -> None:
    order = place(shop)
    for _ in range(251):
        order["transactions"].append(shop._transaction("VOID", "gift_card", D("1.00"), NOW))
    session = opened(world)
    (item,) = session.poll("orders", {}, NOW).items
    with pytest.raises(ValueError, match="has 252 transactions, of which Shopify gives 250"):
        SHOPIFY.stream("orders").documents(item.body, {})


def test_a_query_that_costs_too_much_is_asked_for_less_until_it_fits(world: World, shop: Shopify) -> None:
    for _ in range(9):
        place(shop, count=7)
    shop.most_cost = 1000
    found = everything(opened(world), "orders")
    assert len([d for d in found if isinstance(d, CustomerInvoice) and len(d.lines) == 8]) == 9
    shop.most_cost = 20
    with pytest.raises(SetupError, match="exceeds the single query max cost"):
        opened(world).poll("orders", {}, NOW)


def test_an_app_of_the_dev_dashboard_gets_its_token_by_its_id_and_secret(world: World, shop: Shopify) -> None:
    place(shop)
    session = opened(world, client_id=shop.client_id, client_secret=shop.webhook_secret)
    assert session.check().startswith("Shopify shop") and len(everything(session, "orders")) == 1
    with pytest.raises(SetupError, match="gives no token"):
        opened(world, client_id=shop.client_id, client_secret="another").check()
    with pytest.raises(SetupError, match="client_id and client_secret of an app of the Dev Dashboard"):
        opened(world, client_id=shop.client_id)


def test_a_shops_own_figures_count_what_came_in_to_the_cent(world: World, shop: Shopify) -> None:
    """Tips, gift cards and duties included; what is pending, a test or money alone is left out."""
    plain, tipped = place(shop, count=3), place(shop)
    tipped["totalTipReceivedSet"], tipped["totalPriceSet"] = shop.money(D("3.00")), shop.money(D("6.00"))
    card = place(shop)
    card["lineItems"]["nodes"][0]["isGiftCard"] = True
    place(shop, test=True)
    shop.refund(plain, [(0, 1, D("2.00"), D(0))], D("1.50"), NOW)
    waiting = shop.refund(plain, [(1, 1, D("2.00"), D(0))], D("2.00"), NOW)
    waiting["transactions"]["nodes"][0]["status"] = "PENDING"
    session = opened(world)
    first, after = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    orders, returns = session.control_totals(["orders"], first, after, "UTC")
    documents = everything(session, "orders")
    sold = [d.measure() for d in documents if d.control_group == "orders"]
    assert (orders.count, orders.debit) == (3, sum((m.debit for m in sold), D(0)))
    assert returns.count == 1, "the pending one is none yet"
    assert session.control_totals(["balance"], first, after, "UTC") == []


def test_shopify_payments_is_read_by_api_with_fees_payouts_and_what_they_paid(world: World, shop: Shopify) -> None:  # fmt: skip
    order = place(shop)
    refund = shop.refund(order, [(0, 1, D("2.00"), D(0))], D("2.00"), NOW)
    sale, back = 77, int(refund["transactions"]["nodes"][0]["id"].rpartition("/")[2])
    refund["transactions"]["nodes"][0]["parentTransaction"] = {"id": f"gid://shopify/OrderTransaction/{sale}"}
    account = shop.payments = ShopifyPayments("USD")
    named = (order["id"], order["name"])
    for n in range(260):
        account.move("CHARGE", D("3.00"), D("0.30"), NOW + timedelta(seconds=n), named, sale + n)
    account.move("REFUND", D("-2.00"), D(0), NOW + timedelta(hours=1), named, back, ("REFUND", 5))
    account.move("CHARGE", D("9.00"), D(0), NOW, named, 1, test=True)
    account.move("SHIPPING_LABEL", D("-4.00"), D(0), NOW + timedelta(hours=2))
    account.pay_out(NOW + timedelta(days=1))
    scheduled = account.move("CHARGE", D("5.00"), D("0.50"), NOW + timedelta(days=1, hours=1), named, 5)
    account.pay_out(NOW + timedelta(days=2), status="SCHEDULED")
    session = opened(world)
    moved = [d for d in everything(session, "balance") if isinstance(d, ProviderMovement)]
    assert len(moved) == 265 and sum(d.net.value for d in moved) == 0
    assert {d.category for d in moved} == {"charge", "refund", "shipping_label", "payout"}
    (given,) = [d for d in moved if d.category == "refund"]
    assert given.refund_key == f"refund:{refund['id'].rpartition('/')[2]}" and given.payment_key == str(sale)
    assert {d.order_key for d in moved if d.category == "charge"} == {order["id"].rpartition("/")[2]}
    (made_of,) = everything(session, "payouts")
    assert isinstance(made_of, PayoutComposition) and len(made_of.movement_keys) == 262
    assert set(made_of.movement_keys) < {d.key for d in moved}
    assert f"shopify_payments:balance:{scheduled['id'].rpartition('/')[2]}" not in made_of.movement_keys
    (paid,) = [d for d in moved if d.payout_key == made_of.payout_key]
    assert paid.category == "payout" and paid.net.value == -(260 * D("2.70") - 6)


def test_a_payout_is_told_once_it_is_final_and_once(world: World, shop: Shopify) -> None:
    account = shop.payments = ShopifyPayments("USD")
    account.move("CHARGE", D("3.00"), D("0.30"), NOW)
    payout = account.pay_out(NOW, status="SCHEDULED")
    session = opened(world)
    page = session.poll("payouts", {}, NOW)
    assert page.items == []
    payout["status"] = "PAID"
    page = session.poll("payouts", page.cursor, NOW)
    (told,) = page.items
    (again,) = session.poll("payouts", page.cursor, NOW).items
    assert told.dedupe_key == again.dedupe_key


def test_a_payout_whose_parts_are_not_what_it_paid_is_refused(shop: Shopify) -> None:
    account = ShopifyPayments("USD")
    row = account.move("CHARGE", D("3.00"), D("0.30"), NOW)
    payout = {**account.pay_out(NOW), "members": [row]}
    payout["net"] = account.money(D("2.69"))
    with pytest.raises(ValueError, match=r"paid 2\.69 USD, its 1 balance transactions come to 2\.70 USD"):
        SHOPIFY.stream("payouts").documents(json.dumps(payout).encode(), {})


def test_a_shop_without_shopify_payments_has_none_of_it(world: World) -> None:
    session = opened(world)
    assert everything(session, "balance") == [] and everything(session, "payouts") == []


def test_an_interface_says_what_movements_of_other_types_are(shop: Shopify) -> None:
    row = ShopifyPayments("USD").move("SHIPPING_LABEL", D("-4.00"), D(0), NOW)
    raw = json.dumps(row).encode()
    for options, category in (({}, "shipping_label"), ({"movements": {"SHIPPING_LABEL": "fee"}}, "fee")):
        (made,) = SHOPIFY.stream("balance").documents(raw, options)
        assert isinstance(made, ProviderMovement) and made.category == category


def test_a_dispute_says_how_it_stands_and_since_when(shop: Shopify) -> None:
    row = {"id": "gid://shopify/ShopifyPaymentsDispute/7", "legacyResourceId": "7", "type": "CHARGEBACK", "finalizedOn": None,
           "amount": {"amount": "11.50", "currencyCode": "USD"}, "initiatedAt": "2026-10-05T12:00:00Z", "account_currency": "USD",
           "reasonDetails": {"reason": "PRODUCT_NOT_RECEIVED"}, "order": {"id": "o", "transactions": [
               {"id": "gid://shopify/OrderTransaction/5", "kind": "SALE", "status": "SUCCESS", "gateway": "shopify_payments"},
               {"id": "gid://shopify/OrderTransaction/6", "kind": "REFUND", "status": "SUCCESS", "gateway": "shopify_payments"},
               {"id": "gid://shopify/OrderTransaction/4", "kind": "SALE", "status": "FAILURE", "gateway": "shopify_payments"},
           ]}}  # fmt: skip
    stands = {"NEEDS_RESPONSE": "needs_response", "UNDER_REVIEW": "needs_response", "WON": "won", "LOST": "lost",
              "ACCEPTED": "lost", "PREVENTED": "inquiry", "CHARGE_REFUNDED": "inquiry"}  # fmt: skip
    for said, status in stands.items():
        raw = json.dumps({**row, "status": said, "finalizedOn": "2026-11-05T00:00:00Z"}).encode()
        (made,) = SHOPIFY.stream("disputes").documents(raw, {})
        assert isinstance(made, Dispute) and made.status == status and made.payment_key == "5"
        assert (made.reason == "product_not_received") == (status == "lost")
        assert made.occurred_at.date().isoformat() == "2026-11-05"
    (asked,) = SHOPIFY.stream("disputes").documents(
        json.dumps({**row, "status": "LOST", "type": "INQUIRY"}).encode(), {}
    )
    assert isinstance(asked, Dispute) and (asked.status, asked.loss.value) == ("inquiry", D(0))


@pytest.mark.parametrize(
    ("ended", "at"),
    [
        # A DateTime in 2026-07; in shopify.dev's reference of versions before a Date, without a time and a zone.
        ("2026-11-05", "2026-11-05T12:00:00+00:00"),
        ("2026-11-05T20:30:00-05:00", "2026-11-06T01:30:00+00:00"),
        # Accepted on the day on which it came: still after its beginning, whose version it must not fall behind.
        ("2026-10-05", "2026-10-05T18:45:00+00:00"),
        (None, "2026-10-05T18:45:00+00:00"),
    ],
)
def test_a_dispute_stands_since_the_day_of_its_end_on_whichever_machine_it_is_read(
    ended: str | None, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"id": "gid://shopify/ShopifyPaymentsDispute/7", "legacyResourceId": "7", "type": "CHARGEBACK", "finalizedOn": ended,
           "amount": {"amount": "11.50", "currencyCode": "USD"}, "initiatedAt": "2026-10-05T18:45:00Z", "account_currency": "USD",
           "status": "LOST" if ended else "NEEDS_RESPONSE", "reasonDetails": {"reason": "FRAUDULENT"}, "order": None}  # fmt: skip
    try:
        for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            (made,) = SHOPIFY.stream("disputes").documents(json.dumps(row).encode(), {})
            assert isinstance(made, Dispute) and made.occurred_at.isoformat() == made.version == at
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_a_payout_that_came_back_is_told_with_its_parts_and_without_them_says_nothing(
    shop: Shopify, status: str
) -> None:
    account = ShopifyPayments("USD")
    row = account.move("CHARGE", D("3.00"), D("0.30"), NOW)
    payout = {**account.pay_out(NOW), "status": status, "members": [row]}
    (made,) = SHOPIFY.stream("payouts").documents(json.dumps(payout).encode(), {})
    assert isinstance(made, PayoutComposition) and len(made.movement_keys) == 1
    assert SHOPIFY.stream("payouts").documents(json.dumps({**payout, "members": []}).encode(), {}) == []


def test_what_came_back_names_the_payout_that_it_was_and_not_the_one_that_it_is_in(shop: Shopify) -> None:
    account = ShopifyPayments("USD")
    account.move("CHARGE", D("3.00"), D("0.30"), NOW)
    failed = account.pay_out(NOW)
    back = account.come_back(failed, NOW + timedelta(days=1))
    account.move("CHARGE", D("5.00"), D("0.30"), NOW + timedelta(days=1))
    assert account.pay_out(NOW + timedelta(days=2))["id"] == back["associatedPayout"]["id"] != failed["id"]
    (made,) = SHOPIFY.stream("balance").documents(json.dumps(back).encode(), {})
    assert isinstance(made, ProviderMovement) and made.category == "payout_reversal"
    assert made.payout_key == f"shopify-payout-{failed['legacyResourceId']}"


def test_a_dispute_that_was_lost_in_another_currency_is_refused(shop: Shopify) -> None:
    account = ShopifyPayments("USD")
    told = account.open_dispute(
        {"id": "gid://shopify/Order/1", "name": "#1"}, D("9.00"), D("15.00"), NOW, 1, "EUR"
    )
    account.close_dispute(told, False, NOW + timedelta(days=9))
    raw = json.dumps({**told, "order": None, "account_currency": "USD"}).encode()
    with pytest.raises(ValueError, match=r"9\.00 EUR was lost, and the balance is in USD"):
        SHOPIFY.stream("disputes").documents(raw, {})


def test_an_adjustment_of_a_dispute_goes_by_its_way(shop: Shopify) -> None:
    for value, category in (("-9.00", "dispute"), ("9.00", "dispute_reversal")):
        row = ShopifyPayments("USD").move("ADJUSTMENT", D(value), D(0), NOW, source=("DISPUTE", 5))
        (made,) = SHOPIFY.stream("balance").documents(json.dumps(row).encode(), {})
        assert isinstance(made, ProviderMovement) and made.category == category


def _given_back(shop: Shopify, refunds: int, parts: int = 1) -> list[dict[str, Any]]:
    """An order of which so many refunds gave back, each by so many transactions, each a movement of the balance: the refunds."""
    shop.payments = ShopifyPayments("USD")
    order = place(shop, count=refunds)
    made = []
    for n in range(refunds):
        at, total = NOW + timedelta(seconds=n), D("0.01") * parts
        made.append(shop.refund(order, [(n, 1, total, D(0))], total, at, onto=[("shopify_payments", D("0.01"))] * parts))  # fmt: skip
        for given in made[-1]["transactions"]["nodes"]:
            number = int(given["id"].rpartition("/")[2])
            shop.payments.move("REFUND", D("-0.01"), D(0), at, (order["id"], order["name"]), number)
    return made


@pytest.mark.parametrize(("refunds", "parts"), [(20, 1), (21, 1), (63, 2), (2, 7), (1, 61)])
def test_each_movement_names_its_refund_however_many_there_are(
    world: World, shop: Shopify, refunds: int, parts: int
) -> None:
    made = _given_back(shop, refunds, parts)
    rows = everything(opened(world), "balance")
    wanted = [f"refund:{r['id'].rpartition('/')[2]}" for r in made for _ in range(parts)]
    assert sorted(row.refund_key for row in rows) == sorted(wanted)


def test_a_movement_of_a_refund_that_shopify_does_not_give_is_refused_in_words(
    world: World, shop: Shopify
) -> None:
    _given_back(shop, 251)
    (lost,) = (row for row in _bodies(opened(world), "balance") if b'"refund"' not in row)
    with pytest.raises(
        ValueError, match=r"gives back of US-1, which has 250 refunds or more.*book it by hand"
    ):
        SHOPIFY.stream("balance").documents(lost, {})


def _bodies(session: Any, stream: str) -> list[bytes]:
    cursor: dict[str, Any] = {}
    found: list[bytes] = []
    while True:
        page = session.poll(stream, cursor, NOW)
        found += [item.body for item in page.items]
        if not page.more:
            return found
        cursor = page.cursor


def test_a_shops_own_figures_count_every_refund_of_an_order(world: World, shop: Shopify) -> None:
    """Of 27 refunds the one of whose seven transactions the sixth is on its way is not through."""
    made = _given_back(shop, 27, 7)
    made[-1]["transactions"]["nodes"][5]["status"] = "PENDING"
    totals = opened(world).control_totals(["orders"], NOW - timedelta(days=1), NOW + timedelta(days=1), "UTC")
    assert {t.group: t.count for t in totals}["returns"] == 26


@pytest.mark.parametrize(("others", "payment"), [(9, True), (10, True), (12, True), (251, False)])
def test_a_dispute_names_its_payment_among_however_many_transactions(
    world: World, shop: Shopify, others: int, payment: bool
) -> None:
    shop.payments = ShopifyPayments("USD")
    order = place(shop)
    order["displayFinancialStatus"] = "PENDING"
    for _ in range(others):
        order["transactions"].append(shop._transaction("VOID", "gift_card", D("1.00"), NOW))
    paid = shop._transaction("SALE", "shopify_payments", D("3.00"), NOW)
    order["transactions"].append(paid)
    shop.payments.open_dispute(order, D("3.00"), D("0"), NOW, 1)
    (told,) = everything(opened(world), "disputes")
    assert told.payment_key == (paid["id"].rpartition("/")[2] if payment else "")


def test_two_payments_behind_ten_transactions_are_not_one(world: World, shop: Shopify) -> None:
    shop.payments = ShopifyPayments("USD")
    order = place(shop)
    order["displayFinancialStatus"] = "PENDING"
    rows = [("SALE", "shopify_payments")] + [("VOID", "gift_card")] * 10 + [("SALE", "shopify_payments")]
    order["transactions"] += [shop._transaction(kind, gateway, D("1.00"), NOW) for kind, gateway in rows]
    shop.payments.open_dispute(order, D("1.00"), D("0"), NOW, 1)
    (told,) = everything(opened(world), "disputes")
    assert told.payment_key == ""
