"""Sends people what they are told of cases, where they chose so: by mail or Slack, at once or as a digest."""

from tieout.notifying.choosing import (
    choose,
    confirm_address,
    dispatches_to,
    give_address,
    remove_address,
    ways_offered,
)
from tieout.notifying.gathering import GatheringStage
from tieout.notifying.hours import next_digest, zone_of
from tieout.notifying.model import Choice, ChoiceError, NoticePace, NoticeWay, Sends
from tieout.notifying.post import Post, posts_of
from tieout.notifying.reading import addresses_of, choice_of
from tieout.notifying.sending import SendingStage

__all__ = [
    "Choice",
    "ChoiceError",
    "GatheringStage",
    "NoticePace",
    "Post",
    "SendingStage",
    "Sends",
    "NoticeWay",
    "addresses_of",
    "choice_of",
    "choose",
    "confirm_address",
    "dispatches_to",
    "give_address",
    "next_digest",
    "posts_of",
    "remove_address",
    "ways_offered",
    "zone_of",
]
