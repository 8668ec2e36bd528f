"""Who calls, and what they may do: a session's cookie, or a key in Authorization."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from tieout.api.v1.context import RequestContext, TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.unit import Unit, unit_of
from tieout.evidence import Entry, record
from tieout.security import AuthorityError, Person, load_authority, person_of
from tieout.security.identity import (
    Origin,
    ServiceKey,
    Session,
    ThrottledError,
    count_wrong_key,
    csrf_of,
    service_key_of,
    session_of,
)
from tieout.security.identity.servicekeys import PREFIX
from tieout.security.roles import EVERYWHERE_ONLY, OPERATIONS, entities_of, may, needs_second_factor
from tieout.store import Connection

_SAFE = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-tieout-csrf"


@dataclass
class Caller:
    """Somebody who is known. `session` is None for whoever holds a key."""

    person: Person
    session: Session | None = None
    key: ServiceKey | None = None
    token: str = ""

    @property
    def name(self) -> str:
        """The person's name."""
        return self.person.name

    def may(self, operation: str, entity: str = "*") -> bool:
        """Whether they may do it for an entity ("*": for every one), in this session or by this key."""
        if self.session is not None and not self.session.full:
            return False
        if self.key is not None:
            return self.key.may(operation, entity)
        return may(self.person.grants, operation, entity)

    def may_anywhere(self, operation: str) -> bool:
        """Whether they may do it for some entity at least."""
        return bool(self.entities(operation))

    def entities(self, operation: str) -> frozenset[str]:
        """For which entities they may do something; "*" among them: for every one."""
        if self.session is not None and not self.session.full:
            return frozenset()
        granted = entities_of(self.person.grants, operation)
        if self.key is None:
            return granted
        if operation not in self.key.scopes:
            return frozenset()
        if "*" in granted:
            return self.key.entities
        return granted if "*" in self.key.entities else granted & self.key.entities


def origin_of(request: Request) -> Origin:
    """Where a request comes from, as far as the server that took it knows."""
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""))


def same_site(request: Request, context: TheContext) -> None:
    """Refuse what another site's page sends: browsers say from where (Fetch Metadata, Origin)."""
    if request.method in _SAFE:
        return
    origin, fetched = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    own = {context.identity_settings.url, f"{request.url.scheme}://{request.url.netloc}"}
    if (origin is not None and origin not in own) or fetched in ("cross-site", "same-site"):
        raise ProblemError(403, "other-site", "this was sent by a page of another site")


def whole_unit(request: Request) -> Unit:
    """The unit of a write that is one transaction alone."""
    unit = unit_of(request)
    assert unit is not None, "a write whose effect is not in one transaction alone is covered by a unit"
    return unit


TheUnit = Annotated[Unit, Depends(whole_unit)]
TheOrigin = Annotated[Origin, Depends(origin_of)]


def caller_of(request: Request, context: TheContext, connection: TheConnection) -> Caller:
    """Who calls. Raises ProblemError 401 for nobody, 403 for a page that is not ours."""
    header = request.headers.get("authorization", "")
    if header:
        return caller_by_key(connection, context, header, origin_of(request))
    token = request.cookies.get(context.cookie, "")
    found = session_of(connection, token, context.wall.now()) if token else None
    if found is None:
        raise ProblemError(401, "sign-in", "sign in, or send a key as Authorization: Bearer KEY")
    if request.method not in _SAFE:
        same_site(request, context)
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode(), csrf_of(connection, token).encode()):
            why = f"send {CSRF_HEADER} with what GET /api/v1/session says"
            raise ProblemError(403, "csrf", why)
    return Caller(found[1], found[0], token=token)


def caller_by_key(connection: Connection, context: RequestContext, header: str, origin: Origin) -> Caller:
    """Whose key an Authorization header gives. Raises ProblemError 401, 403, and ThrottledError where an address
    tried too many that are nobody's."""
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer":
        raise ProblemError(401, "sign-in", "Authorization: Bearer KEY was expected")
    key = key.strip()
    if key.startswith(PREFIX):
        found = service_key_of(connection, key, context.wall.now())
        if found is None:
            count_wrong_key(connection, origin.address, context.wall.now())
            raise ProblemError(401, "sign-in", "this key ended, is too old, or was never one")
        return Caller(found.person, key=found)
    try:
        person = person_of(connection, key)
    except AuthorityError:
        count_wrong_key(connection, origin.address, context.wall.now())
        raise ProblemError(401, "sign-in", "this key is nobody's") from None
    if needs_second_factor(person.grants):
        why = "your roles need a second factor: sign in; a key serves at the command line alone"
        raise ProblemError(403, "second-factor", why)
    return Caller(person)


