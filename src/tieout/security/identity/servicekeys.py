"""Keys of service accounts: each for some of what its account may do, for some entities, until a day."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tieout.evidence import Entry, record
from tieout.security.authority import load_authority
from tieout.security.identity.credentials import SQL, instant
from tieout.security.identity.sessions import token_hash
from tieout.security.people import EVERYWHERE, AuthorityError, Person
from tieout.security.roles import OPERATIONS, may
from tieout.security.stamps import stamper
from tieout.store import Connection

PREFIX = "tieout_sk_"
LONGEST = timedelta(days=365)
_TOUCH = timedelta(minutes=1)
# What a machine never does, whatever its account was granted.
NEVER = ("approvals:decide", "close:sign", "access:write")


@dataclass(frozen=True)
class ServiceKey:
    """A key that holds: its account, what it may be used for (operations, entities)."""

    key_id: str
    person: Person
    scopes: frozenset[str]
    entities: frozenset[str]

    def may(self, operation: str, entity: str) -> bool:
        """Whether the key covers an operation for an entity, and its account still may do it."""
        covered = EVERYWHERE in self.entities or entity in self.entities
        return operation in self.scopes and covered and may(self.person.grants, operation, entity)


def make_service_key(
    connection: Connection,
    account: str,
    label: str,
    scopes: Sequence[str],
    entities: Sequence[str],
    days: int,
    made_by: str,
    now: datetime,
) -> tuple[str, str]:
    """(its id, the key itself, which is kept nowhere). Raises AuthorityError where `made_by` is no
    administrator, the account is a person, or it would not be allowed one of the scopes."""
    authority = load_authority(connection)
    maker, person = authority.people.get(made_by), authority.people.get(account)
    if maker is None or not maker.active or not may(maker.grants, "access:write", EVERYWHERE):
        raise AuthorityError(f"{made_by or 'nobody'} is no administrator")
    if person is None or not person.active or person.human:
        raise AuthorityError(
            f"no active service account is named {account!r}: people sign in, and have no such keys"
        )
    unknown = sorted(set(scopes) - set(OPERATIONS))
    if unknown or not scopes:
        raise AuthorityError(f"{', '.join(unknown) or 'nothing'}: scopes are some of {', '.join(OPERATIONS)}")
    for scope in scopes:
        if scope in NEVER:
            raise AuthorityError(f"{scope}: a person does that, never a service account")
        for entity in entities:
            if not may(person.grants, scope, entity):
                raise AuthorityError(f"{account} has no role that lets it do {scope} for {entity}")
    if not entities:
        raise AuthorityError("say for which entities: * for every one")
    if not 1 <= days <= LONGEST.days:
        raise AuthorityError(f"{days}: a key lives for 1 to {LONGEST.days} days")
    key_id, key = secrets.token_hex(6), PREFIX + secrets.token_urlsafe(32)
    expires_at = now + timedelta(days=days)
    scopes, entities = sorted(set(scopes)), sorted(set(entities))
    given: dict[str, Any] = {
        "key": token_hash(key), "key_id": key_id, "person": account, "label": label[:80], "scopes": scopes,
        "entities": entities, "made_by": made_by, "now": now, "expires_at": expires_at,
    }  # fmt: skip
    given["stamp"] = stamper(connection).stamp(
        "service_key", *_parts(given | {"made_at": now, "key_sha256": given["key"]})
    )
    connection.execute(SQL["add_service_key"], given)
    detail = {
        "key": key_id,
        "account": account,
        "scopes": scopes,
        "entities": entities,
        "until": instant(expires_at),
    }
    record(connection, [Entry(now, made_by, "identity.key_made", account, "", detail)])
    return key_id, key


def _parts(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        bytes(row["key_sha256"]), row["key_id"], row["person"], " ".join(row["scopes"]), " ".join(row["entities"]), instant(row["made_at"]),
        instant(row["expires_at"]),
    )  # fmt: skip


def service_key_of(connection: Connection, key: str, now: datetime) -> ServiceKey | None:
    """The key, where it holds now; None where it ended, is too old, is nobody's, or was not made by us."""
    hashed = token_hash(key.strip())
    row = connection.execute(SQL["service_key"], {"key": hashed}).fetchone()
    if row is None or row["expires_at"] <= now:
        return None
    if not stamper(connection).holds(row["stamp"], "service_key", *_parts(row)):
        return None
    person = load_authority(connection).people.get(row["person"])
    if person is None or not person.active or person.human:
        return None
    if row["used_at"] is None or now - row["used_at"] >= _TOUCH:
        connection.execute(SQL["used_service_key"], {"key": hashed, "now": now})
    return ServiceKey(row["key_id"], person, frozenset(row["scopes"]), frozenset(row["entities"]))


def end_service_key(connection: Connection, key_id: str, by: str, now: datetime) -> None:
    """End a key at once. Raises AuthorityError."""
    maker = load_authority(connection).people.get(by)
    if maker is None or not maker.active or not may(maker.grants, "access:write", EVERYWHERE):
        raise AuthorityError(f"{by or 'nobody'} is no administrator")
    row = connection.execute(SQL["end_service_key"], {"key_id": key_id, "now": now}).fetchone()
    if row is None:
        raise AuthorityError(f"no key {key_id!r} holds")
    record(connection, [Entry(now, by, "identity.key_ended", row["person"], "", {"key": key_id})])


def service_keys(connection: Connection) -> list[dict[str, Any]]:
    """Every key that was made, the newest first, without the keys themselves."""
    return list(connection.execute(SQL["service_keys"]).fetchall())
