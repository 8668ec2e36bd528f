"""Signing in and out, and what somebody signs in with."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, unquote

import segno
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from tieout.api.v1.calling import (
    Caller,
    TheCaller,
    TheOrigin,
    same_site,
)
from tieout.api.v1.context import TheConnection, TheContext
from tieout.api.v1.expensive import NotNowError
from tieout.api.v1.preferences import Preferences, preferences_of, visible_entities
from tieout.api.v1.problems import ProblemError
from tieout.cases import READS, count_new
from tieout.security import fold_name
from tieout.security.identity import Session, SignedIn, SignInError, csrf_of
from tieout.security.own_paths import own_path, sign_in_path
from tieout.security.roles import OPERATIONS
from tieout.store import Connection

router = APIRouter(tags=["identity"])
_SSO_COOKIE, _NEXT_COOKIE, _SSO_SPAN = "tieout_sso", "tieout_next", 600
Text = Annotated[str, Field(max_length=2000)]


class Password(BaseModel):
    """A name and its password."""

    name: Text
    password: Text


class Code(BaseModel):
    """A one-time code, or a recovery code."""

    code: Annotated[str, Field(max_length=80)]


class Welcome(BaseModel):
    """`token` is the link's; `name` is asked of the first administrator alone."""

    token: Text
    password: Text
    name: Annotated[str, Field(max_length=80)] = ""


class Answered(BaseModel):
    """What an authenticator answered to a question (WebAuthn), as the browser gives it as JSON."""

    question: Text
    answer: dict[str, Any]
    label: Annotated[str, Field(max_length=80)] = ""


class NewPassword(BaseModel):
    """The password that holds, and the one that shall."""

    old: Text
    new: Text


class SignedInAs(BaseModel):
    """`next`: done, second_factor (one of `factors`) or enrol (a second factor must be set up). `csrf` goes along
    with every change, as X-Tieout-CSRF."""

    person: str
    next: str
    factors: list[str]
    csrf: str


class Grant(BaseModel):
    """A role that somebody holds; `by_group`: their group at the sign-on gave it; `own`: they took it by their own word."""

    role: str
    entity: str
    limit: str | None
    by_group: bool
    own: bool


class Who(BaseModel):
    """`operations` are those that they may do, for some entity at least, `entities` whose figures they see; `at` is the clock by which the project
    lives, `told` how much they were told of cases since they looked, counted to a hundred."""

    person: str
    level: str
    second_factor: bool
    via: str
    ends_at: datetime | None
    csrf: str
    grants: list[Grant]
    operations: list[str]
    entities: list[str]
    at: datetime
    preferences: Preferences
    told: int = 0


class OpenSession(BaseModel):
    """Where somebody is signed in, and until when."""

    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    via: str
    address: str
    agent: str
    this: bool


class Way(BaseModel):
    """Something that a person signs in with. `left`: recovery codes that were not used."""

    id: int
    kind: str
    label: str
    made_at: datetime
    left: int | None = None


class Secret(BaseModel):
    """`qr` is a picture of `uri` (SVG), which an authenticator app reads."""

    secret: str
    uri: str
    qr: str


class RecoveryCodes(BaseModel):
    """Shown once, and kept nowhere."""

    recovery_codes: list[str]
    csrf: str


class Question(BaseModel):
    """What an authenticator signs; `question` comes back with its answer."""

    question: str
    options: dict[str, Any]


def _given(context: TheContext, connection: Connection, response: Response, signed: SignedIn) -> SignedInAs:
    context.give(response, signed)
    return SignedInAs(
        person=signed.session.person,
        next=signed.next,
        factors=list(signed.factors),
        csrf=csrf_of(connection, signed.token),
    )


def _session(caller: Caller) -> Session:
    if caller.session is None:
        raise ProblemError(403, "session", "sign in for that: a key has no password and no sessions")
    return caller.session


def _full(caller: Caller) -> Session:
    """What is about oneself is told to whoever is wholly signed in."""
    session = _session(caller)
    if not session.full:
        raise ProblemError(403, "second-factor", "your roles need a second factor: set one up, or give it")
    return session


@router.post("/welcome", dependencies=[Depends(same_site)])
def welcome(
    body: Welcome, response: Response, context: TheContext, connection: TheConnection, origin: TheOrigin
) -> SignedInAs:
    """Begin: by the link of the first start, or of an invitation."""
    identity = context.identity(connection)
    if body.name:
        signed = identity.begin(body.token, fold_name(body.name), body.password, origin)
    else:
        signed = identity.accept(body.token, body.password, origin)
    return _given(context, connection, response, signed)


