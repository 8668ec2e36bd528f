"""Chargebee on the wire: basic authentication by key, lists in pages by an opaque offset.

References: apidocs.chargebee.com (API v2: authentication, pagination, list invoices, list credit
notes). Amounts are integer minor units, times are seconds since 1970 in UTC.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.connector_api import ControlTotal, Item, Page, SystemConfig, http_client, read_json
from tieout.money import from_minor

_LIMIT = 100
_KEY = "give a full-access or read-only key of this site"
_KINDS = {"invoices": "invoice", "credit_notes": "credit_note"}
# What Chargebee keeps and nobody owes.
_NOT_ISSUED = ("pending", "draft")


def open_session(config: SystemConfig) -> ChargebeeSession:
    """A session by API key, as the user name of basic authentication. Nothing is asked of Chargebee yet."""
    return ChargebeeSession(config.text("url"), config.text("key"))


class ChargebeeSession:
    """Poller and ControlTotals."""

    def __init__(self, url: str, key: str) -> None:
        self._http = http_client(base_url=url.rstrip("/"), timeout=40, auth=(key, ""))

    def _list(self, stream: str, **params: Any) -> dict[str, Any]:
        path, given = f"/api/v2/{stream}", {"limit": _LIMIT, **params}
        answer: dict[str, Any] = read_json(self._http, "Chargebee", path, given, _KEY)[0]
        return answer

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._list("invoices", limit=1)
        return f"Chargebee at {self._http.base_url}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of invoices or credit notes by `updated_at`, seconds since 1970. A first poll begins at the
        beginning, a later one `overlap_minutes` (120) before the newest change that was seen: what is seen
        twice has no effect. While pages are left the start stays, since Chargebee's offset belongs to the
        question asked."""
        params: dict[str, Any] = {"sort_by[asc]": "updated_at", "include_deleted": "false"}
        since = cursor.get("since")
        if since:
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            params["updated_at[after]"] = int(since) - int(overlap.total_seconds())
        if cursor.get("next"):
            params["offset"] = cursor["next"]
        answer = self._list(stream, **params)
        rows = [entry[_KINDS[stream]] for entry in answer["list"]]
        items = [_item(stream, row) for row in rows]
        newest = max([int(cursor.get("newest") or since or 0), *(int(r["updated_at"]) for r in rows)])
        if answer.get("next_offset"):
            ahead = {"since": since, "newest": newest, "next": answer["next_offset"]}
            return Page(items, ahead, more=True)
        return Page(items, {"since": newest} if newest else {})

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Count and sum of what was issued between two instants: lists by issue date, read apart from
        the changes that a poll follows. An invoice is a debit, a credit note a credit."""
        sums: dict[tuple[str, str], list[Any]] = {}
        for stream in streams:
            for row in self._issued(stream, start, end):
                if row["status"] in _NOT_ISSUED:
                    continue
                held = sums.setdefault((row["currency_code"], stream), [0, Decimal(0)])
                held[0] += 1
                held[1] += from_minor(row["total"], row["currency_code"]).value
        zero = Decimal(0)
        return [
            ControlTotal(
                currency,
                stream,
                count,
                total if stream == "invoices" else zero,
                zero if stream == "invoices" else total,
                "list by date",
            )
            for (currency, stream), (count, total) in sorted(sums.items())
        ]

    def _issued(self, stream: str, start: datetime, end: datetime) -> Iterable[dict[str, Any]]:
        # Both ends of `between` are part of it.
        span = [int(start.timestamp()), int(end.timestamp()) - 1]
        params: dict[str, Any] = {"date[between]": json.dumps(span)}
        while True:
            answer = self._list(stream, **params)
            yield from (entry[_KINDS[stream]] for entry in answer["list"])
            if not answer.get("next_offset"):
                return
            params["offset"] = answer["next_offset"]

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def _item(stream: str, row: dict[str, Any]) -> Item:
    raw = json.dumps(row, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(row["id"]), f"{stream}:{row['id']}:{digest}", raw)
