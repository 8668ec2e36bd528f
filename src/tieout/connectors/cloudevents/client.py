"""CloudEvents 1.0 in structured mode, signed as Standard Webhooks asks.

The id of an event is its external id: "producers must ensure that source + id is unique for
each distinct event", and a receiver may take an equal pair for a repeat; so sending again after
an unknown outcome has one effect.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import httpx2

from tieout.connector_api import (
    Outcome,
    OutcomeStatus,
    Sending,
    SetupError,
    SystemConfig,
    TransientError,
    UnknownOutcomeError,
    system_client,
    wait_asked,
)
from tieout.connector_api.signing import webhook_headers, webhook_key
from tieout.documents import EventOut


def open_session(config: SystemConfig) -> CloudEventsSession:
    """A session for one address and its secret. Nothing is sent to it yet. Raises ValueError for a secret that is none."""
    webhook_key(config.text("secret"))
    http = system_client(config, timeout=20)
    return CloudEventsSession(http, config.text("url"), config.text("secret"), config.text("source"))


class CloudEventsSession:
    """Writer."""

    def __init__(self, http: httpx2.Client, url: str, secret: str, source: str) -> None:
        self._http, self._url, self._secret, self._source = http, url, secret, source

    def check(self) -> str:
        """Where events go, in a line: nothing is sent to try it."""
        return f"CloudEvents to {self._url}"

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Post each event by itself, in order. Raises TransientError and SetupError of the first that fails:
        those before it arrived, and a repeat of them is known by its `webhook-id`."""
        return [self._one(sending) for sending in batch]

    def _one(self, sending: Sending) -> Outcome:
        body = sending.body
        assert isinstance(body, EventOut)
        event = {
            "specversion": "1.0",
            "id": sending.external_id,
            "source": self._source,
            "type": body.type,
            "subject": body.subject,
            "time": body.time,
            "datacontenttype": "application/json",
            "data": body.data,
        }
        raw = json.dumps(event, sort_keys=True).encode()
        # The machine's clock: a receiver refuses what was signed minutes ago, and an event may be days old.
        signed = webhook_headers(self._secret, sending.external_id, int(time.time()), raw)
        headers = {"content-type": "application/cloudevents+json; charset=utf-8", **signed}
        try:
            reply = self._http.post(self._url, content=raw, headers=headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise TransientError(f"event sink: {error!r}") from None
        except httpx2.HTTPError as error:
            raise UnknownOutcomeError(f"event sink: {error!r}") from None
        if reply.status_code in (401, 403):
            raise SetupError("the event sink refuses the signature: check the secret")
        if reply.status_code == 429 or reply.status_code >= 500:
            raise TransientError(f"event sink: status {reply.status_code}", wait_asked(reply.headers))
        if reply.status_code >= 400:
            why = f"the event sink answers {reply.status_code}"
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=why)
        return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, None, "event")

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Sending again is the look-up: the receiver knows the id."""
        return [Outcome(s.external_id, OutcomeStatus.ABSENT) for s in batch]

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._http.close()
