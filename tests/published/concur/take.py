"""Concur's payloads: a financial document as the service answers it, behind the list of Reports v3 in which its report stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Replay, Told

from tieout.connector_api import SystemConfig
from tieout.connectors.concur.connector import CONNECTOR
from tieout.documents import Document

_REPORTS = "/api/v3.0/expense/reports"
_DOCUMENTS = "/financialintegration/fi/v4/companies/transactiontypes/expense/transactions"
_TOKEN = b'{"access_token": "t", "expires_in": "3600", "refresh_token": "r2", "token_type": "Bearer"}'
SETTINGS = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def take(payload: Payload) -> list[Document]:
    body = json.loads(payload.body, parse_float=Decimal)
    listed: Told | list[Told] = payload.body
    documents = payload.body
    if "Items" in body:
        beside = payload.path.with_suffix(".beside.json")
        documents = beside.read_bytes() if beside.exists() else b'{"content": [], "links": []}'
        second = payload.path.with_suffix(".second.beside.json")
        listed = [payload.body, second.read_bytes()] if second.exists() else payload.body
    else:
        listed = json.dumps({"Items": [head(x) for x in body.get("fIDocuments") or body["content"]], "NextPage": None}, default=str).encode()  # fmt: skip
    answers = {
        ("POST", "/oauth2/v0/token"): _TOKEN,
        ("GET", _REPORTS): listed,
        ("GET", _DOCUMENTS): documents,
    }
    with Replay(answers) as there:
        session = CONNECTOR.open(SystemConfig("concur", "concur", "test", {**SETTINGS, "url": there.url}))
        page = session.poll("reports", {}, NOW)
        items = list(page.items)
        while page.more:
            page = session.poll("reports", page.cursor, NOW)
            items += page.items
        session.close()
    stream = CONNECTOR.stream("reports")
    return [document for item in items for document in stream.documents(item.body, payload.options)]


def head(told: dict[str, Any]) -> dict[str, Any]:
    """How Reports v3 lists the report of a document: same shape, the document's own figures."""
    document = json.loads(told["document"]) if isinstance(told["document"], str) else told["document"]
    report = document.get("report") or {"reportId": document["cashAdvanceData"]["cashAdvanceId"], "employeeCurrencyAlphaCode": "USD", "reportSubmitDate": "2019-06-01T00:00:00.000Z"}  # fmt: skip
    approved = sum(
        (Decimal(str(e["entryApprovedAmount"])) for e in document.get("expenseEntry", [])), Decimal(0)
    )
    submitted = str(report["reportSubmitDate"]).removesuffix("Z")
    return {
        "ID": report["reportId"],
        "Name": report.get("reportName", "Report"),
        "CurrencyCode": report["employeeCurrencyAlphaCode"],
        "SubmitDate": submitted,
        "LastModifiedDate": submitted,
        "ApprovalStatusCode": "A_APPR",
        "OwnerLoginID": document.get("employee", {}).get("loginId", ""),
        "OwnerName": "Traveller",
        "TotalApprovedAmount": approved,
    }
