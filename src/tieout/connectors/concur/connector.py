"""The declaration of the SAP Concur connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector, Option, Stream
from tieout.connectors.concur.client import open_session
from tieout.connectors.concur.normalise import report

CONNECTOR = Connector(
    name="concur",
    title="SAP Concur (expense reports)",
    version="1",
    config=(
        ConfigField("url", "the data centre's address, such as https://us.api.concursolutions.com"),
        ConfigField("token", "access token with the scope expense.report.read", secret=True),
    ),
    open=open_session,
    can=("poll", "control_totals"),
    options=(
        Option("accounts_table", "the table of mappings/ that gives the ledger's account of an expense type"),
        Option("cost_centre_field", "the report's field that names the cost centre (default OrgUnit1)"),
        Option("require", "beginning of a ledger account's code to the dimensions that it needs", table=True),
    ),
    streams=(
        Stream(
            "reports", "approved expense reports with their entries", report, "the report's LastModifiedDate"
        ),
    ),
    limits="50 reports a page; entries are asked for report by report",
    assumed=(
        "times without a zone are UTC; NextPage carries an opaque offset",
        "the payment type Cash is what the employee paid; IsPersonal marks what is not the company's",
        "tax is not split: the approved amount stands on the expense",
    ),
)
