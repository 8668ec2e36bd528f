"""Keeps every change of who may do what: in order, stamped one over the other, with evidence."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

import msgspec

from tieout.evidence import Entry, record
from tieout.security.changes import Begin, Change, Confirm, EndPerson, Reset
from tieout.security.people import Authority, AuthorityError, Kept, Person, fold
from tieout.security.stamps import StampError, stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.security")
_CHANGE: msgspec.json.Decoder[Change] = msgspec.json.Decoder(Change)
_ENCODER = msgspec.json.Encoder(order="deterministic")
_KEY_PREFIX = "tieout_"


def new_key() -> str:
    """A key for one person: 256 random bits; what is kept of it is its hash."""
    return _KEY_PREFIX + secrets.token_urlsafe(32)


def key_hash(key: str) -> str:
    """SHA-256 of a key, in hex: a key of 256 random bits needs no slow hash."""
    return hashlib.sha256(key.strip().encode()).hexdigest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def load_authority(connection: Connection) -> Authority:
    """Who may do what now. Raises StampError where a change was not made by us, or is missing:
    nobody has any authority then."""
    rows = connection.execute(_SQL["changes"]).fetchall()
    stamps, before, kept = stamper(connection), b"", []
    for expected, row in enumerate(rows, 1):
        given = (before, row["no"], _instant(row["at"]), row["made_by"], row["content"])
        if row["no"] != expected or not stamps.holds(row["stamp"], "authority", *given):
            raise StampError(
                f"change {expected} of who may do what is missing, or was not made by us: "
                "nobody can approve anything until it is restored from a backup"
            )
        before = bytes(row["stamp"])
        kept.append(Kept(row["no"], row["at"], row["made_by"], _CHANGE.decode(row["content"].encode())))
    told = connection.execute(_SQL["changes_in_evidence"]).fetchone()
    assert told is not None
    if told["count"] != len(rows):
        raise StampError(
            f"evidence knows {told['count']} changes of who may do what, the list has {len(rows)}: "
            "nobody can approve anything until it is restored from a backup"
        )
    return fold(kept)


def person_of(connection: Connection, key: str) -> Person:
    """Whose key this is. Raises AuthorityError, with evidence of the attempt left to the caller."""
    person = load_authority(connection).by_key(key_hash(key))
    if person is None:
        raise AuthorityError("this key is nobody's: ask an administrator (`tieout people key` makes one)")
    return person


def change_authority(connection: Connection, change: Change, made_by: str, now: datetime) -> int:
    """Keep a change, in the caller's transaction; its number. Raises AuthorityError."""
    connection.execute(_SQL["one_at_a_time"])
    held = load_authority(connection)
    held.check(change, made_by)
    last = connection.execute(_SQL["last_change"]).fetchone()
    no = last["no"] + 1 if last else 1
    content = _ENCODER.encode(change).decode()
    before = bytes(last["stamp"]) if last else b""
    stamp = stamper(connection).stamp("authority", before, no, _instant(now), made_by, content)
    given = {"no": no, "at": now, "made_by": made_by, "content": content, "stamp": stamp}
    connection.execute(_SQL["add_change"], given)
    detail = msgspec.to_builtins(change) | {"no": no}
    if isinstance(change, Begin):
        detail["people"] = [p.name for p in change.people]
    if alike := held.written_alike(change):
        detail["alike"] = list(alike)
    record(connection, [Entry(now, made_by, f"authority.{detail['change']}", f"change {no}", "", detail)])
    _consequences(connection, held, change, now)
    return no


def _consequences(connection: Connection, held: Authority, change: Change, now: datetime) -> None:
    """What ends at once: sessions of whoever is not let in any more, and, where a reset is confirmed,
    everything that the person signs in with."""
    if isinstance(change, EndPerson):
        connection.execute(
            _SQL["end_sessions"], {"person": change.name, "now": now, "why": "not let in any more"}
        )
    if isinstance(change, Confirm):
        kept = held.waiting[change.no].change
        if isinstance(kept, Reset):
            connection.execute(_SQL["end_sessions"], {"person": kept.name, "now": now, "why": "reset"})
            connection.execute(_SQL["end_credentials"], {"person": kept.name, "now": now})
