"""Single sign-on with the company's own provider: OpenID Connect, authorization code with PKCE.

References: OpenID Connect Core 1.0 (3.1.2, 3.1.3.7), Discovery 1.0, RFC 7636 (PKCE), RFC 9700 (security).
Groups of the provider give the roles that the project's file says, for as long as the provider says the group.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tieout.evidence import Entry, record
from tieout.security.authority import change_authority, load_authority
from tieout.security.changes import Joined
from tieout.security.identity import throttle
from tieout.security.identity.model import Origin, SignInError
from tieout.security.identity.one_time_tokens import make_once, take_once
from tieout.security.names import fold_name
from tieout.security.people import SIGN_ON, Authority, AuthorityError
from tieout.settings import SignOn
from tieout.store import Connection

_SPAN = timedelta(minutes=10)
_LEEWAY_S = 60
# Signatures by a key of the provider; "none" and shared secrets are none.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_SECOND = {"mfa", "otp", "hwk", "swk", "fpt", "face", "sc"}
_FAILED = "the sign-on did not succeed: begin again"


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouched for, and whether with a second factor."""

    name: str
    second_factor: bool


class Provider:
    """One provider. Its addresses and keys are read when they are needed first, and its keys once more where
    a token names an unknown one."""

    def __init__(self, config: SignOn, http: httpx2.Client | None = None) -> None:
        self._config, self._http = config, http or httpx2.Client(timeout=15)
        self._known: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._turn = threading.Lock()

    def start(self, connection: Connection, redirect: str, now: datetime, origin: Origin) -> tuple[str, str]:
        """(where the browser goes, what it must still have when it comes back). Raises SignInError."""
        with connection.transaction():
            throttle.count_try(connection, throttle.subjects("", origin), now)
        browser, verifier, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        content = json.dumps(
            {"browser": _sha(browser), "verifier": verifier, "nonce": nonce, "redirect": redirect}
        )
        with connection.transaction():
            state = make_once(connection, "sso", "", content.encode(), "", now, _SPAN)
        query = {
            "response_type": "code", "client_id": self._config.client_id, "redirect_uri": redirect,
            "scope": "openid profile email", "state": state, "nonce": nonce, "code_challenge": _sha(verifier),
            "code_challenge_method": "S256",
        }  # fmt: skip
        address = self._address("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", browser

    def finish(
        self, connection: Connection, state: str, code: str, browser: str, now: datetime, origin: Origin
    ) -> Vouched:
        """Who came back. Raises SignInError; what the provider says of their groups holds from now on."""
        with connection.transaction():
            asked = take_once(connection, "sso", state, now)
            if asked is not None:
                throttle.let_go(connection, "", origin)
        if asked is None:
            raise SignInError(_FAILED)
        held = json.loads(asked.content)
        if not hmac.compare_digest(held["browser"], _sha(browser)):
            self._refuse(connection, now, origin, "another browser than the one that began")
            raise SignInError(_FAILED)
        try:
            claims = self._claims(code, held, now)
            person = self._join(connection, claims, now)
        except SignInError as error:
            self._refuse(connection, now, origin, str(error))
            raise
        methods = claims.get("amr")
        second = self._config.second_factor and bool(
            _SECOND & set(methods if isinstance(methods, list) else ())
        )
        return Vouched(person, second)

    def _claims(self, code: str, held: dict[str, str], now: datetime) -> dict[str, Any]:
        """What the provider's token says, once all of it was checked."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": held["redirect"],
            "client_id": self._config.client_id, "client_secret": self._config.client_secret,
            "code_verifier": held["verifier"],
        }  # fmt: skip
        try:
            reply = self._http.post(self._address("token_endpoint"), data=form)
        except httpx2.HTTPError as error:
            raise SignInError(f"the sign-on's provider does not answer: {type(error).__name__}") from None
        if reply.status_code != 200:
            raise SignInError(_FAILED)
        try:
            token = str(reply.json()["id_token"])
            try:
                read = jwt.decode(token, self._key_set(), algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                # Its keys may have changed since.
                read = jwt.decode(token, self._key_set(again=True), algorithms=_ALGORITHMS)
            claims = dict(read.claims)
            self._check(claims, held["nonce"], now)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SignInError(f"the sign-on's token does not hold: {type(error).__name__}") from None
        return claims

    def _check(self, claims: dict[str, Any], nonce: str, now: datetime) -> None:
        """OpenID Connect Core 3.1.3.7. Raises JoseError, ValueError."""
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._config.issuer},
            aud={"essential": True, "value": self._config.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(claims)
        audience = claims["aud"]
        party = claims.get("azp", self._config.client_id)
        if (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
        ) or party != self._config.client_id:
            raise ValueError("the token is another client's")

    def _join(self, connection: Connection, claims: dict[str, Any], now: datetime) -> str:
        """The person of a token, let in or given other roles where their groups say so."""
        listed = claims.get(self._config.groups_claim)
        groups = [str(g) for g in listed] if isinstance(listed, list) else []
        roles = tuple(sorted({pair for g in groups for pair in self._config.groups.get(g, ())}))
        names = self._names(claims)
        with connection.transaction():
            authority = load_authority(connection)
            if not authority.people:
                raise SignInError("nobody administers this yet: the first start's link comes first")
            name = _known_as(authority, names) or _new_name(authority, claims)
            old = authority.people.get(name)
            mine = f"{fold_name(self._config.issuer)}#"
            if old is not None and any(n.startswith(mine) and n != names[0] for n in old.called()):
                raise SignInError(f"this address is {name}'s, whom the sign-on knows as somebody else")
            if old is None and not roles:
                raise SignInError("none of your groups is let in here: ask an administrator")
            if old is not None and not old.active:
                raise SignInError("you are not let in here any more: ask an administrator")
            held = {(g.role, g.entity) for g in old.grants if g.by_group} if old else set()
            told = {fold_name(n) for n in names}
            if old is None or held != set(roles) or not told <= old.called():
                try:
                    change_authority(connection, Joined(name=name, names=names, roles=roles), SIGN_ON, now)
                except AuthorityError as error:
                    raise SignInError(str(error)) from None
        return name

    def _names(self, claims: dict[str, Any]) -> tuple[str, ...]:
        """What a person is known by: the provider's own word for them, which it gives to nobody else; and
        their address, where it says that it is theirs."""
        found = [f"{self._config.issuer}#{claims['sub']}"]
        if claims.get("email") and claims.get("email_verified") is True:
            found.append(str(claims["email"]))
        return tuple(fold_name(n) for n in found)

    def _address(self, name: str) -> str:
        with self._turn:
            if not self._known:
                self._known = self._read(
                    f"{self._config.issuer.rstrip('/')}/.well-known/openid-configuration"
                )
                if self._known.get("issuer") != self._config.issuer:
                    self._known = {}
                    raise SignInError("the sign-on's provider says that it is another one")
        address = str(self._known.get(name, ""))
        _check_address(address)
        return address

    def _key_set(self, again: bool = False) -> KeySet:
        address = self._address("jwks_uri")
        with self._turn:
            if self._keys is None or again:
                self._keys = KeySet.import_key_set(self._read(address))  # type: ignore[arg-type]
            return self._keys

    def _read(self, address: str) -> dict[str, Any]:
        _check_address(address)
        try:
            reply = self._http.get(address)
            found = reply.json() if reply.status_code == 200 else None
        except (httpx2.HTTPError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise SignInError("the sign-on's provider does not answer: try again, or sign in with a password")
        return found

    def _refuse(self, connection: Connection, now: datetime, origin: Origin, why: str) -> None:
        detail = {"why": why[:300], "from": origin.address, "via": "sso"}
        with connection.transaction():
            record(connection, [Entry(now, "unknown", "identity.refused", "sso", "", detail)])


def _known_as(authority: Authority, names: tuple[str, ...]) -> str:
    """The one person who is called one of `names`, "" where nobody is. Raises SignInError where several are."""
    found = {p.name for p in authority.people.values() for n in names if n in p.called()}
    if len(found) > 1:
        raise SignInError(
            f"you are known as {' and '.join(sorted(found))}: an administrator ends one of them"
        )
    if found and not authority.people[next(iter(found))].human:
        raise SignInError("this is a service account's name")
    return next(iter(found), "")


def _new_name(authority: Authority, claims: dict[str, Any]) -> str:
    """A name for somebody new: as the provider calls them, as far as it is one here, and nobody's."""
    told = str(claims.get("preferred_username") or claims.get("email") or "")
    base = re.sub(r"[^a-z0-9._-]+", ".", told.partition("@")[0].casefold()).strip("._-")[:36]
    if not re.match(r"[a-z][a-z0-9._-]", base):
        base = f"p-{hashlib.sha256(str(claims['sub']).encode()).hexdigest()[:8]}"
    taken = {n for p in authority.people.values() for n in p.called()}
    for number in range(1, 100):
        name = base if number == 1 else f"{base}-{number}"
        if name not in taken:
            return name
    raise SignInError(_FAILED)


def _check_address(address: str) -> None:
    """The provider is spoken to encrypted, unless it is on this very machine."""
    parts = urlsplit(address)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise SignInError("the sign-on's provider names an address that is not https")


def _sha(text: str) -> str:
    """Base64url of SHA-256, as PKCE has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
