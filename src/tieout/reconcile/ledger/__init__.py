"""Matching in a ledger: what is open is read and matched, what is sure is handed on, what is not is a
work list; and what people teach by it."""

from tieout.reconcile.ledger.applying import (
    Aged,
    Reconciler,
    Run,
    reconciliation_interface,
)
from tieout.reconcile.ledger.handoff import close_matched_cases
from tieout.reconcile.ledger.open_lines import keep_lines, open_lines, open_sums
from tieout.reconcile.ledger.schedule import ReconcileStage
from tieout.reconcile.ledger.teaching import LessonError, decide_lesson, lessons
from tieout.reconcile.ledger.worklist import DecisionError, Decisions, matches, suggestion_entity, suggestions

__all__ = [
    "Aged",
    "DecisionError",
    "Decisions",
    "LessonError",
    "ReconcileStage",
    "Reconciler",
    "Run",
    "close_matched_cases",
    "decide_lesson",
    "keep_lines",
    "lessons",
    "matches",
    "open_lines",
    "open_sums",
    "reconciliation_interface",
    "suggestion_entity",
    "suggestions",
]
