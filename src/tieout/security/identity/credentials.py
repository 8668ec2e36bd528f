"""Credentials in their table: each stamped, so that none that somebody wrote past us serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tieout.security.stamps import StampError, stamper
from tieout.store import Connection, Queries

SQL = Queries("tieout.security.identity")
KINDS = ("password", "totp", "passkey", "recovery")


@dataclass(frozen=True)
class Credential:
    """One that has not ended. `secret`: a password's hash, a sealed one-time secret, a passkey's public key."""

    id: int
    person: str
    kind: str
    handle: str
    label: str
    secret: bytes
    made_at: datetime
    confirmed: bool
    counter: int


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def credentials_of(connection: Connection, person: str) -> list[Credential]:
    """Those of a person that hold. Raises StampError where one of them was not made by us."""
    rows = connection.execute(SQL["credentials"], {"person": person}).fetchall()
    return [_ours(connection, r) for r in rows]


def by_handle(connection: Connection, kind: str, handle: str) -> Credential | None:
    row = connection.execute(SQL["by_handle"], {"kind": kind, "handle": handle}).fetchone()
    return _ours(connection, row) if row else None


def _ours(connection: Connection, row: dict[str, Any]) -> Credential:
    secret = bytes(row["secret"])
    parts = (row["person"], row["kind"], row["handle"], secret, instant(row["made_at"]))
    if not stamper(connection).holds(row["stamp"], "credential", *parts):
        raise StampError(f"a {row['kind']} of {row['person']} was not made by us: it serves nobody")
    return Credential(
        id=row["credential_id"],
        person=row["person"],
        kind=row["kind"],
        handle=row["handle"],
        label=row["label"],
        secret=secret,
        made_at=row["made_at"],
        confirmed=row["confirmed_at"] is not None,
        counter=row["counter"],
    )


def keep(
    connection: Connection,
    person: str,
    kind: str,
    secret: bytes,
    now: datetime,
    *,
    handle: str = "",
    label: str = "",
    confirmed: bool = True,
    counter: int = 0,
) -> int:
    """Keep a credential; its number."""
    stamp = stamper(connection).stamp("credential", person, kind, handle, secret, instant(now))
    given = {
        "person": person, "kind": kind, "handle": handle, "label": label[:80], "secret": secret, "made_at": now,
        "confirmed_at": now if confirmed else None, "counter": counter, "stamp": stamp,
    }  # fmt: skip
    row = connection.execute(SQL["add_credential"], given).fetchone()
    assert row is not None
    return int(row["credential_id"])


def end_all(
    connection: Connection, person: str, kinds: Sequence[str], now: datetime, keep: Sequence[int] = ()
) -> int:
    """End a person's credentials of these kinds; how many."""
    given = {"person": person, "kinds": list(kinds), "now": now, "keep": list(keep)}
    return len(connection.execute(SQL["end_credentials"], given).fetchall())


def count_up(connection: Connection, credential: int, counter: int) -> bool:
    """Move a counter on; False where somebody else moved it there already."""
    given = {"id": credential, "counter": counter}
    return connection.execute(SQL["count_up"], given).fetchone() is not None
