"""AvaTax as its API's clients see it: rates by where something goes, outages on demand.

Of a purchase it says what is due, whoever pays it: consumer use tax within the United States, input tax elsewhere, and input and output
of the same amount where the buyer owes it (Avalara's OpenAPI document; developer.avalara.com, AvaTax for AP and test transactions of VAT).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout_sandbox.simkit import NONE, Answer, Faults

_NUMBERS = msgspec.json.Encoder(decimal_format="number")
# How long AvaTax lets a text be (CreateTransactionModel, LineItemModel).
_LENGTHS = {
    "code": 50,
    "companyCode": 25,
    "customerCode": 50,
    "businessIdentificationNo": 25,
    "exemptionNo": 25,
}
_LINE_LENGTHS = {"number": 50, "taxCode": 25, "itemCode": 50}


class AvaTax:
    """One account. `rates` are percentages by country or COUNTRY-REGION; `down` are spans in which
    nothing is answered."""

    name = "avatax"

    def __init__(
        self, now: Callable[[], datetime], *, account: str, key: str, faults: Faults | None = None
    ) -> None:
        self._now = now
        self._credentials = base64.b64encode(f"{account}:{key}".encode()).decode()
        self.faults = faults or Faults(NONE, 0)
        self.rates: dict[str, Decimal] = {}
        self.down: list[tuple[datetime, datetime]] = []
        self.asked: list[dict[str, Any]] = []

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Ping, and a transaction's determination; 503 while it is `down`, 400 for what it does not take."""
        if any(start <= self._now() < end for start, end in self.down):
            return _error(503, "ServerUnreachable", "The server is not reachable.")
        known = headers.get("authorization", "") == f"Basic {self._credentials}"
        if path == "/api/v2/utilities/ping":
            kind = "AccountIdLicenseKey" if known else "None"
            return _json(200, {"version": "26.10.0", "authenticated": known, "authenticationType": kind})
        if not known:
            return _error(401, "AuthenticationException", "Authentication failed.")
        if method != "POST" or path != "/api/v2/transactions/create":
            return _error(404, "EntityNotFoundError", "Nothing is there.")
        asked = json.loads(body, parse_float=Decimal)
        if refused := _wrong(asked):
            return _error(400, *refused)
        self.asked.append(asked)
        return _json(201, self._work_out(asked))

    def refuse(self, fault: str) -> Answer:
        """429 or 503, to be tried again at once. A license key does not expire."""
        # Keys do not end by themselves: whatever else strikes is a server that is not well.
        answer = _error(429 if fault == "too_many" else 503, fault, "Try again.")
        answer.headers["retry-after"] = "0"
        return answer

    def writes(self, method: str, path: str) -> bool:
        """Never: a determination records nothing, so a cut reply costs nobody anything."""
        # A determination changes nothing here.
        return False

    def _work_out(self, asked: dict[str, Any]) -> dict[str, Any]:
        to, start = asked["addresses"]["shipTo"], asked["addresses"]["shipFrom"].get("country", "")
        country, region = to["country"], f"{to['country']}-{to.get('region', '')}"
        rate = self.rates.get(region, self.rates.get(country, Decimal(0)))
        exempt = bool(asked.get("exemptionNo"))
        abroad = bool(start) and start != country
        lines = []
        for row in asked["lines"]:
            net = Decimal(str(row["amount"]))
            tax = Decimal(0) if exempt else (net * rate / 100).quantize(Decimal("0.01"))
            # Owed by the buyer it is input and output, which net to nothing.
            home = "ConsumerUse" if country == "US" else "Input"
            kinds = (("Input", tax), ("Output", -tax)) if abroad else ((home, tax),)
            details = [
                {"country": country, "region": to.get("region", ""), "jurisName": region.strip("-"), "jurisType": "STA",
                 "rate": rate / 100, "taxType": kind, "tax": part, "taxableAmount": Decimal(0) if exempt else net,
                 "exemptAmount": net if exempt else Decimal(0), "isFee": False, "unitOfBasis": "PerCurrencyUnit"}
                for kind, part in kinds
            ]  # fmt: skip
            tax = Decimal(0) if abroad else tax
            lines.append(
                {
                    "lineNumber": row["number"],
                    "lineAmount": net,
                    "tax": tax,
                    "exemptAmount": net if exempt else Decimal(0),
                    "taxIncluded": False,
                    "details": details if rate else [],
                }
            )
        return {"id": 0, "code": asked["code"], "type": asked["type"], "status": "Temporary",
                "currencyCode": asked["currencyCode"], "lines": lines, "totalTax": sum(x["tax"] for x in lines)}  # fmt: skip


def _wrong(asked: dict[str, Any]) -> tuple[str, str] | None:
    """What AvaTax refuses of a question: a text that is too long, and an address without a country."""
    texts = [(name, asked.get(name), most) for name, most in _LENGTHS.items()]
    texts += [(name, row.get(name), most) for row in asked["lines"] for name, most in _LINE_LENGTHS.items()]
    for name, text, most in texts:
        if text and len(text) > most:
            return "StringLengthError", f"Field '{name}' has an invalid length."
    for kind, address in asked["addresses"].items():
        if not address.get("country"):
            return "GetTaxError", f"Tax calculation cannot be determined: {kind} has no country."
    return None


def _error(status: int, code: str, message: str) -> Answer:
    one = {"code": code, "message": message, "faultCode": "Client", "severity": "Error"}
    return _json(status, {"error": {"code": code, "message": message, "details": [one]}})


def _json(status: int, value: Any) -> Answer:
    return Answer(status, _NUMBERS.encode(value))
