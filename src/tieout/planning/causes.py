"""Causes of messages and documents that planning cannot take, whatever they are of."""

from __future__ import annotations

from tieout.causes import Action, Cause

_MEND = "its bytes are kept: correct it at its source, which sends it again, or replay it once its reader is mended"

UNREADABLE_MESSAGE = Cause(
    name="unreadable_message",
    means="What a source sent cannot be read as what it should be.",
    says=_MEND,
    actions=(Action.MEND_AT_SOURCE, Action.REPLAY),
)
UNREADABLE_AMOUNT = Cause(
    name="unreadable_amount",
    means="An amount in what a source sent is none: no number, no currency, or finer than its currency is.",
    says=_MEND,
    actions=(Action.MEND_AT_SOURCE, Action.REPLAY),
)
RECIPE_FAILED = Cause(
    name="recipe_failed",
    means="A recipe failed on a document.",
    says="this is a defect of ours: report it; once mended, `tieout replay`",
    actions=(Action.REPORT, Action.REPLAY),
)
PROCESSING_FAILED = Cause(
    name="processing_failed",
    means="Planning failed on one message or document, and its neighbours went on.",
    says="this is a defect of ours: report it; once mended, `tieout replay --cause {cause}`",
    actions=(Action.REPORT, Action.REPLAY),
)
APPROVAL_REJECTED = Cause(
    name="approval_rejected",
    means="Somebody turned down what was to be booked.",
    says="correct it at its source, where it is sent again; or exclude it with a reason",
    actions=(Action.MEND_AT_SOURCE, Action.EXCLUDE),
)

CAUSES = (UNREADABLE_MESSAGE, UNREADABLE_AMOUNT, RECIPE_FAILED, PROCESSING_FAILED, APPROVAL_REJECTED)
