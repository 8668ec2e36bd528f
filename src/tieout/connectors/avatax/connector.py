"""The declaration of the AvaTax connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector
from tieout.connectors.avatax.client import open_session

CONNECTOR = Connector(
    name="avatax",
    title="Avalara AvaTax (tax engine)",
    version="1",
    config=(
        ConfigField("url", "such as https://sandbox-rest.avatax.com"),
        ConfigField("account", "the account's number"),
        ConfigField("license_key", "its license key", secret=True),
        ConfigField("company_code", "the company's code there", required=False, default="DEFAULT"),
    ),
    open=open_session,
    can=("tax",),
    limits="one call a document; nothing is recorded there; how many calls it takes is not published",
    assumed=(
        "purchases are asked about as type PurchaseOrder, which is never recorded",
        "use tax that the buyer owes has the tax type ConsumerUse or Use in its details",
        "an exemption number makes its lines exempt",
    ),
)
