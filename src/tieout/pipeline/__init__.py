"""The pipeline: intake, normalise, check, plan. Rows are the truth; work moves in sets."""

from tieout.pipeline.intake import Accepted, accept
from tieout.pipeline.polling import PollStage, poll_now
from tieout.pipeline.process import ProcessStage
from tieout.pipeline.replay import exclude_case, replay

__all__ = ["Accepted", "PollStage", "ProcessStage", "accept", "exclude_case", "poll_now", "replay"]
