"""Stripe Tax as its API's clients see it: calculations by where something goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tieout_sandbox.simkit import NONE, Answer, Faults

_NUMBERS = msgspec.json.Encoder(decimal_format="number")


class StripeTax:
    """One account. `rates` are percentages by country or COUNTRY-STATE."""

    name = "stripetax"

    def __init__(self, now: Callable[[], datetime], *, key: str, faults: Faults | None = None) -> None:
        self._now, self._key = now, key
        self.faults = faults or Faults(NONE, 0)
        self.rates: dict[str, Decimal] = {}

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization", "") != f"Bearer {self._key}":
            return _json(401, {"error": {"type": "invalid_request_error"}})
        if path == "/v1/tax/settings":
            return _json(200, {"object": "tax.settings", "status": "active"})
        if method != "POST" or path != "/v1/tax/calculations":
            return _json(404, {"error": {"type": "invalid_request_error"}})
        given = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        if not given.get("customer_details[address][country]"):
            message = "customer_details[address][country] is missing"
            return _json(400, {"error": {"type": "invalid_request_error", "message": message}})
        return _json(200, self._work_out(given))

    def refuse(self, fault: str) -> Answer:
        # Keys do not end by themselves: whatever else strikes is a server that is not well.
        answer = _json(429 if fault == "too_many" else 503, {"error": {"code": fault}})
        answer.headers["retry-after"] = "0"
        return answer

    def writes(self, method: str, path: str) -> bool:
        # A determination changes nothing here.
        return False

    def _work_out(self, given: dict[str, str]) -> dict[str, Any]:
        country = given["customer_details[address][country]"]
        region = f"{country}-{given.get('customer_details[address][state]', '')}"
        rate = self.rates.get(region, self.rates.get(country, Decimal(0)))
        abroad = given["ship_from_details[address][country]"] != country
        exempt = given.get("customer_details[taxability_override]") == "customer_exempt"
        reason = "customer_exempt" if exempt else "reverse_charge" if abroad else "standard_rated"
        rows = []
        number = 0
        while f"line_items[{number}][amount]" in given:
            amount = int(given[f"line_items[{number}][amount]"])
            tax = 0 if exempt else int((amount * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))
            rows.append(
                {
                    "reference": given[f"line_items[{number}][reference]"],
                    "amount": amount,
                    "amount_tax": tax,
                    "tax_breakdown": [
                        {
                            "amount": tax,
                            "taxability_reason": reason,
                            "jurisdiction": {"country": country, "display_name": region.strip("-")},
                            "tax_rate_details": {"percentage_decimal": str(rate), "tax_type": "vat"},
                        }
                    ],
                }
            )
            number += 1
        return {"object": "tax.calculation", "line_items": {"object": "list", "data": rows}}


def _json(status: int, value: Any) -> Answer:
    return Answer(status, _NUMBERS.encode(value))
