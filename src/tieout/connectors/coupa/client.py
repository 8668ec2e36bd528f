"""Coupa on the wire: OAuth 2.0 client credentials, lists in pages of fifty by the time of their last change.

References: compass.coupa.com, Core API (OAuth 2.0 and OIDC, querying options, API operators, suppliers, purchase orders, receiving
transactions, invoices). Amounts are decimal texts, fields are written with hyphens. The flag `exported` is another integration's:
it is neither asked for nor set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    SystemConfig,
    TransientError,
    Walk,
    read_json,
    system_client,
)
from tieout.connector_api.tokens import ClientCredentials, token_auth
from tieout.connectors.coupa.bills import is_credit, total_of
from tieout.connectors.coupa.fields import day

# Coupa gives fifty rows at most, whatever is asked for.
_LIMIT = 50
SCOPES = (
    "core.supplier.read",
    "core.purchase_order.read",
    "core.inventory.receiving.read",
    "core.invoice.read",
    "core.common.read",
)
_KEY = f"check client id and secret, and that the client has the scopes {' '.join(SCOPES)}"
# What is a list there, and which of its rows are told: what nobody approved yet is nobody's yet.
PATHS: dict[str, tuple[str, dict[str, str]]] = {
    "suppliers": ("suppliers", {}),
    "orders": ("purchase_orders", {"status[in]": "issued,closed,cancelled"}),
    "receipts": ("receiving_transactions", {}),
    "bills": ("invoices", {"status[in]": "approved,voided"}),
}


def open_session(config: SystemConfig) -> CoupaSession:
    """A session by OAuth client credentials. No token is asked for yet."""
    url = config.text("url").rstrip("/")
    grant = ClientCredentials(
        f"{url}/oauth2/token",
        config.text("client_id"),
        config.text("client_secret"),
        scope=" ".join(SCOPES),
    )
    # Without Accept Coupa answers in XML.
    headers = {"Accept": "application/json"}
    return CoupaSession(
        system_client(config, base_url=url, timeout=40, headers=headers, auth=token_auth(config, grant))
    )


class CoupaSession:
    """Poller and ControlTotals of one Coupa instance."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def _list(self, stream: str, **params: Any) -> list[dict[str, Any]]:
        path, only = PATHS[stream]
        given = {**only, **params, "limit": _LIMIT}
        rows: list[dict[str, Any]] = read_json(self._http, "Coupa", f"/api/{path}", given, _KEY)[0]
        return rows

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        for stream in PATHS:
            self._list(stream)
        return f"Coupa at {self._http.base_url}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """Rows by their last change. A page begins where the one before ended, by time and not by number:
        a row that changes meanwhile moves to the end and would move all after it up by one. Raises TransientError for a page
        that holds what was asked to be left out."""
        if stream not in PATHS:
            # Accruals are Tieout's own.
            return Page([], {})
        since, skip = str(cursor.get("since") or ""), int(cursor.get("skip") or 0)
        if since and not cursor.get("more"):
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            since = (datetime.fromisoformat(since) - overlap).isoformat()
        params: dict[str, Any] = {"order_by": "updated_at", "dir": "asc", "offset": skip}
        if since:
            params["updated-at[gt_or_eq]"] = since
        rows = self._list(stream, **params)
        if cursor.get("more"):
            _goes_on(stream, rows, since, str(cursor.get("last") or ""))
        there = set(cursor.get("there") or ())
        items = [item for item in (_item(stream, row) for row in rows) if item.dedupe_key not in there]
        last = _utc(rows[-1]["updated-at"]) if rows else since
        if len(rows) < _LIMIT:
            # Where nothing came the place is kept; the overlap was taken off it.
            kept = last if rows else str(cursor.get("since") or "")
            return Page(items, {"since": kept} if kept else {})
        if _utc(rows[0]["updated-at"]) != last:
            # Rows of the last instant are asked for again, and those that were there left out: were they skipped by number, one of them
            # that changed meanwhile, and moved to the end, would let another be skipped in its place.
            given = [_item(stream, row).dedupe_key for row in rows if _utc(row["updated-at"]) == last]
            return Page(items, {"since": last, "there": given, "more": True}, more=True)
        # One instant fills a page and more.
        skip = (skip if last == since else 0) + len(rows)
        ahead = {"since": last, "skip": skip, "last": str(rows[-1]["id"]), "more": True}
        return Page(items, ahead, more=True)

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and sum of the invoices by their own date, read apart from the changes that a poll
        follows. A bill is a credit, a credit note a debit."""
        if "bills" not in streams:
            return []
        first, last = (x.astimezone(ZoneInfo(zone)).date() for x in (start, end - timedelta(seconds=1)))
        sums: dict[str, list[Any]] = {}
        # A date is midnight of the instance's zone, a bound without a time midnight of UTC: a day more on either
        # side is asked for, and the day as it is written decides.
        around = (first - timedelta(days=1)).isoformat(), (last + timedelta(days=1)).isoformat()
        for row in self._dated(*around):
            if not first <= day(row["invoice-date"]) <= last:
                continue
            total = total_of(row)
            held = sums.setdefault(str(row["currency"]["code"]), [0, Decimal(0), Decimal(0)])
            held[0] += 1
            held[1 if is_credit(row) else 2] += abs(total)
        return [
            ControlTotal(currency, "bills", count, debit, credit, "invoices by invoice date")
            for currency, (count, debit, credit) in sorted(sums.items())
        ]

    def _dated(self, first: str, last: str) -> Iterator[dict[str, Any]]:
        after, walk = "0", Walk("Coupa: bills by invoice date")
        while True:
            rows = self._list(
                "bills",
                **{
                    "invoice-date[gt_or_eq]": first,
                    "invoice-date[lt_or_eq]": last,
                    "id[gt]": after,
                    "order_by": "id",
                    "dir": "asc",
                },
            )
            yield from walk.fresh(rows, lambda row: str(row["id"]))
            if len(rows) < _LIMIT:
                return
            after = walk.after(rows)

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def _goes_on(stream: str, rows: list[dict[str, Any]], since: str, last: str) -> None:
    """A further page begins at the instant of the one before it, behind its last row. What comes as if neither were asked for is no page of
    the list: behind it nothing is where it is looked for."""
    for row in rows:
        at = _utc(row["updated-at"])
        if at < since or (at == since and str(row["id"]) == last):
            raise TransientError(
                f"Coupa: {stream}: a page comes again that was there before: it holds {row['id']} of {at}, and what changed after {since} "
                "was asked for"
            )


def _utc(text: Any) -> str:
    # Times come in the instance's zone, with its offset: only in UTC do their texts compare.
    return datetime.fromisoformat(str(text)).astimezone(UTC).isoformat()


def _item(stream: str, row: dict[str, Any]) -> Item:
    raw = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(row["id"]), f"{stream}:{row['id']}:{digest}", raw)
