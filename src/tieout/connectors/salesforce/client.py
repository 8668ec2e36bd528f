"""Salesforce as a source and a target: SOQL with paging, a field update.

Which fields there are is asked first: `CurrencyIsoCode` exists only where several currencies are on, `BillingCountryCode` only
with state and country picklists (developer.salesforce.com, Object Reference; help.salesforce.com).

An order that was won may be lost, opened or deleted again. A query for what is won does not show it any more, and `Query` none that is
deleted; so each poll ends by asking QueryAll (developer.salesforce.com, REST API: "includes information about records that
have been deleted") for orders, known by their number, that are not won or in the recycle bin. What was emptied out of that before it was
asked for only the sums of what is won show.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

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
    json_of,
    newest_of,
)
from tieout.connectors.salesforce.wire import DATA, Wire
from tieout.documents import CrmUpdate
from tieout.money import Amount

_STATUS = "Collection_Status__c"
_LINES = "OpportunityLineItems"
_NEEDED = ("Order_Number__c", "Tax_Title__c", "Tax_Rate__c", "Tax_Amount__c")
# The taxes of each product, where an org keeps them there.
_OF_LINES = ("Tax_Title__c", "Tax_Rate__c", "Tax_Amount__c")


def open_session(config: SystemConfig) -> SalesforceSession:
    """A session by an external client app: client credentials, or an assertion of its private key. No token is asked for yet.
    Raises SetupError where neither is given."""
    return SalesforceSession(Wire(config), config.text("currency"))


class SalesforceSession:
    """Poller, ControlTotals and Writer of one small update. `currency` is that of an org that has one alone."""

    def __init__(self, wire: Wire, currency: str) -> None:
        self._wire, self._currency = wire, currency

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._wire.query("SELECT Id FROM Account LIMIT 1")
        return f"Salesforce at {self._wire.address}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of accounts or won opportunities by SystemModstamp, and after the last of these of orders that are won no
        longer. A later poll begins `overlap_minutes` (120) before the newest change that was seen; Salesforce's own locator leads
        through the pages, and one that ended is begun anew."""
        gone = bool(cursor.get("gone"))
        answer = self._further(cursor)
        if answer is None:
            answer = self._wire.query(self._soql(stream, cursor), deleted_too=gone)
        rows = answer["records"]
        items = [_item(stream, self._whole(stream, row)) for row in rows]
        known = str(cursor.get("newest") or cursor.get("since") or "")
        newest = newest_of(known, (r.get("SystemModstamp") for r in rows))
        if not answer["done"]:
            ahead = {"since": cursor.get("since"), "newest": newest, "next": answer["nextRecordsUrl"]}
            return Page(items, {**ahead, "gone": True} if gone else ahead, more=True)
        if stream == "won_orders" and not gone:
            return Page(items, {"since": cursor.get("since"), "newest": newest, "gone": True}, more=True)
        return Page(items, {"since": newest} if newest else {})

    def _further(self, cursor: dict[str, Any]) -> dict[str, Any] | None:
        """The page that a locator leads to; None where there is none, or it ended (after some days)."""
        if not cursor.get("next"):
            return None
        try:
            return self._wire.json(str(cursor["next"]))
        except RefusedError as error:
            if "INVALID_QUERY_LOCATOR" in str(error):
                return None
            raise

    def _soql(self, stream: str, cursor: dict[str, Any]) -> str:
        where = ["IsWon = true"] if stream == "won_orders" else []
        if cursor.get("gone"):
            where = ["Order_Number__c != null", "(IsWon = false OR IsDeleted = true)"]
        if since := cursor.get("since"):
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            start = (datetime.fromisoformat(str(since)) - overlap).astimezone(UTC)
            # A dateTime of SOQL stands without quotes.
            where.append(f"SystemModstamp >= {start.strftime('%Y-%m-%dT%H:%M:%SZ')}")
        clause = f" WHERE {' AND '.join(where)}" if where else ""
        return f"{self._select(stream, bool(cursor.get('gone')))}{clause} ORDER BY SystemModstamp, Id"

    def _select(self, stream: str, gone: bool) -> str:
        """What is asked of a stream, as far as this org has it; of what is won no longer, that and how much it was."""
        account = self._wire.fields("Account")
        email = ("Email__c",) if "Email__c" in account else ()
        if stream == "accounts":
            country = "BillingCountryCode" if "BillingCountryCode" in account else "BillingCountry"
            return f"SELECT {', '.join(('Id', 'Name', *email, country, 'SystemModstamp'))} FROM Account"
        self._wire.needed("Opportunity", _NEEDED)
        currency = ("CurrencyIsoCode",) if self._several_currencies() else ()
        if gone:
            names = (
                "Id", "Order_Number__c", "Amount", "CloseDate", *currency, "StageName", "IsWon", "IsDeleted", "SystemModstamp",
            )  # fmt: skip
            return f"SELECT {', '.join(names)} FROM Opportunity"
        names = (
            "Id", "AccountId", "Account.Name", *(f"Account.{n}" for n in email), "Amount", "CloseDate", *currency,
            *_NEEDED, "SystemModstamp",
        )  # fmt: skip
        there = self._wire.fields("OpportunityLineItem")
        taxes = _OF_LINES if there.issuperset(_OF_LINES) else ()
        lines = f"SELECT {', '.join(('Name', 'Quantity', 'TotalPrice', *taxes))} FROM {_LINES}"
        return f"SELECT {', '.join(names)}, ({lines}) FROM Opportunity"

    def _several_currencies(self) -> bool:
        """Whether an opportunity names its currency. Raises SetupError where it does not and the settings name none."""
        if "CurrencyIsoCode" in self._wire.fields("Opportunity"):
            return True
        if not self._currency:
            raise SetupError(
                "Salesforce: this org has one currency, which its API does not tell: put it into the system's setting `currency` (Setup, "
                "Company Information, there)"
            )
        return False

    def _whole(self, stream: str, row: dict[str, Any]) -> dict[str, Any]:
        """A row with all of its lines, whose further pages stand behind a locator of their own, and with its currency."""
        if stream != "won_orders":
            return row
        made = dict(row)
        if not self._several_currencies():
            made["OrgCurrency"] = self._currency
        lines = row.get(_LINES)
        if lines is not None and not lines["done"]:
            rows = self._wire.whole(lines, f"won_orders: lines of {row['Id']}")
            made[_LINES] = {"totalSize": len(rows), "done": True, "records": rows}
        return made

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and sum of won opportunities by closing date, as Salesforce aggregates them."""
        if "won_orders" not in streams:
            return []
        first = start.astimezone(ZoneInfo(zone)).date()
        after = end.astimezone(ZoneInfo(zone)).date()
        several = self._several_currencies()
        answer = self._wire.query(
            f"SELECT {'CurrencyIsoCode, ' if several else ''}COUNT(Id) orders, SUM(Amount) total FROM Opportunity WHERE "
            f"IsWon = true AND CloseDate >= {first} AND CloseDate < {after}"
            f"{' GROUP BY CurrencyIsoCode' if several else ''}"
        )
        return [
            ControlTotal(
                str(row["CurrencyIsoCode"]) if several else self._currency,
                "won_orders",
                int(row["orders"]),
                # Of orders without an amount, and of none at all, the sum is null.
                Decimal(str(row["total"] or 0)),
                Decimal(0),
                "SOQL aggregate",
            )
            for row in self._wire.whole(answer, "won_orders: sums by closing date")
            if int(row["orders"])
        ]

    # Writer

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Set the fields, and read them again: the answer to a PATCH has no body. Where another value stands then, something there
        makes it of ours each time (a trigger, a flow, fewer decimals): that is refused, and not sent again."""
        outcomes = []
        for sending in batch:
            body = sending.body
            assert isinstance(body, CrmUpdate)
            try:
                self._wire.ask(
                    "PATCH",
                    _path(body),
                    writing=True,
                    content=_fields_of(body),
                    headers={"Content-Type": "application/json"},
                )
                read = self._read(sending, body)
            except RefusedError as error:
                outcomes.append(Outcome(sending.external_id, OutcomeStatus.REFUSED, error=str(error)))
                continue
            if read.status is OutcomeStatus.ABSENT:
                read = replace(read, status=OutcomeStatus.REFUSED, error=_changed(body, read.read_back))
            outcomes.append(read)
        return outcomes

    def _read(self, sending: Sending, body: CrmUpdate) -> Outcome:
        names = [*_amounts_of(body), _STATUS]
        row = json_of(self._wire.ask("GET", _path(body), params={"fields": ",".join(names)}), "Salesforce")
        shown = {name: _shown(row[name]) for name in names}
        same = all(Decimal(str(row[k] or 0)) == value for k, value in _amounts_of(body).items())
        if same and row[_STATUS] == body.collection_status:
            return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, None, "Account", read_back=shown)
        return Outcome(sending.external_id, OutcomeStatus.ABSENT, read_back=shown)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Read each account's fields: confirmed where they hold what was sent, absent where they do not, or nothing is there."""
        outcomes = []
        for sending in batch:
            assert isinstance(sending.body, CrmUpdate)
            try:
                outcomes.append(self._read(sending, sending.body))
            except RefusedError as error:
                outcomes.append(Outcome(sending.external_id, OutcomeStatus.ABSENT, error=str(error)))
        return outcomes

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._wire.close()


