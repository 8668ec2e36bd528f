"""Stripe Tax as its API's clients see it: calculations by where something goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tieout_sandbox.simkit import NONE, Answer, Faults

_DAYS = timedelta(days=31)
# So many lines an answer holds; the rest is listed.
_FIRST = 10
_NUMBERS = msgspec.json.Encoder(decimal_format="number")


class StripeTax:
    """One account. `rates` are percentages by country or COUNTRY-STATE."""

    name = "stripetax"

    def __init__(self, now: Callable[[], datetime], *, key: str, faults: Faults | None = None) -> None:
        self._now, self._key = now, key
        self.faults = faults or Faults(NONE, 0)
        self.rates: dict[str, Decimal] = {}
        self._made: dict[str, list[dict[str, Any]]] = {}

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """A calculation by where something goes; 400 where no country is given."""
        if headers.get("authorization", "") != f"Bearer {self._key}":
            return _json(401, {"error": {"type": "invalid_request_error"}})
        if path == "/v1/tax/settings":
            return _json(200, {"object": "tax.settings", "status": "active"})
        if method == "GET" and path.startswith("/v1/tax/calculations/") and path.endswith("/line_items"):
            return self._more(path.split("/")[4], {k: v[0] for k, v in parse_qs(query).items()})
        if method != "POST" or path != "/v1/tax/calculations":
            return _json(404, {"error": {"type": "invalid_request_error"}})
        given = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        if refused := self._wrong(given):
            message, name = refused
            error = {"type": "invalid_request_error", "message": message, "param": name}
            return _json(400, {"error": error})
        if not given.get("customer_details[address][country]"):
            message = "customer_details[address][country] is missing"
            return _json(400, {"error": {"type": "invalid_request_error", "message": message}})
        return _json(200, self._work_out(given))

    def refuse(self, fault: str) -> Answer:
        """429 or 503, to be tried again at once. A key does not expire."""
        # Keys do not end by themselves: whatever else strikes is a server that is not well.
        answer = _json(429 if fault == "too_many" else 503, {"error": {"code": fault}})
        answer.headers["retry-after"] = "0"
        return answer

    def writes(self, method: str, path: str) -> bool:
        """Never: a calculation records nothing."""
        # A determination changes nothing here.
        return False

    def _wrong(self, given: dict[str, str]) -> tuple[str, str] | None:
        """What the API's own reference says of a calculation: days within 31 of today, amounts that are not negative."""
        day = datetime.fromtimestamp(int(given["tax_date"]), UTC)
        if abs(day - self._now()) > _DAYS:
            return "The tax_date must be within 31 days of today.", "tax_date"
        number = 0
        while f"line_items[{number}][amount]" in given:
            if int(given[f"line_items[{number}][amount]"]) < 0:
                return "This value must be greater than or equal to 0.", f"line_items[{number}][amount]"
            number += 1
        return None

    def _more(self, key: str, given: dict[str, str]) -> Answer:
        rows = self._made.get(key, [])
        ids = [row["id"] for row in rows]
        rest = rows[ids.index(given["starting_after"]) + 1 :]
        limit = int(given.get("limit", "10"))
        return _json(200, {"object": "list", "data": rest[:limit], "has_more": len(rest) > limit})

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
            # Of a seller nothing is taken under a reverse charge, and no rate is said.
            owed = Decimal(0) if exempt or abroad else rate
            tax = int((amount * owed / 100).quantize(Decimal(1), ROUND_HALF_UP))
            rows.append(
                {
                    "id": f"tax_li_{number}",
                    "reference": given[f"line_items[{number}][reference]"],
                    "amount": amount,
                    "amount_tax": tax,
                    "tax_breakdown": [
                        {
                            "amount": tax,
                            "taxability_reason": reason,
                            "jurisdiction": {"country": country, "display_name": region.strip("-")},
                            "tax_rate_details": {"percentage_decimal": str(owed), "tax_type": "vat"},
                        }
                    ],
                }
            )
            number += 1
        key = f"taxcalc_{len(self._made)}"
        self._made[key] = rows
        first = {"object": "list", "data": rows[:_FIRST], "has_more": len(rows) > _FIRST}
        return {"id": key, "object": "tax.calculation", "line_items": first}


def _json(status: int, value: Any) -> Answer:
    return Answer(status, _NUMBERS.encode(value))
