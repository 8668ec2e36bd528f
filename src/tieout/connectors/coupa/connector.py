"""The declaration of the Coupa connector."""

from __future__ import annotations

from tieout.connector_api import BILL_OPTIONS, ConfigField, Connector, Option, Stream, own_accruals
from tieout.connectors.coupa.client import open_session
from tieout.connectors.coupa.normalise import bill, order, receipt, supplier

CONNECTOR = Connector(
    name="coupa",
    title="Coupa (suppliers, purchase orders, receipts, invoices)",
    version="1",
    config=(
        ConfigField("url", "the instance's address, such as https://company.coupahost.com"),
        ConfigField("client_id", "identifier of an OpenID Connect client (client credentials)"),
        ConfigField("client_secret", "its secret; it needs the scopes that read them", secret=True),
    ),
    open=open_session,
    can=("poll", "control_totals"),
    options=(
        Option(
            "accounts_table",
            "the table of mappings/ that gives the ledger's account of Coupa's account codes",
        ),
        Option("require", "beginning of a ledger account's code to the dimensions that it needs", table=True),
        *BILL_OPTIONS,
        Option(
            "currency", "the currency of receipts and suppliers that have none of their own (default: USD)"
        ),
        Option("cost_centre_segment", "the account's field that names the cost centre, such as segment-2"),
        Option(
            "bank_details_role", "whose role it is to approve where a supplier is paid (default: controller)"
        ),
        Option("accruals", "who accrues what was received and not billed", ("tieout", "odoo")),
    ),
    streams=(
        Stream("suppliers", "suppliers and where they are paid", supplier, "updated-at"),
        Stream("orders", "purchase orders that were issued", order, "updated-at"),
        Stream("receipts", "receiving transactions", receipt, "updated-at"),
        Stream("bills", "approved invoices and credit notes", bill, "updated-at"),
        Stream("accruals", "what Tieout accrues at a cut-off", own_accruals),
    ),
    limits="50 rows a page; a token lives for a day",
    assumed=(
        "a remit-to address carries the account as iban and swift-code",
        "a receiving transaction's order-line names its order and line; a return's type says Return",
        "tax stands on an invoice's lines as tax-code, tax-rate and tax-amount; a credit note is below zero",
        "an order that people are changing is not told until it is issued again",
    ),
)
