"""Chargebee on the wire: basic authentication by key, lists in pages by an opaque offset.

References: apidocs.chargebee.com (API v2: authentication, pagination, list invoices, list credit notes, multi-business
entity), and the parameters of chargebee-python's `models/invoice/operations.py`. Amounts are integer minor units, times are seconds
since 1970 in UTC.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    SystemConfig,
    Walk,
    read_json,
    system_client,
)
from tieout.money import CHARGEBEE

_LIMIT, _LINES = 100, 300
_KEY = "give a read-only key for transactional data, or a full-access one, of this site (its test site has keys of its own)"
_KINDS = {"invoices": "invoice", "credit_notes": "credit_note"}
# What Chargebee keeps and nobody owes.
_NOT_ISSUED = ("pending", "draft")
# What goes on by pages of its own where an invoice has very many lines.
_BY_LINE = ("line_items", "line_item_discounts", "line_item_taxes", "line_item_tiers")


def open_session(config: SystemConfig) -> ChargebeeSession:
    """A session by API key, as the user name of basic authentication. Nothing is asked of Chargebee yet."""
    entity = config.text("business_entity")
    headers = {"chargebee-business-entity-id": entity} if entity else {}
    url, key = config.text("url").rstrip("/"), config.text("key")
    return ChargebeeSession(system_client(config, base_url=url, timeout=40, auth=(key, ""), headers=headers))


class ChargebeeSession:
    """Poller and ControlTotals; of one business entity, where a site has several and one is named."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = read_json(self._http, "Chargebee", f"/api/v2/{path}", params, _KEY)[0]
        return answer

    def _list(self, stream: str, **params: Any) -> tuple[list[dict[str, Any]], str]:
        """A page of rows, each with all its lines, and the offset of the next, "" for none."""
        answer = self._get(stream, **{"limit": _LIMIT, **params})
        offset = str(answer.get("next_offset") or "")
        return [self._whole(stream, entry[_KINDS[stream]]) for entry in answer["list"]], offset

    def _whole(self, stream: str, row: dict[str, Any]) -> dict[str, Any]:
        """A row with the lines that a list leaves out of a very long one."""
        offset = row.pop("line_items_next_offset", None)
        if not offset:
            return row
        path = f"{stream}/{row['id']}"
        walk = Walk(f"Chargebee: lines of {path}")
        walk.fresh(row.get("line_items") or (), _id)
        while offset:
            given = {"line_items_limit": _LINES, "line_items_offset": walk.onward(offset)}
            more = self._get(path, **given)[_KINDS[stream]]
            walk.fresh(more.get("line_items") or (), _id)
            for name in _BY_LINE:
                if more.get(name):
                    row[name] = [*(row.get(name) or ()), *more[name]]
            offset = more.get("line_items_next_offset")
        return row

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._list("invoices", limit=1)
        return f"Chargebee at {self._http.base_url}"

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of invoices or credit notes by `updated_at`, seconds since 1970, the deleted among them. A first poll
        begins at the beginning and does not ask by it (rows that did not change since 2016 may have none); a later one
        begins `overlap_minutes` (120) before the newest change that was seen: what is seen twice has no effect. While
        pages are left the start stays, since Chargebee's offset belongs to the question asked."""
        params: dict[str, Any] = {"sort_by[asc]": "updated_at", "include_deleted": "true"}
        since = cursor.get("since")
        if since:
            overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
            params["updated_at[after]"] = int(since) - int(overlap.total_seconds())
        if cursor.get("next"):
            params["offset"] = cursor["next"]
        rows, offset = self._list(stream, **params)
        items = [_item(stream, row) for row in rows]
        changed = (int(r.get("updated_at") or 0) for r in rows)
        newest = max([int(cursor.get("newest") or since or 0), *changed])
        if offset:
            return Page(items, {"since": since, "newest": newest, "next": offset}, more=True)
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
                held[1] += CHARGEBEE.amount(row["total"], row["currency_code"]).value
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

    def _issued(self, stream: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        # Both ends of `between` are part of it.
        span = [int(start.timestamp()), int(end.timestamp()) - 1]
        params: dict[str, Any] = {"date[between]": json.dumps(span), "include_deleted": "true"}
        walk = Walk(f"Chargebee: {stream} by date")
        while True:
            rows, offset = self._list(stream, **params)
            yield from walk.fresh(rows, _id)
            if not offset:
                return
            params["offset"] = walk.onward(offset)

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def _id(row: dict[str, Any]) -> str:
    return str(row["id"])


def _item(stream: str, row: dict[str, Any]) -> Item:
    raw = json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(row["id"]), f"{stream}:{row['id']}:{digest}", raw)
