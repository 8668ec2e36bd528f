"""How people are sent what they are told: what they chose, their addresses, what became of the last messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tieout.api.v1.calling import Caller, TheCaller
from tieout.api.v1.context import RequestContext, TheConnection, TheContext
from tieout.api.v1.problems import ProblemError
from tieout.notifying import (
    Choice,
    ChoiceError,
    NoticePace,
    NoticeWay,
    Sends,
    addresses_of,
    choice_of,
    choose,
    confirm_address,
    dispatches_to,
    give_address,
    remove_address,
    ways_offered,
)
from tieout.store import Connection

router = APIRouter(tags=["identity"])
_MOST_SHOWN = 5


class NoticeAddress(BaseModel):
    """Where one is written to: a mail address, or a member's id of Slack. `confirmed`: whoever has it said so."""

    channel: NoticeWay
    address: str
    confirmed: bool


class Dispatch(BaseModel):
    """A message to somebody: waiting, sent, failed or dropped; `said` is why not, `next_at` when a waiting one is tried next."""

    channel: NoticeWay
    kind: Sends
    state: str
    tries: int
    made_at: datetime
    next_at: datetime
    ended_at: datetime | None
    said: str


class NoticeChoice(BaseModel):
    """How somebody is sent what they are told. `hour` (0 to 23) and `weekday` (1 is Monday) of a digest are those of `time_zone`."""

    pace: NoticePace = NoticePace.NONE
    channel: NoticeWay = NoticeWay.MAIL
    hour: Annotated[int, Field(ge=0, le=23)] = 8
    weekday: Annotated[int, Field(ge=1, le=7)] = 1
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"


class SentOn(NoticeChoice):
    """What somebody chose; `offered` are the ways by which this project sends, `next_at` is when the next digest is due, `last` the newest five messages."""

    next_at: datetime | None
    offered: list[NoticeWay]
    addresses: list[NoticeAddress]
    last: list[Dispatch]


class GivenAddress(BaseModel):
    """An address of one's own."""

    channel: NoticeWay
    address: Annotated[str, Field(max_length=320)]


class NoticeLink(BaseModel):
    """What stands behind `confirm=` in the link that came."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/me/notices")
def sent_on(caller: TheCaller, connection: TheConnection, context: TheContext) -> SentOn:
    """How I am sent what I am told, and what became of the last messages."""
    return _sent_on(connection, _whole(caller), context)


@router.put("/me/notices")
def choose_notices(
    body: NoticeChoice, caller: TheCaller, connection: TheConnection, context: TheContext
) -> SentOn:
    """Choose how to be sent what one is told: not at all, at once, or as a digest of a day or a week; by mail or by Slack."""
    name = _whole(caller).name
    wanted = Choice(body.pace, body.channel, body.hour, body.weekday, body.time_zone)
    try:
        with connection.transaction():
            choose(connection, name, wanted, _offered(context), context.clock.now())
    except ChoiceError as error:
        raise ProblemError(422, "notices", str(error)) from None
    return _sent_on(connection, caller, context)


@router.put("/me/notices/address")
def give_notice_address(
    body: GivenAddress, caller: TheCaller, connection: TheConnection, context: TheContext
) -> SentOn:
    """Give an address of one's own: a link goes there, which confirms it. One that is one of my names here needs none."""
    person = _whole(caller).person
    try:
        with connection.transaction():
            give_address(
                connection, person, body.channel, body.address, _offered(context), context.wall.now()
            )
    except ChoiceError as error:
        raise ProblemError(422, "notices", str(error)) from None
    return _sent_on(connection, caller, context)


@router.post("/me/notices/address/confirm")
def confirm_notice_address(
    body: NoticeLink, caller: TheCaller, connection: TheConnection, context: TheContext
) -> SentOn:
    """Confirm an address by the link that was sent there."""
    name = _whole(caller).name
    try:
        with connection.transaction():
            confirm_address(connection, name, body.token, context.wall.now())
    except ChoiceError as error:
        raise ProblemError(422, "notices", str(error)) from None
    return _sent_on(connection, caller, context)


@router.delete("/me/notices/address/{channel}")
def remove_notice_address(
    channel: NoticeWay, caller: TheCaller, connection: TheConnection, context: TheContext
) -> SentOn:
    """Give an address up: nothing more is sent there."""
    with connection.transaction():
        remove_address(connection, _whole(caller).name, channel, context.wall.now())
    return _sent_on(connection, caller, context)


def _whole(caller: Caller) -> Caller:
    """Whoever is wholly signed in, and is a person."""
    if caller.session is not None and not caller.session.full:
        raise ProblemError(403, "second-factor", "your roles need a second factor: set one up, or give it")
    if not caller.person.human:
        raise ProblemError(403, "person", f"{caller.name} is a service account: people are told of cases")
    return caller


def _offered(context: RequestContext) -> tuple[NoticeWay, ...]:
    return () if context.project is None else ways_offered(context.project.settings.alerts)


def _sent_on(connection: Connection, caller: Caller, context: RequestContext) -> SentOn:
    chosen = choice_of(connection, caller.name) or Choice(time_zone=_own_zone(caller, context))
    return SentOn(
        pace=chosen.pace, channel=chosen.channel, hour=chosen.hour, weekday=chosen.weekday, time_zone=chosen.time_zone,
        next_at=chosen.next_at, offered=list(_offered(context)),
        addresses=[NoticeAddress(channel=r["channel"], address=r["address"], confirmed=r["confirmed"]) for r in addresses_of(connection, caller.name)],
        last=[Dispatch(**{k: r[k] for k in Dispatch.model_fields}) for r in dispatches_to(connection, caller.name, _MOST_SHOWN)],
    )  # fmt: skip


def _own_zone(caller: Caller, context: RequestContext) -> str:
    """The time zone of the first entity whose cases somebody sees: what a digest's hour is offered in at first."""
    release = context.release()
    mine = [e for name, e in release.entities.items() if caller.may("cases:read", name)]
    return str(mine[0].time_zone) if mine else "UTC"
