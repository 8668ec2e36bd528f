"""The declaration of the Shopify connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    FEES,
    ApiVersion,
    Budget,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
    WebhookTopic,
)
from tieout.connectors.shopify.client import API_VERSION, open_session
from tieout.connectors.shopify.gift_cards import TAX_SHAPE
from tieout.connectors.shopify.normalise import order
from tieout.connectors.shopify.page import page
from tieout.connectors.shopify.payments import (
    MOVEMENT_SHAPE,
    OPTION,
    balance,
    dispute,
    payouts,
    provider_of,
)

CONNECTOR = Connector(
    name="shopify",
    title=f"Shopify (GraphQL Admin {API_VERSION})",
    version="1",
    config=(
        ConfigField("url", "the shop's address, such as https://example.myshopify.com"),
        ConfigField(
            "client_id", "client id of an app of the Dev Dashboard, installed in the shop", required=False
        ),
        ConfigField(
            "client_secret",
            "its client secret; tokens of 24 hours are got by it",
            secret=True,
            required=False,
        ),
        ConfigField(
            "token",
            "instead of both: the Admin API access token of a custom app that was made before 2026",
            secret=True,
            required=False,
        ),
        ConfigField(
            "webhook_secrets",
            "what pushes are signed with, newest first, separated by blanks: the app's client secret where nothing is said",
            secret=True,
            required=False,
        ),
    ),
    open=open_session,
    page=page,
    can=("poll", "webhook", "control_totals"),
    streams=(
        Stream("orders", "orders with their refunds and gift cards", order, "updatedAt"),
        Stream(
            "balance", "movements of Shopify Payments' balance, payouts among them", balance, on_request=True
        ),
        Stream(
            "payouts",
            "what each paid payout of Shopify Payments is made of",
            payouts,
            "it is told once it is final",
            on_request=True,
        ),
        Stream(
            "disputes",
            "how disputes of Shopify Payments stand",
            dispute,
            "its beginning, then its resolution",
            on_request=True,
        ),
    ),
    provider=provider_of,
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
        Option(
            OPTION,
            'Shopify Payments: what movements of other types are, by Shopify\'s own type, such as SHIPPING_LABEL = "fee"',
            table=True,
            shape=MOVEMENT_SHAPE,
        ),
        Option(
            "dispute_tax",
            "what becomes of a sale's tax once its dispute is lost, by reason: stands, corrected or bad_debt",
            table=True,
        ),
        FEES,
    ),
    pushes=("orders/", "refunds/"),
    pace=Budget(a_second=100.0, burst=2_000.0, told=True),
    limits="a bucket of points of each app and shop, which each answer tells of: 100 points a second of the plan Standard, 200 of Advanced, 1,000 of "
    "Plus (shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits); a query waits until there are enough for it; a query that costs too much is asked for less; lists of an "
    "order are turned to their end, and an order with more than 250 refunds, transactions or fulfilments is refused, as is a movement of "
    "Shopify Payments that gives back by a refund which is not among them",
    api=ApiVersion(
        API_VERSION, "shopify.dev/docs/api/usage/versioning: supported for twelve months", date(2027, 7, 1)
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "the introspection schema of GraphQL Admin 2026-07: every query with its variables, and all that the simulator answers",
            "npm @shopify/dev-mcp 1.16.0",
        ),
        Verified(
            date(2026, 11, 30),
            "client credentials: address, form, header and the token's life",
            "shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant",
        ),
        Verified(
            date(2026, 11, 30),
            "that total_returns is gone from 2026-07 and total_sales_reversals has every negative change, and is negative",
            "shopify.dev/changelog/shopifyql-returns-fields-deprecated-and-replaced-with-sales-reversals-fields",
        ),
        Verified(
            date(2026, 11, 30),
            "the table `sales` of ShopifyQL 2026-07: one row for each event",
            "shopify.dev/docs/api/shopifyql/latest/schemas/sales_revenue/sales",
        ),
        Verified(
            date(2026, 11, 30),
            "gift_card_gross_sales (the face value of cards sold) and gift_card_discounts (positive there), as Shopify described them for its "
            "notebooks in 2022",
            "help.shopify.com/en/manual/reports-and-analytics/shopifyql/notebooks-sales-schema",
        ),
    ),
    rights=(
        NeededRight("read_orders", "orders with their refunds, returns and transactions of the last 60 days"),
        NeededRight(
            "read_all_orders",
            "orders older than 60 days: to be asked for in the Dev Dashboard, beside read_orders",
        ),
        NeededRight("read_returns", "what a return costs the customer"),
        NeededRight("read_fulfillments", "what was sent"),
        NeededRight(
            "read_reports",
            "control figures (ShopifyQL); with it read_customers and level 2 of protected customer data: name, address, phone and "
            "email",
        ),
        NeededRight(
            "read_customers",
            "who bought, and the control figures; names and e-mail are protected customer data of level 2",
        ),
        NeededRight("read_shopify_payments_payouts", "Shopify Payments: its balance and payouts"),
        NeededRight("read_shopify_payments_disputes", "Shopify Payments: how disputes stand"),
    ),
    webhooks=(
        WebhookTopic("orders/create", "wakes the poll of orders"),
        WebhookTopic("orders/updated", "the same: edits, payments, fulfilments"),
        WebhookTopic("refunds/create", "the same"),
    ),
    assumed=(
        "what is paid in cash and its rounding stand apart: `amountSet` is without `amountRoundingSet`",
        "duties, additional fees and tips are in an order's total; where they are not, the total says so",
        "a return's fees are not among the differences of its refund, unless they come to the same",
        "the sign of gift_card_discounts: it is taken off whichever it has",
        "Shopify Payments: a payout that came back names by `sourceId` the payout that it was",
    ),
    not_covered=(
        "an edit of another month than its order's: Shopify's analytics count it on its own day, the order's invoice with the order",
        "a gift card that is refunded: Shopify's analytics take it off gift cards sold, here it is a credit note",
        "store credit that is given without an order (goodwill): it is in no order",
        "write-offs of a balance, draft orders, abandoned checkouts",
        "Shopify Payments: disputes in another currency than the account's own (a lost one is a case); what a dispute that was won did not give "
        "back stays on disputes_receivable",
    ),
)
