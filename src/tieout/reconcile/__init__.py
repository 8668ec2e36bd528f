"""Matching: what belongs together, proven or suggested, each with its reason; and what is left.

What becomes of it in a ledger stands in `tieout.reconcile.ledger`.
"""

from tieout.reconcile.breaks import breaks
from tieout.reconcile.model import Break, Difference, Match, MatchingError
from tieout.reconcile.rates import read_rates
from tieout.reconcile.reading import checked, read_table, with_opposite_signs
from tieout.reconcile.ruleset import Rules, read_rules
from tieout.reconcile.service import Result, match
from tieout.reconcile.writing import summary, write_lines

__all__ = [
    "Break",
    "Difference",
    "Match",
    "MatchingError",
    "Result",
    "Rules",
    "breaks",
    "checked",
    "match",
    "read_rates",
    "read_rules",
    "read_table",
    "summary",
    "with_opposite_signs",
    "write_lines",
]
