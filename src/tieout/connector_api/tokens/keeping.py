"""Where tokens are kept, and who may renew one: a protocol, and the keeper of a process that has no database.

A token is kept for a system and a grant; a grant is known by its fingerprint, so that another secret begins anew. What is kept is the
truth for all workers: whoever was given a new refresh token keeps it before anybody uses the access token that came with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tieout.connector_api.errors import TransientError

# A token is renewed this long before its end, or for the last fifth of a short one: clocks and answers take their time.
_MARGIN_S, _SHARE = 300.0, 0.2
# How long somebody waits for another's renewal, and when they come back then, in seconds.
PATIENCE_S, BACK_S = 30.0, 5.0


@dataclass(frozen=True)
class Token:
    """An access token as it was given. Instants are seconds since 1970 by the keeper's clock; `ends_at` is None where the provider
    names no end. `refresh` gets the next one, "" where none was given; `told` is what else was said (scope, instance_url …)."""

    access: str = field(repr=False)
    got_at: float
    ends_at: float | None = None
    refresh: str = field(default="", repr=False)
    told: Mapping[str, str] = field(default_factory=dict)

    def due(self, now: float) -> bool:
        """Whether it is to be renewed before it is used."""
        if self.ends_at is None:
            return False
        return now >= self.ends_at - min(_MARGIN_S, (self.ends_at - self.got_at) * _SHARE)

    def ended(self, now: float) -> bool:
        """Whether nobody there takes it any more."""
        return self.ends_at is not None and now >= self.ends_at


class Renewal(Protocol):
    """The right to renew one token, which one worker has at a time."""

    token: Token | None
    """As it is kept, read once nobody else renews it."""
    lost: bool
    """Whether an earlier renewal was begun and its answer never kept: its worker was killed, or the line broke."""

    def begin(self) -> None:
        """Write down that a token is asked for, before it is asked for."""
        ...

    def keep(self, token: Token) -> Token:
        """Keep a token: when this returns nothing loses it. The token to use: another one where somebody else, in whom the right to renew
        was lost meanwhile, kept theirs first. Raises TransientError where it cannot be kept."""
        ...

    def refused(self) -> None:
        """The endpoint answered that it gives none: nothing was lost."""
        ...


class TokenKeeper(Protocol):
    """Keeps tokens."""

    def now(self) -> float:
        """Seconds since 1970, by the clock that tokens end by."""
        ...

    def read(self, system: str, grant: str) -> Token | None:
        """The token of a system's grant (its fingerprint), None where there is none. Raises TransientError."""
        ...

    def renewing(self, system: str, grant: str) -> AbstractContextManager[Renewal]:
        """Wait until nobody else renews it, a bounded time. Raises TransientError where that takes too long."""
        ...


class MemoryTokens:
    """Keeps tokens as long as this process lives; safe for threads."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], Token] = {}
        self._begun: set[tuple[str, str]] = set()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        """This machine's clock."""
        return time.time()

    def read(self, system: str, grant: str) -> Token | None:
        """See `TokenKeeper`."""
        return self._tokens.get((system, grant))

    @contextmanager
    def renewing(self, system: str, grant: str) -> Iterator[Renewal]:
        """See `TokenKeeper`."""
        key = (system, grant)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(timeout=PATIENCE_S):
            raise TransientError(f"{system}: somebody else renews its token, and takes long", BACK_S)
        try:
            yield _InMemory(self._tokens, self._begun, key)
        finally:
            lock.release()


class _InMemory:
    def __init__(
        self, tokens: dict[tuple[str, str], Token], begun: set[tuple[str, str]], key: tuple[str, str]
    ) -> None:
        self._tokens, self._begun, self._key = tokens, begun, key
        self.token, self.lost = tokens.get(key), key in begun

    def begin(self) -> None:
        self._begun.add(self._key)

    def keep(self, token: Token) -> Token:
        self._tokens[self._key] = token
        self._begun.discard(self._key)
        return token

    def refused(self) -> None:
        self._begun.discard(self._key)


# Where no project says where tokens are kept: for all sessions of this process.
IN_MEMORY = MemoryTokens()
