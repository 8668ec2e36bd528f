"""SAP Concur on the wire: bearer token, expense reports and their entries in pages.

References: developer.concur.com (Expense Report v3 and Expense Entry v3: get all, query parameters,
NextPage). Amounts are JSON numbers, which are read as the decimals that they are written as.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from tieout.connector_api import ControlTotal, Item, Page, SystemConfig, http_client, read_json

_LIMIT = 50
_KEY = "it needs the scope expense.report.read, for all users"
APPROVED = "A_APPR"


def open_session(config: SystemConfig) -> ConcurSession:
    return ConcurSession(config.text("url"), config.text("token"))


class ConcurSession:
    """Poller and ControlTotals of approved expense reports."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = http_client(base_url=url.rstrip("/"), timeout=40, headers=headers)

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        whole = f"/api/v3.0/expense/{path}"
        answer: dict[str, Any] = read_json(self._http, "Concur", whole, params, _KEY)[0]
        return answer

    def _reports(self, **params: Any) -> dict[str, Any]:
        return self._get("reports", user="ALL", approvalStatusCode=APPROVED, limit=_LIMIT, **params)

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._reports()
        return f"SAP Concur at {self._http.base_url}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        params: dict[str, Any] = {}
        since = cursor.get("since")
        if since:
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            params["modifiedDateAfter"] = (datetime.fromisoformat(str(since)) - overlap).strftime(_TIME)
        if cursor.get("next"):
            params["offset"] = cursor["next"]
        answer = self._reports(**params)
        rows = answer["Items"]
        items = [_item(stream, row, list(self._entries(str(row["ID"])))) for row in rows]
        newest = max([str(cursor.get("newest") or since or ""), *(_utc(r["LastModifiedDate"]) for r in rows)])
        ahead = _offset(answer)
        if ahead:
            return Page(items, {"since": since, "newest": newest, "next": ahead}, more=True)
        return Page(items, {"since": newest} if newest else {})

    def _entries(self, report: str) -> Iterator[dict[str, Any]]:
        params: dict[str, Any] = {"reportID": report, "limit": _LIMIT, "user": "ALL"}
        while True:
            answer = self._get("entries", **params)
            yield from answer["Items"]
            ahead = _offset(answer)
            if not ahead:
                return
            params["offset"] = ahead

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and approved sum of the reports that were submitted between two instants."""
        sums: dict[str, list[Any]] = {}
        span = {
            "submitDateAfter": (start - timedelta(seconds=1)).astimezone(UTC).strftime(_TIME),
            "submitDateBefore": end.astimezone(UTC).strftime(_TIME),
        }
        ahead = ""
        while True:
            answer = self._reports(**span, **({"offset": ahead} if ahead else {}))
            for row in answer["Items"]:
                held = sums.setdefault(str(row["CurrencyCode"]), [0, Decimal(0)])
                held[0] += 1
                held[1] += Decimal(str(row["TotalApprovedAmount"]))
            ahead = _offset(answer)
            if not ahead:
                break
        return [
            ControlTotal(currency, "reports", count, total, total, "reports by submit date")
            for currency, (count, total) in sorted(sums.items())
        ]

    def close(self) -> None:
        self._http.close()


_TIME = "%Y-%m-%dT%H:%M:%S"


def _utc(text: str) -> str:
    """Concur's times are in UTC, and do not say so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()


def _offset(answer: dict[str, Any]) -> str:
    """The opaque offset inside the address of the next page, "" where this is the last."""
    following = str(answer.get("NextPage") or "")
    return str(httpx2.URL(following).params.get("offset", "")) if following else ""


def _item(stream: str, report: dict[str, Any], entries: list[dict[str, Any]]) -> Item:
    body = {"report": report, "entries": entries}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(report["ID"]), f"{stream}:{report['ID']}:{digest}", raw)
