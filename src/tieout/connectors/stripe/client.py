"""Stripe on the wire: signed webhooks, paged lists, reports.

References: docs.stripe.com/webhooks (signatures), docs.stripe.com/api/balance_transactions,
docs.stripe.com/reports/api. Signatures are checked here and not by the official library, since
that one reads the machine's clock: tolerance follows the injected clock.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import msgspec

from tieout.connector_api import (
    ControlTotal,
    Item,
    Page,
    SetupError,
    SignatureError,
    SystemConfig,
    TransientError,
    http_client,
    json_of,
    patiently,
    wait_asked,
)

# As Stripe's own libraries have it (docs.stripe.com/webhooks).
_TOLERANCE = timedelta(minutes=5)
_BALANCE = "balance.summary.1"
_REPORTS = ("balance_change_from_activity.summary.1", "payouts.summary.1")
# A dispute changes for months after it was opened: its window is as long.
_DISPUTE_WINDOW = timedelta(days=120)


def open_session(config: SystemConfig) -> StripeSession:
    """A session by API key; `webhook_secrets` may hold several, parted by blanks, while one is being rolled."""
    return StripeSession(config.text("url"), config.text("key"), config.text("webhook_secrets").split())


class StripeSession:
    """Poller, WebhookReceiver, ControlTotals and Balances."""

    provider = "stripe"

    def __init__(self, url: str, key: str, secrets: list[str]) -> None:
        self._secrets = secrets
        self._http = http_client(
            base_url=url.rstrip("/"), timeout=40, headers={"Authorization": f"Bearer {key}"}
        )

    def _get(self, path: str, params: dict[str, Any] | None = None) -> httpx2.Response:
        return self._ask("GET", path, params)

    def _ask(self, method: str, path: str, params: dict[str, Any] | None = None) -> httpx2.Response:
        return patiently(lambda: self._once(method, path, params))

    def _once(self, method: str, path: str, params: dict[str, Any] | None) -> httpx2.Response:
        given: dict[str, Any] = {"params" if method == "GET" else "data": params or {}}
        try:
            reply = self._http.request(method, path, **given)
        except httpx2.HTTPError as error:
            raise TransientError(f"Stripe {path}: {error!r}") from None
        if reply.status_code == 429:
            raise TransientError(f"Stripe {path}: too many requests", wait_asked(reply.headers))
        if reply.status_code in (401, 403):
            raise SetupError(
                f"Stripe refuses the key ({reply.status_code}): give the restricted key rights "
                f"to read balance, payouts, disputes and reports"
            )
        if reply.status_code >= 500:
            raise TransientError(f"Stripe {path}: status {reply.status_code}", wait_asked(reply.headers))
        if reply.status_code >= 400:
            raise SetupError(f"Stripe {path}: {reply.status_code} {reply.text[:200]}")
        return reply

    def check(self) -> str:
        """What this is, in a line."""
        balance = _json(self._get("/v1/balance"))
        mode = "live" if balance.get("livemode") else "test"
        return f"Stripe, {mode} mode"

    # Poller

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        """A page of balance transactions or payouts from `overlap_minutes` (120) before what was seen last;
        of disputes always all of the last days, since Stripe lists them by the day they were opened and
        not by their last change."""
        overlap = timedelta(minutes=int(cursor.get("options", {}).get("overlap_minutes", 120)))
        since = cursor.get("since")
        start = int(since) - int(overlap.total_seconds()) if since else 0
        if stream == "balance_transactions":
            return self._poll_transactions(cursor, start)
        if stream == "payouts":
            return self._poll_payouts(cursor, start)
        start = int((now - _DISPUTE_WINDOW).timestamp())
        rows = self._all("/v1/disputes", {"created[gte]": start})
        items = [_item("disputes", r["id"], r) for r in rows]
        return Page(items, {})

    def _poll_transactions(self, cursor: dict[str, Any], start: int) -> Page:
        # By creation, since a balance transaction never changes. With its source, which names order and
        # charge: without it each row would be a call more.
        params = {"limit": 100, "created[gte]": start, "expand[]": "data.source"}
        if cursor.get("after"):
            params["starting_after"] = cursor["after"]
        page = _json(self._get("/v1/balance_transactions", params))
        rows = page["data"]
        items = [_item("balance_transactions", r["id"], r) for r in rows]
        newest = max([cursor.get("newest", 0), *(r["created"] for r in rows)])
        if page["has_more"]:
            ahead = {"since": cursor.get("since"), "after": rows[-1]["id"], "newest": newest}
            return Page(items, ahead, more=True)
        return Page(items, {"since": max(newest, int(cursor.get("since") or 0))})

    def _poll_payouts(self, cursor: dict[str, Any], start: int) -> Page:
        items, newest = [], int(cursor.get("since") or 0)
        for payout in self._all("/v1/payouts", {"created[gte]": start}):
            newest = max(newest, payout["created"])
            # Stripe lists what a payout is made of for automatic ones only.
            if not payout["automatic"]:
                continue
            rows = self._all("/v1/balance_transactions", {"payout": payout["id"]})
            body = {
                "payout": payout,
                # The payout's own movement stands in its list, and is none of what it pays out.
                "transactions": [r["id"] for r in rows if r["type"] != "payout"],
            }
            items.append(_item("payouts", payout["id"], body))
        return Page(items, {"since": newest})

    def _all(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            given = {"limit": 100, **params}
            if rows:
                given["starting_after"] = rows[-1]["id"]
            page = _json(self._get(path, given))
            rows += page["data"]
            if not page["has_more"]:
                return rows

    # WebhookReceiver

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        """One item for a signed event: it wakes a poll, and nothing of it is booked. Raises SignatureError,
        also for a signature too old at `now`, and ValueError."""
        verify_signature(headers.get("stripe-signature", ""), body, self._secrets, now)
        event = msgspec.json.decode(body)
        if not isinstance(event, dict) or "id" not in event or "type" not in event:
            raise ValueError("a Stripe event is a JSON object with id and type")
        return [Item("event:" + str(event["type"]), str(event["id"]), f"event:{event['id']}", body)]

    # ControlTotals

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Counts and nets by reporting category, from Stripe's own summary reports."""
        totals = []
        for report in _REPORTS:
            for row in csv.DictReader(io.StringIO(self._report(report, start, end))):
                net = Decimal(row["net"])
                totals.append(
                    ControlTotal(
                        currency=row["currency"].upper(),
                        group=row["reporting_category"],
                        count=int(row["count"]),
                        debit=max(net, Decimal(0)),
                        credit=max(-net, Decimal(0)),
                        reference=report,
                    )
                )
        return totals

    def balances(self, at: datetime) -> dict[str, Decimal]:
        """Available, pending and reserved together, as Stripe's balance summary ends."""
        text = self._report(_BALANCE, at - timedelta(days=1), at)
        return {
            row["currency"].upper(): Decimal(row["net_amount"])
            for row in csv.DictReader(io.StringIO(text))
            if row["category"] == "ending_balance"
        }

    def _report(self, report: str, start: datetime, end: datetime) -> str:
        asked = self._ask(
            "POST",
            "/v1/reporting/report_runs",
            {
                "report_type": report,
                "parameters[interval_start]": int(start.timestamp()),
                "parameters[interval_end]": int(end.timestamp()),
            },
        )
        run = _json(asked)
        # A report is made in Stripe's own time: five minutes of asking, then the lane waits.
        for _ in range(600):
            if run["status"] == "succeeded":
                return self._get(f"/v1/files/{run['result']['id']}/contents").text
            if run["status"] == "failed":
                raise SetupError(f"Stripe report {report} failed: {run.get('error')}")
            time.sleep(0.5)
            run = _json(self._get(f"/v1/reporting/report_runs/{run['id']}"))
        raise TransientError(f"Stripe report {report} does not finish")

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()


