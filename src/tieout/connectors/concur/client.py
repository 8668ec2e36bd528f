"""SAP Concur on the wire: approved reports of Expense v3, and each one's financial document.

References: developer.concur.com (Reports v3: parameters, NextPage; Financial Integration Service v4: Get Financial Transactions;
Authentication: refresh tokens, geolocation). A report's financial document is asked by the report's number whatever became of it,
so that nothing is taken from the queue of whoever acknowledges it. Amounts are JSON numbers, which are read as the decimals that
they are written as.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    SetupError,
    SystemConfig,
    TransientError,
    Walk,
    newest_of,
    read_json,
    system_client,
)
from tieout.connector_api.tokens import RefreshToken, TokenAuth, token_auth
from tieout.connectors.concur.normalise import sides

_LIMIT = 50
_KEY = "the connection of the company needs the scopes EXPRPT and FISVC, and its refresh token may be six months old at most"
APPROVED = "A_APPR"
_REPORTS = "/api/v3.0/expense/reports"
_DOCUMENTS = "/financialintegration/fi/v4/companies/transactiontypes/expense/transactions"
# For so long a report is asked about again whose document is not made yet; then it is told without one, which is a case.
_MADE_WITHIN = timedelta(days=3)


def open_session(config: SystemConfig) -> ConcurSession:
    """A session by the company's refresh token. Nothing is asked of Concur yet."""
    url = config.text("url").rstrip("/")
    grant = RefreshToken(
        f"{url}/oauth2/v0/token",
        config.text("client_id"),
        config.text("client_secret"),
        config.text("refresh_token"),
    )
    headers = {"Accept": "application/json"}
    auth = token_auth(config, grant)
    http = system_client(config, base_url=url, timeout=60, headers=headers, auth=auth)
    return ConcurSession(url, http, auth)


class ConcurSession:
    """Poller and ControlTotals of approved expense reports."""

    def __init__(self, url: str, http: httpx2.Client, auth: TokenAuth) -> None:
        self._url, self._http, self._auth = url, http, auth

    def _reports(self, **params: Any) -> dict[str, Any]:
        given = {"user": "ALL", "approvalStatusCode": APPROVED, "limit": _LIMIT, **params}
        answer: dict[str, Any] = read_json(self._http, "Concur", _REPORTS, given, _KEY)[0]
        return answer

    def _document(self, report: str) -> dict[str, Any] | None:
        """The financial document of a report: its last revision, None where none is made yet."""
        found = [_read(x["document"]) for x in self._documents(report) if x.get("docType") == "expense"]
        mine = [x for x in found if str(x["report"]["reportId"]) == report]
        return max(mine, key=lambda x: int(x["report"].get("revisionNumber") or 1), default=None)

    def _documents(self, report: str) -> Iterator[dict[str, Any]]:
        """All that Concur lists for a report, page after page. Raises TransientError where it lists fewer than it says that there are."""
        params: dict[str, Any] = {"docId": report, "ignoreDocumentStatus": "yes"}
        walk, count = Walk(f"Concur: documents of report {report}"), 0
        while True:
            answer = read_json(self._http, "Concur", _DOCUMENTS, params, _KEY)[0]
            listed = _listed(answer)
            count += len(listed)
            yield from listed
            ahead = _next_page(answer)
            if not ahead:
                break
            params["page"] = walk.onward(ahead)
        said = int((answer.get("page") or {}).get("totalElements") or 0)
        if count < said:
            raise TransientError(
                f"Concur: report {report}: it says that there are {said} documents, and lists {count}"
            )

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        if home := lives_elsewhere(self._url, self._auth.token().told.get("geolocation", "")):
            raise SetupError(f"Concur keeps this company at {home}: put that address as url")
        self._reports(limit=1)
        read_json(self._http, "Concur", _DOCUMENTS, {"limit": 1}, _KEY)
        return f"SAP Concur at {self._url}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of approved reports by their last change, each with its financial document. A later poll begins
        `overlap_minutes` (120) before the newest change that was seen, or before the oldest report whose document
        is not made yet; while pages are left that start stays."""
        params: dict[str, Any] = {}
        since = cursor.get("since")
        if since:
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            params["modifiedDateAfter"] = _stamp(datetime.fromisoformat(str(since)) - overlap)
        if cursor.get("next"):
            params["offset"] = cursor["next"]
        answer = self._reports(**params)
        ahead = _offset(answer)
        items, waits = [], str(cursor.get("waits") or "")
        for row in answer["Items"]:
            document, changed = self._document(str(row["ID"])), _changed(row)
            if document is None and changed and now - datetime.fromisoformat(changed) < _MADE_WITHIN:
                waits = min(waits or changed, changed)
                continue
            items.append(_item(stream, row, document))
        newest = newest_of(str(cursor.get("newest") or since or ""), map(_changed, answer["Items"]))
        if ahead:
            place = {"since": since, "newest": newest, "next": ahead} | ({"waits": waits} if waits else {})
            return Page(items, place, more=True)
        start = min(newest, waits) if waits else newest
        return Page(items, {"since": start} if start else {})

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and sides of the reports that were submitted between two instants, found by the day of their
        submission and not by what changed. What a document does not add up to, or is not there for, counts with what
        the list says was approved."""
        sums: dict[str, list[Any]] = {}
        for row in self._submitted(start, end):
            held = sums.setdefault(str(row["CurrencyCode"]), [0, Decimal(0), Decimal(0)])
            debit, credit = self._sides(row)
            if debit or credit:
                held[0], held[1], held[2] = held[0] + 1, held[1] + debit, held[2] + credit
        return [
            ControlTotal(currency, "reports", count, debit, credit, "reports by submit date")
            for currency, (count, debit, credit) in sorted(sums.items())
            if count
        ]

    def _sides(self, row: dict[str, Any]) -> tuple[Decimal, Decimal]:
        approved = abs(Decimal(str(row["TotalApprovedAmount"])))
        document = self._document(str(row["ID"]))
        try:
            return sides(row, document) if document else (approved, approved)
        except ValueError:
            return approved, approved

    def _submitted(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        params: dict[str, Any] = {
            # The bounds themselves are left out.
            "submitDateAfter": _stamp(start - timedelta(milliseconds=1)),
            "submitDateBefore": _stamp(end),
        }
        walk = Walk("Concur: reports by submit date")
        while True:
            answer = self._reports(**params)
            yield from walk.fresh(answer["Items"], lambda row: str(row["ID"]))
            ahead = _offset(answer)
            if not ahead:
                return
            params["offset"] = walk.onward(ahead)

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def lives_elsewhere(url: str, geolocation: str) -> str:
    """The address at which a token is to be used, where that is another of Concur's than the one that is asked; "" where
    it is that one. Each centre has a second name for callers in browsers, with `www-` before it."""
    asked, told = (httpx2.URL(x).host.removeprefix("www-") for x in (url, geolocation))
    ours = all(host.endswith(".concursolutions.com") for host in (asked, told))
    return geolocation if ours and asked != told else ""


def _stamp(at: datetime) -> str:
    """As a parameter has it: UTC, to the millisecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _utc(text: Any) -> str:
    """Concur's times are in UTC, and do not say so; to the microsecond, so that their texts compare."""
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC).isoformat(timespec="microseconds")


