"""The declaration of the Chargebee connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    ApiVersion,
    Budget,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
)
from tieout.connectors.chargebee.client import open_session
from tieout.connectors.chargebee.normalise import credit_note, invoice
from tieout.connectors.chargebee.page import page

_ON = date(2026, 11, 30)

CONNECTOR = Connector(
    name="chargebee",
    title="Chargebee (subscription billing)",
    version="1",
    config=(
        ConfigField("url", "the site's address, such as https://example.chargebee.com"),
        ConfigField("key", "API key of the site", secret=True),
        ConfigField(
            "business_entity",
            "the id of the business entity that is read, where the site has several; without it all are",
            required=False,
        ),
    ),
    open=open_session,
    page=page,
    can=("poll", "control_totals"),
    options=(
        Option(
            "deferral",
            "who makes the schedules of revenue for days to come: Tieout by days, the source in its own field, "
            "or none (nobody, or the ledger itself): never two of them",
            ("tieout", "source", "none"),
        ),
        Option(
            "time_zone",
            "whose days a line's terms are of, such as Europe/Berlin: the zone that the site bills in. Unless said, the one that "
            "each row names as its site's, and UTC where it names none",
            shape=r"[A-Za-z0-9_+/-]+",
        ),
        Option("products", "whether invoice lines name products of the ledger", ("none", "by_sku")),
        Option("invoice_on", "when an order is billed", ("payment",)),
    ),
    streams=(
        Stream("invoices", "invoices, usage and proration on them", invoice, "resource_version"),
        Stream(
            "credit_notes",
            "credit notes for what was not used, for what is given up as lost, and of no invoice",
            credit_note,
            "resource_version",
        ),
    ),
    pace=Budget(a_second=2.5),
    limits="a list answers 100 entries a page; 150 calls a minute of a test site and of the plan Starter, which are kept to, 1,000 of "
    "Performance, 3,500 of Enterprise (chargebee.com/docs/billing/2.0/kb/platform/what-are-the-chargebee-api-limits): say per_second there",
    api=ApiVersion("v2", "apidocs.chargebee.com: both product catalogues; no end is published"),
    verified=(
        Verified(
            _ON,
            "65 published answers, lists and webhooks",
            "globalis-ms/chargebee-php-sdk, bonusly/mock_chargebee and others",
        ),
        Verified(
            _ON, "parameters of the lists, fields and enumerations", "chargebee/chargebee-python, March 2026"
        ),
        Verified(
            _ON,
            "how amounts are written: whole units of currencies without decimals, hundredths of all others",
            "apidocs.chargebee.com, Currencies; chargebee.com, What are Zero decimal currencies?",
        ),
    ),
    rights=(
        NeededRight(
            "Read-only key, transactional data",
            "invoices and credit notes; a full-access key holds it too. Keys of the test site are others than those of the live one",
        ),
    ),
    not_covered=(
        "payments, refunds and dunning (transactions): the payment provider's connector reads them",
        "exchange_rate and amounts in local currency: the ledger's own rates hold",
        "taxes that customers withhold (linked_taxes_withheld): they are payments, not invoices",
        "who pays for another customer (payment_owner), and which invoices a refundable credit note was allocated to",
        "unbilled charges, quotes, estimates, orders",
        "set-up fees and one-off charges over the days of a term: they are earned at once",
    ),
    assumed=(
        "a schedule of the source's own stands in the line's custom field cf_revenue_schedule",
        "a discount of the invoice is in its lines' discount_amount; where that is nothing, line_item_discounts say it",
        "fractional_correction is part of a credit note's total where its lines and taxes miss the total by it",
    ),
)
