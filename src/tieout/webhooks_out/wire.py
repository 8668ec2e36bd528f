"""Sends one event: signed by the Standard Webhooks (https://www.standardwebhooks.com), to an address that was looked at."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx2

from tieout.connector_api import AddressError, Network, Reached, named, reach, wait_asked

_TIMEOUT_S = 10.0
PREFIX = "whsec_"


@dataclass(frozen=True)
class Sent:
    """What became of it: `taken` by a 2xx; `gone` where its receiver wants no more (410); `after_s` is how long it asks
    to be left alone, None where it does not say."""

    taken: bool
    status: str
    gone: bool = False
    after_s: float | None = None


def signature_of(secret: str, number: str, at: int, body: bytes) -> str:
    """The header webhook-signature. `secret` is whsec_ and base64; `at` are seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{number}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def send_event(
    url: str, secret: str, number: str, body: bytes, now: datetime, private: Sequence[Network] = ()
) -> Sent:
    """Send it once. Never raises for what the other side does."""
    at = int(now.timestamp())
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": number,
        "webhook-timestamp": str(at),
        "webhook-signature": signature_of(secret, number, at, body),
        "user-agent": "Tieout",
    }
    try:
        there = reach(url, private)
        return post(there, headers, body)
    except AddressError as error:
        return Sent(False, str(error)[:300])
    except (httpx2.HTTPError, OSError, ValueError) as error:
        return Sent(False, f"no answer: {type(error).__name__}")


def post(there: Reached, headers: dict[str, str], body: bytes) -> Sent:
    """Send bytes to where an address leads, once; redirects are not followed. Raises httpx2.HTTPError."""
    sent = {**headers, "host": named(there)}
    # trust_env=False: a proxy of the environment would look the name up once more.
    with (
        httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as http,
        http.stream(
            "POST", there.direct, content=body, headers=sent, extensions={"sni_hostname": there.host}
        ) as reply,
    ):
        # Its answer is not read: nothing of it is of use, and it may be endless.
        taken, said = 200 <= reply.status_code < 300, f"HTTP {reply.status_code}"
        after = None if taken else wait_asked(reply.headers)
        return Sent(taken, said, reply.status_code == 410, after)
