"""The declaration of the SAP Concur connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    ApiVersion,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
)
from tieout.connectors.concur.client import open_session
from tieout.connectors.concur.normalise import report

_DOCS = "github:SAP-docs/preview.developer.concur.com"

CONNECTOR = Connector(
    name="concur",
    title="SAP Concur (expense reports)",
    version="2",
    config=(
        ConfigField(
            "url", "the company's own base URI (geolocation), such as https://us2.api.concursolutions.com"
        ),
        ConfigField("client_id", "the application's client id, as its registration in Concur says"),
        ConfigField("client_secret", "its secret", secret=True),
        ConfigField(
            "refresh_token",
            "the company's refresh token, as its company request token was exchanged for; Concur gives another with each use, which is kept",
            secret=True,
        ),
    ),
    open=open_session,
    can=("poll", "control_totals"),
    options=(
        Option("accounts_table", "the table of mappings/ that gives the ledger's account of an expense type"),
        Option(
            "accounts_by",
            "what the keys of that table are: expense types' codes (the default) or account codes",
            ("expense_type", "account_code"),
        ),
        Option(
            "cost_centre_field",
            "the field of entry and report whose code is the cost centre (default OrgUnit1)",
        ),
        Option(
            "allocation_field",
            "the field of an allocation whose code is the cost centre, such as Custom4",
            shape=r"Custom\d{1,2}",
        ),
        Option(
            "time_zone", "the zone whose day a report was submitted on, such as Europe/Berlin (default UTC)"
        ),
        Option("require", "beginning of a ledger account's code to the dimensions that it needs", table=True),
    ),
    streams=(
        Stream(
            "reports",
            "approved expense reports, as their financial documents say them",
            report,
            "the report's LastModifiedDate, then the document's revisionNumber",
        ),
    ),
    limits=(
        "50 reports a page; a call for each report's document (and one for each further page of its revisions); a report whose document is not made within three days is a case; an "
        "answer takes up to 60 seconds there; how many calls it takes is not published. An entry holds 200 lines: of more, those of one account, cost centre and side are one"
    ),
    api=ApiVersion(
        "Reports v3, Financial Integration Service v4",
        f"{_DOCS} src/api-reference/deprecated.markdown (neither is deprecated)",
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "the 25 example documents and the postings that the use cases state",
            f"{_DOCS} src/api-reference/financial-integration",
        ),
        Verified(
            date(2026, 11, 30),
            "parameters and schema of Reports v3",
            f"{_DOCS} src/api-reference/expense/expense-report/v3.reports.markdown",
        ),
    ),
    rights=(
        NeededRight("EXPRPT", "the list of approved reports, for all users (user=ALL)"),
        NeededRight(
            "FISVC",
            "the financial document of each; a company-level token, and Financial Integration on for the owners' groups",
        ),
    ),
    not_covered=(
        "cash advances as they are given out or returned to an administrator (document type cashadvance); what a report uses of one is booked",
        "acknowledgements and posting confirmations: a document is read by its report's number whatever its state, and its state there stays",
        "documents of types invoice, payroll and funds reservation; mileage, attendees, receipts' images",
        "personal expenses on an individually billed card that the company pays (IBCP): Concur leaves them out of its documents",
        "Report Details v2 and Expense Reports v2, which are deprecated and refused to new applications",
    ),
    assumed=(
        "a company-level token may list reports with user=ALL",
        "tax amounts of a document (amountReclaim) are in the report's currency, as its journals are",
        "times of Reports v3 without a zone are UTC, as those of entries are said to be",
    ),
)
