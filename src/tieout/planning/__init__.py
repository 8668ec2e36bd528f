"""Planning: messages become documents, documents become plans; rows are the truth, work moves in sets."""

from tieout.planning.accepting import Action, HeldError, accept_case, actions_of
from tieout.planning.approving import decide, exclude
from tieout.planning.preview import Tried, TriedLine, in_range, try_case, try_range
from tieout.planning.process import ProcessStage
from tieout.planning.replay import exclude_case, replay, replay_range

__all__ = [
    "Action",
    "HeldError",
    "ProcessStage",
    "Tried",
    "TriedLine",
    "accept_case",
    "actions_of",
    "decide",
    "exclude",
    "exclude_case",
    "in_range",
    "replay",
    "replay_range",
    "try_case",
    "try_range",
]
