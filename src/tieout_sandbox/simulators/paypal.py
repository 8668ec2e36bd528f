"""PayPal as its API's clients see it: tokens by client credentials, the transactions and the balances of one account.

Shapes and rules: github:paypal/paypal-rest-api-specifications openapi/reporting_transactions_v1.json; what is refused, and with which
words: integrators' reports (paypal/PayPal-node-SDK issue 452; RESULTSET_TOO_LARGE of more than 10,000 rows).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

from tieout_sandbox.simkit import NONE, Answer, Faults

_SCOPES = (
    "https://uri.paypal.com/services/reporting/search/read "
    "https://uri.paypal.com/services/reporting/balances/read"
)
_TAKES = {
    "transaction_id", "transaction_type", "transaction_status", "transaction_amount", "transaction_currency", "start_date",
    "end_date", "payment_instrument_type", "store_id", "terminal_id", "fields", "balance_affecting_records_only", "page_size",
    "page",
}  # fmt: skip


class PayPal:
    """One account. `delay` is how long a transaction takes to appear, `most` how many rows one question may have."""

    name = "paypal"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        client_id: str,
        client_secret: str,
        faults: Faults | None = None,
        delay: timedelta = timedelta(0),
        most: int = 10_000,
    ) -> None:
        self._now, self._client = now, f"{client_id}:{client_secret}"
        self.faults = faults or Faults(NONE, 0)
        self.delay, self.most = delay, most
        self.rows: list[dict[str, Any]] = []
        self._tokens: dict[str, datetime] = {}

    def move(
        self,
        transaction: str,
        code: str,
        amount: str,
        at: datetime,
        *,
        currency: str = "USD",
        fee: str = "",
        updated: datetime | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """A change of the balance: `amount` signed, `fee` below zero where it is withheld."""
        money = {"currency_code": currency}
        info = {
            "transaction_id": transaction,
            "transaction_event_code": code,
            "transaction_initiation_date": _stamp(at),
            "transaction_updated_date": _stamp(updated or at),
            "transaction_amount": {**money, "value": amount},
            "transaction_status": "S",
            "protection_eligibility": "02",
            **more,
        }
        if fee:
            info["fee_amount"] = {**money, "value": fee}
        row = {"transaction_info": info, "payer_info": {"payer_name": {"alternate_full_name": "Ada"}}}
        self.rows.append(row)
        return row

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """A token of nine hours; transactions by their beginning, both ends included, in pages; balances at a time. Each answer
        says what time it is here."""
        answer = self._answer(method, path, query, headers, body)
        answer.headers["date"] = format_datetime(self._now().astimezone(UTC), usegmt=True)
        return answer

    def _answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if (method, path) == ("POST", "/v1/oauth2/token"):
            return self._token(headers, body)
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, datetime.min.replace(tzinfo=UTC)) <= self._now():
            return _error(401, "AUTHENTICATION_FAILURE", "Authentication failed due to invalid authentication credentials.")  # fmt: skip
        given = {k: v[0] for k, v in parse_qs(query).items()}
        if (method, path) == ("GET", "/v1/reporting/transactions"):
            return self._list(given)
        if (method, path) == ("GET", "/v1/reporting/balances"):
            return self._balances(given)
        return _error(404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.")

    def _token(self, headers: dict[str, str], body: bytes) -> Answer:
        sent = base64.b64encode(self._client.encode()).decode()
        if headers.get("authorization") != f"Basic {sent}":
            return _answer(401, {"error": "invalid_client", "error_description": "Client Authentication failed"})  # fmt: skip
        if parse_qs(body.decode()).get("grant_type") != ["client_credentials"]:
            return _answer(400, {"error": "unsupported_grant_type"})
        token = f"A21AA{len(self._tokens):06d}"
        self._tokens[token] = self._now() + timedelta(hours=9)
        return _answer(200, {"scope": _SCOPES, "access_token": token, "token_type": "Bearer", "app_id": "APP-1", "expires_in": 32400})  # fmt: skip

    def _refreshed(self) -> datetime:
        return self._now() - self.delay

    def _list(self, given: dict[str, str]) -> Answer:
        if not {"start_date", "end_date"} <= set(given) <= _TAKES:
            return _error(400, "INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema.")  # fmt: skip
        start, end = (datetime.fromisoformat(given[name]) for name in ("start_date", "end_date"))
        size, page = int(given.get("page_size", "100")), int(given.get("page", "1"))
        if end - start > timedelta(days=31) or not 1 <= size <= 500 or page < 1:
            return _error(400, "INVALID_REQUEST", "Date range is greater than 31 days")
        if start > self._refreshed():
            return _error(400, "INVALID_REQUEST", "Data for the given start date is not available.")
        rows = [r for r in self.rows if start <= _began(r) <= end and _updated(r) <= self._refreshed()]
        rows.sort(key=lambda r: (_began(r), r["transaction_info"]["transaction_id"]))
        if len(rows) > self.most:
            return _error(400, "RESULTSET_TOO_LARGE", "Result set size is greater than the maximum limit. Change the filter "
                          "criteria and try again.", maximum_items=self.most, total_items=len(rows))  # fmt: skip
        asked = given.get("fields", "transaction_info").split(",")
        shown = rows[(page - 1) * size : page * size]
        told = {
            "transaction_details": [{k: v for k, v in r.items() if k in asked or asked == ["all"]} for r in shown],
            "account_number": "SIMULATED0001",
            "start_date": _stamp(start),
            "end_date": _stamp(min(end, self._refreshed())),
            "last_refreshed_datetime": _stamp(self._refreshed()),
            "page": page,
            "total_items": len(rows),
            "total_pages": -(-len(rows) // size),
        }  # fmt: skip
        return _answer(200, told)

    def _balances(self, given: dict[str, str]) -> Answer:
        at = datetime.fromisoformat(given["as_of_time"]) if "as_of_time" in given else self._refreshed()
        sums: dict[str, Decimal] = {}
        for row in self.rows:
            info = row["transaction_info"]
            if _updated(row) < at:
                money = info["transaction_amount"]
                fee = info.get("fee_amount", {}).get("value", "0")
                currency = money["currency_code"]
                sums[currency] = sums.get(currency, Decimal(0)) + Decimal(money["value"]) + Decimal(fee)
        told = {
            "balances": [
                {"currency": c, "primary": c == "USD", **{f"{kind}_balance": {"currency_code": c, "value": str(n)} for kind in ("total", "available")}}
                for c, n in sorted(sums.items())
            ],
            "account_id": "SIMULATED0001",
            "as_of_time": _stamp(at),
            "last_refresh_time": _stamp(self._refreshed()),
        }  # fmt: skip
        return _answer(200, told)

    def refuse(self, fault: str) -> Answer:
        """PayPal's shape of an error: 429 with Retry-After 0, 401, 500."""
        if fault == "too_many":
            answer = _error(429, "RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting.")
            answer.headers["retry-after"] = "0"
            return answer
        if fault == "expired_token":
            return _error(401, "AUTHENTICATION_FAILURE", "Authentication failed due to invalid authentication credentials.")  # fmt: skip
        return _error(500, "INTERNAL_SERVER_ERROR", "An internal server error occurred.")

    def writes(self, method: str, path: str) -> bool:
        """Never: the product only reads here."""
        return False


def _began(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["transaction_info"]["transaction_initiation_date"])


def _updated(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["transaction_info"]["transaction_updated_date"])


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(body).encode())


def _error(status: int, name: str, message: str, **more: Any) -> Answer:
    return _answer(status, {"name": name, "message": message, "debug_id": "90957fca61718", "details": [], "links": [], **more})  # fmt: skip
