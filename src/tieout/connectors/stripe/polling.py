"""What is read of Stripe, list by list, and from where the next poll goes on.

Lists begin with the newest and are asked by the day on which an object was made. A balance transaction never changes; a payout's
list is whole once Stripe says so; a dispute changes for months, and says nowhere when: its balance transactions do, and the event
of its closing (docs.stripe.com/api/disputes, .../events, which are kept for 30 days).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from tieout.connector_api import Item, Page, TransientError
from tieout.connectors.stripe.wire import Wire

# A dispute changes for months after it was opened: its window is as long.
_DISPUTE_WINDOW = timedelta(days=120)
_EVENTS_KEPT = timedelta(days=30)
# How long the event of a closing is waited for: lists show what happened before events of it do.
_EVENT_PATIENCE_S = 2 * 3600
# How long a payout is asked after that Stripe has not put together.
_PAYOUT_PATIENCE_S = 30 * 86400
_CLOSED = ("won", "lost", "warning_closed", "prevented")
# What names the order of a movement: itself, its charge, its payment intent.
_EXPANDED = ["data.source", "data.source.charge", "data.source.payment_intent"]

Cursor = dict[str, Any]


def transactions(wire: Wire, cursor: Cursor, start: int) -> Page:
    """One page of the balance's transactions, with what they are of."""
    params = {"limit": 100, "created[gte]": start, "expand[]": _EXPANDED}
    if cursor.get("after"):
        params["starting_after"] = cursor["after"]
    page = wire.read("/v1/balance_transactions", params)
    rows = page["data"]
    items = [_item("balance_transactions", r["id"], r) for r in rows]
    newest = max([cursor.get("newest", 0), *(r["created"] for r in rows)])
    if page["has_more"] and not rows:
        raise TransientError(
            "Stripe: a page of balance transactions without any, and more to come: nothing says where"
        )
    if page["has_more"]:
        ahead = {"since": cursor.get("since"), "after": rows[-1]["id"], "newest": newest}
        return Page(items, ahead, more=True)
    return Page(items, {"since": max(newest, int(cursor.get("since") or 0))})


def payouts(wire: Wire, cursor: Cursor, start: int, now: datetime) -> Page:
    """Automatic payouts with the ids of what they pay out, each once Stripe has put that together; those of which it has not are
    asked after by their id, for 30 days."""
    newest, found = int(cursor.get("since") or 0), {}
    for payout in wire.pages("/v1/payouts", {"created[gte]": start}):
        newest = max(newest, payout["created"])
        found[payout["id"]] = payout
    for key in cursor.get("waiting", ()):
        if key not in found:
            found[key] = wire.read(f"/v1/payouts/{key}")
    items, waiting = [], []
    for key, payout in found.items():
        # Stripe lists what a payout is made of for automatic ones only.
        if not payout["automatic"]:
            continue
        if payout.get("reconciliation_status", "completed") == "completed":
            items.append(_item("payouts", key, _composed(wire, payout)))
        elif now.timestamp() - payout["created"] < _PAYOUT_PATIENCE_S:
            waiting.append(key)
    return Page(items, {"since": newest, **({"waiting": sorted(waiting)} if waiting else {})})


def _composed(wire: Wire, payout: dict[str, Any]) -> dict[str, Any]:
    rows = wire.pages("/v1/balance_transactions", {"payout": payout["id"]})
    # The payout's own movement stands in its list, and is none of what it pays out.
    return {"payout": payout, "transactions": [r["id"] for r in rows if r["type"] != "payout"]}


def disputes(wire: Wire, cursor: Cursor, now: datetime) -> Page:
    """All disputes of the last 120 days, and those that were closed in the last 30, with the instant of their closing. One that was
    closed before that is told without: it changed with its last balance transaction."""
    closed = {
        event["data"]["object"]["id"]: event
        for event in wire.pages(
            "/v1/events",
            {"type": "charge.dispute.closed", "created[gte]": int((now - _EVENTS_KEPT).timestamp())},
        )
    }
    since = int((now - _DISPUTE_WINDOW).timestamp())
    found = {row["id"]: row for row in wire.pages("/v1/disputes", {"created[gte]": since})}
    told = {**{key: event["data"]["object"] for key, event in closed.items()}, **found}
    seen, waiting = cursor.get("waiting", {}), {}
    items = []
    for key, row in told.items():
        event = closed.get(key)
        if row["status"] in _CLOSED and event is None:
            first = int(seen.get(key, now.timestamp()))
            if now.timestamp() - first < _EVENT_PATIENCE_S:
                waiting[key] = first
                continue
            waiting[key] = first
        at = event["created"] if event and row["status"] in _CLOSED else None
        items.append(_item("disputes", key, {"closed_at": at, "dispute": row}))
    return Page(items, {"waiting": waiting} if waiting else {})


def _item(stream: str, key: str, body: dict[str, Any]) -> Item:
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    # Equal bytes are the same item, read in however many overlapping polls; any change makes another.
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, key, f"{stream}:{key}:{digest}", raw)
