"""Signs requests with a token that is kept, and gets the next one in time.

A token is renewed before its end by whoever needs it first; all others wait and take the new one. A 401 is answered by one renewal, unless
somebody else has renewed it since; what is refused then too is for a person. A new token is kept before it is used: a provider that
gives another refresh token each time lets the one before go on until the new access token is used (Gusto: "revoked on the first usage of
the new access_token"), or some seconds longer, so that a worker that is killed between answer and keeping loses nothing there. With one
that ends the old one at once (Salesforce's rotation) such a kill is told as that.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Generator
from typing import Protocol

import httpx2

from tieout.connector_api.errors import SetupError, TransientError
from tieout.connector_api.retry import waited
from tieout.connector_api.tokens.endpoint import GivesNone, ask_token
from tieout.connector_api.tokens.grants import Grant
from tieout.connector_api.tokens.keeping import BACK_S, PATIENCE_S, Token, TokenKeeper
from tieout.connector_api.web import http_client

_TIMEOUT_S = 20.0
_TRIES = 3
# One that was refused as it came is not renewed for that again before it is so old.
_NEW_S = 60.0


class TokenHolder(Protocol):
    """Whose tokens they are, and who keeps them; `SystemConfig` is one."""

    @property
    def name(self) -> str: ...
    @property
    def tokens(self) -> TokenKeeper: ...
    def let_ask(self) -> None: ...


def token_auth(config: TokenHolder, grant: Grant, header: str = "") -> TokenAuth:
    """What signs the requests of a system's client: `http_client(auth=token_auth(config, grant))`. The token stands in `Authorization`
    as Bearer, or alone in the `header` that is named. Nothing is asked for yet.

    Requests then raise, beside what httpx2 raises, TransientError (no token could be got now) and SetupError (a person must mend it).
    """
    return TokenAuth(config.name, config.tokens, grant, header, config.let_ask)


class TokenAuth(httpx2.Auth):
    """Signs each request with the system's token; safe for threads."""

    def __init__(
        self,
        system: str,
        keeper: TokenKeeper,
        grant: Grant,
        header: str = "",
        let_ask: Callable[[], None] = lambda: None,
    ) -> None:
        self._system, self._keeper, self._grant, self._header = system, keeper, grant, header
        self._let_ask = let_ask
        self._key = grant.fingerprint
        # Clients that are made later are guarded as those that are made now.
        self._guarding = contextvars.copy_context()
        self._held: Token | None = None
        self._refused_new = ""
        self._lock = threading.Lock()

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Sign, and once more with a new token where the first is refused."""
        token = self.token()
        self._sign(request, token)
        reply = yield request
        if reply.status_code != 401:
            return
        if token.access == self._refused_new and self._keeper.now() - token.got_at < _NEW_S:
            raise self._refused()
        token = self.token(refused=token.access)
        self._sign(request, token)
        reply = yield request
        if reply.status_code == 401:
            self._refused_new = token.access
            raise self._refused()

    def token(self, refused: str = "") -> Token:
        """The token to sign with, renewed where it is due or is the one that was `refused`. Raises TransientError, SetupError, and AwayError
        where the system is to be left alone: then no token is asked for either."""
        held = self._held
        if held is not None and self._serves(held, refused):
            return held
        if not self._lock.acquire(timeout=PATIENCE_S + _TIMEOUT_S):
            raise TransientError(f"{self._system}: its token is being renewed, and that takes long", BACK_S)
        try:
            # Another thread may have renewed it meanwhile, or another process.
            if (held := self._held) is None or not self._serves(held, refused):
                held = self._keeper.read(self._system, self._key)
            if held is None or not self._serves(held, refused):
                self._let_ask()
                held = self._renewed(refused)
            self._held = held
            return held
        finally:
            self._lock.release()

    def _serves(self, token: Token, refused: str) -> bool:
        return token.access != refused and not token.due(self._keeper.now())

    def _renewed(self, refused: str) -> Token:
        with self._keeper.renewing(self._system, self._key) as renewal:
            kept = renewal.token
            if kept is not None and self._serves(kept, refused):
                # Somebody else was first.
                return kept
            renewal.begin()
            try:
                made = self._asked(kept, renewal.lost)
            except GivesNone as error:
                if not error.lost:
                    renewal.refused()
                raise
            except TransientError:
                # One that is only due goes on to serve while the endpoint does not answer.
                if kept is not None and kept.access != refused and not kept.ended(self._keeper.now()):
                    return kept
                raise
            return renewal.keep(made)

    def _asked(self, kept: Token | None, lost: bool) -> Token:
        """Asked again at once where the line broke: a provider with a grace for the refresh token before counts it in seconds."""
        with self._guarding.copy().run(lambda: http_client(timeout=_TIMEOUT_S)) as http:
            for attempt in range(1, _TRIES + 1):
                try:
                    return ask_token(http, self._system, self._grant, kept, lost, self._keeper.now())
                except TransientError as error:
                    wait_s = waited(error.retry_after, attempt)
                    if attempt == _TRIES or wait_s is None:
                        raise
                    lost = True
                    time.sleep(wait_s)
        raise AssertionError("a loop that always returns or raises ended")

    def _sign(self, request: httpx2.Request, token: Token) -> None:
        if self._header:
            request.headers[self._header] = token.access
        else:
            request.headers["Authorization"] = f"Bearer {token.access}"

    def _refused(self) -> SetupError:
        return SetupError(
            f"{self._system} refuses a token that it gave a moment ago (401): check that the address is that of the same account and "
            "environment as the client id, and that the app may use this API"
        )
