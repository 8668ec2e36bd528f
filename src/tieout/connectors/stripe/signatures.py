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


def verify_signature(header: str, body: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Check `Stripe-Signature` against any of the secrets (two are valid while one rotates).

    Raises SignatureError where it is missing, wrong, or older than five minutes.
    """
    parts = [p.partition("=") for p in header.split(",")]
    stamps = [v for k, _, v in parts if k.strip() == "t"]
    signatures = [v for k, _, v in parts if k.strip() == "v1"]
    # Seconds of this century: a longer number, or digits of another script, are nobody's clock.
    if not stamps or not signatures or not re.fullmatch(r"[0-9]{1,11}", stamps[0]):
        raise SignatureError("the Stripe-Signature header is missing or has no t and v1")
    for secret in secrets:
        signed = f"{stamps[0]}.".encode() + body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(expected.encode(), s.encode()) for s in signatures):
            age = now - datetime.fromtimestamp(int(stamps[0]), UTC)
            if abs(age) > _TOLERANCE:
                raise SignatureError(f"the signature is {age} old; 5 minutes are allowed")
            return
    raise SignatureError("the signature is not by any of the secrets of this interface")
