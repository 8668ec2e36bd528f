"""The declaration of the Stripe Tax connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import ApiVersion, Budget, ConfigField, Connector, NeededRight, Verified
from tieout.connectors.stripetax.client import VERSION, open_session

CONNECTOR = Connector(
    name="stripetax",
    title="Stripe Tax (tax engine)",
    version="2",
    config=(
        ConfigField("url", "such as https://api.stripe.com"),
        ConfigField("key", "a restricted key with the rights that its account needs", secret=True),
    ),
    open=open_session,
    can=("tax",),
    pace=Budget(a_second=25.0),
    limits="25 calls a second of an endpoint (docs.stripe.com/rate-limits); one call a document of up to ten lines, one more for each hundred lines more; a calculation is no transaction until "
    "somebody makes it one. Days up to 31 days from today",
    api=ApiVersion(
        VERSION,
        "https://docs.stripe.com/api-versions (current on 2026-10-06; no end of a version is published)",
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "fixtures of the OpenAPI document",
            "github:stripe/openapi openapi/fixtures3.json",
        ),
        Verified(
            date(2026, 11, 30),
            "parameters of a calculation: tax_date, amounts, reasons",
            "github:stripe/stripe-python stripe/params/tax/_calculation_create_params.py, stripe/tax/_calculation_line_item.py",
        ),
    ),
    rights=(
        NeededRight(
            "Tax Calculations and Transactions: Write (rak_tax_calculation_write)", "what is due on a bill"
        ),
        NeededRight("Tax Settings: Read", "`tieout check`"),
    ),
    not_covered=(
        "what a buyer owes under a reverse charge: Stripe says that there is one, and not at which rate",
        "days further than 31 days away, which Stripe refuses: the table of rates says what was due then",
        "tax ids of the buyer, and places of performance",
        "taxes of a fixed amount (`flat_amount`) beside a rate: their amount counts, they have no rate",
    ),
    assumed=("purchases are asked about as if their seller sold them to the entity through Stripe",),
)
