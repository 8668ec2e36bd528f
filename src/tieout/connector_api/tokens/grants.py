"""Grants: by what a token is asked for. RFC 6749 (client credentials 4.4, refresh 6, a client's own secret 2.3.1), RFC 7523 (JWT bearer).

A grant says what is sent; it asks nobody (endpoint.py does).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from tieout.connector_api.errors import SetupError
from tieout.connector_api.tokens.keeping import Token

_NOTHING: Mapping[str, str] = {}
# How long an assertion serves: providers take few minutes (Salesforce: three), and clocks differ.
_ASSERTION_S = 120


class Grant(Protocol):
    """By what a token is asked for."""

    @property
    def url(self) -> str:
        """The token endpoint."""
        ...

    @property
    def kind(self) -> str:
        """What RFC 6749 calls it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Tells this grant from every other one, its secrets included, and tells none of them."""
        ...

    def form(self, token: Token | None, now: float) -> dict[str, str]:
        """What is sent, where `token` is kept already. Raises SetupError where it cannot be made."""
        ...

    def headers(self) -> dict[str, str]:
        """Headers that are sent with it."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """What no message may hold."""
        ...

    def remedy(self, lost: bool) -> str:
        """What a person does where the grant is refused (invalid_grant); `lost`: an earlier answer was never kept."""
        ...


@dataclass(frozen=True)
class ClientCredentials:
    """The client's own id and secret (RFC 6749, 4.4), sent in the body or, with `send` "basic", as a header."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    send: str = "body"
    extra: Mapping[str, str] = field(default_factory=dict)
    kind = "client_credentials"

    @property
    def fingerprint(self) -> str:
        """See `Grant`."""
        own = (self.url, self.client_id, self.client_secret, self.scope, self.send)
        return _fingerprint(self.kind, own, self.extra)

    def form(self, token: Token | None, now: float) -> dict[str, str]:
        """See `Grant`."""
        scope = {"scope": self.scope} if self.scope else {}
        return {"grant_type": self.kind, **_client(self, self.send), **scope, **self.extra}

    def headers(self) -> dict[str, str]:
        """See `Grant`."""
        return _basic(self, self.send)

    def secrets(self) -> tuple[str, ...]:
        """See `Grant`."""
        return (self.client_secret,)

    def remedy(self, lost: bool) -> str:
        """See `Grant`."""
        return "check client id and secret, and that somebody is named there whom the client acts as, where that is asked for"


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token that a person's consent gave (RFC 6749, 6). Each answer may bring another one (RFC 9700, 4.14.2): that one is
    kept and sent next; the one of the settings serves until the first answer."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: str = ""
    send: str = "body"
    extra: Mapping[str, str] = field(default_factory=dict)
    kind = "refresh_token"

    @property
    def fingerprint(self) -> str:
        """See `Grant`."""
        own = (self.url, self.client_id, self.client_secret, self.refresh_token, self.scope, self.send)
        return _fingerprint(self.kind, own, self.extra)

    def form(self, token: Token | None, now: float) -> dict[str, str]:
        """See `Grant`."""
        newest = token.refresh if token is not None and token.refresh else self.refresh_token
        scope = {"scope": self.scope} if self.scope else {}
        given = {"grant_type": self.kind, "refresh_token": newest}
        return {**given, **_client(self, self.send), **scope, **self.extra}

    def headers(self) -> dict[str, str]:
        """See `Grant`."""
        return _basic(self, self.send)

    def secrets(self) -> tuple[str, ...]:
        """See `Grant`."""
        return (self.client_secret, self.refresh_token)

    def remedy(self, lost: bool) -> str:
        """See `Grant`."""
        if lost:
            return (
                "the answer to an earlier renewal was lost before it could be kept, and the refresh token before it is not "
                "taken any more: connect anew there, and put the new refresh token into the system's settings"
            )
        return (
            "the refresh token ended, was revoked, or was used by somebody else (another environment with the same one, a database "
            "that was restored): connect anew there, and put the new refresh token into the system's settings"
        )


@dataclass(frozen=True)
class JwtBearer:
    """An assertion that a private key signs (RFC 7523, 2.1): `issuer` is the client's id, `subject` who is acted as. `private_key` is
    PEM: RSA (RS256) or P-256 (ES256)."""

    url: str
    issuer: str
    subject: str
    audience: str
    private_key: str = field(repr=False)
    scope: str = ""
    key_id: str = ""
    kind = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    @property
    def fingerprint(self) -> str:
        """See `Grant`."""
        own = (self.url, self.issuer, self.subject, self.audience, self.private_key, self.scope, self.key_id)
        return _fingerprint(self.kind, own, _NOTHING)

    def form(self, token: Token | None, now: float) -> dict[str, str]:
        """See `Grant`. Raises SetupError where the key signs nothing."""
        scope = {"scope": self.scope} if self.scope else {}
        return {"grant_type": self.kind, "assertion": self._assertion(now), **scope}

    def headers(self) -> dict[str, str]:
        """See `Grant`."""
        return {}

    def secrets(self) -> tuple[str, ...]:
        """See `Grant`."""
        return (self.private_key,)

    def remedy(self, lost: bool) -> str:
        """See `Grant`."""
        return (
            f"check that the app has this key's certificate, that {self.subject or 'the subject'} is let in for it, that "
            f"the audience is {self.audience}, and this machine's clock"
        )

    def _assertion(self, now: float) -> str:
        # A setting of one line writes its line breaks as \n.
        text = self.private_key.replace("\\n", "\n").encode()
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.audience,
            "iat": int(now),
            "exp": int(now) + _ASSERTION_S,
            "jti": secrets.token_hex(16),
        }
        named = {"kid": self.key_id} if self.key_id else {}
        for sort, algorithm in ((RSAKey, "RS256"), (ECKey, "ES256")):
            try:
                key = sort.import_key(text)
                return jwt.encode(
                    {"alg": algorithm, "typ": "JWT", **named}, claims, key, algorithms=[algorithm]
                )
            except (JoseError, ValueError, TypeError):
                continue
        raise SetupError("the private key is none: it must be PEM without a passphrase, RSA or EC P-256")


class _Client(Protocol):
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...


def _client(client: _Client, send: str) -> dict[str, str]:
    """The client's own name in the body."""
    if send == "basic":
        return {}
    return {"client_id": client.client_id, "client_secret": client.client_secret}


def _basic(client: _Client, send: str) -> dict[str, str]:
    """The same as a header: each part is encoded as in a form before both are joined (RFC 6749, 2.3.1)."""
    if send != "basic":
        return {}
    both = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _fingerprint(kind: str, parts: tuple[str, ...], extra: Mapping[str, str]) -> str:
    said = json.dumps([kind, *parts, sorted(extra.items())])
    return hashlib.sha256(said.encode()).hexdigest()
