"""Links and questions that serve once: an invitation, a passkey's challenge, the state of a sign-on elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from tieout.security.identity.credentials import SQL, instant
from tieout.security.identity.sessions import token_hash
from tieout.security.stamps import stamper
from tieout.store import Connection


@dataclass(frozen=True)
class Once:
    person: str
    content: bytes
    made_by: str
    made_at: datetime


def make_once(
    connection: Connection,
    purpose: str,
    person: str,
    content: bytes,
    made_by: str,
    now: datetime,
    span: timedelta,
    *,
    alone: bool = False,
) -> str:
    """A token that serves once within `span`. `alone`: it takes the place of the person's earlier ones."""
    if alone:
        connection.execute(SQL["end_once"], {"purpose": purpose, "person": person, "now": now})
    token = secrets.token_urlsafe(32)
    hashed, expires_at = token_hash(token), now + span
    stamp = stamper(connection).stamp(
        "once", hashed, purpose, person, content, made_by, instant(now), instant(expires_at)
    )
    given = {
        "token": hashed, "purpose": purpose, "person": person, "content": content, "made_by": made_by, "now": now,
        "expires_at": expires_at, "stamp": stamp,
    }  # fmt: skip
    connection.execute(SQL["add_once"], given)
    return token


def take_once(
    connection: Connection, purpose: str, token: str, now: datetime, look: bool = False
) -> Once | None:
    """What a token was made for; it serves no more (unless it is only looked at). None where it was used, is
    too old, or was not made by us."""
    hashed = token_hash(token)
    given = {"purpose": purpose, "token": hashed, "now": now}
    row = connection.execute(SQL["look_once" if look else "take_once"], given).fetchone()
    if row is None:
        return None
    content = bytes(row["content"])
    parts = (
        hashed, purpose, row["person"], content, row["made_by"], instant(row["made_at"]), instant(row["expires_at"]),
    )  # fmt: skip
    if not stamper(connection).holds(row["stamp"], "once", *parts):
        return None
    return Once(row["person"], content, row["made_by"], row["made_at"])
