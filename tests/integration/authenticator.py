"""An authenticator in software: makes passkeys and signs with them, as a browser hands it on (WebAuthn)."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url


class Authenticator:
    """One device with one passkey. `verifies`: it asks for a finger or a PIN; `counts`: it counts its uses."""

    def __init__(self, origin: str, *, verifies: bool = True, counts: bool = True) -> None:
        self.origin, self.verifies, self.counts = origin, verifies, counts
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.count = secrets.token_bytes(16), 0

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, host: str, attested: bytes = b"") -> bytes:
        flags = 0x01 | (0x04 if self.verifies else 0) | (0x40 if attested else 0)
        self.count += 1 if self.counts else 0
        return (
            hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + attested
        )

    def make(self, options: str) -> dict[str, Any]:
        told = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(told["rp"]["id"], attested)
        client = self._client("webauthn.create", told["challenge"])
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {"clientDataJSON": bytes_to_base64url(client), "attestationObject": bytes_to_base64url(statement)}
        )

    def use(self, options: str) -> dict[str, Any]:
        told = json.loads(options)
        data = self._data(told["rpId"])
        client = self._client("webauthn.get", told["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": bytes_to_base64url(client), "authenticatorData": bytes_to_base64url(data),
             "signature": bytes_to_base64url(signed), "userHandle": None}
        )  # fmt: skip

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        named = bytes_to_base64url(self.id)
        return {
            "id": named,
            "rawId": named,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