def _changed(row: Mapping[str, Any]) -> str:
    """When a report was changed last; "" where it does not say so."""
    try:
        return _utc(row.get("LastModifiedDate"))
    except ValueError:
        return ""


def _offset(answer: dict[str, Any]) -> str:
    """The opaque offset inside the address of the next page, "" where this is the last. The address itself is asked nothing:
    it may name another host. Raises TransientError for an address without one: there is more, and nothing leads to it."""
    following = str(answer.get("NextPage") or "")
    found = str(httpx2.URL(following).params.get("offset", "")) if following else ""
    if following and not found:
        raise TransientError(f"Concur: reports: there is more, and nothing says where ({following[:80]})")
    return found


def _next_page(answer: dict[str, Any]) -> str:
    """The number of the next page, "" where this is the last. Of the link to it nothing else is believed: it may name another host, as
    the reference's own example does. Raises TransientError for a link without a number."""
    for link in answer.get("links") or ():
        if link.get("rel") == "next":
            found = str(httpx2.URL(str(link.get("href") or "")).params.get("page", ""))
            if not found:
                raise TransientError("Concur: financial documents: there are more, and nothing says where")
            return found
    return ""


def _listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of an answer: `content` as the reference has it, `fIDocuments` as its examples do."""
    found = answer.get("content", answer.get("fIDocuments"))
    return list(found or ())


def _read(document: Any) -> dict[str, Any]:
    """A financial document, which comes as an object or as a text that holds one."""
    found: dict[str, Any] = (
        json.loads(document, parse_float=Decimal) if isinstance(document, str) else document
    )
    return found


def _item(stream: str, report: dict[str, Any], document: dict[str, Any] | None) -> Item:
    body = {"report": report, "document": document}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(report["ID"]), f"{stream}:{report['ID']}:{digest}", raw)
