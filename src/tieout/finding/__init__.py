"""Finding things by what people know them by: one index over documents, and what is typed into it."""

from tieout.finding.asking import asked_case
from tieout.finding.index import catch_up, enter_later
from tieout.finding.known import THINGS
from tieout.finding.service import Found, find, names_of, not_entered

__all__ = ["THINGS", "Found", "asked_case", "catch_up", "enter_later", "find", "names_of", "not_entered"]
