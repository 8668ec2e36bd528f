"""The signer of tree heads. Its key lives in a file outside the database, mode 0600."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tieout.settings.key_files import made_once


def head_bytes(tree_size: int, root_hash: bytes, signed_at: datetime, key_id: str) -> bytes:
    """What a head's signature runs over."""
    return json.dumps(
        {
            "tree_size": tree_size,
            "root_hash": root_hash.hex(),
            "signed_at": signed_at.isoformat(),
            "key_id": key_id,
        },
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


class Signer:
    """Signs with Ed25519 (RFC 8032). `key_id` is the head of the public key's hash."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature (RFC 8032)."""
        return self._key.sign(message)


def load_or_make_signer(path: Path) -> Signer:
    """The signer whose private key is in `path` (mode 0600), made at the first start: whole, or not at all."""
    return Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(made_once(path, _new_key))))


def _new_key() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
