"""How what we send is signed: Standard Webhooks 1.0 (https://www.standardwebhooks.com), symmetric signatures of version v1."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


def webhook_key(secret: str) -> bytes:
    """The key of a secret: of one that begins with whsec_ what its base64 says; another text is the key itself, as bytes of
    UTF-8. Raises ValueError for a whsec_ that is no base64."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"a signing secret that begins with {PREFIX} goes on in base64") from None


def webhook_headers(secret: str, message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a message. `message_id` is the same each time it is sent; `at_s` is when it is sent now, in seconds
    since 1970: receivers refuse what is older than some minutes. Raises ValueError as `webhook_key` does."""
    signed = f"{message_id}.{at_s}.".encode() + body
    digest = base64.b64encode(hmac.new(webhook_key(secret), signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{digest}"}
