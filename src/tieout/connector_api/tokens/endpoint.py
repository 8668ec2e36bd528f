"""A token endpoint is asked once: what it answers means a token, something for a person, or another try.

RFC 6749, 5.1 and 5.2. Codes of vendors beside those: `temporarily_unavailable` and `server_error` (RFC 6749, 4.1.2.1, which many send
here too); Salesforce's `unknown_error` with "retry your request" (help.salesforce.com, OAuth error codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tieout.connector_api.errors import SetupError, TransientError
from tieout.connector_api.retry_after import http_date, wait_asked
from tieout.connector_api.tokens.grants import Grant
from tieout.connector_api.tokens.keeping import Token

_LONGEST = 65_536
_LONGEST_LIFE_S = 10 * 366 * 86_400
_SECONDS = re.compile(r"([0-9]{1,12})(\.[0-9]*)?")
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down", "unknown_error"})
_WORDS = {
    "invalid_client": "the client is not known there, or its secret is another one: check client id and secret",
    "unauthorized_client": "this client may not use the grant {kind}: allow it in the app's settings there",
    "unsupported_grant_type": "the endpoint does not know the grant {kind}: check its address, and what the app allows",
    "invalid_scope": "a scope that was asked for is not one that the client has: grant it in the app's settings there",
    "invalid_request": "the endpoint misses something: check client id, secret and address",
}
# What an answer says beside the token and is worth keeping.
_TOLD = ("scope", "instance_url", "geolocation", "id")
_BEARER = ("", "bearer", "bearertoken")


class GivesNone(SetupError):
    """The endpoint answered, and gives no token: asking again cannot help. `lost`: an earlier answer never came, which may be why."""

    def __init__(self, message: str, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost


def ask_token(
    http: httpx2.Client, system: str, grant: Grant, kept: Token | None, lost: bool, now: float
) -> Token:
    """A new token, asked for once. Raises GivesNone where the endpoint says no, SetupError where nothing could be asked, TransientError
    where nothing was heard or it is to be asked later."""
    form = grant.form(kept, now)
    sent = (form.get("refresh_token", ""), form.get("assertion", ""))
    hidden = [*grant.secrets(), *sent, *((kept.access, kept.refresh) if kept else ())]
    try:
        reply = http.post(grant.url, data=form, headers={"Accept": "application/json", **grant.headers()})
    except httpx2.HTTPError as error:
        raise TransientError(
            f"{system}: its token endpoint: {type(error).__name__}: {_masked(str(error), hidden)}"
        ) from None
    except httpx2.InvalidURL:
        raise SetupError(f"{system}: the address of its token endpoint is none") from None
    said = _said(reply)
    if reply.status_code == 429 or reply.status_code >= 500 or said.get("error") in _PASSING:
        wait = wait_asked(reply.headers)
        raise TransientError(
            f"{system}: its token endpoint is busy or broken (status {reply.status_code})", wait
        )
    if reply.is_success and not said.get("error"):
        return _token(system, reply, said, kept, now)
    raise GivesNone(f"{system} gives no token: {_why(reply, said, grant, lost, hidden, now)}", lost)


def _said(reply: httpx2.Response) -> Mapping[str, Any]:
    """An answer's members; none where it is no JSON object."""
    if len(reply.content) > _LONGEST:
        return {}
    try:
        said = reply.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _token(
    system: str, reply: httpx2.Response, said: Mapping[str, Any], kept: Token | None, now: float
) -> Token:
    access, refresh = said.get("access_token"), said.get("refresh_token")
    if not isinstance(access, str) or not access:
        if not said:
            kind = reply.headers.get("content-type", "nothing said")
            raise TransientError(f"{system}: its token endpoint answers with what is no JSON ({kind})")
        raise GivesNone(
            f"{system}: what answers is no token endpoint, its answer has no access_token: check the address"
        )
    if not _sendable(access):
        raise GivesNone(f"{system}: the token that its endpoint gives cannot be sent in a header")
    scheme = said.get("token_type") or ""
    if not isinstance(scheme, str) or scheme.lower() not in _BEARER:
        raise GivesNone(
            f"{system}: its tokens are of the type {str(scheme)[:40]!r}, and only Bearer is known here"
        )
    life_s = _life_s(said.get("expires_in"))
    # Where none came with it, the one before goes on (RFC 6749, 6).
    newest = refresh if isinstance(refresh, str) and refresh else (kept.refresh if kept else "")
    told = {name: str(said[name])[:2000] for name in _TOLD if isinstance(said.get(name), str)}
    return Token(access, now, None if life_s is None else now + life_s, newest, told)


def _life_s(given: Any) -> int | None:
    """Seconds as a number or, as SAP Concur writes it, as a text; None where no end is named, or nonsense."""
    found = None if isinstance(given, bool) else _SECONDS.fullmatch(str(given).strip())
    return min(int(found[1]), _LONGEST_LIFE_S) or None if found else None


def _sendable(token: str) -> bool:
    return all(32 < ord(letter) < 127 for letter in token)


def _why(
    reply: httpx2.Response,
    said: Mapping[str, Any],
    grant: Grant,
    lost: bool,
    hidden: Iterable[str],
    now: float,
) -> str:
    """What the endpoint has against it, and what to do."""
    if reply.is_redirect:
        host = urlsplit(reply.headers.get("location", "")).hostname or "another address"
        return f"its token endpoint leads on to {host} (status {reply.status_code}): put the address there that it ends at"
    code = said.get("error")
    if not isinstance(code, str) or not code:
        return f"status {reply.status_code} without a reason: check the address of its token endpoint, client id and secret"
    if code == "invalid_grant":
        words = grant.remedy(lost) + _clocks(reply, now)
    else:
        words = _WORDS.get(code, "check client id, secret and address").format(kind=grant.kind)
    description = _masked(str(said.get("error_description") or ""), hidden)
    return f"{words} ({_masked(code, hidden)[:80]}{': ' + description if description else ''})"


def _clocks(reply: httpx2.Response, now: float) -> str:
    """How far the clock here is from theirs, where that may be the reason."""
    theirs = http_date(reply.headers.get("date", ""), datetime.now(UTC))
    apart_s = 0.0 if theirs is None else now - theirs.timestamp()
    return f"; its clock and ours are {abs(apart_s):.0f} seconds apart" if abs(apart_s) > 60 else ""


def _masked(text: str, hidden: Iterable[str]) -> str:
    """A text of the provider's, without control characters and whatever is to stay hidden; some repeat what they were sent."""
    for secret in hidden:
        if len(secret) >= 4:
            text = text.replace(secret, "…")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:300]
