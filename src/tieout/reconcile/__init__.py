"""Matching: what belongs together, proven or suggested, each with its reason; what is left; and what
becomes of it in the ledger."""

from tieout.reconcile.applying import (
    Aged,
    Reconciler,
    Run,
    close_matched_cases,
    reconciliation_interface,
    rules_of,
)
from tieout.reconcile.breaks import breaks
from tieout.reconcile.model import Break, Difference, Match, MatchingError
from tieout.reconcile.rates import read_rates
from tieout.reconcile.reading import checked, read_table, with_opposite_signs
from tieout.reconcile.ruleset import Rules, read_rules
from tieout.reconcile.schedule import ReconcileStage
from tieout.reconcile.service import Result, match
from tieout.reconcile.teaching import LessonError, decide_lesson, lessons
from tieout.reconcile.worklist import DecisionError, Decisions, matches, suggestions
from tieout.reconcile.writing import summary, write_lines

__all__ = [
    "Aged",
    "Break",
    "DecisionError",
    "Decisions",
    "Difference",
    "LessonError",
    "Match",
    "MatchingError",
    "ReconcileStage",
    "Reconciler",
    "Result",
    "Rules",
    "Run",
    "breaks",
    "checked",
    "close_matched_cases",
    "decide_lesson",
    "lessons",
    "match",
    "matches",
    "read_rates",
    "read_rules",
    "read_table",
    "reconciliation_interface",
    "rules_of",
    "suggestions",
    "summary",
    "with_opposite_signs",
    "write_lines",
]
