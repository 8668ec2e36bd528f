"""Who sent a webhook: `Stripe-Signature` (docs.stripe.com/webhooks).

Checked here and not by the official library, since that one reads the machine's clock: tolerance follows the injected clock.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tieout.connector_api import SignatureError

# As Stripe's own libraries have it.
_TOLERANCE = timedelta(minutes=5)


# Seconds of this century: a longer number, or digits of another script, are nobody's clock.
_SECONDS = re.compile(r"[0-9]{1,11}")


class Signatures:
    """Checks `Stripe-Signature` against any of the secrets (two are valid while one rotates)."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Each key is worked in once, and not for each push.
        self._keyed = [hmac.new(secret.encode(), digestmod=hashlib.sha256) for secret in secrets]

    def verify(self, header: str, body: bytes, now: datetime) -> None:
        """Raises SignatureError where it is missing, wrong, or older than five minutes at `now`."""
        stamp, signatures = _read(header)
        signed = b"%b.%b" % (stamp.encode(), body)
        for keyed in self._keyed:
            made = keyed.copy()
            made.update(signed)
            expected = made.hexdigest().encode()
            for signature in signatures:
                if hmac.compare_digest(expected, signature.encode()):
                    _check_age(stamp, now)
                    return
        raise SignatureError("the signature is not by any of the secrets of this interface")


def _read(header: str) -> tuple[str, list[str]]:
    """The instant and the signatures of its scheme. Raises SignatureError."""
    stamp: str | None = None
    signatures = []
    for part in header.split(","):
        name, _, value = part.partition("=")
        name = name.strip()
        if name == "v1":
            signatures.append(value)
        elif name == "t" and stamp is None:
            stamp = value
    if not signatures or stamp is None or not _SECONDS.fullmatch(stamp):
        raise SignatureError("the Stripe-Signature header is missing or has no t and v1")
    return stamp, signatures


def _check_age(stamp: str, now: datetime) -> None:
    age = now - datetime.fromtimestamp(int(stamp), UTC)
    if abs(age) > _TOLERANCE:
        raise SignatureError(f"the signature is {age} old; 5 minutes are allowed")
