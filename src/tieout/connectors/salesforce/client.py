"""Salesforce on the wire: OAuth client credentials, SOQL with paging, a field update.

References: developer.salesforce.com REST API guide (Query, sObject Rows), OAuth 2.0 client
credentials flow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Outcome,
    OutcomeStatus,
    Page,
    RefusedError,
    Sending,
    SetupError,
    SystemConfig,
    TransientError,
    UnknownOutcomeError,
    http_client,
    json_of,
    patiently,
    wait_asked,
)
from tieout.documents import CrmUpdate
from tieout.money import Amount

_STATUS = "Collection_Status__c"
_DATA = "/services/data/v66.0"
_QUERIES = {
    "accounts": "SELECT Id, Name, Email__c, BillingCountryCode, SystemModstamp FROM Account",
    "won_orders": (
        "SELECT Id, Order_Number__c, AccountId, Account.Name, Account.Email__c, Amount, CloseDate,"
        " CurrencyIsoCode, Tax_Title__c, Tax_Rate__c, Tax_Amount__c, SystemModstamp,"
        " (SELECT Name, Quantity, TotalPrice FROM OpportunityLineItems) FROM Opportunity"
    ),
}


def open_session(config: SystemConfig) -> SalesforceSession:
    """A session by the client credentials of a connected app. No token is asked for yet."""
    return SalesforceSession(config.text("url"), config.text("client_id"), config.text("client_secret"))


class SalesforceSession:
    """Poller, ControlTotals and Writer of one small update."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._credentials = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._http = http_client(base_url=url.rstrip("/"), timeout=40)
        self._token = ""

    def _log_in(self) -> None:
        try:
            reply = self._http.post("/services/oauth2/token", data=self._credentials)
        except httpx2.HTTPError as error:
            raise TransientError(f"Salesforce: {error!r}") from None
        if reply.status_code in (400, 401):
            raise SetupError(
                "Salesforce refuses the connected app: check consumer key and secret, and that "
                "the client credentials flow has a run-as user"
            )
        if reply.status_code != 200:
            raise TransientError(f"Salesforce log-in: status {reply.status_code}", wait_asked(reply.headers))
        self._token = json_of(reply, "Salesforce log-in")["access_token"]

    def _ask(self, method: str, path: str, writing: bool = False, **given: Any) -> httpx2.Response:
        return patiently(lambda: self._once(method, path, writing, given))

    def _once(self, method: str, path: str, writing: bool, given: dict[str, Any]) -> httpx2.Response:
        # A session ends when it ends: the first 401 asks for another token, a second one is the app's own
        # fault.
        for attempt in (1, 2):
            if not self._token:
                self._log_in()
            headers = {"Authorization": f"Bearer {self._token}"}
            try:
                reply = self._http.request(method, path, headers=headers, **given)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                raise TransientError(f"Salesforce: {error!r}") from None
            except httpx2.HTTPError as error:
                kind = UnknownOutcomeError if writing else TransientError
                raise kind(f"Salesforce {path}: {error!r}") from None
            if reply.status_code == 401 and attempt == 1:
                self._token = ""
                continue
            break
        if reply.status_code in (429, 503):
            raise TransientError("Salesforce: busy", wait_asked(reply.headers))
        if reply.status_code >= 500:
            what = f"Salesforce {path}: status {reply.status_code}"
            raise UnknownOutcomeError(what) if writing else TransientError(what, wait_asked(reply.headers))
        if reply.status_code in (401, 403):
            raise SetupError(f"Salesforce refuses: {reply.text[:200]}")
        if reply.status_code >= 400:
            raise RefusedError(f"Salesforce {path}: {reply.text[:300]}")
        return reply

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._query("SELECT Id FROM Account LIMIT 1")
        return f"Salesforce at {self._http.base_url}"

    def _query(self, soql: str) -> dict[str, Any]:
        reply = self._ask("GET", f"{_DATA}/query", params={"q": soql})
        answer: dict[str, Any] = json_of(reply, "Salesforce")
        return answer

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of accounts or won opportunities by SystemModstamp. A later poll begins `overlap_minutes`
        (120) before the newest change that was seen; Salesforce's own locator leads through the pages."""
        if cursor.get("next"):
            answer = json_of(self._ask("GET", str(cursor["next"])), "Salesforce")
        else:
            where = ["IsWon = true"] if stream == "won_orders" else []
            if since := cursor.get("since"):
                overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
                start = (datetime.fromisoformat(str(since)) - overlap).astimezone(UTC)
                # A dateTime of SOQL stands without quotes.
                where.append(f"SystemModstamp >= {start.strftime('%Y-%m-%dT%H:%M:%SZ')}")
            clause = f" WHERE {' AND '.join(where)}" if where else ""
            answer = self._query(f"{_QUERIES[stream]}{clause} ORDER BY SystemModstamp, Id")
        rows = answer["records"]
        items = [_item(stream, row) for row in rows]
        newest = max(
            [str(cursor.get("newest") or cursor.get("since") or ""), *(r["SystemModstamp"] for r in rows)]
        )
        if not answer["done"]:
            ahead = {"since": cursor.get("since"), "newest": newest, "next": answer["nextRecordsUrl"]}
            return Page(items, ahead, more=True)
        return Page(items, {"since": newest} if newest else {})

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and sum of won opportunities by closing date, as Salesforce aggregates them."""
        if "won_orders" not in streams:
            return []
        first = start.astimezone(ZoneInfo(zone)).date()
        after = end.astimezone(ZoneInfo(zone)).date()
        answer = self._query(
            "SELECT CurrencyIsoCode, COUNT(Id) orders, SUM(Amount) total FROM Opportunity WHERE "
            f"IsWon = true AND CloseDate >= {first} AND CloseDate < {after} GROUP BY CurrencyIsoCode"
        )
        return [
            ControlTotal(
                row["CurrencyIsoCode"],
                "won_orders",
                int(row["orders"]),
                Decimal(str(row["total"])),
                Decimal(0),
                "SOQL aggregate",
            )
            for row in answer["records"]
        ]

    # Writer

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Set the fields; what stands there already is not written again."""
        outcomes = []
        for sending in batch:
            body = sending.body
            assert isinstance(body, CrmUpdate)
            path = f"{_DATA}/sobjects/Account/{body.account_key}"
            try:
                content = _fields_of(body)
                self._ask("PATCH", path, writing=True, content=content)
                # The answer to a PATCH has no body, and a trigger may have made another value of ours.
                outcomes.append(self._read(sending, body))
            except RefusedError as error:
                outcomes.append(Outcome(sending.external_id, OutcomeStatus.REFUSED, error=str(error)))
        return outcomes

    def _read(self, sending: Sending, body: CrmUpdate) -> Outcome:
        reply = self._ask(
            "GET",
            f"{_DATA}/sobjects/Account/{body.account_key}",
            params={"fields": ",".join([*_amounts_of(body), _STATUS])},
        )
        row = json_of(reply, "Salesforce")
        shown = {k: str(row[k]) for k in (*_amounts_of(body), _STATUS)}
        same = all(Decimal(str(row[k] or 0)) == value for k, value in _amounts_of(body).items())
        if same and row[_STATUS] == body.collection_status:
            return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, None, "Account", read_back=shown)
        return Outcome(sending.external_id, OutcomeStatus.ABSENT, read_back=shown)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Read each account's fields: confirmed where they hold what was sent, absent where they do not."""
        outcomes = []
        for sending in batch:
            assert isinstance(sending.body, CrmUpdate)
            outcomes.append(self._read(sending, sending.body))
        return outcomes

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def _amounts_of(body: CrmUpdate) -> dict[str, Decimal]:
    """The amounts that stand on an account, by their fields."""
    orders = {"Open_Orders__c": body.open_orders.value} if isinstance(body.open_orders, Amount) else {}
    return {"Credit_Exposure__c": body.exposure.value, **orders}


def _fields_of(body: CrmUpdate) -> str:
    """An update as Salesforce's JSON, which knows only numbers: the exact decimal texts are what is sent."""
    amounts = ", ".join(f"{json.dumps(k)}: {value}" for k, value in _amounts_of(body).items())
    return f"{{{amounts}, {json.dumps(_STATUS)}: {json.dumps(body.collection_status)}}}"


def _item(stream: str, row: dict[str, Any]) -> Item:
    raw = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(row["Id"]), f"{stream}:{row['Id']}:{digest}", raw)
