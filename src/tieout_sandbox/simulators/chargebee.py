"""Chargebee as its API's clients see it: subscriptions billed ahead, usage behind, credit notes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults


class Chargebee:
    """One site. Amounts are minor units."""

    name = "chargebee"

    def __init__(
        self, now: Callable[[], datetime], *, key: str, currency: str = "USD", faults: Faults | None = None
    ) -> None:
        self._now, self._key, self.currency = now, key, currency
        self.faults = faults or Faults(NONE, 0)
        self.rows: dict[str, dict[str, dict[str, Any]]] = {"invoices": {}, "credit_notes": {}}
        self.most_lines = 1000
        self._changes = 0

    def line(
        self,
        description: str,
        amount: int,
        first: date,
        after: date,
        *,
        tax: tuple[str, float, int] | None = None,
        taxes: Sequence[tuple[str, str, str, float, int]] = (),
        metered: bool = False,
        schedule: dict[str, int] | None = None,
    ) -> dict[str, Any]:
        """A line from its first day to the first that it is not for, as Chargebee publishes it; `tax` is (name, percent,
        amount), one without a jurisdiction; `taxes` are name, kind and name of the jurisdiction, percent, amount."""
        self._changes += 1
        charged = [*taxes, *([(tax[0], "", "", tax[1], tax[2])] if tax else [])]
        row: dict[str, Any] = {
            "id": f"li_{self._changes:06d}",
            "date_from": _seconds(first),
            "date_to": _seconds(after),
            "unit_amount": amount,
            "quantity": 1,
            "amount": amount,
            "pricing_model": "per_unit",
            "discount_amount": 0,
            "item_level_discount_amount": 0,
            "entity_type": "plan_item_price",
            "entity_id": description.lower().replace(" ", "-"),
            "description": description,
            "metered": metered,
            "is_taxed": bool(charged),
            "tax_amount": sum(t[4] for t in charged),
            "object": "line_item",
        }
        if charged:
            row["#taxes"] = [_tax(row, *told) for told in charged]
        if schedule is not None:
            row["cf_revenue_schedule"] = schedule
        return row

    def bill(self, number: str, at: datetime, customer: tuple[str, str], lines: list[dict[str, Any]]) -> Any:
        """An invoice of these lines; `customer` is (id, company)."""
        return self._put("invoices", number, at, customer, lines, {"status": "payment_due"})

    def credit(self, number: str, at: datetime, invoice: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        """A credit note against an invoice."""
        customer = (invoice["customer_id"], invoice["billing_address"]["company"])
        more = {"status": "adjusted", "type": "adjustment", "reference_invoice_id": invoice["id"]}
        return self._put("credit_notes", number, at, customer, lines, more)

    def _put(
        self,
        kind: str,
        number: str,
        at: datetime,
        customer: tuple[str, str],
        lines: list[dict[str, Any]],
        more: dict[str, Any],
    ) -> dict[str, Any]:
        self._changes += 1
        tax = sum(x["tax_amount"] for x in lines)
        apart = [t for x in lines for t in x.pop("#taxes", ())]
        row = {
            "id": number,
            "customer_id": customer[0],
            "date": int(at.timestamp()),
            "price_type": "tax_exclusive",
            "exchange_rate": 1.0,
            "currency_code": self.currency,
            "sub_total": sum(x["amount"] for x in lines),
            "tax": tax,
            "total": sum(x["amount"] for x in lines) + tax,
            "round_off_amount": 0,
            "deleted": False,
            "line_items": lines,
            "discounts": [],
            "line_item_discounts": [],
            "billing_address": {"company": customer[1], "country": "US"},
            "updated_at": int(at.timestamp()),
            "resource_version": int(at.timestamp()) * 1000 + self._changes % 1000,
            "object": kind.removesuffix("s"),
            "line_item_taxes": apart,
            "taxes": [{"object": "tax", "name": n, "amount": a} for n, a in _by_name(apart).items()],
            "site_details_at_creation": {"timezone": "UTC"},
            **more,
        }
        self.rows[kind][number] = row
        return row

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Lists by `updated_at` or `date`, pages of up to 100 by an opaque offset, 10 where no limit is
        given. Of a row with more than `most_lines` lines the rest is asked for by the row's own offset."""
        wanted = "Basic " + base64.b64encode(f"{self._key}:".encode()).decode()
        if headers.get("authorization") != wanted:
            return _error(401, "api_authentication_failed", "Sorry, authentication failed. Invalid api key")
        kind, _, one = path.removeprefix("/api/v2/").partition("/")
        if method != "GET" or kind not in self.rows or (one and one not in self.rows[kind]):
            return _error(404, "resource_not_found", "Sorry, we couldn't find that resource")
        given = {k: v[0] for k, v in parse_qs(query).items()}
        if one:
            row = _cut(self.rows[kind][one], int(given.get("line_items_offset", "0")), self.most_lines)
            return Answer(200, json.dumps({kind.removesuffix("s"): row}).encode())
        rows = sorted(self.rows[kind].values(), key=lambda r: (r["updated_at"], r["id"]))
        if given.get("include_deleted") != "true":
            rows = [r for r in rows if not r["deleted"]]
        if after := given.get("updated_at[after]"):
            rows = [r for r in rows if r["updated_at"] > int(after)]
        if between := given.get("date[between]"):
            low, high = json.loads(between)
            rows = [r for r in rows if low <= r["date"] <= high]
        limit = min(int(given.get("limit", "10")), 100)
        start = int(json.loads(given["offset"])[0]) if "offset" in given else 0
        page = rows[start : start + limit]
        shown = [{kind.removesuffix("s"): _cut(r, 0, self.most_lines)} for r in page]
        answer: dict[str, Any] = {"list": shown}
        if start + limit < len(rows):
            answer["next_offset"] = json.dumps([str(start + limit), kind])
        return Answer(200, json.dumps(answer).encode())

    def refuse(self, fault: str) -> Answer:
        """Chargebee's shape of an error: 429 with Retry-After 0, 401, 500."""
        if fault == "too_many":
            answer = _error(429, "api_request_limit_exceeded", "Sorry, too many requests")
            answer.headers["retry-after"] = "0"
            return answer
        if fault == "expired_token":
            return _error(401, "api_authentication_failed", "Sorry, authentication failed. Invalid api key")
        return _error(500, "internal_error", "Sorry, something went wrong")

    def writes(self, method: str, path: str) -> bool:
        """Never: the product only reads here."""
        return False


