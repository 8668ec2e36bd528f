"""What a person chooses about being sent what they are told, and the limits of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A message lists so many cases, and says how many more there are.
MOST_LISTED = 20
# After so many tries a message is given up, and that is said. Between two of them: a minute, doubled each time, an hour at most.
MOST_TRIES = 8
# Somebody gets one message so often at most: what comes meanwhile is in the next one.
BETWEEN = timedelta(minutes=1)
# Addresses that one person may have confirmed within a day.
MOST_ADDRESSES = 5
# For how long the link that confirms an address serves.
LINK_SERVES = timedelta(hours=24)
# What a link that confirms an address was made for.
PURPOSE = "notice address"
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)


class NoticePace(StrEnum):
    """When what somebody is told is sent to them: never, at once, each day, each week."""

    NONE = "none"
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class NoticeWay(StrEnum):
    """By what it is sent."""

    MAIL = "mail"
    SLACK = "slack"


class Sends(StrEnum):
    """What a message is: notices as they come, a digest, or the question whether an address is somebody's."""

    NOTICES = "notices"
    DIGEST = "digest"
    ADDRESS = "address"


class ChoiceError(ValueError):
    """What cannot be chosen: why, and what can."""


class NotTakenError(Exception):
    """A message that this address will not take at any later time: why."""


class LaterError(Exception):
    """A message that this address does not take now: why."""


@dataclass(frozen=True)
class Choice:
    """How somebody is sent what they are told. `hour` and `weekday` (1 is Monday) of a digest are those of `time_zone`, an IANA name;
    `next_at` is when the next one is due."""

    pace: NoticePace = NoticePace.NONE
    channel: NoticeWay = NoticeWay.MAIL
    hour: int = 8
    weekday: int = 1
    time_zone: str = "UTC"
    next_at: datetime | None = None


def wait_after(tries: int) -> timedelta:
    """How long is waited after a try, the first being 1."""
    doubled: timedelta = _FIRST * 2 ** min(max(tries, 1) - 1, 10)
    return min(doubled, _LONGEST)