def shows_somebody(request: Request, context: RequestContext, connection: Connection) -> bool:
    """Whether a request is somebody's who is signed in or holds a key: enough to read what they send, and no more."""
    header = request.headers.get("authorization", "")
    if header:
        try:
            caller_by_key(connection, context, header, origin_of(request))
        except (ProblemError, ThrottledError):
            return False
        return True
    token = request.cookies.get(context.cookie, "")
    return bool(token) and session_of(connection, token, context.wall.now()) is not None


TheCaller = Annotated[Caller, Depends(caller_of)]


def needs(operation: str) -> Any:
    """A dependency: whoever calls may do `operation` for some entity at least; for which, the endpoint asks."""
    assert operation in OPERATIONS

    def check(request: Request, context: TheContext, connection: TheConnection, caller: TheCaller) -> Caller:
        return _allowed(request, context, connection, caller, operation)

    check.operation = operation  # type: ignore[attr-defined]
    return Depends(check)


def needs_person(operation: str) -> Any:
    """As `needs`, of a person: what somebody decides is never a machine's word."""
    assert operation in OPERATIONS

    def check(request: Request, context: TheContext, connection: TheConnection, caller: TheCaller) -> Caller:
        allowed = _allowed(request, context, connection, caller, operation)
        check_person(request, context, connection, allowed, operation)
        return allowed

    check.operation = operation  # type: ignore[attr-defined]
    return Depends(check)


def check_person(
    request: Request, context: RequestContext, connection: Connection, caller: Caller, operation: str
) -> None:
    """Raises ProblemError, with evidence, where whoever calls is a service account."""
    if caller.person.human:
        return
    detail = {"operation": operation, "path": request.url.path, "why": "a service account decides nothing"}
    with connection.transaction():
        record(connection, [Entry(context.clock.now(), caller.name, "access.refused", operation, "", detail)])
    raise ProblemError(403, "person", f"{caller.name} is a service account: a person decides that")


def needs_shortly(operation: str) -> Any:
    """As `needs`, for an answer that takes long: no connection is held while it lasts."""
    assert operation in OPERATIONS

    def check(request: Request, context: TheContext) -> Caller:
        with context.pool.connection() as connection:
            caller = caller_of(request, context, connection)
            return _allowed(request, context, connection, caller, operation)

    check.operation = operation  # type: ignore[attr-defined]
    return Depends(check)


def _allowed(
    request: Request, context: RequestContext, connection: Connection, caller: Caller, operation: str
) -> Caller:
    """Raises ProblemError; what somebody may not do leaves evidence."""
    if caller.session is not None and not caller.session.full:
        raise ProblemError(403, "second-factor", "your roles need a second factor: set one up, or give it")
    allowed = caller.may(operation, "*") if operation in EVERYWHERE_ONLY else caller.entities(operation)
    if not allowed:
        if request.method not in _SAFE:
            detail = {"operation": operation, "path": request.url.path}
            with connection.transaction():
                record(
                    connection,
                    [Entry(context.clock.now(), caller.name, "access.refused", operation, "", detail)],
                )
        raise ProblemError(403, "forbidden", f"{caller.name} has no role for {operation}")
    return caller


def seen_by(caller: Caller, operation: str, asked: str | None) -> list[str] | None:
    """The entities to list for somebody who asks for one of them or for all; None: every one."""
    mine = caller.entities(operation)
    if asked is not None:
        return [asked] if caller.may(operation, asked) else []
    return None if "*" in mine else sorted(mine)


def readable(request: Request, context: RequestContext, connection: Connection) -> frozenset[str]:
    """For which entities whoever asks may see figures: every one ("*") until people were added. Raises
    ProblemError where nobody is signed in, or not wholly."""
    if not load_authority(connection).people:
        return frozenset({"*"})
    caller = caller_of(request, context, connection)
    if caller.session is not None and not caller.session.full:
        raise ProblemError(403, "second-factor", "your roles need a second factor: set one up, or give it")
    return caller.entities("documents:read")
