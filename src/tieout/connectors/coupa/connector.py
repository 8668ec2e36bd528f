"""The declaration of the Coupa connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    BILL_OPTIONS,
    ApiVersion,
    Budget,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
    own_accruals,
)
from tieout.connectors.coupa.bills import bill
from tieout.connectors.coupa.client import open_session
from tieout.connectors.coupa.normalise import order, receipt, supplier
from tieout.connectors.coupa.page import page

_DOCS = "compass.coupa.com, Core API, as github:TimTini/coupa-compass-integration-docs keeps it"

CONNECTOR = Connector(
    name="coupa",
    title="Coupa (suppliers, purchase orders, receipts, invoices)",
    version="2",
    config=(
        ConfigField("url", "the instance's address, such as https://company.coupahost.com"),
        ConfigField("client_id", "identifier of an OpenID Connect client (client credentials)"),
        ConfigField("client_secret", "its secret; it needs the scopes that read them", secret=True),
    ),
    open=open_session,
    page=page,
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
            "time_zone",
            "the zone whose day a receipt was on, such as America/Chicago (default: as Coupa writes it, in the instance's zone)",
        ),
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
    pace=Budget(a_second=25.0),
    limits="50 rows a page, which is Coupa's own limit, as are 25 requests a second (compass.coupa.com, exception handling and error codes); a token lives for a day",
    api=ApiVersion("Core API (R39 and later)", f"{_DOCS}, Swagger of R39"),
    verified=(
        Verified(
            date(2026, 11, 30), "the elements of each resource, querying options and example calls", _DOCS
        ),
        Verified(
            date(2026, 11, 30),
            "rows that others published in their tests and as samples",
            "docs/CONNECTORS.md",
        ),
        Verified(
            date(2026, 11, 30),
            "a credit note's lines are below zero, and one invoice may hold lines of either sign",
            "github:mohanboopalan/coupa-netsuite Invoice-ScheduledScript.js, which books them so",
        ),
        Verified(
            date(2026, 11, 30),
            "no payload of a credit note, of goods sent back or of a second page is published: what stands for them here is invented",
            f"{_DOCS}; tests of agent_ready_tools, of the Mule connector and of integrations with SAP, Oracle, NetSuite; tap-coupa",
        ),
    ),
    rights=(
        NeededRight("core.supplier.read", "suppliers"),
        NeededRight("core.purchase_order.read", "purchase orders"),
        NeededRight("core.inventory.receiving.read", "receiving transactions"),
        NeededRight("core.invoice.read", "invoices and credit notes"),
        NeededRight("core.common.read", "what rows refer to: currencies, users, payment terms"),
    ),
    not_covered=(
        "order lines whose account is split: such an order is a case; an invoice's split lines are booked by their shares",
        "goods that were disposed of, and voids of a part of a receipt: each is a case",
        "receipts of no order line (inventory that nobody ordered): each is a case",
        "withholding tax lines, early payment discounts, prepayments and retainage of an invoice",
        "the flag exported and integration history: they are another integration's, and neither asked for nor set",
        "expense reports, requisitions, contracts, Coupa Pay",
    ),
    assumed=(
        "where a supplier is paid stands in custom fields iban and swift-code of its remit-to addresses: Coupa's own fields have no account",
        "a receipt by amount says it as total; what was voided of a receipt stands on it as voided-value",
        "an order that people are changing is not told until it is issued again",
    ),
)
