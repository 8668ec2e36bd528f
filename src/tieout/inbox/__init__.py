"""The inbox: what sources say is taken in, byte for byte, by pushes, polls and files."""

from tieout.inbox.folders import FolderStage, control_of, file_content, refuse_file, take_file
from tieout.inbox.intake import Accepted, accept, accept_pushed, check_items
from tieout.inbox.pausing import is_paused, pause, resume
from tieout.inbox.payroll_details import Pay, persons
from tieout.inbox.polling import PollStage, poll_now, pull_again
from tieout.inbox.proposing import UNASKED, Asked, OvertakenError, RestsOn, propose
from tieout.inbox.remote_files import FetchStage

__all__ = [
    "UNASKED",
    "Accepted",
    "Asked",
    "FetchStage",
    "FolderStage",
    "OvertakenError",
    "Pay",
    "PollStage",
    "RestsOn",
    "accept",
    "accept_pushed",
    "check_items",
    "control_of",
    "file_content",
    "is_paused",
    "pause",
    "persons",
    "poll_now",
    "propose",
    "pull_again",
    "refuse_file",
    "resume",
    "take_file",
]
