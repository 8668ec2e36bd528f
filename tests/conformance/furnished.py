"""A world in which 130 of everything happened: more than a page of each system holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout_sandbox import World
from tieout_sandbox.simulators.gusto import CLIENT, CONSENT
from tieout_sandbox.simulators.shopify_payments import ShopifyPayments

NOW = datetime(2026, 10, 5, 14, tzinfo=UTC)
MANY = 130
_TODAY = date(2026, 10, 5)


@contextmanager
def furnished(folder: Path) -> Iterator[World]:
    """The world, served."""
    made = World(folder, seed=1, start=NOW)
    made.start()
    made.gusto.hire("e1", "100", Decimal("4000.00"))
    for number in range(MANY):
        happen(made, number, NOW - timedelta(minutes=200 - number))
    yield made
    made.stop()


def happen(made: World, number: int, at: datetime) -> None:
    """One more of everything that is polled."""
    made.stripe.charge(1000 + number, "USD", 59, at, {"order_id": str(number)})
    made.salesforce.add_account(number + 1, f"Account {number}", "a@example.com", at)
    made.salesforce.win(
        number + 1, f"SO-{number}", None, at, [("x", 1, Decimal("10.00"))], None, Decimal("10.00")
    )
    _bill(made, number, at)
    made.paypal.move(f"8HT{number:05}", "T0006", "10.00", at, fee="-0.59", invoice_id=f"SO-{number}")
    # Pay periods of two months, all paid on one day.
    end = date(2026, 8, 2 + number % 28) if number < 80 else date(2026, 9, 10 + number % 20)
    made.gusto.process(f"run-{number}", end - timedelta(days=14), end, _TODAY)
    made.gusto.pay_contractor(f"pay-{number}", end, Decimal("250.00"), Decimal("12.50"))
    made.concur.approve(
        f"X{number}", at, ("ada@example.com", "Ada"), [("TAXI", "Taxi", Decimal("10.00"), "EMPL", False)]
    )
    _buy(made, number, at)
    _sell(made, number, at)


def _sell(made: World, number: int, at: datetime) -> None:
    shop = made.shops["shop_us"]
    shop.payments = shop.payments or ShopifyPayments("USD")
    order = shop.place(
        number=f"US-{number}", at=at, customer={"id": "1", "name": "A", "email": "a@example.com"},
        lines=[{"name": "x", "quantity": 1, "price": Decimal("10.00"), "taxes": []}],
        shipping=Decimal(0), shipping_tax=[], total=Decimal("10.00"), included=False,
    )  # fmt: skip
    shop.payments.move("CHARGE", Decimal("10.00"), Decimal("0.59"), at, (order["id"], order["name"]), number)
    shop.payments.open_dispute(order, Decimal("10.00"), Decimal("15.00"), at, number)
    shop.payments.pay_out(at)


def _bill(made: World, number: int, at: datetime) -> None:
    line = made.chargebee.line("Plan", 1000, _TODAY, _TODAY + timedelta(days=30))
    made.chargebee.bill(f"INV-{number}", at, ("c1", "Acme"), [line])
    invoice = made.chargebee.rows["invoices"][f"INV-{number}"]
    made.chargebee.credit(f"CN-{number}", at, invoice, [{**line, "amount": 500}])


def _buy(made: World, number: int, at: datetime) -> None:
    vendor = made.coupa.add_supplier(f"V{number}", f"Vendor {number}", "", at)
    order = made.coupa.issue(f"PO-{number}", vendor, at, [("Valve", "10", "12.50", "6000")])
    made.coupa.receive(order, 1, "4", at)
    made.coupa.bill(f"VB-{number}", order, _TODAY, at, {1: "4"})


def settings(made: World, name: str) -> dict[str, Any]:
    """What a system of the world is reached with."""
    secrets = made.secrets
    given = {
        "stripe": {"key": secrets["stripe_key"], "webhook_secrets": secrets["stripe"]},
        "shopify": {
            "client_id": made.shops["shop_us"].client_id,
            "client_secret": secrets["shop_us"],
            "webhook_secrets": secrets["shop_us"],
        },
        "salesforce": {"client_id": secrets["sf_id"], "client_secret": secrets["sf_secret"]},
        "concur": {
            "client_id": secrets["concur_id"],
            "client_secret": secrets["concur_secret"],
            "refresh_token": secrets["concur_token"],
        },
        "coupa": {"client_id": secrets["coupa_id"], "client_secret": secrets["coupa_secret"]},
        "gusto": {
            "client_id": CLIENT,
            "client_secret": secrets["gusto_token"],
            "refresh_token": CONSENT,
            "company": "co-1",
        },
        "paypal": {"client_id": secrets["paypal_id"], "client_secret": secrets["paypal_secret"]},
        "chargebee": {"key": secrets["chargebee_key"]},
        "cloudevents": {"secret": secrets["events"]},
    }[name]
    return {**given, "url": made.url("shop_us" if name == "shopify" else name)}