def _path(body: CrmUpdate) -> str:
    return f"{DATA}/sobjects/Account/{body.account_key}"


def _shown(value: Any) -> str:
    """A value as people read it; a number without an exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _changed(body: CrmUpdate, read_back: dict[str, Any]) -> str:
    """What stands on an account instead of what was written a moment ago."""
    sent = {**{k: f"{v:f}" for k, v in _amounts_of(body).items()}, _STATUS: body.collection_status}
    apart = [
        f"{name}: {sent[name]} became {read_back[name]}" for name in sent if sent[name] != read_back[name]
    ]
    return (
        f"Salesforce took it and holds something else ({'; '.join(apart)}): a trigger or flow there changes it, or the field keeps "
        "fewer decimals; mend that there, or leave the field to it"
    )


def _amounts_of(body: CrmUpdate) -> dict[str, Decimal]:
    """The amounts that stand on an account, by their fields."""
    orders = {"Open_Orders__c": body.open_orders.value} if isinstance(body.open_orders, Amount) else {}
    return {"Credit_Exposure__c": body.exposure.value, **orders}


def _fields_of(body: CrmUpdate) -> str:
    """An update as Salesforce's JSON, which knows only numbers: the exact decimal texts are what is sent."""
    amounts = ", ".join(f"{json.dumps(k)}: {value:f}" for k, value in _amounts_of(body).items())
    return f"{{{amounts}, {json.dumps(_STATUS)}: {json.dumps(body.collection_status)}}}"


def _item(stream: str, row: dict[str, Any]) -> Item:
    raw = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(row["Id"]), f"{stream}:{row['Id']}:{digest}", raw)
