"""Figures that cost more than a page may: kept beside the rows they come from, with the instant they are of."""

from tieout.overview.backlog import Backlog, backlog
from tieout.overview.figures import FIGURES, Figures, Sessions
from tieout.overview.keeping import Kept, OverviewStage, read_kept

__all__ = ["FIGURES", "Backlog", "Figures", "Kept", "OverviewStage", "Sessions", "backlog", "read_kept"]
