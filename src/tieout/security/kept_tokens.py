"""Access tokens in the project's database: sealed, one for all workers, renewed by one of them at a time.

The right to renew is a lock of the database session, so a worker that is killed gives it up. That a token is asked for is committed before it
is, and the answer before anybody uses it. Where the database goes away between answer and commit, the process keeps the answer and commits it
once the database is back; it is not used before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from tieout.connector_api import TransientError
from tieout.connector_api.tokens import Renewal, Token
from tieout.connector_api.tokens.keeping import BACK_S, PATIENCE_S
from tieout.engine import Clock
from tieout.observe import get_logger
from tieout.security.sealing import seal, unseal
from tieout.security.stamps import StampError, stamper
from tieout.store import Connection, Database, Queries

_log = get_logger(__name__)
_SQL = Queries("tieout.security")
_WHAT = "access token"


class KeptTokens:
    """A `TokenKeeper` over the project's database; safe for threads. Tokens end by the project's clock."""

    def __init__(self, database: Callable[[], Database], clock: Clock) -> None:
        self._database, self._clock = database, clock
        # Answers that the database did not take yet, by system and grant, each with the token that stood there.
        self._unkept: dict[tuple[str, str], tuple[Token, Token | None]] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since 1970 by the project's clock."""
        return self._clock.now().timestamp()

    def read(self, system: str, grant: str) -> Token | None:
        """The token of a system's grant, None where there is none. Raises TransientError."""
        with _told(system), self._database().transaction() as connection:
            return _Kept(connection, system, grant).read()[0]

    @contextmanager
    def renewing(self, system: str, grant: str) -> Iterator[Renewal]:
        """Wait until no other worker renews it, a bounded time. Raises TransientError where that takes too long."""
        with self._alone(system, grant) as kept:
            with _told(system):
                self._commit_unkept(kept)
                token, lost = kept.read()
            yield _Renewal(self, kept, token, lost)

    @contextmanager
    def _alone(self, system: str, grant: str) -> Iterator[_Kept]:
        """The right to renew it, until the end of the block."""
        with _told(system):
            connection = self._database().connect(autocommit=True, name="tieout token")
        try:
            kept = _Kept(connection, system, grant)
            with _told(system):
                kept.alone()
            yield kept
        finally:
            connection.close()

    def commit(self, kept: _Kept, token: Token, before: Token | None) -> Token:
        """Keep a token where `before` stood, also where the connection broke meanwhile; what is to be used: another one where somebody else
        kept theirs first. Raises TransientError where the database takes nothing."""
        key, now = (kept.system, kept.grant), self._clock.now()
        with self._lock:
            self._unkept[key] = token, before
        with _told(kept.system):
            try:
                kept.keep(token, now)
            except psycopg.OperationalError:
                # The line broke, and with it went the right to renew.
                with self._alone(*key) as again:
                    there = again.read()[0]
                    if there is None or there == before:
                        again.keep(token, now)
                    else:
                        token = there
        with self._lock:
            self._unkept.pop(key, None)
        return token

    def _commit_unkept(self, kept: _Kept) -> None:
        with self._lock:
            token, before = self._unkept.get((kept.system, kept.grant), (None, None))
        if token is not None and kept.read()[0] in (None, before):
            self.commit(kept, token, before)
        with self._lock:
            self._unkept.pop((kept.system, kept.grant), None)


class _Renewal:
    """See `Renewal`."""

    def __init__(self, keeper: KeptTokens, kept: _Kept, token: Token | None, lost: bool) -> None:
        self._keeper, self._kept, self.token, self.lost = keeper, kept, token, lost

    def begin(self) -> None:
        with _told(self._kept.system):
            self._kept.asked(self._keeper.now())

    def keep(self, token: Token) -> Token:
        return self._keeper.commit(self._kept, token, self.token)

    def refused(self) -> None:
        with _told(self._kept.system):
            self._kept.refused()


class _Kept:
    """The row of one system's grant, by one connection."""

    def __init__(self, connection: Connection, system: str, grant: str) -> None:
        self._connection, self.system, self.grant = connection, system, grant
        self._named = {"system": system, "stamp": stamper(connection).stamp("grant", system, grant)}

    def alone(self) -> None:
        """Wait for the right to renew it. Raises TransientError."""
        self._connection.execute(
            sql.SQL("set lock_timeout = {}").format(sql.Literal(f"{int(PATIENCE_S * 1000)}ms"))
        )
        try:
            self._connection.execute(_SQL["alone_with_token"], self._named)
        except psycopg.errors.LockNotAvailable:
            said = f"{self.system}: another worker renews its token, and takes long"
            raise TransientError(said, BACK_S) from None

    def read(self) -> tuple[Token | None, bool]:
        """The token, and whether an answer is missing."""
        row = self._connection.execute(_SQL["token_kept"], self._named).fetchone()
        if row is None or row["sealed"] is None:
            return None, row is not None and row["asked_at"] is not None
        try:
            opened = unseal(self._connection, _WHAT, self._owner, bytes(row["sealed"]))
        except StampError:
            # Sealed under another key, or written by somebody else: what the settings say is begun with again.
            _log.warning("a kept token cannot be opened", system=self.system)
            return None, True
        return Token(**msgspec.json.decode(opened)), row["asked_at"] is not None

    def asked(self, now: float) -> None:
        """A token is asked for from here on."""
        self._connection.execute(_SQL["token_asked"], {**self._named, "now": _instant(now)})

    def refused(self) -> None:
        """None was given."""
        self._connection.execute(_SQL["token_refused"], self._named)

    def keep(self, token: Token, now: datetime) -> None:
        """Keep it, and forget what nobody can use any more."""
        raw = msgspec.json.encode(
            {
                "access": token.access, "got_at": token.got_at, "ends_at": token.ends_at,
                "refresh": token.refresh, "told": dict(token.told),
            }
        )  # fmt: skip
        given: dict[str, Any] = {
            **self._named,
            "sealed": seal(self._connection, _WHAT, self._owner, raw),
            "got_at": _instant(token.got_at),
            "ends_at": None if token.ends_at is None else _instant(token.ends_at),
        }
        self._connection.execute(_SQL["keep_token"], given)
        self._connection.execute(_SQL["forget_tokens"], {"system": self.system, "now": now})

    @property
    def _owner(self) -> str:
        return f"{self.system}\x1f{self.grant}"


@contextmanager
def _told(system: str) -> Iterator[None]:
    """What the database cannot do now is to be tried again later."""
    try:
        yield
    except psycopg.Error as error:
        raise _gone(system, error) from None


def _gone(system: str, error: psycopg.Error) -> TransientError:
    what = (
        f"{system}: the database, which keeps its token, does not answer or refuses ({type(error).__name__})"
    )
    return TransientError(what, BACK_S)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
