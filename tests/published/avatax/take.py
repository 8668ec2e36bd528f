"""AvaTax's payloads: an answer to a transaction, as the connector makes a determination of it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Answer, Replay
from tieout.connector_api import SystemConfig
from tieout.connectors.avatax.connector import CONNECTOR
from tieout.documents.taxation import TaxDetermination, TaxedLine, TaxQuestion

SETTINGS = {"account": "2000000000", "license_key": "k", "company_code": "DEFAULT"}


def take(payload: Payload) -> list[TaxDetermination]:
    told = json.loads(payload.body, parse_float=Decimal)
    answer = Answer(payload.body, payload.options.get("status", 201))
    with Replay({("POST", "/api/v2/transactions/create"): answer}) as there:
        session = CONNECTOR.open(SystemConfig("avatax", "avatax", "test", {**SETTINGS, "url": there.url}))
        found: list[TaxDetermination] = session.determine([_asked(told)])
    return found


def _asked(told: dict[str, Any]) -> TaxQuestion:
    """The question that is answered: its lines as the answer repeats them; one of 10.00 where it refuses."""
    rows = told.get("lines") or [{"lineNumber": "1", "lineAmount": Decimal("10.00")}]
    lines = (TaxedLine(line=str(x["lineNumber"]), net=Decimal(str(x["lineAmount"])), category=str(x.get("taxCode", ""))[:25]) for x in rows)  # fmt: skip
    country = str(told.get("country", "US"))
    return TaxQuestion(
        key="V:B-1", on=date.fromisoformat(str(told.get("date", "2026-10-05"))[:10]), currency=str(told.get("currencyCode", "USD")),
        seller="Acme", seller_country=country, seller_tax_id="", buyer_country=country, buyer_region=str(told.get("region", "")),
        buyer_postal_code="", buyer_tax_id="", exemption="", lines=tuple(lines),
    )  # fmt: skip
