"""Stripe Tax's payloads: an answer to a calculation, as the connector makes a determination of it; its further lines stand beside it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tests.published.payloads import Payload
from tests.published.replay import Answer, Replay, Told
from tieout.connector_api import SystemConfig
from tieout.connectors.stripetax.connector import CONNECTOR
from tieout.documents.taxation import TaxDetermination, TaxedLine, TaxQuestion
from tieout.money import STRIPE


def take(payload: Payload) -> list[TaxDetermination]:
    told = json.loads(payload.body)
    answer = Answer(payload.body, payload.options.get("status", 200))
    answers: dict[tuple[str, str], Told] = {("POST", "/v1/tax/calculations"): answer}
    rows = told.get("line_items", {}).get("data", [])
    beside = payload.path.with_suffix(".beside.json")
    if beside.exists():
        answers["GET", f"/v1/tax/calculations/{told['id']}/line_items"] = beside.read_bytes()
        rows = [*rows, *json.loads(beside.read_bytes())["data"]]
    with Replay(answers) as there:
        session = CONNECTOR.open(SystemConfig("stripetax", "stripetax", "test", {"key": "rk_test_x", "url": there.url}))  # fmt: skip
        found: list[TaxDetermination] = session.determine([_asked(told, rows)])
    return found


def _asked(told: dict[str, Any], rows: list[dict[str, Any]]) -> TaxQuestion:
    """The question that is answered: its lines as the answer repeats them; one of 10.00 where it refuses."""
    currency = str(told.get("currency", "usd")).upper()
    where = told.get("customer_details", {}).get("address", {})
    lines = [TaxedLine(line=str(x["reference"]), net=STRIPE.amount(x["amount"], currency).value, category=str(x["tax_code"])) for x in rows or [{"reference": "1", "amount": 1000, "tax_code": "txcd_10000000"}]]  # fmt: skip
    country = str(where.get("country") or "US")
    return TaxQuestion(
        key="V:B-1", on=date(2026, 10, 26), currency=currency, seller="Acme", seller_country=country, seller_tax_id="",
        buyer_country=country, buyer_region=str(where.get("state") or ""), buyer_postal_code="", buyer_tax_id="", exemption="",
        lines=tuple(lines),
    )  # fmt: skip
