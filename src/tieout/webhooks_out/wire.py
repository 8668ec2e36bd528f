"""Sends one event: signed by the Standard Webhooks (https://www.standardwebhooks.com), to an address that was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx2

from tieout.connector_api import AddressError, Network, Reached, named, reach, wait_asked
from tieout.connector_api.signing import webhook_headers

_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Sent:
    """What became of it: `taken` by a 2xx; `gone` where its receiver wants no more (410); `after_s` is how long it asks
    to be left alone, None where it does not say."""

    taken: bool
    status: str
    gone: bool = False
    after_s: float | None = None


def send_event(
    url: str, secret: str, number: str, body: bytes, now: datetime, private: Sequence[Network] = ()
) -> Sent:
    """Send it once. Never raises for what the other side does."""
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        **webhook_headers(secret, number, int(now.timestamp()), body),
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
