"""The pipeline: intake, normalise, check, plan. Rows are the truth; work moves in sets."""

from tieout.pipeline.accepting import Action, HeldError, accept_case, actions_of
from tieout.pipeline.approving import decide, exclude
from tieout.pipeline.fetching import FetchStage
from tieout.pipeline.folders import FolderStage, file_content, refuse_file, take_file
from tieout.pipeline.intake import Accepted, accept, check_items
from tieout.pipeline.pausing import is_paused, pause, resume
from tieout.pipeline.persons import Pay, persons
from tieout.pipeline.polling import PollStage, poll_now, pull_again
from tieout.pipeline.process import ProcessStage
from tieout.pipeline.replay import exclude_case, replay, replay_range
from tieout.pipeline.trying import Tried, TriedLine, in_range, try_case, try_range

__all__ = [
    "Accepted",
    "Action",
    "FetchStage",
    "FolderStage",
    "HeldError",
    "Pay",
    "PollStage",
    "ProcessStage",
    "accept",
    "accept_case",
    "actions_of",
    "check_items",
    "decide",
    "exclude",
    "exclude_case",
    "file_content",
    "in_range",
    "is_paused",
    "pause",
    "persons",
    "poll_now",
    "pull_again",
    "refuse_file",
    "replay",
    "replay_range",
    "resume",
    "take_file",
    "Tried",
    "TriedLine",
    "try_case",
    "try_range",
]
