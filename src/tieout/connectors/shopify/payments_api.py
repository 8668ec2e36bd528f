"""Shopify Payments on the wire: its balance and its payouts, page by page.

A balance transaction is kept without what changes of it (the payout that it will be in); a payout is asked for until it is final, and
then with what it is made of. A refund's movement says with which refund of its order it gives back, which Shopify knows by the order's
transactions alone.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tieout.connector_api import Item, Page, Walk, newest_of
from tieout.connectors.shopify.pages import Ask, refunds, transactions, turned
from tieout.connectors.shopify.queries import (
    BACK,
    BALANCE,
    DISPUTES,
    GIVEN_BACK,
    GIVEN_BACK_BY,
    MEMBERS,
    MOST_REFUNDS,
    PAID_WITH,
    PAYOUTS,
)

_FINAL = ("PAID", "CANCELED", "FAILED")
_MEMBERS, _PAGES, _ORDERS = 250, 200, 3
# A bank decides within months.
_DISPUTED = timedelta(days=180)


def poll_balance(ask: Ask, cursor: dict[str, Any], start: str) -> Page:
    """Balance transactions since `start`, an instant as text ("" for all)."""
    wanted = f"processed_at:>='{start}'" if start else ""
    account = ask(BALANCE, {"query": wanted, "after": cursor.get("after"), "first": 50})[
        "shopifyPaymentsAccount"
    ]
    if account is None:
        return Page([], {"since": cursor.get("since") or ""})
    page = account["balanceTransactions"]
    rows = _with_refunds(ask, page["nodes"])
    newest = newest_of(str(cursor.get("newest") or ""), (r.get("transactionDate") for r in rows))
    items = [_item("balance", _settled(row)) for row in rows]
    since = str(cursor.get("since") or "")
    if page["pageInfo"]["hasNextPage"]:
        return Page(
            items, {"since": since, "after": page["pageInfo"]["endCursor"], "newest": newest}, more=True
        )
    return Page(items, {"since": max(newest, since)})


def poll_payouts(ask: Ask, cursor: dict[str, Any], start: str) -> Page:
    """Payouts that are final, of those issued since `start`. The next poll begins with the oldest that is not, so that each is told in the
    end."""
    wanted = f"issued_at:>='{start}'" if start else ""
    since = str(cursor.get("since") or "")
    account = ask(PAYOUTS, {"query": wanted, "after": cursor.get("after"), "first": 50})[
        "shopifyPaymentsAccount"
    ]
    if account is None:
        return Page([], {"since": since})
    page, items = account["payouts"], []
    waiting = [str(cursor["open"])] if cursor.get("open") else []
    for row in page["nodes"]:
        members = _members(ask, row) if row["status"] in _FINAL else []
        nothing = not any(x in "123456789" for x in str(row["net"]["amount"]))
        if row["status"] in _FINAL and (members or nothing or row["status"] != "PAID"):
            items.append(_item("payouts", {**row, "members": members}))
        else:
            # Its parts may not be there yet, as it is paid.
            waiting.append(str(row.get("issuedAt") or since))
    newest = newest_of(str(cursor.get("newest") or ""), (r.get("issuedAt") for r in page["nodes"]))
    if page["pageInfo"]["hasNextPage"]:
        kept = {"since": since, "after": page["pageInfo"]["endCursor"], "newest": newest}
        return Page(items, {**kept, "open": min(waiting, default="")}, more=True)
    return Page(items, {"since": min(waiting, default=max(newest, since))})


def poll_disputes(ask: Ask, cursor: dict[str, Any], now: datetime) -> Page:
    """All disputes of the last 180 days: one is resolved months after it was begun, and its list knows no day of change."""
    wanted = f"initiated_at:>='{(now - _DISPUTED).astimezone(UTC).isoformat()}'"
    account = ask(DISPUTES, {"query": wanted, "after": cursor.get("after"), "first": 50})[
        "shopifyPaymentsAccount"
    ]
    if account is None:
        return Page([], {})
    page, currency = account["disputes"], account["defaultCurrency"]
    for row in page["nodes"]:
        if order := row.get("order"):
            cut: list[str] = []
            order["transactions"] = transactions(order, ask, PAID_WITH, cut)
            if cut:
                # Which payment it is of nobody can tell.
                order["transactions"] = []
    items = [_item("disputes", {**row, "account_currency": currency}) for row in page["nodes"]]
    if page["pageInfo"]["hasNextPage"]:
        return Page(items, {"after": page["pageInfo"]["endCursor"]}, more=True)
    return Page(items, {})


def _members(ask: Ask, row: dict[str, Any]) -> list[dict[str, Any]]:
    wanted, after, found = f"payments_transfer_id:{row['legacyResourceId']}", None, []
    walk = Walk(f"Shopify: parts of the payout {row['id']}", _PAGES)
    while True:
        page = ask(MEMBERS, {"query": wanted, "after": after, "first": _MEMBERS})["shopifyPaymentsAccount"]
        rows = page["balanceTransactions"]
        # The payout itself is none of its parts, whatever the search takes for one.
        found += [
            m
            for m in walk.fresh(rows["nodes"], lambda m: str(m["id"]))
            if m["type"] != "TRANSFER" and m["associatedPayout"]["id"] == row["id"]
        ]
        if not rows["pageInfo"]["hasNextPage"]:
            return found
        after = walk.onward(rows["pageInfo"]["endCursor"])


def _with_refunds(ask: Ask, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Movements that give something back, with the refund that they are of and the payment that it gives back."""
    back = [r for r in rows if r["type"] in ("REFUND", "REFUND_FAILURE") and r["associatedOrder"]]
    ids = sorted({r["associatedOrder"]["id"] for r in back})
    of_transaction: dict[str, tuple[str, str]] = {}
    cut: dict[str, str] = {}
    for first in range(0, len(ids), _ORDERS):
        for order in ask(GIVEN_BACK, {"ids": ids[first : first + _ORDERS]})["nodes"]:
            if order:
                of_transaction |= _given_back(ask, order, cut)
    for row in back:
        made = str(row["sourceOrderTransactionId"])
        refund_id, parent = of_transaction.get(made, ("", ""))
        row.update({k: v for k, v in (("refund", refund_id), ("payment", parent)) if v})
        if made not in of_transaction and row["associatedOrder"]["id"] in cut:
            row["cut"] = cut[row["associatedOrder"]["id"]]
    return rows


