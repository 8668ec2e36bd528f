"""Which ledgers are those of this environment. A ledger is asked who it is before anything is read from it or sent to it,
whenever it answers first; one that is another is refused for as long as it is.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tieout.connector_api import (
    STRANGE,
    AwayError,
    ConnectorError,
    Qualified,
    RefusedError,
    SetupError,
    TransientError,
)
from tieout.connector_api.set_up import OneCompany
from tieout.engine import Clock
from tieout.evidence import Entry, record
from tieout.observe import get_logger
from tieout.settings import Project
from tieout.store import Database, Queries

_SQL = Queries("tieout.operations")
_log = get_logger(__name__)
# A ledger that did not answer, or was refused, twice in a row is asked again after so many seconds, whoever wants it
# meanwhile; after longer, and after once, where it asked for that. A single stumble keeps nobody waiting.
_AGAIN_S = 1.0
# Several threads want it at once: one asks, the others wait for its answer, not for a server that hangs.
_WAIT_S = 3.0


@dataclass(frozen=True)
class _Failure:
    session: Any
    error: ConnectorError
    until: float


class Pins:
    """Pins systems to this environment, once an open session; safe for threads."""

    def __init__(
        self, project: Callable[[], Project], database: Callable[[], Database], clock: Clock
    ) -> None:
        self._project, self._database, self._clock = project, database, clock
        self._held: dict[str, Any] = {}
        self._failures: dict[str, _Failure] = {}
        self._locks: dict[str, threading.Lock] = {}

    def hold(self, system: str, session: Any, *, anew: bool = False) -> None:
        """Let pass whoever wants a ledger's session, once it is known to be the right ledger; `anew` asks it now.

        Raises SetupError where it is another one, TransientError where it does not answer.
        """
        if self._held.get(system) is session and not anew:
            return
        lock = self._locks.setdefault(system, threading.Lock())
        if not lock.acquire(timeout=_WAIT_S):
            raise TransientError(f"{system} is asked who it is, and has not answered yet")
        try:
            failure = self._failures.get(system)
            if failure and failure.session is session and time.monotonic() < failure.until and not anew:
                raise copy.copy(failure.error)
            if self._held.get(system) is not session or anew:
                self._ask(system, session)
        finally:
            lock.release()

    def _ask(self, system: str, session: Any) -> None:
        self._held.pop(system, None)
        try:
            self._pin(system, session)
        except AwayError:
            # Its window began as it was asked: it is as it was, and is asked after that.
            raise
        except (ConnectorError, *STRANGE) as error:
            said = _as_wait(system, error)
            # One that says when to come back is not asked before, by nobody here.
            asked_s = getattr(said, "retry_after", None) or 0.0
            before = self._failures.get(system)
            again_s = _AGAIN_S if before and before.session is session else 0.0
            self._failures[system] = _Failure(session, said, time.monotonic() + max(asked_s, again_s))
            self._note(system, said)
            raise said from error
        with self._database().transaction() as connection:
            connection.execute(_SQL["forget_trouble"], {"system": system})
        self._failures.pop(system, None)
        self._held[system] = session

    def _pin(self, system: str, session: Any) -> None:
        if isinstance(session, Qualified):
            where = where_of(self._project(), system)
            session.let_post(lambda version: self._is_qualified(system, version, where))
        if isinstance(session, OneCompany):
            self._pin_company(system, session.company())
        project = self._project()
        mine = f"{project.environment}:{project.name}"
        with self._database().transaction() as connection:
            row = connection.execute(_SQL["pinned"], {"system": system}).fetchone()
        if row is None:
            found = session.marker(mine)
            if found != mine:
                raise SetupError(
                    f"{system} is pinned to {found!r} already, this project is {mine!r}: use the database of this environment"
                )
            with self._database().transaction() as connection:
                given = {
                    "system": system,
                    "environment": project.environment,
                    "found": found,
                    "now": self._clock.now(),
                }
                connection.execute(_SQL["pin"], given)
            return
        found = session.marker_found(mine)
        if found != row["fingerprint"]:
            what = f"answers as {found!r}" if found else "carries no marker of ours"
            raise SetupError(
                f"{system} {what}, but was pinned as {row['fingerprint']!r}: it is another database; put the right one into "
                "tieout.toml"
            )

    def _pin_company(self, system: str, company: int) -> None:
        given = {"system": system, "company": company, "now": self._clock.now()}
        with self._database().transaction() as connection:
            connection.execute(_SQL["pin_company"], given)
            row = connection.execute(_SQL["pinned_company"], given).fetchone()
        if row is not None and row["company"] != company:
            raise SetupError(
                f"{system} works in company {company}, and was pinned to company {row['company']}: put that one back into its "
                "settings; another company is another system, with a name of its own"
            )

    def _is_qualified(self, system: str, version: str, where: dict[str, str]) -> bool:
        given = {"system": system, "version": version, **where}
        with self._database().transaction() as connection:
            row = connection.execute(_SQL["is_qualified"], given).fetchone()
        return bool(row and row["qualified"])

    def _note(self, system: str, error: ConnectorError) -> None:
        """Let everybody see it; evidence where a ledger was refused."""
        refused, now = isinstance(error, SetupError), self._clock.now()
        given = {"system": system, "refused": refused, "why": str(error)[:1000], "now": now}
        with self._database().transaction() as connection:
            changed = connection.execute(_SQL["note_trouble"], given).fetchone()
            if changed and refused:
                record(
                    connection,
                    [Entry(now, "bootstrap", "system.refused", system, detail={"why": str(error)[:200]})],
                )
        if changed:
            _log.warning("a ledger is not used", system=system, refused=refused, why=str(error)[:300])


def where_of(project: Project, system: str) -> dict[str, str]:
    """What a version of a system is qualified at: its `address`, and its `database` there, "" where it is given by the address."""
    config = project.systems.get(system)
    found = (config.text("url"), config.text("database")) if config else ("", "")
    return {"address": found[0].rstrip("/"), "database": found[1]}


def _as_wait(system: str, error: Exception) -> ConnectorError:
    """A failure as whoever wants the session understands it: nothing was sent, whatever became of the question."""
    if isinstance(error, SetupError):
        return error
    if isinstance(error, RefusedError):
        return SetupError(f"{system} does not say who it is: {error}")
    if isinstance(error, ConnectorError):
        return TransientError(f"{system} does not answer: {error}", getattr(error, "retry_after", None))
    return SetupError(f"{system} answers, but not as this kind of system does ({type(error).__name__})")
