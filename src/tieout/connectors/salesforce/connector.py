"""The declaration of the Salesforce connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    ApiVersion,
    Budget,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
)
from tieout.connectors.salesforce.client import open_session
from tieout.connectors.salesforce.normalise import account, won_order
from tieout.connectors.salesforce.page import page
from tieout.connectors.salesforce.wire import VERSION

CONNECTOR = Connector(
    name="salesforce",
    title="Salesforce",
    version="1",
    config=(
        ConfigField("url", "My Domain address, such as https://example.my.salesforce.com"),
        ConfigField("client_id", "consumer key of the external client app", secret=True),
        ConfigField(
            "client_secret",
            "its consumer secret, for the client credentials flow",
            secret=True,
            required=False,
        ),
        ConfigField(
            "private_key",
            "or the private key of its certificate (PEM), for the JWT bearer flow",
            secret=True,
            required=False,
        ),
        ConfigField("username", "for the JWT bearer flow: the user that is acted as", required=False),
        ConfigField(
            "audience",
            "for the JWT bearer flow: https://login.salesforce.com (if not given), https://test.salesforce.com of a sandbox",
            required=False,
        ),
        ConfigField(
            "currency",
            "of an org with one currency: which, such as USD (its API does not tell)",
            required=False,
        ),
    ),
    open=open_session,
    page=page,
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
        Stream(
            "won_orders",
            "closed-won opportunities with their products, and those that are won no longer",
            won_order,
            "SystemModstamp",
        ),
    ),
    api=ApiVersion(
        VERSION,
        "https://developer.salesforce.com/docs/atlas.en-us.262.0.securityImplGuide.meta/securityImplGuide/api_rest_eol.htm: three "
        "years from its first release (Spring '26) at least, and a year's notice",
        # The least that is promised.
        date(2029, 2, 1),
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "published answers of queries, errors and describes, and the API's guide; no org was spoken to",
            "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/",
        ),
        Verified(
            date(2026, 11, 30),
            "QueryAll and what stays in the recycle bin (15 days); IsDeleted, IsWon and StageName of Opportunity, the fields of "
            "OpportunityLineItem",
            "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_queryall.htm, .../resources_getdeleted.htm, "
            "https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Opportunity.htm",
        ),
    ),
    rights=(
        NeededRight("api (OAuth scope)", "every call; of the app's run-as user: API Enabled"),
        NeededRight("Account: Read, View All; the fields Email__c, BillingCountryCode", "customers"),
        NeededRight(
            "Opportunity: Read, View All; the fields Order_Number__c, Tax_Title__c, Tax_Rate__c, Tax_Amount__c, Amount, CloseDate",
            "won orders (products come with them, with the same three tax fields of OpportunityLineItem where it has them)",
        ),
        NeededRight(
            "Account: Edit; the fields Credit_Exposure__c, Collection_Status__c, Open_Orders__c",
            "exposure, where it is told",
        ),
    ),
    pace=Budget(a_day=100_000.0),
    limits="100,000 API calls a day, which is the least of a production org, and 1,000 or 5,000 more for each licence, all apps together "
    "(developer.salesforce.com, API Request Limits and Allocations): say per_day where it has more or others need them; 403 "
    "REQUEST_LIMIT_EXCEEDED is waited out; a query answers 2,000 rows a page",
    assumed=(
        "custom fields Credit_Exposure__c, Collection_Status__c and, where it is told, Open_Orders__c stand on Account, "
        "Order_Number__c, Tax_Title__c, Tax_Rate__c and Tax_Amount__c on Opportunity; Email__c on Account where it is kept; where products "
        "have taxes of their own, Tax_Title__c, Tax_Rate__c and Tax_Amount__c on OpportunityLineItem as well",
    ),
    not_covered=(
        "what is emptied out of the recycle bin before it was asked for, and orders whose number is taken away with the win: only the sums of "
        "what is won show them",
        "several taxes on one product; discounts and schedules of products",
        "person accounts' contacts, Orders and Contracts, Revenue Cloud",
    ),
)
