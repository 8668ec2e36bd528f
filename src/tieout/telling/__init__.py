"""Tells others' programs of what happens: signed webhooks out (Standard Webhooks, CloudEvents)."""

from tieout.telling.events import TYPES, Event, event_of
from tieout.telling.service import (
    Subscription,
    TellingError,
    end_subscription,
    subscribe,
    subscriptions,
)
from tieout.telling.stage import TellingStage
from tieout.telling.wire import Sent, post, send_event, signature_of

__all__ = [
    "TYPES",
    "Event",
    "Sent",
    "Subscription",
    "TellingError",
    "TellingStage",
    "end_subscription",
    "event_of",
    "post",
    "send_event",
    "signature_of",
    "subscribe",
    "subscriptions",
]
