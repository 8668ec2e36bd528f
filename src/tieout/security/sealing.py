"""Secrets that must be read again (a one-time code's, say): AES-256-GCM under a key beside the stamps' own.

What a secret is for is part of what is authenticated: it opens for nothing and nobody else.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tieout.security.stamps import StampError, stamper
from tieout.store import Connection

_NONCE = 12


def seal(connection: Connection, what: str, owner: str, secret: bytes) -> bytes:
    """A secret that can be opened again, for this one purpose alone."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(connection)).encrypt(nonce, secret, _about(what, owner))


def unseal(connection: Connection, what: str, owner: str, sealed: bytes) -> bytes:
    """Raises StampError where the bytes are not what was sealed for this owner."""
    try:
        return AESGCM(_key(connection)).decrypt(sealed[:_NONCE], sealed[_NONCE:], _about(what, owner))
    except InvalidTag:
        raise StampError(f"the {what} of {owner} was not made by us") from None


def _key(connection: Connection) -> bytes:
    return stamper(connection).derived("sealing")


def _about(what: str, owner: str) -> bytes:
    return f"{what}\x1f{owner}".encode()
