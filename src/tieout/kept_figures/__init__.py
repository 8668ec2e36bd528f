"""Figures that cost more than a page may: kept beside the rows they come from, with the instant they are of."""

from tieout.kept_figures.backlog import Backlog, backlog
from tieout.kept_figures.figures import FIGURES, Figures, Sessions
from tieout.kept_figures.keeping import Kept, KeptFiguresStage, read_kept

__all__ = ["FIGURES", "Backlog", "Figures", "Kept", "KeptFiguresStage", "Sessions", "backlog", "read_kept"]
