"""What we sign is verified by the reference library of Standard Webhooks, and its published vector is ours."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from tieout.connector_api.signing import PREFIX, webhook_headers, webhook_key

# The vector of the reference libraries' tests (github:standard-webhooks/standard-webhooks, libraries/python/tests, MIT).
_SECRET, _ID, _AT, _BODY = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'  # fmt: skip
_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector() -> None:
    headers = webhook_headers(PREFIX + _SECRET, _ID, _AT, _BODY)
    assert headers == {"webhook-id": _ID, "webhook-timestamp": str(_AT), "webhook-signature": _SIGNATURE}


@given(key=st.binary(min_size=24, max_size=64), message=st.dictionaries(st.text(), st.text(), max_size=3))
def test_the_reference_library_verifies_whatever_is_signed(key: bytes, message: dict[str, str]) -> None:
    secret, body = PREFIX + base64.b64encode(key).decode(), json.dumps(message).encode()
    headers = webhook_headers(secret, "tieout.e_1", int(time.time()), body)
    assert Webhook(secret).verify(body, headers) == message
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


def test_what_was_signed_long_ago_is_too_old_there() -> None:
    headers = webhook_headers(PREFIX + _SECRET, _ID, _AT, _BODY)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(PREFIX + _SECRET).verify(_BODY, headers)


def test_a_text_without_the_prefix_is_the_key_itself() -> None:
    assert webhook_key("plain text") == b"plain text"


def test_a_prefix_before_what_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="goes on in base64"):
        webhook_key("whsec_not base64!")