def verify_signature(header: str, body: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Check `Stripe-Signature` against any of the secrets (two are valid while one rotates).

    Raises SignatureError where it is missing, wrong, or older than five minutes.
    """
    parts = [p.partition("=") for p in header.split(",")]
    stamps = [v for k, _, v in parts if k.strip() == "t"]
    signatures = [v for k, _, v in parts if k.strip() == "v1"]
    # Seconds of this century: a longer number, or digits of another script, are nobody's clock.
    if not stamps or not signatures or not re.fullmatch(r"[0-9]{1,11}", stamps[0]):
        raise SignatureError("the Stripe-Signature header is missing or has no t and v1")
    for secret in secrets:
        signed = f"{stamps[0]}.".encode() + body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(expected.encode(), s.encode()) for s in signatures):
            age = now - datetime.fromtimestamp(int(stamps[0]), UTC)
            if abs(age) > _TOLERANCE:
                raise SignatureError(f"the signature is {age} old; 5 minutes are allowed")
            return
    raise SignatureError("the signature is not by any of the secrets of this interface")


def _json(reply: httpx2.Response) -> Any:
    # No amount has a point: all are whole minor units. What has one (an exchange rate, which nothing reads) is written again as
    # it was until now, so that the hash of an item that is known stays its hash.
    return json_of(reply, "Stripe", numbers=float)


def _item(stream: str, key: str, body: dict[str, Any]) -> Item:
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    # Equal bytes are the same item, read in however many overlapping polls; any change makes another.
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return Item(stream, key, f"{stream}:{key}:{digest}", raw)
