"""The close of a period: tasks that complete on evidence, signatures of two people, revoked by late data."""

from tieout.close.board import Board, Hand, board_of
from tieout.close.certifications import account_history, kept_accounts
from tieout.close.certify_rules import record_rules
from tieout.close.cutting_off import OpenSale, cut_off
from tieout.close.deciding_late import LateError, decide_late, late_events
from tieout.close.ending import not_over
from tieout.close.glance import keep_glance, printed_close
from tieout.close.itemised import look_at_items
from tieout.close.late import LateDecision, LateEvent, late_figures, passed, waiting
from tieout.close.lateness import LatenessStage, tell_late
from tieout.close.mapping_changes import keep_mappings
from tieout.close.model import CloseState, Finding, Signature, Task, TaskState, as_rows
from tieout.close.people_certify import Word, accounts_for, reject_accounts, sign_accounts
from tieout.close.planning import FINAL, forecast, tasks_of
from tieout.close.revaluing import Revalued, revaluation_interface, revalue
from tieout.close.revoking import RevocationStage
from tieout.close.sections.items import items_words
from tieout.close.service import (
    gather,
    kept_state,
    known_closes,
    revoke_late,
    shown_last,
    state_of,
)
from tieout.close.signing import sign, take_signatures
from tieout.close.since_it_began import keep_rules
from tieout.close.taking import CloseError

__all__ = [
    "Board",
    "Hand",
    "board_of",
    "LateDecision",
    "LateError",
    "LateEvent",
    "decide_late",
    "late_events",
    "late_figures",
    "passed",
    "waiting",
    "FINAL",
    "CloseError",
    "CloseState",
    "Finding",
    "LatenessStage",
    "Revalued",
    "RevocationStage",
    "Signature",
    "Task",
    "TaskState",
    "as_rows",
    "Word",
    "account_history",
    "accounts_for",
    "kept_accounts",
    "record_rules",
    "reject_accounts",
    "sign_accounts",
    "forecast",
    "gather",
    "keep_mappings",
    "keep_rules",
    "keep_glance",
    "items_words",
    "look_at_items",
    "kept_state",
    "known_closes",
    "not_over",
    "OpenSale",
    "printed_close",
    "cut_off",
    "revaluation_interface",
    "revalue",
    "revoke_late",
    "shown_last",
    "sign",
    "state_of",
    "take_signatures",
    "tasks_of",
    "tell_late",
]
