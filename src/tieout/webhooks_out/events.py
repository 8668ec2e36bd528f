"""What is told: entries of the sealed evidence, as CloudEvents 1.0 (https://cloudevents.io)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.cases import STAMP

# Action of the evidence: what it means. What is about people's signing in is told to nobody outside.
TYPES: dict[str, str] = {
    "case.opened": "an exception, with its cause and what is at risk",
    "case.changed": "its amount or its words are others by now",
    "case.solved": "it is settled, and how",
    "document.posted": "a document stands in the ledger, read back",
    "document.excluded": "a document was left out for a reason",
    "approval.requested": "somebody must decide",
    "approval.void": "what was asked is not asked any more",
    "match.made": "a person matched open lines",
    "match.undone": "a match was taken apart",
    "payment_run.proposed": "a payment run waits for its release",
    "close.prepared": "the first person signed a task",
    "close.signed": "the second person signed a task",
    "close.revoked": "late data took a signature back",
    "close.locked": "the books were locked",
    "interface.paused": "nothing is taken from an interface",
    "interface.resumed": "it goes on",
    "interface.replayed": "a range was reprocessed",
    "extract.made": "an extract of a period was made",
    "alert.raised": "something is wrong: what, the money at risk, what to do",
    "alert.cleared": "it is not any more",
    "release.activated": "the project's files are others",
    "origin.declared": "somebody declares what is made in the ledger by intent, and what that leaves unseen",
    "origin.changed": "such a declaration is another",
    "origin.ended": "such a declaration holds no more",
}


@dataclass(frozen=True)
class Event:
    """One entry to tell: `number` is its place in the sealed log, and its id."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    entity: str
    detail: dict[str, Any]

    @property
    def type(self) -> str:
        """Its type as receivers subscribe to it."""
        return f"tieout.{self.action}"


def event_of(event: Event, source: str) -> bytes:
    """The event as structured CloudEvents JSON; the same bytes however often it is told."""
    told = {
        "specversion": "1.0",
        "id": str(event.number),
        "source": source,
        "type": event.type,
        "subject": event.subject,
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        # What shows us that we wrote it is nobody else's.
        "data": {
            "entity": event.entity,
            "by": event.actor,
            **{k: v for k, v in event.detail.items() if k != STAMP},
        },
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
