"""Gusto on the wire: bearer token, lists in pages, a dated API version.

References: docs.gusto.com (App Integrations: get all payrolls of a company, get employees of a company,
pagination, API versions). Amounts are decimal texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tieout.connector_api import ControlTotal, Item, Page, SystemConfig, http_client, read_json

VERSION = "2024-04-01"
_PER_PAGE = 25
_KEY = "authorise the app again for this company"
_FIRST = date(2000, 1, 1)


def open_session(config: SystemConfig) -> GustoSession:
    return GustoSession(config.text("url"), config.text("company"), config.text("token"))


class GustoSession:
    """Poller and ControlTotals of one company's processed payrolls."""

    def __init__(self, url: str, company: str, token: str) -> None:
        self._company = company
        headers = {"Authorization": f"Bearer {token}", "X-Gusto-API-Version": VERSION}
        self._http = http_client(base_url=url.rstrip("/"), timeout=40, headers=headers)

    def _get(self, path: str, **params: Any) -> tuple[list[Any], int]:
        """A page, and how many pages there are."""
        whole = f"/v1/companies/{self._company}/{path}"
        rows, headers = read_json(self._http, "Gusto", whole, params, _KEY)
        return rows, int(headers.get("x-total-pages", "1"))

    def _payrolls(self, page: int, since: date, until: date) -> tuple[list[Any], int]:
        return self._get(
            "payrolls",
            processing_statuses="processed",
            include="taxes,deductions",
            start_date=since.isoformat(),
            end_date=until.isoformat(),
            page=page,
            per=_PER_PAGE,
        )

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._get("employees", page=1, per=1)
        return f"Gusto at {self._http.base_url}, company {self._company}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """Payrolls by pay period, a month back: one that is processed late is found, and one that is
        reversed comes once more."""
        since = date.fromisoformat(str(cursor["since"])) if cursor.get("since") else _FIRST
        overlap = max(31, int(cursor.get("options", {}).get("overlap_minutes", 0)) // 1440)
        number = int(cursor.get("page", 1))
        start = max(_FIRST, since - timedelta(days=overlap)) if since > _FIRST else _FIRST
        rows, pages = self._payrolls(number, start, now.date() + timedelta(days=31))
        departments = self._departments() if rows else {}
        items = [_item(stream, row, departments) for row in rows]
        if number < pages:
            return Page(items, {"since": cursor.get("since"), "page": number + 1}, more=True)
        return Page(items, {"since": now.date().isoformat()})

    def _departments(self) -> dict[str, str]:
        """Each employee's department, as they are in today."""
        found: dict[str, str] = {}
        number, pages = 1, 1
        while number <= pages:
            rows, pages = self._get("employees", page=number, per=100)
            found |= {str(r["uuid"]): str(r.get("department") or "") for r in rows}
            number += 1
        return found

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and cost of the payrolls that pay on days of a span: their own totals."""
        first, after = (t.astimezone(ZoneInfo(zone)).date() for t in (start, end))
        count, cost = 0, Decimal(0)
        for row in self._all(first - timedelta(days=62), after + timedelta(days=31)):
            if first <= date.fromisoformat(row["check_date"]) < after:
                count += 1
                totals = row["totals"]
                cost += Decimal(str(totals["gross_pay"])) + Decimal(str(totals["employer_taxes"]))
        return (
            [ControlTotal("USD", "payrolls", count, cost, cost, "the payrolls' own totals")] if count else []
        )

    def _all(self, since: date, until: date) -> Iterator[dict[str, Any]]:
        number, pages = 1, 1
        while number <= pages:
            rows, pages = self._payrolls(number, since, until)
            yield from rows
            number += 1

    def close(self) -> None:
        self._http.close()


def _item(stream: str, row: dict[str, Any], departments: dict[str, str]) -> Item:
    """A payroll with the departments of those whom it pays: what it said when it was first read."""
    paid = {str(e["employee_uuid"]) for e in row["employee_compensations"]}
    body = {"payroll": row, "departments": {k: v for k, v in departments.items() if k in paid}}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()
    # A department that changes later changes nothing that was paid.
    told = json.dumps(row, sort_keys=True, default=str).encode()
    key = str(row["payroll_uuid"])
    return Item(stream, key, f"{stream}:{key}:{hashlib.sha256(told).hexdigest()[:16]}", raw)
