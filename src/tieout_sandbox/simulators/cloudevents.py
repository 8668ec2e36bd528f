"""A receiver of signed CloudEvents that knows a repeat by its id."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from tieout_sandbox.simkit import NONE, Answer, Faults


class EventSink:
    """`events`: id to the event; `deliveries` counts every accepted post, repeats too."""

    name = "cloudevents"

    def __init__(self, secret: str, faults: Faults | None = None) -> None:
        # As the specification has it: base64 after whsec_.
        self._key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        self.faults = faults or Faults(NONE, 0)
        self.events: dict[str, dict[str, Any]] = {}
        self.deliveries = 0

    def refuse(self, fault: str) -> Answer:
        """429 or 503, to be tried again at once."""
        status = {"too_many": 429}.get(fault, 503)
        return Answer(status, b"", headers={"retry-after": "0"})

    def writes(self, method: str, path: str) -> bool:
        """Every POST: an event whose acceptance is cut off was accepted all the same."""
        return method == "POST"

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """202 for an event with a right signature, 401 else. A repeat of an id is counted in `deliveries` and
        kept once."""
        key, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signed = f"{key}.{stamp}.".encode() + body
        digest = base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()
        if headers.get("webhook-signature") != f"v1,{digest}":
            return Answer(401, b'{"error": "bad signature"}')
        event = json.loads(body)
        self.deliveries += 1
        self.events.setdefault(event["id"], event)
        return Answer(202, b"")
