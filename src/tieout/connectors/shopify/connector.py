"""The declaration of the Shopify connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector, Option, Stream
from tieout.connectors.shopify.client import API_VERSION, open_session
from tieout.connectors.shopify.gift_cards import TAX_SHAPE
from tieout.connectors.shopify.normalise import order

CONNECTOR = Connector(
    name="shopify",
    title=f"Shopify (GraphQL Admin {API_VERSION})",
    version="1",
    config=(
        ConfigField("url", "the shop's address, such as https://example.myshopify.com"),
        ConfigField(
            "token", "Admin API access token with read_orders, read_all_orders and read_reports", secret=True
        ),
        ConfigField(
            "webhook_secrets",
            "the app's secrets, newest first, separated by blanks",
            secret=True,
            required=False,
        ),
    ),
    open=open_session,
    can=("poll", "webhook", "control_totals"),
    streams=(Stream("orders", "orders with their refunds and gift cards", order, "updatedAt"),),
    options=(
        Option("invoice_on", "when an order is billed", ("payment", "fulfilment")),
        Option(
            "revenue_on",
            "when revenue is earned: with its invoice; by a cut-off at each month's end; or by each delivery",
            ("invoice", "cut_off", "delivery"),
        ),
        Option("control_passes", "when control of goods passes to the customer", ("dispatch", "arrival")),
        Option(
            "deposit_tax",
            "when the tax of what is paid before the invoice is due: as the country has it, on receipt or on supply",
            ("by_country", "on_receipt", "on_supply"),
        ),
        Option("products", "whether invoice lines name products of the ledger", ("none", "by_sku")),
        Option(
            "tax_place", "where orders without an address are taxed, as US-NY: those of a shop with a counter"
        ),
        Option(
            "gift_cards",
            "whether cards are for anything, and untaxed when sold, or for goods of one known tax, and taxed then",
            ("multi_purpose", "single_purpose"),
        ),
        Option(
            "gift_card_tax",
            "the tax of single-purpose cards, as DE 19: whose it is, and its percent",
            shape=TAX_SHAPE,
        ),
        Option("customers", "who makes the customers", ("from_order", "from_crm")),
    ),
    pushes=("orders/", "refunds/"),
    limits="a cost bucket a shop; a throttled query says when it refills",
    assumed=(
        "an adjustment of a refund has the sign with which the refund comes to what was given back",
        "ShopifyQL answers orders, total_sales, refunds and total_returns for a range of days",
        "an order has at most 50 fulfilments: what more of them deliver is not seen, and stays deferred",
    ),
)
