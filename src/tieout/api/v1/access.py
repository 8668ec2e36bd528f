"""Who may do what: people, roles, service keys. What gives rights takes two administrators."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, needs
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.evidence import Entry, record
from tieout.money import MoneyError, parse_decimal
from tieout.security import (
    EVERYWHERE,
    AddPerson,
    AuthorityError,
    Change,
    Confirm,
    EndPerson,
    GrantRole,
    Reset,
    RevokeRole,
    change_authority,
    fold_name,
    load_authority,
)
from tieout.security.identity import end_service_key, make_service_key, service_keys
from tieout.security.roles import EVERYWHERE_ONLY, OPERATIONS, ROLES
from tieout.store import Connection

router = APIRouter(prefix="/access", tags=["access"])
_READ, _WRITE = needs("access:read"), needs("access:write")
Reader = Annotated[Caller, _READ]
Writer = Annotated[Caller, _WRITE]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,40}$")]
Short = Annotated[str, Field(max_length=120)]


class Granted(BaseModel):
    """`limit` is the most that they may approve, in the entity's currency; null: any amount. `own`: they took it by
    their own word, in a test environment."""

    role: str
    entity: str
    limit: str | None
    by_group: bool
    own: bool


class PersonOut(BaseModel):
    """Somebody who was let in: what they were granted, and what they sign in with."""

    name: str
    human: bool
    active: bool
    names: list[str]
    grants: list[Granted]
    signs_in_with: list[str]


class ChangeOut(BaseModel):
    """A change that waits for another administrator."""

    no: int
    at: datetime
    made_by: str
    change: dict[str, Any]


class Made(BaseModel):
    """`waits`: another administrator must confirm it. `alike`: names of it that look like another person's."""

    no: int
    waits: bool
    alike: list[str] = []


class NewPerson(BaseModel):
    """Somebody to let in; `names` are those that they have at sources."""

    name: Name
    human: bool = True
    names: Annotated[list[Short], Field(max_length=20)] = []


class NewGrant(BaseModel):
    """A role for somebody, for one entity or every one, up to a limit."""

    name: Name
    role: Annotated[str, Field(pattern=r"^[a-z][a-z0-9 _-]{1,40}$")]
    entity: Short
    limit: Annotated[str, Field(max_length=40)] | None = None


class OldGrant(BaseModel):
    """A role to take back."""

    name: Name
    role: Short
    entity: Short


class Invitation(BaseModel):
    """`link` serves once, within 72 hours: hand it to the person yourself."""

    link: str


class NewKey(BaseModel):
    """A key for a service account: for which operations and entities, for how many days."""

    account: Name
    label: Short
    scopes: Annotated[list[Short], Field(max_length=40)]
    entities: Annotated[list[Short], Field(max_length=200)]
    days: Annotated[int, Field(ge=1, le=365)] = 90


class KeyMade(BaseModel):
    """`key` is shown once, and kept nowhere."""

    key_id: str
    key: str


class KeyOut(BaseModel):
    """A key as it is kept: what it is for, never the key."""

    key_id: str
    account: str
    label: str
    scopes: list[str]
    entities: list[str]
    made_by: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    used_at: datetime | None


class Role(BaseModel):
    """`everywhere`: operations that are done for every entity or not at all."""

    role: str
    means: str
    operations: list[str]
    everywhere: list[str]


@router.get("/roles")
def roles(caller: Reader) -> list[Role]:
    """The roles, and what each lets its holder do."""
    return [
        Role(
            role=name,
            means=means,
            operations=[o for o, holders in OPERATIONS.items() if name in holders],
            everywhere=[o for o in EVERYWHERE_ONLY if name in OPERATIONS[o]],
        )
        for name, means in ROLES.items()
    ]


@router.get("/people")
def people(caller: Reader, context: TheContext, connection: TheConnection) -> list[PersonOut]:
    """Everybody who was ever let in, and service accounts."""
    identity = context.identity(connection)
    return [
        PersonOut(
            name=p.name,
            human=p.human,
            active=p.active,
            names=sorted(p.names),
            grants=[
                Granted(
                    role=g.role, entity=g.entity, limit=f"{g.limit:f}" if g.limit is not None else None,
                    by_group=g.by_group, own=g.own,
                )
                for g in p.grants
            ],
            signs_in_with=sorted({w.kind for w in identity.ways(p.name)} - {"recovery"}) + (["key"] if p.key_sha256 else []),
        )
        for p in sorted(load_authority(connection).people.values(), key=lambda p: p.name)
    ]  # fmt: skip


@router.post("/people", status_code=201)
def add_person(body: NewPerson, caller: Writer, context: TheContext, connection: TheConnection) -> Made:
    """Let somebody in, or add what sources call them."""
    old = load_authority(connection).people.get(body.name)
    names = tuple(fold_name(n) for n in body.names)
    key = old.key_sha256 if old else ""
    return _keep(
        connection, context, caller, AddPerson(name=body.name, human=body.human, names=names, key_sha256=key)
    )


