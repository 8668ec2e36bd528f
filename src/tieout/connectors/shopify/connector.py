"""The declaration of the Shopify connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector, Option, Stream
from tieout.connectors.shopify.client import API_VERSION, open_session
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
        Option("products", "whether invoice lines name products of the ledger", ("none", "by_sku")),
        Option("customers", "who makes the customers", ("from_order", "from_crm")),
    ),
    pushes=("orders/", "refunds/"),
    limits="a cost bucket a shop; a throttled query says when it refills",
    assumed=("ShopifyQL answers orders, total_sales, refunds and total_returns for a range of days",),
)
