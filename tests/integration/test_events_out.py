"""An event arrives as the reference libraries of CloudEvents and of Standard Webhooks take one, however old what it tells is."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import Webhook, WebhookVerificationError

from tests.published.replay import Answer, Asked, Replay
from tieout.connector_api import OutcomeStatus, Sending, SystemConfig
from tieout.documents import EventOut
from tieout.operations.discover import discover

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
EVENT = EventOut(
    type="com.meridian.payout", subject="po_1", time="2026-10-05T12:00:00+00:00", data={"amount": "12.50"}
)


def _sent(secret: str = SECRET) -> Asked:
    with Replay({("POST", "/hook"): Answer(b"", 202)}) as there:
        given = {"url": f"{there.url}/hook", "secret": secret, "source": "urn:tieout"}
        session = discover()["cloudevents"].open(SystemConfig("events", "cloudevents", "test", given))
        (outcome,) = session.send([Sending("tieout.e_1", EVENT)])
        session.close()
    assert outcome.status == OutcomeStatus.CONFIRMED
    (asked,) = there.asked
    return asked


def test_the_signature_is_of_now_though_the_event_is_not() -> None:
    asked = _sent()
    assert Webhook(SECRET).verify(asked.body, dict(asked.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(bytes(24)).decode()).verify(asked.body, dict(asked.headers))


def test_the_event_is_one_in_structured_mode() -> None:
    asked = _sent()
    event = from_structured_event(HTTPMessage(headers=dict(asked.headers), body=asked.body), JSONFormat())
    assert event.get_id() == "tieout.e_1" == asked.headers["webhook-id"]
    assert (event.get_source(), event.get_type(), event.get_subject()) == ("urn:tieout", EVENT.type, "po_1")
    assert event.get_time() == datetime.fromisoformat(EVENT.time) and event.get_data() == EVENT.data


def test_a_secret_that_is_none_is_told_when_the_system_is_opened() -> None:
    with pytest.raises(ValueError, match="goes on in base64"):
        _sent("whsec_?")
