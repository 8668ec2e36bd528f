"""What stands in a ledger that runs already, and who makes it: before anything is posted into it."""

from tieout.survey.feeders import Feeder, FeederKind
from tieout.survey.found import Found, Read, Source, found_in
from tieout.survey.kept import Kept, keep, kept, kept_rows, kept_surveys

__all__ = [
    "Feeder",
    "Found",
    "FeederKind",
    "Kept",
    "Read",
    "Source",
    "found_in",
    "keep",
    "kept",
    "kept_rows",
    "kept_surveys",
]
