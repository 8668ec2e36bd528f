"""The declaration of the Stripe connector."""

from __future__ import annotations

from tieout.connector_api import FEES, ConfigField, Connector, Option, Stream
from tieout.connectors.stripe.client import open_session
from tieout.connectors.stripe.normalise import composition, dispute, movement

CONNECTOR = Connector(
    name="stripe",
    title="Stripe",
    version="1",
    config=(
        ConfigField("url", "API address", required=False, default="https://api.stripe.com"),
        ConfigField("key", "restricted key that may read balance and reports", secret=True),
        ConfigField(
            "webhook_secrets",
            "signing secrets, newest first, separated by blanks",
            secret=True,
            required=False,
        ),
    ),
    open=open_session,
    can=("poll", "webhook", "control_totals", "balances"),
    options=(
        Option("order_metadata", "the metadata key that names a charge's order: order_id if not given"),
        Option("refund_metadata", "the metadata key that names a refund's credit note: refund_id"),
        Option(
            "dispute_tax",
            "what becomes of a sale's tax once its dispute is lost, by reason: stands, corrected or bad_debt",
            table=True,
        ),
        FEES,
    ),
    streams=(
        Stream("balance_transactions", "every change of the balance", movement),
        Stream("payouts", "what each automatic payout is composed of", composition),
        Stream("disputes", "how disputes stand", dispute, "status, by Stripe's own order"),
    ),
    pushes=("charge.", "refund.", "payout.", "balance."),
    limits="100 reads a second; 429 says when to come back",
    assumed=(
        "the summary reports have the columns reporting_category, currency, count, gross, fee, net",
        "an order's id stands in the metadata of its charges and refunds",
    ),
)
