"""Causes of what became of an effect at its target."""

from __future__ import annotations

from tieout.causes import Action, Cause
from tieout.connector_api.causes import CHANGED, DATE_MOVED, DELETED, REVERSED, UNPOSTED, UNRECONCILED

REFUSED_BY_TARGET = Cause(
    name="refused_by_target",
    means="A target said no to an effect.",
    says="the target refused it: correct what it names, then `tieout replay`",
    actions=(Action.MEND_AT_TARGET, Action.REPLAY),
    who="finance",
)
OUTCOME_UNDECIDED = Cause(
    name="outcome_undecided",
    means="Nobody knows whether an effect happened, and looking it up does not say.",
    says="look at the target: if it happened, `tieout cases solve`; else replay",
    actions=(Action.MEND_AT_TARGET, Action.REPLAY, Action.SOLVE),
    who="finance",
)
NOT_TAKEN = Cause(
    name="not_taken_by_target",
    means="A target takes an effect and shows something else, however often it is sent.",
    says="its target takes it and shows something else: find out what changes it there (a trigger, a rule), then "
    "`tieout replay`",
    actions=(Action.MEND_AT_TARGET, Action.REPLAY),
    who="finance",
)
UNREADABLE = Cause(
    name="not_comparable_in_ledger",
    means="An entry cannot be compared with what was posted.",
    says="look at its entry in the ledger; what reads it back fails on it, which is a defect of ours: report it",
    actions=(Action.MEND_IN_LEDGER, Action.READ_BACK, Action.REPORT),
    who="finance",
)

# Causes of entries that stand otherwise in the ledger than they were posted.
IN_LEDGER = (CHANGED, DELETED, UNPOSTED, REVERSED, DATE_MOVED, UNRECONCILED, UNREADABLE)
CAUSES = (REFUSED_BY_TARGET, OUTCOME_UNDECIDED, NOT_TAKEN, UNREADABLE)
