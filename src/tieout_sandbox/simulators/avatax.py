"""AvaTax as its API's clients see it: rates by where something goes, outages on demand."""

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
        """Ping, and a transaction's determination; 503 while it is `down`, 400 without a country to ship to."""
        if any(start <= self._now() < end for start, end in self.down):
            return _json(503, {"error": {"code": "ServerUnreachable"}})
        known = headers.get("authorization", "") == f"Basic {self._credentials}"
        if path == "/api/v2/utilities/ping":
            return _json(200, {"version": "26.10.0", "authenticated": known})
        if not known:
            return _json(401, {"error": {"code": "AuthenticationException"}})
        if method != "POST" or path != "/api/v2/transactions/create":
            return _json(404, {"error": {"code": "EntityNotFoundError"}})
        asked = json.loads(body)
        if not asked["addresses"]["shipTo"].get("country"):
            return _json(400, {"error": {"code": "InvalidAddress", "message": "shipTo has no country"}})
        self.asked.append(asked)
        return _json(201, self._work_out(asked))

    def refuse(self, fault: str) -> Answer:
        """429 or 503, to be tried again at once. A license key does not expire."""
        # Keys do not end by themselves: whatever else strikes is a server that is not well.
        answer = _json(429 if fault == "too_many" else 503, {"error": {"code": fault}})
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
            kinds = (("Input", tax), ("Output", -tax)) if abroad else (("Sales", tax),)
            details = [
                {"jurisName": region.strip("-"), "rate": rate / 100, "taxType": kind, "tax": part}
                for kind, part in kinds
            ]
            tax = Decimal(0) if abroad else tax
            lines.append(
                {
                    "lineNumber": row["number"],
                    "lineAmount": net,
                    "tax": tax,
                    "exemptAmount": net if exempt else 0,
                    "details": [] if exempt or not rate else details,
                }
            )
        return {"id": 0, "code": asked["code"], "type": asked["type"], "status": "Temporary", "lines": lines,
                "totalTax": sum(x["tax"] for x in lines)}  # fmt: skip


def _json(status: int, value: Any) -> Answer:
    return Answer(status, _NUMBERS.encode(value))
