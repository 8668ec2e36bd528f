"""What connectors say of where things stand, held against the forms that are published. Each form's source stands in its connector's
module `page`."""

from __future__ import annotations

import pytest

from tieout.connector_api import Named, SystemConfig
from tieout.operations.discover import discover

REGISTRY = discover()
INVOICE, MOVEMENT = "customer_invoice", "provider_movement"
STRIPE, PAYPAL = "https://api.stripe.com", "https://api-m.paypal.com"
SHOP, ORG = "https://example.myshopify.com", "https://example.my.salesforce.com"
BILLING, BUYING, BOOKS = (
    "https://example.chargebee.com",
    "https://example.coupahost.com",
    "https://books.example.com",
)
OPPORTUNITY, ACCOUNT = "006Kj00000AbCdEIAV", "001Kj00000AbCdEIAV"


def of(connector: str, url: str, named: Named, **values: str) -> str:
    config = SystemConfig("a_system", connector, "production", {"url": url, **values})
    return REGISTRY[connector].page_of(config, named)


def movement(**keys: str) -> Named:
    return Named(MOVEMENT, "txn_1", **keys)


@pytest.mark.parametrize(
    ("connector", "url", "named", "page"),
    [
        ("stripe", STRIPE, movement(payment_key="ch_1"), "https://dashboard.stripe.com/payments/ch_1"),
        ("stripe", STRIPE, movement(payment_key="py_1"), "https://dashboard.stripe.com/payments/py_1"),
        (
            "stripe",
            STRIPE,
            movement(payment_key="po_1", payout_key="po_1"),
            "https://dashboard.stripe.com/payouts/po_1",
        ),
        (
            "stripe",
            STRIPE,
            Named("payout_composition", "po_1:composition", payout_key="po_1"),
            "https://dashboard.stripe.com/payouts/po_1",
        ),
        (
            "stripe",
            STRIPE,
            Named("dispute", "du_1", payment_key="ch_1"),
            "https://dashboard.stripe.com/disputes/du_1",
        ),
        (
            "shopify",
            SHOP,
            Named(INVOICE, "order:5000", order_key="5000"),
            "https://admin.shopify.com/store/example/orders/5000",
        ),
        (
            "shopify",
            SHOP,
            Named("credit_note", "refund:9", order_key="5000"),
            "https://admin.shopify.com/store/example/orders/5000",
        ),
        (
            "salesforce",
            ORG,
            Named(INVOICE, f"opportunity:{OPPORTUNITY}", order_key=OPPORTUNITY),
            f"{ORG}/lightning/r/Opportunity/{OPPORTUNITY}/view",
        ),
        ("salesforce", ORG, Named("customer", f"account:{ACCOUNT}"), f"{ORG}/lightning/r/Account/{ACCOUNT}/view"),
        ("chargebee", BILLING, Named(INVOICE, "invoice:INV-7"), f"{BILLING}/d/invoices/INV-7"),
        ("chargebee", BILLING, Named("credit_note", "credit_note:CN-7"), f"{BILLING}/d/credit_notes/CN-7"),
        ("chargebee", BILLING, Named("revenue_schedule", "invoice:7:li_1"), f"{BILLING}/d/invoices/7"),
        ("coupa", BUYING, Named("vendor_bill", "bill:77"), f"{BUYING}/invoices/77"),
        (
            "paypal",
            PAYPAL,
            Named(MOVEMENT, "paypal:5TY05013RG002845M:0123456789abcdef:1", payment_key="1AB05013RG002845M"),
            "https://www.paypal.com/activity/payment/5TY05013RG002845M",
        ),
        (
            "paypal",
            "https://api-m.sandbox.paypal.com",
            Named(MOVEMENT, "paypal:5TY05013RG002845M:0123456789abcdef:1"),
            "https://www.sandbox.paypal.com/activity/payment/5TY05013RG002845M",
        ),
        ("odoo", BOOKS, Named("account.move", "42"), f"{BOOKS}/odoo/account.move/42"),
        ("odoo", f"{BOOKS}/", Named("account.move", "42"), f"{BOOKS}/odoo/account.move/42"),
        ("odoo", "http://127.0.0.1:8069", Named("res.partner", "7"), "http://127.0.0.1:8069/odoo/res.partner/7"),
    ],
)  # fmt: skip
def test_it_opens_as_its_vendor_publishes(connector: str, url: str, named: Named, page: str) -> None:
    assert of(connector, url, named) == page


