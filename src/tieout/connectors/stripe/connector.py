"""The declaration of the Stripe connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    FEES,
    MOVEMENTS,
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
from tieout.connector_api.stripe import PROVIDER
from tieout.connectors.stripe.client import open_session
from tieout.connectors.stripe.normalise import composition, dispute, movement
from tieout.connectors.stripe.page import page
from tieout.connectors.stripe.wire import VERSION

CONNECTOR = Connector(
    name="stripe",
    title="Stripe",
    version="2",
    config=(
        ConfigField("url", "API address", required=False, default="https://api.stripe.com"),
        ConfigField("key", "restricted key with the rights that its account needs", secret=True),
        ConfigField(
            "webhook_secrets",
            "signing secrets, newest first, separated by blanks",
            secret=True,
            required=False,
        ),
    ),
    open=open_session,
    page=page,
    provider=lambda streams, options: PROVIDER if "balance_transactions" in streams else "",
    can=("poll", "webhook", "control_totals", "balances"),
    options=(
        Option("order_metadata", "the metadata key that names a charge's order: order_id if not given"),
        Option("refund_metadata", "the metadata key that names a refund's credit note: refund_id"),
        MOVEMENTS,
        Option(
            "dispute_tax",
            "what becomes of a sale's tax once its dispute is lost, by reason: stands, corrected or bad_debt",
            table=True,
        ),
        FEES,
    ),
    streams=(
        Stream("balance_transactions", "every change of the balance", movement),
        Stream(
            "payouts",
            "what each automatic payout is composed of, once Stripe has put it together",
            composition,
        ),
        Stream(
            "disputes",
            "how disputes stand",
            dispute,
            "the last of: its opening, its balance transactions, the event of its closing",
        ),
    ),
    pushes=("charge.", "refund.", "payout.", "balance.", "application_fee.", "transfer.", "topup."),
    pace=Budget(a_second=25.0),
    limits="25 calls a second, which one endpoint takes and a sandbox as a whole; 100 of an account in live mode (docs.stripe.com/rate-limits): "
    "per_second says so where it is asked beside others; 429 says when to come back. Events are kept for 30 days: a dispute that was closed before is told as "
    "of its last balance transaction. Reports reach as far as Stripe has made them up, some hours behind",
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
            "models and parameters of 2026-10-14.preview, generated from the OpenAPI document",
            "github:stripe/stripe-python stripe/_balance_transaction.py, stripe/params",
        ),
        Verified(
            date(2026, 11, 30),
            "all balance transaction types and reporting categories",
            "https://docs.stripe.com/reports/balance-transaction-types, .../reporting-categories",
        ),
        Verified(
            date(2026, 11, 30), "columns of the summary reports", "https://docs.stripe.com/reports/balance"
        ),
        Verified(date(2026, 11, 30), "minor units of currencies", "https://docs.stripe.com/currencies"),
    ),
    rights=(
        NeededRight("Balance: Read (rak_balance_read)", "`tieout check`"),
        NeededRight(
            "Balance transaction sources: Read (rak_balance_transaction_source_read)", "every movement"
        ),
        NeededRight("Charges and Refunds: Read (rak_charge_read)", "what a movement is of, and its order"),
        NeededRight(
            "PaymentIntents: Read (rak_payment_intent_read)", "the order of a refund that was made at Stripe"
        ),
        NeededRight("Payouts: Read (rak_payout_read)", "payouts and what they pay out"),
        NeededRight("Disputes: Read (rak_dispute_read)", "disputes"),
        NeededRight("Events: Read (rak_event_read)", "when a dispute was closed"),
        NeededRight("Report Runs and Report Types: Write", "control totals and balances"),
        NeededRight("Files: Read (rak_file_read)", "the files of reports"),
        NeededRight(
            "Transfers, Application Fees, Top-ups: Read",
            "movements of Connect and of top-ups, where there are such",
        ),
    ),
    webhooks=(
        WebhookTopic("charge.succeeded, charge.failed, charge.refunded", "payments are read at once"),
        WebhookTopic(
            "charge.dispute.created, .funds_withdrawn, .funds_reinstated, .closed",
            "disputes are read at once",
        ),
        WebhookTopic("refund.created, refund.failed", "refunds are read at once"),
        WebhookTopic(
            "payout.paid, payout.failed, payout.reconciliation_completed", "payouts are read at once"
        ),
        WebhookTopic("balance.available", "the balance is read at once"),
    ),
    not_covered=(
        "parts of one movement's fee (Stripe's, an application's, tax): they are booked as one",
        "balances other than that of payments (Issuing, prefunding): movements of them are booked as all others",
        "what a transfer or an application fee is for: they are booked to one account each",
        "its itemised reports, which the connector settlements reads where no key can be given: an entity gets Stripe by one of the two",
        "accounts of others (Stripe-Account): one key is one account",
    ),
    assumed=(
        "an order's id stands in the metadata of its charges or of their payment intents",
        "a fee credit (fee_credit_funding) and tax_fund have no published meaning: each is a case until a project says one",
    ),
)
