"""The declaration of the Chargebee connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector, Option, Stream
from tieout.connectors.chargebee.client import open_session
from tieout.connectors.chargebee.normalise import credit_note, invoice

CONNECTOR = Connector(
    name="chargebee",
    title="Chargebee (subscription billing)",
    version="1",
    config=(
        ConfigField("url", "the site's address, such as https://example.chargebee.com"),
        ConfigField("key", "API key of the site", secret=True),
    ),
    open=open_session,
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
            "whose days a line's terms are of, such as Europe/Berlin: the zone that the site bills in",
            shape=r"[A-Za-z0-9_+/-]+",
        ),
        Option("products", "whether invoice lines name products of the ledger", ("none", "by_sku")),
        Option("invoice_on", "when an order is billed", ("payment",)),
    ),
    streams=(
        Stream("invoices", "invoices, usage and proration on them", invoice, "resource_version"),
        Stream("credit_notes", "credit notes for what was not used", credit_note, "resource_version"),
    ),
    limits="a list answers 100 entries a page; calls a minute by plan",
    assumed=(
        "a site bills by days of a zone of its own, which the option time_zone repeats",
        "a schedule of the source's own stands in the line's custom field cf_revenue_schedule",
        "is_metered marks usage; tax_name and tax_rate stand on the line",
    ),
)
