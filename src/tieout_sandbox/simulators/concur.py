"""SAP Concur as its API's clients see it: reports that were submitted and approved, and their entries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

from tieout_sandbox.simkit import NONE, Answer, Faults


class Concur:
    """One company's reports."""

    name = "concur"

    def __init__(self, now: Callable[[], datetime], *, token: str, faults: Faults | None = None) -> None:
        self._now, self._token = now, token
        self.faults = faults or Faults(NONE, 0)
        self.reports: dict[str, dict[str, Any]] = {}
        self.entries: dict[str, list[dict[str, Any]]] = {}

    def approve(
        self,
        report: str,
        at: datetime,
        owner: tuple[str, str],
        entries: list[tuple[str, str, Decimal, str, bool]],
        centre: str = "",
        currency: str = "USD",
    ) -> dict[str, Any]:
        """A report of entries (type code, type name, amount, payment type, personal); `owner` is (login,
        name)."""
        self.entries[report] = [
            {
                "ID": f"{report}-{number}",
                "ReportID": report,
                "ExpenseTypeCode": code,
                "ExpenseTypeName": name,
                "PaymentTypeName": payment,
                "TransactionDate": _stamp(at),
                "TransactionCurrencyCode": currency,
                "TransactionAmount": _number(amount),
                "PostedAmount": _number(amount),
                "ApprovedAmount": _number(amount),
                "VendorDescription": None,
                "IsPersonal": personal,
                "HasImage": True,
            }
            for number, (code, name, amount, payment, personal) in enumerate(entries, 1)
        ]
        total = sum((e[2] for e in entries), Decimal(0))
        self.reports[report] = {
            "ID": report,
            "Name": f"Expenses {report}",
            "CurrencyCode": currency,
            "SubmitDate": _stamp(at),
            "LastModifiedDate": _stamp(at),
            "ApprovalStatusCode": "A_APPR",
            "OwnerLoginID": owner[0],
            "OwnerName": owner[1],
            "OrgUnit1": centre or None,
            "TotalApprovedAmount": _number(total),
        }
        return self.reports[report]

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"Bearer {self._token}":
            return _error(401, "Invalid or expired token")
        given = {k: v[0] for k, v in parse_qs(query).items()}
        if path == "/api/v3.0/expense/reports":
            rows = [
                r for r in self.reports.values() if r["ApprovalStatusCode"] == given.get("approvalStatusCode")
            ]
            for name, field, later in (
                ("modifiedDateAfter", "LastModifiedDate", True),
                ("submitDateAfter", "SubmitDate", True),
                ("submitDateBefore", "SubmitDate", False),
            ):
                if bound := given.get(name):
                    rows = [r for r in rows if (r[field] > bound if later else r[field] < bound)]
            rows.sort(key=lambda r: (r["LastModifiedDate"], r["ID"]))
        elif path == "/api/v3.0/expense/entries":
            rows = self.entries.get(given.get("reportID", ""), [])
        else:
            return _error(404, "Not found")
        start, limit = int(given.get("offset", "o0")[1:]), min(int(given.get("limit", "25")), 100)
        following = None
        if start + limit < len(rows):
            params = urlencode({**given, "offset": f"o{start + limit}"})
            following = f"https://us.api.concursolutions.com{path}?{params}"
        answer = {"Items": rows[start : start + limit], "NextPage": following}
        # Amounts travel as JSON numbers, written exactly.
        text = json.dumps(answer).replace('"#', "").replace('#"', "")
        return Answer(200, text.encode())

    def refuse(self, fault: str) -> Answer:
        if fault == "too_many":
            answer = _error(429, "Too many requests")
            answer.headers["retry-after"] = "0"
            return answer
        return _error(401, "Invalid or expired token") if fault == "expired_token" else _error(500, "Error")

    def writes(self, method: str, path: str) -> bool:
        return False


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _number(value: Decimal) -> str:
    return f"#{value:.8f}#"


def _error(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"Message": message}).encode())
