"""The declaration of the Salesforce connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector, Option, Stream
from tieout.connectors.salesforce.client import open_session
from tieout.connectors.salesforce.normalise import account, won_order

CONNECTOR = Connector(
    name="salesforce",
    title="Salesforce",
    version="1",
    config=(
        ConfigField("url", "My Domain address, such as https://example.my.salesforce.com"),
        ConfigField("client_id", "consumer key of the connected app", secret=True),
        ConfigField("client_secret", "its consumer secret", secret=True),
    ),
    open=open_session,
    can=("poll", "write", "look_up", "control_totals"),
    options=(
        Option("currency", "the currency of accounts, which carry none: USD if not given"),
        Option("products", "whether invoice lines name products of the ledger", ("none", "by_sku")),
        Option(
            "system_of_record",
            'which of name and email the ledger\'s partners take over when they change here, such as "name, email" '
            "(default: none)",
            shape=r"(name|email)(, *(name|email))*",
        ),
        Option("customers", "who makes the customers", ("from_order", "from_crm")),
    ),
    streams=(
        Stream("accounts", "customers", account, "SystemModstamp"),
        Stream("won_orders", "closed-won opportunities with their products", won_order, "SystemModstamp"),
    ),
    limits="API calls a day; a query answers 2,000 rows a page",
    assumed=(
        "custom fields Credit_Exposure__c, Collection_Status__c and, where it is told, Open_Orders__c stand on Account, "
        "Order_Number__c, Tax_Title__c, Tax_Rate__c and Tax_Amount__c on Opportunity",
    ),
)