def _tax(
    row: dict[str, Any], name: str, kind: str, place: str, percent: float, amount: int
) -> dict[str, Any]:
    made = {
        "object": "line_item_tax",
        "line_item_id": row["id"],
        "tax_name": name,
        "tax_rate": percent,
        "is_partial_tax_applied": False,
        "is_non_compliance_tax": False,
        "taxable_amount": row["amount"],
        "tax_amount": amount,
    }
    return {**made, "tax_juris_type": kind, "tax_juris_name": place} if kind else made


def _cut(row: dict[str, Any], start: int, most: int) -> dict[str, Any]:
    """A row with so many of its lines, from one on, and what is theirs."""
    lines = row["line_items"][start : start + most]
    if len(lines) == len(row["line_items"]):
        return row
    mine = {x["id"] for x in lines}
    cut = {**row, "line_items": lines}
    for name in ("line_item_taxes", "line_item_discounts"):
        cut[name] = [x for x in row[name] if x["line_item_id"] in mine]
    if start + most < len(row["line_items"]):
        cut["line_items_next_offset"] = str(start + most)
    return cut


def _by_name(taxes: Sequence[dict[str, Any]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for tax in taxes:
        sums[tax["tax_name"]] = sums.get(tax["tax_name"], 0) + tax["tax_amount"]
    return sums


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _error(status: int, code: str, message: str) -> Answer:
    body = {"message": message, "api_error_code": code, "http_status_code": status}
    return Answer(status, json.dumps(body).encode())
