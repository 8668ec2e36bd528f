"""The declaration of the PayPal connector: its balance by the Transactions API."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    FEES,
    MOVEMENTS,
    ApiVersion,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
)
from tieout.connector_api.paypal import PROVIDER
from tieout.connectors.paypal.client import RIGHTS, open_session
from tieout.connectors.paypal.normalise import transaction
from tieout.connectors.paypal.page import page

_SPECIFICATION = "github:paypal/paypal-rest-api-specifications openapi/reporting_transactions_v1.json"

CONNECTOR = Connector(
    name="paypal",
    title="PayPal, by its Transactions API",
    version="1",
    config=(
        ConfigField("url", "API address", required=False, default="https://api-m.paypal.com"),
        ConfigField("client_id", "client id of the REST app"),
        ConfigField("client_secret", "its secret", secret=True),
    ),
    open=open_session,
    page=page,
    provider=lambda streams, options: PROVIDER,
    can=("poll", "control_totals", "balances"),
    options=(
        Option(
            "order_reference",
            "what invoice_id is: the order's number (default), or the shop's own key of it",
            ("number", "key"),
        ),
        FEES,
        MOVEMENTS,
    ),
    streams=(
        Stream(
            "transactions",
            "every change of the balance, as the settlement report has them, with the payer's name",
            transaction,
            "money, code and beginning never change; status and time of update may, and have no second effect",
        ),
    ),
    limits="31 days a question, 500 rows a page, 10,000 rows a question (then by halves), three years back; fewer rows than "
    "an answer's total_items are asked for anew; up to three hours until a "
    "transaction appears, and nothing is complete before; 429 says when to come back; how many "
    "calls are too many PayPal does not publish (developer.paypal.com/api/rest/reference/rate-limiting)",
    api=ApiVersion("v1 (Transaction Search 1.9)", f"{_SPECIFICATION}; no end is published"),
    verified=(
        Verified(date(2026, 11, 30), "the OpenAPI description of 2024-02-03", _SPECIFICATION),
        Verified(
            date(2026, 11, 30),
            "answers that integrators published, of real accounts among them",
            "the sources of tests/published/paypal",
        ),
    ),
    rights=(
        NeededRight(RIGHTS[0], "transactions (Transaction Search in the app's settings)"),
        NeededRight(RIGHTS[1], "balances, as control figure"),
    ),
    assumed=("available_balance moves by each row that is told, holds and reserves among them",),
    not_covered=(
        "what a withdrawal is made of, disputes as they stand (Disputes API), other accounts' transactions by a partner",
        "addresses, carts and notes: they are not asked for",
    ),
)
