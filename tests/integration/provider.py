"""An OpenID provider of a company, over HTTP: whoever comes is the one who is at the keyboard."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tieout_sandbox.simkit import NONE, Answer, Faults


class OpenIdProvider:
    """`tamper` changes the claims of the next tokens; `sign_with` the key that signs them."""

    name = "provider"

    def __init__(self, issuer: str, now: Any) -> None:
        self.issuer, self._now, self.faults = issuer, now, Faults(NONE, 0)
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.sign_with: Any = self.key
        self.header = {"alg": "RS256", "kid": "k1"}
        self.unsigned = False
        self.tamper: dict[str, Any] = {}
        self.person: dict[str, Any] = {}
        self.asked: dict[str, dict[str, str]] = {}
        self.discovered = issuer
        self.key_reads = 0

    def sign_in(self, address: str, **person: Any) -> tuple[str, str]:
        """Somebody signs in at the address to which they were sent: (state, code)."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        self.person = person
        return asked["state"], code

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/.well-known/openid-configuration":
            found: Any = {
                "issuer": self.discovered, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            }  # fmt: skip
        elif path == "/keys":
            self.key_reads += 1
            found = {"keys": [self.key.as_dict(private=False)]}
        elif path == "/token":
            found = self._token({k: v[0] for k, v in parse_qs(body.decode()).items()})
            if found is None:
                return Answer(400, b'{"error": "invalid_grant"}')
        else:
            return Answer(404, b"{}")
        return Answer(200, json.dumps(found).encode())

    def _token(self, form: dict[str, str]) -> dict[str, Any] | None:
        asked = self.asked.pop(form["code"], None)
        shown = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        if asked is None or shown != asked["code_challenge"] or form["client_secret"] != "s":
            return None
        at = int(self._now().timestamp())
        claims = {
            "iss": self.issuer, "aud": asked["client_id"], "sub": "u-1", "iat": at, "exp": at + 300,
            "nonce": asked["nonce"], **self.person, **self.tamper,
        }  # fmt: skip
        claims = {k: v for k, v in claims.items() if v is not None}
        if self.unsigned:
            return {"id_token": f"{_part({'alg': 'none'})}.{_part(claims)}."}
        return {"id_token": jwt.encode(self.header, claims, self.sign_with)}

    def refuse(self, fault: str) -> Answer:
        return Answer(500, b"{}")

    def writes(self, method: str, path: str) -> bool:
        return False


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
