"""A session with Stripe: what it is asked, and what it pushes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import ControlTotal, Item, Page, SystemConfig
from tieout.connectors.stripe import polling, reports
from tieout.connectors.stripe.signatures import Signatures
from tieout.connectors.stripe.wire import Wire


def open_session(config: SystemConfig) -> StripeSession:
    """A session by API key; `webhook_secrets` may hold several, parted by blanks, while one is being rolled."""
    return StripeSession(Wire(config), config.text("webhook_secrets").split())


class StripeSession:
    """Poller, WebhookReceiver, ControlTotals and Balances."""

    provider = "stripe"

    def __init__(self, wire: Wire, secrets: list[str]) -> None:
        self._wire, self._signatures = wire, Signatures(secrets)

    def check(self) -> str:
        """What this is, in a line."""
        balance = self._wire.read("/v1/balance")
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
            return polling.transactions(self._wire, cursor, start)
        if stream == "payouts":
            return polling.payouts(self._wire, cursor, start, now)
        return polling.disputes(self._wire, cursor, now)

    # WebhookReceiver

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        """One item for a signed event: it wakes a poll, and nothing of it is booked. Raises SignatureError,
        also for a signature too old at `now`, and ValueError."""
        self._signatures.verify(headers.get("stripe-signature", ""), body, now)
        event = msgspec.json.decode(body)
        if not isinstance(event, dict) or "id" not in event or "type" not in event:
            raise ValueError("a Stripe event is a JSON object with id and type")
        return [Item("event:" + str(event["type"]), str(event["id"]), f"event:{event['id']}", body)]

    # ControlTotals

    def control_totals(
        self, streams: Iterable[str], start: datetime, end: datetime, zone: str
    ) -> list[ControlTotal]:
        """Counts and nets by reporting category, from Stripe's own summary reports."""
        return reports.control_totals(self._wire, start, end)

    def balances(self, at: datetime) -> dict[str, Decimal]:
        """Available, pending and reserved together, as Stripe's balance summary ends."""
        return reports.balances(self._wire, at)

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._wire.close()
