"""Tells others' programs of what happens: signed webhooks out (Standard Webhooks, CloudEvents)."""

from tieout.webhooks_out.events import TYPES, Event, event_of
from tieout.webhooks_out.service import (
    Subscription,
    TellingError,
    end_subscription,
    subscribe,
    subscriptions,
)
from tieout.webhooks_out.stage import WebhookStage
from tieout.webhooks_out.wire import Sent, post, send_event

__all__ = [
    "TYPES",
    "Event",
    "Sent",
    "Subscription",
    "TellingError",
    "WebhookStage",
    "end_subscription",
    "event_of",
    "post",
    "send_event",
    "subscribe",
    "subscriptions",
]
