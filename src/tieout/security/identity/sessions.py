"""Sessions: made with a token that only the browser keeps, stamped, ended at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tieout.security.authority import load_authority
from tieout.security.identity.credentials import SQL, instant
from tieout.security.identity.model import Origin, Session
from tieout.security.people import Authority, Person
from tieout.security.roles import needs_second_factor
from tieout.security.stamps import stamper
from tieout.store import Connection

# How exactly it is known when a session was used last: not every request writes.
_TOUCH = timedelta(minutes=1)
_KEPT = timedelta(days=90)


def token_hash(token: str) -> bytes:
    """SHA-256: a token of 256 random bits needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def make_session(
    connection: Connection,
    person: str,
    level: str,
    second_factor: bool,
    via: str,
    now: datetime,
    origin: Origin,
) -> tuple[Session, str]:
    """A new session, always with a new token, and the token."""
    token = secrets.token_urlsafe(32)
    hashed = token_hash(token)
    stamp = stamper(connection).stamp("session", hashed, person, level, second_factor, via, instant(now))
    given = {
        "token": hashed, "person": person, "level": level, "second_factor": second_factor, "via": via, "now": now,
        "address": origin.address[:60], "agent": origin.agent[:200], "stamp": stamp,
    }  # fmt: skip
    connection.execute(SQL["add_session"], given)
    made = Session(
        person, level, second_factor, via, now, now, hashed, origin.address[:60], origin.agent[:200]
    )
    return made, token


def session_of(
    connection: Connection, token: str, now: datetime, authority: Authority | None = None
) -> tuple[Session, Person] | None:
    """The session of a token and its person as they are now; None where it ended, was not made by us, or
    the person is not let in any more. Raises StampError where who may do what cannot be trusted."""
    row = connection.execute(SQL["session"], {"token": token_hash(token)}).fetchone()
    session = _ours(connection, row) if row else None
    if session is None:
        return None
    if now >= session.ends_at():
        end_session(connection, session.token_sha256, now, "too long unused, or too old")
        return None
    person = (authority or load_authority(connection)).people.get(session.person)
    if person is None or not person.active or not person.human:
        end_session(connection, session.token_sha256, now, "the person is not let in any more")
        return None
    if session.full and not session.second_factor and needs_second_factor(person.grants):
        # They were granted more since they signed in.
        session = replace(session, level="enrol")
    if now - session.seen_at >= _TOUCH:
        connection.execute(SQL["seen"], {"token": session.token_sha256, "now": now})
    return session, person


def sessions_of(connection: Connection, person: str, now: datetime) -> list[Session]:
    """A person's sessions that have not ended, the newest first."""
    rows = connection.execute(SQL["sessions"], {"person": person}).fetchall()
    found = [s for r in rows if (s := _ours(connection, r)) is not None]
    return [s for s in found if now < s.ends_at()]


def end_session(connection: Connection, token_sha256: bytes, now: datetime, why: str) -> bool:
    given = {"token": token_sha256, "now": now, "why": why}
    return connection.execute(SQL["end_session"], given).fetchone() is not None


def end_sessions(connection: Connection, person: str, now: datetime, why: str, but: bytes = b"") -> int:
    """End all of a person's sessions, but one; how many."""
    given = {"person": person, "now": now, "why": why, "but": but}
    return connection.execute(SQL["end_sessions"], given).rowcount


def csrf_of(connection: Connection, token: str) -> str:
    """What a page of this session sends along with every change, and no other page can know."""
    key = stamper(connection).derived("csrf")
    return hmac.new(key, token.encode(), "sha256").hexdigest()


def drop_old(connection: Connection, now: datetime) -> None:
    """Forget what ended long ago; evidence keeps who signed in when."""
    connection.execute(SQL["drop_sessions"], {"before": now - _KEPT})
    connection.execute(SQL["drop_once"], {"before": now - _KEPT})
    connection.execute(SQL["drop_throttle"], {"before": now - timedelta(days=1)})


def _ours(connection: Connection, row: dict[str, Any]) -> Session | None:
    hashed = bytes(row["token_sha256"])
    parts = (hashed, row["person"], row["level"], row["second_factor"], row["via"], instant(row["made_at"]))
    if not stamper(connection).holds(row["stamp"], "session", *parts):
        return None
    return Session(
        person=row["person"],
        level=row["level"],
        second_factor=row["second_factor"],
        via=row["via"],
        made_at=row["made_at"],
        seen_at=row["seen_at"],
        token_sha256=hashed,
        address=row["address"],
        agent=row["agent"],
    )
