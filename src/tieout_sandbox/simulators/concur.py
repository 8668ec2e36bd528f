"""SAP Concur as its API's clients see it: reports that were submitted and approved, and their financial documents.

Shapes: developer.concur.com, Reports v3, Financial Integration Service v4, Authentication (refresh tokens).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

from tieout_sandbox.simkit import NONE, Answer, Faults

_REPORTS = "/api/v3.0/expense/reports"
_DOCUMENTS = "/financialintegration/fi/v4/companies/transactiontypes/expense/transactions"
_LIVES = timedelta(hours=1)
# Login and name of who spent something.
Owner = tuple[str, str]
# Type's code, its name, amount, whom the company owes it (EMPL, CBCP, IBCP, COPD), whether it was personal.
Spent = tuple[str, str, Decimal, str, bool]


class Concur:
    """One company's reports. Its refresh token changes with each use; the one before does no more."""

    name = "concur"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        faults: Faults | None = None,
    ) -> None:
        self._now, self._client = now, (client_id, client_secret)
        self.refresh_token = refresh_token
        self.faults = faults or Faults(NONE, 0)
        self.reports: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, datetime] = {}

    # what its people do

    def approve(
        self,
        report: str,
        at: datetime,
        owner: Owner,
        entries: list[Spent],
        centre: str = "",
        currency: str = "USD",
    ) -> dict[str, Any]:
        """A report whose last approval makes its financial document."""
        approved = sum((e[2] for e in entries if not e[4]), Decimal(0))
        self.reports[report] = {
            "ID": report,
            "Name": f"Expenses {report}",
            "CurrencyCode": currency,
            "SubmitDate": _stamp(at),
            "LastModifiedDate": _stamp(at),
            "ApprovalStatusCode": "A_APPR",
            "ApprovalStatusName": "Approved",
            "PaymentStatusCode": "P_PROC",
            "OwnerLoginID": owner[0],
            "OwnerName": owner[1],
            "OrgUnit1": {"Type": "List", "Value": centre, "Code": centre, "ListItemID": "L1"} if centre else None,
            "PersonalAmount": sum((e[2] for e in entries if e[4]), Decimal(0)),
            "TotalApprovedAmount": approved,
        }  # fmt: skip
        made = [_entry(number, spent, centre, currency, at) for number, spent in enumerate(entries, 1)]
        first, _, last = owner[1].partition(" ")
        self.documents[report] = {
            "employee": {"loginId": owner[0], "employeeFirstName": first, "employeeLastName": last or None},
            "report": {
                "reportId": report,
                "reportName": f"Expenses {report}",
                "revisionNumber": 1,
                "employeeCurrencyAlphaCode": currency,
                "reportSubmitDate": f"{_stamp(at)}.000Z",
                "reportOrgUnit1Code": centre or None,
                "ledgerCode": "DEFAULT",
                "totalApprovedAmount": approved,
            },
            "expenseEntry": made,
            "cashAdvanceApplication": [],
        }
        return self.reports[report]

    # the wire

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """A token for the refresh token; reports by approval, change and submission, in pages of up to 100, 25 where
        no limit is given; a report's financial document. Amounts are JSON numbers, as Concur writes them."""
        if path == "/oauth2/v0/token" and method == "POST":
            return self._token({k: v[0] for k, v in parse_qs(body.decode()).items()})
        until = self._tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if until is None or until <= self._now():
            return _error(401, "Invalid or expired token")
        given = {k: v[0] for k, v in parse_qs(query).items()}
        if path == _REPORTS:
            return self._list(given)
        if path == _DOCUMENTS:
            return self._financial(given)
        return _error(404, "Not found")

    def _token(self, form: dict[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return _json(401, {"code": 61, "error": "invalid_client", "error_description": "client_id is not known to us"})  # fmt: skip
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return _json(400, {"code": 108, "error": "invalid_grant", "error_description": "bad or expired refresh token"})  # fmt: skip
        number = len(self._tokens) + 1
        token, self.refresh_token = f"access-{number}", f"refresh-{number}"
        self._tokens[token] = self._now() + _LIVES
        return _json(200, {
            "expires_in": "3600", "scope": "EXPRPT FISVC", "token_type": "Bearer", "access_token": token,
            "refresh_token": self.refresh_token, "geolocation": "https://us2.api.concursolutions.com",
        })  # fmt: skip

    def _list(self, given: dict[str, str]) -> Answer:
        wanted = given.get("approvalStatusCode", "").split(",")
        rows = [r for r in self.reports.values() if r["ApprovalStatusCode"] in wanted]
        for name, field, later in (
            ("modifiedDateAfter", "LastModifiedDate", True),
            ("submitDateAfter", "SubmitDate", True),
            ("submitDateBefore", "SubmitDate", False),
        ):
            if bound := given.get(name):
                at = datetime.fromisoformat(bound)
                rows = [r for r in rows if (_at(r[field]) > at if later else _at(r[field]) < at)]
        rows.sort(key=lambda r: (r["LastModifiedDate"], r["ID"]))
        start, limit = int(given.get("offset", "o0")[1:]), min(int(given.get("limit", "25")), 100)
        following = None
        if start + limit < len(rows):
            params = urlencode({**given, "offset": f"o{start + limit}"})
            following = f"https://www.concursolutions.com{_REPORTS}?{params}"
        return _json(200, {"Items": rows[start : start + limit], "NextPage": following})

    def _financial(self, given: dict[str, str]) -> Answer:
        asked = given.get("docId")
        found = [self.documents[asked]] if asked in self.documents else []
        if asked is None:
            found = list(self.documents.values())[: int(given.get("limit", "25"))]
        content: list[dict[str, Any]] = [
            {"id": f"fi-{x['report']['reportId']}", "docType": "expense", "companyId": "1", "entityId": None,
             "erpSystemId": None, "document": x, "docStatus": "READY", "links": []}
            for x in found
        ]  # fmt: skip
        page = {"size": 25, "totalElements": len(content), "totalPages": 1, "number": 0}
        return _json(200, {"links": [], "content": content, "page": page})

    def refuse(self, fault: str) -> Answer:
        """Concur's shape of an error: 429 with Retry-After 0, 401, 500."""
        if fault == "too_many":
            answer = _error(429, "Too many requests")
            answer.headers["retry-after"] = "0"
            return answer
        return _error(401, "Invalid or expired token") if fault == "expired_token" else _error(500, "Error")

    def writes(self, method: str, path: str) -> bool:
        """Never: the product only reads here."""
        return False


def _entry(number: int, spent: Spent, centre: str, currency: str, at: datetime) -> dict[str, Any]:
    """An expense with its journals. What was personal on the company's card is owed back: the card is paid, and the
    employee pays the company, both over the card's clearing account."""
    code, name, amount, payee, personal = spent
    credit = amount < 0
    first = {"journalPayer": payee if credit else "COMP", "journalPayee": "COMP" if credit else payee}
    journals = [_journal(amount, "199999" if personal else f"4{number:03}", first)]
    if personal:
        journals.append(_journal(-amount, "199999", {"journalPayer": "EMPL", "journalPayee": "COMP"}))
    return {
        "entryId": f"E{number}",
        "expenseTypeCode": code,
        "expenseTypeName": name,
        "entryApprovedAmount": Decimal(0) if personal else amount,
        "reportEntryTransactionAmount": amount,
        "entryCurrAlphaCode": currency,
        "entryExchangeRate": 1,
        "entryDate": f"{_stamp(at)}.000Z",
        "entryIsPersonal": "Y" if personal else "N",
        "entryVendorDescription": None,
        "entryDescription": None,
        "entryOrgUnit1Code": centre or None,
        "clearingAccountCode": "199999",
        "allocation": [{"allocationId": f"A{number}", "allocationPercentage": None if personal else 100, "journal": journals, "tax": []}],
    }  # fmt: skip


def _journal(amount: Decimal, account: str, sides: dict[str, str]) -> dict[str, Any]:
    return {"amountGross": amount, "amountNetOfReclaim": amount, "amountNetOfTax": amount, "journalAccountCode": account, "taxGuid": [], **sides}  # fmt: skip


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _dumps(value: Any) -> str:
    # Amounts travel as JSON numbers, written exactly.
    return json.dumps(value, default=lambda x: f"#{x:f}#").replace('"#', "").replace('#"', "")


def _json(status: int, value: Any) -> Answer:
    return Answer(status, _dumps(value).encode())


def _error(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"Message": message}).encode())
