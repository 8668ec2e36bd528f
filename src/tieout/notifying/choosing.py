"""What a person chooses: whether what they are told is sent to them, when, by what, and to which address of theirs.

An address is believed once whoever has it has said so: by a link that is sent there, or because it is one of the names under which two
administrators, or the company's sign-on, know the person. Each function works in the caller's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from tieout.connector_api.mail import one_address
from tieout.notifying.hours import next_digest, zone_of
from tieout.notifying.model import (
    MOST_ADDRESSES,
    PURPOSE,
    Choice,
    ChoiceError,
    NoticePace,
    NoticeWay,
    Sends,
)
from tieout.notifying.reading import SQL, Row, address_of, address_stamp
from tieout.security import Person, fold_name
from tieout.security.identity.one_time_tokens import take_once
from tieout.settings import AlertSettings
from tieout.store import Connection

_LONGEST_ADDRESS = 254
# A member of a workspace, as "Copy member ID" in somebody's profile gives it.
_MEMBER = re.compile(r"[UW][A-Z0-9]{7,30}")


def ways_offered(settings: AlertSettings) -> tuple[NoticeWay, ...]:
    """By what a project can send: mail where a server is named, Slack where a token is."""
    pairs = ((NoticeWay.MAIL, settings.smtp), (NoticeWay.SLACK, settings.slack_token))
    return tuple(way for way, there in pairs if there)


def choose(
    connection: Connection, person: str, wanted: Choice, offered: Collection[NoticeWay], now: datetime
) -> Choice:
    """Choose how to be sent what one is told, from now on. Raises ChoiceError."""
    if wanted.pace is not NoticePace.NONE:
        _check(connection, person, wanted.channel, offered)
    if not 0 <= wanted.hour <= 23 or not 1 <= wanted.weekday <= 7:
        raise ChoiceError("a digest comes at a full hour, 0 to 23, and on a day of the week, 1 (Monday) to 7")
    due = next_digest(wanted.pace, wanted.hour, wanted.weekday, zone_of(wanted.time_zone), now)
    given = {
        "person": person, "pace": wanted.pace, "channel": wanted.channel, "hour": wanted.hour, "weekday": wanted.weekday,
        "time_zone": wanted.time_zone, "next_at": due, "now": now,
    }  # fmt: skip
    connection.execute(SQL["choose"], given)
    return Choice(wanted.pace, wanted.channel, wanted.hour, wanted.weekday, wanted.time_zone, due)


def _check(connection: Connection, person: str, channel: NoticeWay, offered: Collection[NoticeWay]) -> None:
    if channel not in offered:
        raise ChoiceError(_not_offered(channel))
    kept = address_of(connection, person, channel)
    if kept is None or not kept["confirmed"]:
        raise ChoiceError(f"no address of yours for {channel} is confirmed yet: give one, and open the link that is sent there")  # fmt: skip


def _not_offered(channel: NoticeWay) -> str:
    if channel is NoticeWay.MAIL:
        return (
            "this project sends no mail: an administrator names a server, smtp under [alerts] of tieout.toml"
        )
    return "this project does not write to Slack: an administrator names a token, slack_token under [alerts] of tieout.toml"


def give_address(
    connection: Connection,
    person: Person,
    channel: NoticeWay,
    address: str,
    offered: Collection[NoticeWay],
    now: datetime,
) -> bool:
    """Give an address of one's own; True where it is confirmed by that, False where a link goes there first. `now` is the machine's. Raises
    ChoiceError."""
    if channel not in offered:
        raise ChoiceError(_not_offered(channel))
    kept = _checked(channel, address)
    own = {"person": person.name, "channel": channel, "address": kept, "now": now}
    since = now - timedelta(days=1)
    asked = connection.execute(SQL["asked_lately"], {"person": person.name, "since": since}).fetchone()
    known = channel is NoticeWay.MAIL and fold_name(kept) in person.called()
    if not known and asked is not None and asked["count"] >= MOST_ADDRESSES:
        raise ChoiceError(f"{MOST_ADDRESSES} links in a day at most: wait until tomorrow, or take an address that you have confirmed")  # fmt: skip
    connection.execute(SQL["ask"], own)
    # A link that waits to be sent is of the address before.
    connection.execute(SQL["drop_waiting"], {**own, "said": "another address was given", "address": True})
    if known:
        _confirm(connection, person.name, channel, kept, now)
    elif not (address_of(connection, person.name, channel) or {})["confirmed"]:
        connection.execute(SQL["add"], {**own, "kind": Sends.ADDRESS})
        return False
    return True


def confirm_address(connection: Connection, person: str, token: str, now: datetime) -> NoticeWay:
    """Confirm an address by the link that was sent there; by what it is. `now` is the machine's. Raises ChoiceError where the link is not theirs,
    was used, is too old, or is of an address that they gave up since."""
    wrong = ChoiceError(
        "this link was used, is too old, or is of another person or address: give the address once more"
    )
    found = take_once(connection, PURPOSE, token, now, look=True)
    if found is None or found.person != person:
        raise wrong
    channel, _, address = found.content.decode().partition("\n")
    kept = address_of(connection, person, NoticeWay(channel))
    if kept is None or kept["address"] != address or take_once(connection, PURPOSE, token, now) is None:
        raise wrong
    _confirm(connection, person, NoticeWay(channel), address, now)
    return NoticeWay(channel)


def remove_address(connection: Connection, person: str, channel: NoticeWay, now: datetime) -> None:
    """Give an address up; what waits to be sent there is not sent."""
    given = {"person": person, "channel": channel, "now": now, "said": "its address was removed"}
    connection.execute(SQL["remove_address"], given)
    for address in (True, False):
        connection.execute(SQL["drop_waiting"], {**given, "address": address})


def dispatches_to(connection: Connection, person: str, limit: int = 5) -> list[Row]:
    """The last messages to somebody, the newest first, and what became of each."""
    return list(connection.execute(SQL["last_dispatches"], {"person": person, "limit": limit}).fetchall())


def _confirm(connection: Connection, person: str, channel: NoticeWay, address: str, now: datetime) -> None:
    stamp = address_stamp(connection, person, channel, address)
    given = {"person": person, "channel": channel, "address": address, "stamp": stamp, "now": now}
    connection.execute(SQL["confirm"], given)


def _checked(channel: NoticeWay, address: str) -> str:
    """An address as it is kept. Raises ChoiceError."""
    text = address.strip()
    if channel is NoticeWay.SLACK:
        if not _MEMBER.fullmatch(text):
            raise ChoiceError(f"{text[:40]!r} is no member of Slack: 'Copy member ID' in your profile there gives one, such as U012AB3CD")  # fmt: skip
        return text
    try:
        found = one_address(text)
    except ValueError as error:
        raise ChoiceError(str(error)) from None
    if len(found.addr_spec) > _LONGEST_ADDRESS:
        raise ChoiceError(f"an address has {_LONGEST_ADDRESS} letters at most")
    return str(found.addr_spec)