@pytest.mark.parametrize(
    ("connector", "named"),
    [
        ("stripe", movement(payment_key="ch_1")),
        ("shopify", Named(INVOICE, "order:5000", order_key="5000")),
        ("salesforce", Named(INVOICE, f"opportunity:{OPPORTUNITY}")),
        ("chargebee", Named(INVOICE, "invoice:INV-7")),
        ("coupa", Named("vendor_bill", "bill:77")),
        ("paypal", Named(MOVEMENT, "paypal:5TY05013RG002845M:0123456789abcdef:1")),
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8101",
        "https://api.stripe.com.evil.example",
        "https://evil.example/.myshopify.com",
        "https://example.my.salesforce.com.evil.example",
        "https://my.salesforce.com",
        "",
    ],
)
def test_behind_another_address_nobody_knows_the_page(connector: str, url: str, named: Named) -> None:
    """As a simulator's: a dead link is worse than none."""
    assert of(connector, url, named) == ""


@pytest.mark.parametrize("key", ["rk_test_51x", "sk_test_51x"])
def test_what_is_read_in_test_mode_opens_in_test_mode(key: str) -> None:
    named = movement(payout_key="po_1")
    assert of("stripe", STRIPE, named, key=key) == "https://dashboard.stripe.com/test/payouts/po_1"
    assert of("stripe", STRIPE, named, key="rk_live_51_test_x") == "https://dashboard.stripe.com/payouts/po_1"


@pytest.mark.parametrize(
    ("connector", "url", "named"),
    [
        ("stripe", STRIPE, movement()),
        ("stripe", STRIPE, movement(payment_key="tr_1")),
        ("stripe", STRIPE, Named("dispute", "txn_1")),
        ("shopify", SHOP, Named(MOVEMENT, "shopify_payments:balance:7", payout_key="shopify-payout-7")),
        ("shopify", SHOP, Named(INVOICE, "order:x", order_key="../settings")),
        ("shopify", "https://a.b.myshopify.com", Named(INVOICE, "order:5", order_key="5")),
        ("salesforce", ORG, Named(INVOICE, "opportunity:006/../x")),
        ("salesforce", ORG, Named(INVOICE, "opportunity:006Kj0000/AbCdEIAV")),
        ("salesforce", ORG, Named("customer", f"lead:{ACCOUNT}")),
        ("chargebee", BILLING, Named(INVOICE, "subscription:7")),
        ("chargebee", BILLING, Named(INVOICE, "invoice:")),
        ("coupa", BUYING, Named("purchase_order", "order:77")),
        ("coupa", BUYING, Named("vendor_bill", "bill:7x")),
        ("paypal", PAYPAL, Named(MOVEMENT, "paypal:short:0123456789abcdef:1")),
        ("paypal", PAYPAL, Named("statement", "5TY05013RG002845M")),
        ("odoo", BOOKS, Named("account.move", "0")),
        ("odoo", BOOKS, Named("account.move", "-1")),
        ("odoo", BOOKS, Named("account.move", "x")),
        ("odoo", BOOKS, Named("", "7")),
        ("odoo", "file:///etc", Named("account.move", "7")),
    ],
)
def test_what_has_no_page_has_no_address(connector: str, url: str, named: Named) -> None:
    assert of(connector, url, named) == ""


def test_no_secret_stands_in_an_address() -> None:
    secret = "rk_test_51secret"
    for connector in REGISTRY.by_name.values():
        values = {f.name: secret for f in connector.config}
        for url in (STRIPE, PAYPAL, SHOP, ORG, BILLING, BUYING, BOOKS):
            config = SystemConfig("a_system", connector.name, "production", {**values, "url": url})
            page = connector.page_of(config, Named(INVOICE, "invoice:1", "5000", "ch_1", "po_1"))
            assert "secret" not in page
