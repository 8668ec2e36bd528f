"""The declaration of the AvaTax connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import ApiVersion, ConfigField, Connector, NeededRight, Verified
from tieout.connectors.avatax.client import open_session

_SDK = "github:avadev/AvaTax-REST-V2-JS-SDK lib/models"

CONNECTOR = Connector(
    name="avatax",
    title="Avalara AvaTax (tax engine)",
    version="2",
    config=(
        ConfigField("url", "such as https://sandbox-rest.avatax.com"),
        ConfigField("account", "the account's number"),
        ConfigField("license_key", "its license key", secret=True),
        ConfigField("company_code", "the company's code there", required=False, default="DEFAULT"),
    ),
    open=open_session,
    can=("tax",),
    limits="one call a document; nothing is recorded there (a document type that ends in Order). Codes of 50 characters, numbers and tax "
    "codes of 25: a longer category is sent as an item's; how many calls it takes is not published",
    api=ApiVersion(
        "REST v2",
        "Avalara's OpenAPI document of AvaTax (the server's own version changes monthly, as its ping says; no end is published)",
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "585 lines that AvaTax answered, as others recorded them: each is the sum of its parts",
            "github:spree-contrib/spree_avatax_official, github:boomerdigital/solidus_avatax_certified, github:saleor/saleor",
        ),
        Verified(
            date(2026, 11, 30),
            "fields, lengths and types of tax of a transaction",
            f"{_SDK}/CreateTransactionModel.ts, TransactionLineDetailModel.ts",
        ),
        Verified(
            date(2026, 11, 30),
            "Use is a seller's use tax; consumer use tax is what is due on a purchase, whoever pays it",
            "help.avalara.com, About Sales and Use Tax Types, Verify Vendor-Calculated Consumer Use Tax; developer.avalara.com, AvaTax for AP",
        ),
    ),
    rights=(
        NeededRight("AccountUser or CompanyUser", "the license key's own role, to create transactions"),
        NeededRight("AvaTaxPro", "the service that works a transaction out"),
    ),
    not_covered=(
        "where a seller is within the buyer's country: it is taken to be where the buyer is, which differs where the seller's own place decides",
        "input tax that is not recoverable in full: such a line is refused, and booked by the table of rates",
        "customs duties (LandedCost), which are no bill's tax",
        "a place where the company there collects nothing: an answer that is not recorded tells it as nothing due",
    ),
)
