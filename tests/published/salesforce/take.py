"""Salesforce's answers: a query's pages and those of its sub-queries, behind describes that have the fields which the answer has."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from tests.published.payloads import Payload
from tests.published.replay import Replay, Told

from tieout.connector_api import SystemConfig
from tieout.connectors.salesforce.connector import CONNECTOR
from tieout.documents import Document

_DATA = "/services/data/v66.0"
_TOKEN = b'{"access_token": "t", "token_type": "Bearer", "instance_url": "https://example.my.salesforce.com", "issued_at": "1790000000000"}'
_FIELDS = {
    "Account": ["Id", "Name", "Email__c", "BillingCountry", "SystemModstamp"],
    "Opportunity": [
        "Id", "AccountId", "Amount", "CloseDate", "Order_Number__c", "Tax_Title__c", "Tax_Rate__c", "Tax_Amount__c", "SystemModstamp",
    ],
    "OpportunityLineItem": ["Id", "Name", "Quantity", "TotalPrice"],
}  # fmt: skip
_OF_LINES = ("Tax_Title__c", "Tax_Rate__c", "Tax_Amount__c")
_NONE = b'{"totalSize": 0, "done": true, "records": []}'
_GONE = "won_orders.gone"
SETTINGS = {"client_id": "c", "client_secret": "s", "currency": "USD"}


def take(payload: Payload) -> list[Document]:
    answers: dict[tuple[str, str], Told | list[Told]] = {
        ("POST", "/services/oauth2/token"): _TOKEN,
        # What is won no longer answers another question.
        ("GET", f"{_DATA}/query"): _NONE if payload.file.startswith(_GONE) else payload.body,
        ("GET", f"{_DATA}/queryAll"): payload.body if payload.file.startswith(_GONE) else _NONE,
    }
    bodies = [payload.body]
    for number in ("second", "third"):
        beside = payload.path.with_suffix(f".{number}.beside.json")
        if beside.exists():
            (onward,) = re.findall(rb'"nextRecordsUrl": "([^"]+)"', bodies[-1])
            bodies.append(beside.read_bytes())
            answers["GET", onward.decode()] = bodies[-1]
    for table, own in _FIELDS.items():
        there = [n for n in ("CurrencyIsoCode", "BillingCountryCode") if f'"{n}"'.encode() in payload.body]
        if table == "OpportunityLineItem":
            there = list(_OF_LINES) if "taxes-of-products" in payload.file else []
        fields = {"fields": [{"name": name} for name in [*own, *there]]}
        answers["GET", f"{_DATA}/sobjects/{table}/describe"] = json.dumps(fields).encode()
    with Replay(answers) as there_is:
        session = CONNECTOR.open(SystemConfig("crm", "salesforce", "test", {**SETTINGS, "url": there_is.url}))
        page = session.poll(payload.stream, {}, datetime(2026, 11, 30, tzinfo=UTC))
        items = list(page.items)
        while page.more:
            page = session.poll(payload.stream, page.cursor, datetime(2026, 11, 30, tzinfo=UTC))
            items += page.items
        session.close()
    stream = CONNECTOR.stream(payload.stream)
    return [document for item in items for document in stream.documents(item.body, payload.options)]