@router.post("/sign-in", dependencies=[Depends(same_site)])
def sign_in(
    body: Password, response: Response, context: TheContext, connection: TheConnection, origin: TheOrigin
) -> SignedInAs:
    """The first factor."""
    signed = context.identity(connection).sign_in(body.name, body.password, origin)
    return _given(context, connection, response, signed)


@router.post("/sign-in/code", dependencies=[Depends(same_site)])
def sign_in_code(
    body: Code,
    request: Request,
    response: Response,
    context: TheContext,
    connection: TheConnection,
    origin: TheOrigin,
) -> SignedInAs:
    """The second factor: a one-time code, or a recovery code."""
    token = request.cookies.get(context.cookie, "")
    signed = context.identity(connection).second_factor(token, body.code, origin)
    return _given(context, connection, response, signed)


@router.post("/sign-in/passkey/question", dependencies=[Depends(same_site)])
def passkey_question(context: TheContext, connection: TheConnection, origin: TheOrigin) -> Question:
    """What a passkey is asked to sign, by whoever wants to get in."""
    question, options = context.identity(connection).passkey_question(origin)
    return Question(question=question, options=json.loads(options))


@router.post("/sign-in/passkey", dependencies=[Depends(same_site)])
def sign_in_passkey(
    body: Answered, response: Response, context: TheContext, connection: TheConnection, origin: TheOrigin
) -> SignedInAs:
    """A passkey is both factors."""
    signed = context.identity(connection).passkey_sign_in(body.question, body.answer, origin)
    return _given(context, connection, response, signed)


@router.get("/sign-in/sso", response_class=RedirectResponse, status_code=303)
def sign_on(
    context: TheContext,
    connection: TheConnection,
    origin: TheOrigin,
    target: Annotated[str, Query(alias="next", max_length=2000)] = "",
) -> Response:
    """To the company's own sign-on; from there to `next`, a page of this server."""
    if context.provider is None:
        raise ProblemError(
            404, "sso", "this project declares no single sign-on: [identity.sso] in tieout.toml"
        )
    with context.expensive.place(*_SSO_PLACES):
        address, browser = context.provider.start(connection, _back(context), context.wall.now(), origin)
    response = RedirectResponse(address, 303)
    response.set_cookie(
        _SSO_COOKIE, browser, httponly=True, secure=context.identity_settings.secure, samesite="lax", path="/api/v1/sign-in",
        max_age=_SSO_SPAN,
    )  # fmt: skip
    response.set_cookie(
        _NEXT_COOKIE, quote(own_path(target), safe="/"), httponly=True, secure=context.identity_settings.secure, samesite="lax",
        path="/api/v1/sign-in", max_age=_SSO_SPAN,
    )  # fmt: skip
    return response