def _given_back(ask: Ask, order: dict[str, Any], cut: dict[str, str]) -> dict[str, tuple[str, str]]:
    """By the number of a transaction: the refund that it is of, and the payment that it gives back. Of an order with more refunds than Shopify
    gives, `cut` says so."""
    found: dict[str, tuple[str, str]] = {}
    lacks: list[str] = []
    for refund in refunds(order, ask, MOST_REFUNDS, lacks, GIVEN_BACK_BY, {}):
        turned("refund", refund, {"transactions": (BACK, "")}, ask)
        for made in refund["transactions"]["nodes"]:
            parent = (made.get("parentTransaction") or {}).get("id") or ""
            found[made["id"].rpartition("/")[2]] = (refund["id"], parent)
    if lacks:
        cut[order["id"]] = "; ".join(lacks)
    return found


def _settled(row: dict[str, Any]) -> dict[str, Any]:
    """Without the payout that it is to be in, which is not known at first; a transfer is the payout."""
    if row["type"] == "TRANSFER" or (row["type"].startswith("TRANSFER") and row["sourceType"] != "TRANSFER"):
        return row
    return {k: v for k, v in row.items() if k != "associatedPayout"}


def _item(stream: str, node: dict[str, Any]) -> Item:
    raw = json.dumps(node, sort_keys=True, separators=(",", ":"), default=str).encode()
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, str(node["id"]), f"{stream}:{node['id']}:{digest}", raw)
