"""A provider of tokens as the vendors' documents describe them, over real HTTP: `/token` gives them, everything else wants one.

What becomes of the refresh token before, once another was given (`rotates`):
- `until_used`: it serves until the new access token is first used, and then its own access token is dead too (Gusto: "The previous
  refresh_token will be revoked on the first usage of the new access_token"; the same of every provider made with Doorkeeper);
- `seconds`: it serves a minute longer (Amazon Cognito's RetryGracePeriodSeconds, at most 60; Okta, Auth0 and Ory Hydra likewise);
- `at_once`: it is dead (Salesforce with refresh token rotation); who sends it again ends the whole family (RFC 9700, 4.14.2);
- `never`: the same one is given back (SAP Concur: "most of the time, this value is the same").
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus

GRACE_S = 60.0
SECRET, FIRST = "secret-Sx81/+", "refresh-0-initial"


@dataclass
class Pair:
    """An access token and the refresh token that came with it."""

    access: str
    refresh: str
    ends_at: float
    family: str = FIRST
    before: Pair | None = None
    used: bool = False
    access_dead: bool = False
    refresh_dead_at: float = float("inf")


@dataclass
class Provider:
    """Its state; `replies` are told instead of a token, each once: (status, body, headers)."""

    now: Callable[[], float] = time.time
    life_s: float = 600.0
    rotates: str = "until_used"
    replies: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    # What is added to, or taken out of (None), each answer with a token.
    changes: dict[str, Any] = field(default_factory=dict)
    slow_s: float = 0.0
    cut: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    calls: list[tuple[str, int, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    pairs: list[Pair] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def give(self, form: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        """What the token endpoint answers."""
        with self.lock:
            self.asked.append(form)
            if self.replies:
                return self.replies.pop(0)
            if form.get("client_secret") != SECRET and "assertion" not in form:
                return (
                    401,
                    {"error": "invalid_client", "error_description": f"not {form.get('client_secret')}"},
                    {},
                )
            before = None
            if form["grant_type"] == "refresh_token":
                before = self._known(form["refresh_token"])
                if before is None:
                    said = f"{form['refresh_token']} is expired or revoked"
                    return 400, {"error": "invalid_grant", "error_description": said}, {}
            made = self._next(before)
            body = {
                "access_token": made.access, "token_type": "Bearer", "expires_in": int(self.life_s),
                **({"refresh_token": made.refresh} if before else {}), **self.changes,
            }  # fmt: skip
            return 200, {k: v for k, v in body.items() if v is not None}, {}

    def begin(self, refresh: str) -> None:
        """A person consents: a refresh token of a family of its own."""
        self.pairs.append(Pair(f"first-of-{refresh}", refresh, 0.0, refresh))

    def _known(self, refresh: str) -> Pair | None:
        if refresh == FIRST and not any(p.refresh == FIRST for p in self.pairs):
            self.begin(FIRST)
        for pair in reversed(self.pairs):
            if pair.refresh == refresh:
                if self.now() < pair.refresh_dead_at:
                    return pair
                if self.rotates == "at_once":
                    self._end_family(pair.family)
                return None
        return None

    def _end_family(self, family: str) -> None:
        for pair in self.pairs:
            if pair.family == family:
                pair.access_dead, pair.refresh_dead_at = True, 0.0

    def _next(self, before: Pair | None) -> Pair:
        number = len(self.pairs) + 1
        kept = before is not None and self.rotates == "never"
        refresh = before.refresh if kept and before else f"refresh-{number}-{'r' * 8}"
        family = before.family if before else FIRST
        access = f"access-{number}-{'a' * 8}"
        made = Pair(access, refresh, self.now() + self.life_s, family, None if kept else before)
        self.pairs.append(made)
        if before is not None and self.rotates == "seconds":
            before.refresh_dead_at = min(before.refresh_dead_at, self.now() + GRACE_S)
        if before is not None and self.rotates == "at_once":
            before.refresh_dead_at = 0.0
        return made

    def call(self, path: str, given: str) -> int:
        """What a call is answered."""
        with self.lock:
            status = 401
            for pair in self.pairs:
                if pair.access == given and not pair.access_dead and self.now() < pair.ends_at:
                    status = 200
                    if not pair.used:
                        pair.used = True
                        if pair.before is not None and self.rotates == "until_used":
                            pair.before.access_dead, pair.before.refresh_dead_at = True, 0.0
            self.calls.append((path, status, given))
            return status

    def revoke(self) -> None:
        """End every access token that was given, and no refresh token."""
        with self.lock:
            for pair in self.pairs:
                pair.access_dead = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
        if not self.path.startswith("/token"):
            self._call(provider)
            return
        form = {k: v[0] for k, v in parse_qs(body, keep_blank_values=True).items()}
        if (basic := self.headers.get("authorization", "")).startswith("Basic "):
            both = base64.b64decode(basic[6:]).decode().split(":", 1)
            form["client_id"], form["client_secret"] = (unquote_plus(x) for x in both)
        with provider.lock:
            provider.at_once += 1
            provider.most_at_once = max(provider.most_at_once, provider.at_once)
        status, said, headers = provider.give(form)
        time.sleep(provider.slow_s)
        with provider.lock:
            provider.at_once -= 1
            cut, provider.cut = provider.cut, max(provider.cut - 1, 0)
        if cut:
            # It was given, and nobody hears of it.
            self.close_connection = True
            self.connection.close()
            return
        self._answer(status, said, headers)

    def do_GET(self) -> None:
        self._call(self.server.provider)  # type: ignore[attr-defined]

    def _call(self, provider: Provider) -> None:
        given = self.headers.get("x-token") or self.headers.get("authorization", "").removeprefix("Bearer ")
        self._answer(provider.call(self.path, given), {"ok": True}, {})

    def _answer(self, status: int, said: Any, headers: dict[str, str]) -> None:
        raw = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked was killed: nobody is told."""


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    """Serve it at the address that is given out, until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.provider = provider  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