@router.get("/sign-in/sso/back", response_class=RedirectResponse, status_code=303)
def signed_on(
    request: Request,
    context: TheContext,
    connection: TheConnection,
    origin: TheOrigin,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Back from the company's own sign-on; what did not succeed is said where people sign in."""
    if context.provider is None:
        raise ProblemError(
            404, "sso", "this project declares no single sign-on: [identity.sso] in tieout.toml"
        )
    browser = request.cookies.get(_SSO_COOKIE, "")
    target = own_path(unquote(request.cookies.get(_NEXT_COOKIE, "")))
    try:
        with context.expensive.place(*_SSO_PLACES):
            vouched = context.provider.finish(connection, state, code, browser, context.wall.now(), origin)
        signed = context.identity(connection).sign_on(vouched.name, vouched.second_factor, origin)
    except (SignInError, NotNowError) as error:
        return RedirectResponse(sign_in_path(*_parts(target), why=str(error)), 303)
    response = RedirectResponse(target if signed.next == "done" else sign_in_path(*_parts(target)), 303)
    response.delete_cookie(_SSO_COOKIE, path="/api/v1/sign-in")
    response.delete_cookie(_NEXT_COOKIE, path="/api/v1/sign-in")
    context.give(response, signed)
    return response


def _parts(target: str) -> tuple[str, str]:
    path, _, query = target.partition("?")
    return unquote(path), query


# A provider that does not answer keeps a few threads, and lets every other request be answered.
_SSO_PLACES = ("the single sign-on", 6)


def _back(context: TheContext) -> str:
    return f"{context.identity_settings.url}/api/v1/sign-in/sso/back"


@router.get("/session")
def session(caller: TheCaller, context: TheContext, connection: TheConnection) -> Who:
    """Who calls, and what they may do."""
    held = caller.session
    return Who(
        person=caller.name,
        level=held.level if held else "key",
        second_factor=held.second_factor if held else False,
        via=held.via if held else "key",
        ends_at=held.ends_at() if held else None,
        csrf=csrf_of(connection, caller.token) if held else "",
        grants=[
            Grant(
                role=g.role,
                entity=g.entity,
                limit=f"{g.limit:f}" if g.limit is not None else None,
                by_group=g.by_group,
                own=g.own,
            )
            for g in caller.person.grants
        ],
        entities=visible_entities(caller, context),
        at=context.clock.now(),
        told=count_new(connection, caller.name, caller.entities(READS)),
        operations=[o for o in sorted(OPERATIONS) if caller.may_anywhere(o)],
        preferences=preferences_of(connection, caller, context),
    )


@router.delete("/session", status_code=204)
def sign_out(caller: TheCaller, response: Response, context: TheContext, connection: TheConnection) -> None:
    """End this session."""
    _session(caller)
    context.identity(connection).sign_out(caller.token)
    context.take_back(response)


@router.get("/me/sessions")
def my_sessions(caller: TheCaller, context: TheContext, connection: TheConnection) -> list[OpenSession]:
    """Where somebody is signed in."""
    mine = _full(caller)
    return [
        OpenSession(
            made_at=s.made_at, seen_at=s.seen_at, ends_at=s.ends_at(), via=s.via, address=s.address, agent=s.agent,
            this=s.token_sha256 == mine.token_sha256,
        )
        for s in context.identity(connection).sessions(caller.name)
    ]  # fmt: skip


@router.delete("/me/sessions", status_code=204)
def end_my_others(caller: TheCaller, context: TheContext, connection: TheConnection) -> None:
    """End every session of mine but this."""
    context.identity(connection).end_others(_full(caller))


@router.get("/me/ways")
def my_ways(caller: TheCaller, context: TheContext, connection: TheConnection) -> list[Way]:
    """What I sign in with."""
    _full(caller)
    ways = context.identity(connection).ways(caller.name)
    spare = [w for w in ways if w.kind == "recovery"]
    found = [
        Way(id=w.id, kind=w.kind, label=w.label, made_at=w.made_at) for w in ways if w.kind != "recovery"
    ]
    if spare:
        found.append(
            Way(id=spare[0].id, kind="recovery", label="", made_at=spare[0].made_at, left=len(spare))
        )
    return found


@router.delete("/me/ways/{number}", status_code=204)
def remove_way(number: int, caller: TheCaller, context: TheContext, connection: TheConnection) -> None:
    """Remove a passkey, or one-time codes."""
    context.identity(connection).remove(_session(caller), number)


@router.put("/me/password", status_code=204)
def change_password(
    body: NewPassword, caller: TheCaller, context: TheContext, connection: TheConnection, origin: TheOrigin
) -> None:
    """Another password: my other sessions end."""
    context.identity(connection).change_password(_session(caller), body.old, body.new, origin)


@router.post("/me/totp")
def offer_totp(caller: TheCaller, context: TheContext, connection: TheConnection) -> Secret:
    """A secret for an authenticator app, which a first code lets hold."""
    secret, uri = context.identity(connection).offer_totp(_session(caller))
    picture = io.BytesIO()
    segno.make(uri, error="m").save(
        picture, kind="svg", xmldecl=False, svgns=True, nl=False, scale=5, border=2, omitsize=True
    )
    return Secret(secret=secret, uri=uri, qr=picture.getvalue().decode())


@router.put("/me/totp")
def confirm_totp(
    body: Code,
    caller: TheCaller,
    response: Response,
    context: TheContext,
    connection: TheConnection,
    origin: TheOrigin,
) -> RecoveryCodes:
    """The first code: a new session, and recovery codes."""
    signed, recovery = context.identity(connection).confirm_totp(_session(caller), body.code, origin)
    return RecoveryCodes(recovery_codes=recovery, csrf=_given(context, connection, response, signed).csrf)


@router.post("/me/recovery")
def renew_recovery(caller: TheCaller, context: TheContext, connection: TheConnection) -> RecoveryCodes:
    """Other recovery codes: the old ones end."""
    made = context.identity(connection).renew_recovery(_session(caller))
    return RecoveryCodes(recovery_codes=made, csrf=csrf_of(connection, caller.token))


@router.post("/me/passkeys/question")
def offer_passkey(caller: TheCaller, context: TheContext, connection: TheConnection) -> Question:
    """What a new passkey is asked to sign."""
    question, options = context.identity(connection).offer_passkey(_session(caller))
    return Question(question=question, options=json.loads(options))


@router.post("/me/passkeys")
def add_passkey(
    body: Answered,
    caller: TheCaller,
    response: Response,
    context: TheContext,
    connection: TheConnection,
    origin: TheOrigin,
) -> SignedInAs:
    """Keep a passkey: a new session."""
    signed = context.identity(connection).add_passkey(
        _session(caller), body.question, body.answer, body.label, origin
    )
    return _given(context, connection, response, signed)
