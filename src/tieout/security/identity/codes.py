"""One-time codes by time (TOTP, RFC 6238: thirty seconds, six digits) and recovery codes. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp

STEP_S = 30
RECOVERY_CODES = 10


def new_secret() -> str:
    """A secret of 160 bits in base 32, as authenticator apps take it."""
    return pyotp.random_base32(32)


def uri(secret: str, person: str, issuer: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime, last: int) -> int | None:
    """The time step of a right code that is newer than `last`, one step early or late allowed; else None.

    The caller keeps the step that was taken, so that no code serves twice.
    """
    text = re.sub(r"\s", "", code)
    if not re.fullmatch(r"\d{6}", text):
        return None
    current, totp = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret)
    for step in (current, current - 1, current + 1):
        if step > last and hmac.compare_digest(totp.generate_otp(step), text):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits each, such as `k3zt-9qmd-…`: each serves once."""
    codes = []
    for _ in range(RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        codes.append("-".join(text[i : i + 4] for i in range(0, 16, 4)))
    return codes


def recovery_handle(person: str, code: str) -> str:
    """The hash by which a recovery code is kept: 80 random bits need no slow one."""
    plain = re.sub(r"[^a-z2-7]", "", code.casefold())
    return hashlib.sha256(f"{person}\x1f{plain}".encode()).hexdigest()