@router.delete("/people/{name}")
def end_person(name: Name, caller: Writer, context: TheContext, connection: TheConnection) -> Made:
    """Somebody is not let in any more, at once."""
    return _keep(connection, context, caller, EndPerson(name=name))


@router.post("/people/{name}/invitation")
def invite(name: Name, caller: Writer, context: TheContext, connection: TheConnection) -> Invitation:
    """A link with which somebody who cannot sign in yet chooses how to."""
    token = context.identity(connection).invite(name, caller.name)
    return Invitation(link=f"{context.identity_settings.url}/welcome#{token}")


@router.post("/people/{name}/reset", status_code=201)
def reset(name: Name, caller: Writer, context: TheContext, connection: TheConnection) -> Made:
    """All that somebody signs in with ends, once another administrator confirms it."""
    return _keep(connection, context, caller, Reset(name=name))


@router.delete("/people/{name}/sessions", status_code=204)
def end_sessions(name: Name, caller: Writer, context: TheContext, connection: TheConnection) -> None:
    """Somebody is signed out everywhere, at once."""
    context.identity(connection).end_sessions_of(name, caller.name)


@router.post("/grants", status_code=201)
def grant(body: NewGrant, caller: Writer, context: TheContext, connection: TheConnection) -> Made:
    """Grant a role for an entity, or "*" for every one."""
    known = context.release().entities
    if body.entity != EVERYWHERE and body.entity not in known:
        raise ProblemError(422, "entity", f"no entity {body.entity!r}: there are {', '.join(known)}, and *")
    if body.role == "administrator" and body.entity != EVERYWHERE:
        raise ProblemError(422, "entity", "an administrator is one of every entity: *")
    limit: Decimal | None = None
    if body.limit is not None:
        try:
            limit = parse_decimal(body.limit)
        except MoneyError as error:
            raise ProblemError(422, "limit", str(error)) from None
    change = GrantRole(name=body.name, role=body.role, entity=body.entity, limit=limit)
    return _keep(connection, context, caller, change)


@router.post("/grants/revoke", status_code=201)
def revoke(body: OldGrant, caller: Writer, context: TheContext, connection: TheConnection) -> Made:
    """Take a role back, at once."""
    return _keep(connection, context, caller, RevokeRole(name=body.name, role=body.role, entity=body.entity))


@router.get("/changes")
def waiting(caller: Reader, connection: TheConnection) -> list[ChangeOut]:
    """Changes that wait for another administrator."""
    import msgspec

    kept = load_authority(connection).waiting.values()
    return [
        ChangeOut(no=k.no, at=k.at, made_by=k.made_by, change=msgspec.to_builtins(k.change)) for k in kept
    ]


@router.post("/changes/{no}/confirm", status_code=201)
def confirm(no: int, caller: Writer, context: TheContext, connection: TheConnection) -> Made:
    """Let a change hold that another administrator made."""
    return _keep(connection, context, caller, Confirm(no=no))


@router.get("/service-keys")
def keys(caller: Reader, connection: TheConnection) -> list[KeyOut]:
    """Every key of every service account."""
    return [KeyOut(account=row.pop("person"), **row) for row in map(dict, service_keys(connection))]


@router.post("/service-keys", status_code=201)
def make_key(
    body: NewKey, caller: Writer, context: TheContext, connection: TheConnection, response: Response
) -> KeyMade:
    """A key of a service account, for no more than its account may do."""
    with connection.transaction():
        key_id, key = make_service_key(
            connection,
            body.account,
            body.label,
            body.scopes,
            body.entities,
            body.days,
            caller.name,
            context.wall.now(),
        )
    response.headers["cache-control"] = "no-store"
    return KeyMade(key_id=key_id, key=key)


@router.delete("/service-keys/{key_id}", status_code=204)
def end_key(key_id: Short, caller: Writer, context: TheContext, connection: TheConnection) -> None:
    """End a key, at once."""
    with connection.transaction():
        end_service_key(connection, key_id, caller.name, context.wall.now())


def _keep(connection: Connection, context: TheContext, caller: Caller, change: Change) -> Made:
    """Keep a change; what is refused leaves evidence."""
    now = context.wall.now()
    try:
        with connection.transaction():
            no = change_authority(connection, change, caller.name, now)
            held = load_authority(connection)
            waiting = held.waiting.get(no)
            alike = held.written_alike(waiting.change if waiting else change)
            return Made(no=no, waits=waiting is not None, alike=list(alike))
    except AuthorityError as error:
        with connection.transaction():
            detail = {"why": str(error)[:300]}
            record(connection, [Entry(now, caller.name, "authority.refused", "access", "", detail)])
        raise
