"""Causes that a connector may name in an outcome, and of a file that it does not take. What is its own a connector declares
itself (`Connector.causes`)."""

from __future__ import annotations

from tieout.causes import Action, Cause

UNREADABLE_FILE = Cause(
    name="unreadable_file",
    means="A file cannot be read as what it should be, or is more than can be read.",
    says="the file is kept: ask its sender for a good one, put that into the folder, and solve this",
    actions=(Action.ASK, Action.GIVE_FILE, Action.SOLVE),
)
STATEMENT_DOES_NOT_HOLD = Cause(
    name="statement_does_not_hold",
    means="A statement's lines do not lead from its opening to its closing balance: something of it is missing or altered.",
    says="ask the bank for the statement again and put that into the folder",
    also={"report": "fetch the report again from the provider, and put that into the folder"},
    actions=(Action.ASK, Action.GIVE_FILE),
)

_UNDO = "ask who changed it in the ledger; undo it there, or accept it with `tieout cases solve`"


def _changed(name: str, means: str, **also: str) -> Cause:
    actions = (Action.MEND_IN_LEDGER, Action.READ_BACK, Action.SOLVE)
    return Cause(name=name, means=means, says=_UNDO, also=also, actions=actions, who="finance")


CHANGED = _changed(
    "changed_in_ledger",
    "An entry holds something else in the ledger than was posted.",
    effect="the ledger held it otherwise as soon as it was posted: an automation, an e-invoicing module or a setting there (of taxes, "
    "of rounding) made of it what the case names by account. Find it and switch it off for what Tieout posts, put right what "
    "stands, or accept it with `tieout cases solve`",
)
DELETED = _changed("deleted_in_ledger", "An entry that was posted is not in the ledger any more.")
REVERSED = _changed("reversed_in_ledger", "An entry that was posted was reversed in the ledger.")
UNPOSTED = Cause(
    name="unposted_in_ledger",
    means="An entry that was posted is a draft in the ledger, or cancelled.",
    says=_UNDO,
    also={"effect": "it is not posted in the ledger any more: post it again there, then `tieout replay`"},
    actions=(Action.MEND_IN_LEDGER, Action.READ_BACK, Action.REPLAY, Action.SOLVE),
    who="finance",
)
DATE_MOVED = Cause(
    name="date_moved",
    means="The ledger booked an entry on another day than it was sent with.",
    says=_UNDO,
    also={"effect": "the ledger moved the date (a lock): agree on the period, or reopen it"},
    actions=(Action.MEND_IN_LEDGER, Action.READ_BACK, Action.SOLVE),
    who="finance",
)
LOCKED_MEANWHILE = Cause(
    name="locked_meanwhile",
    means="The ledger's books were locked between the plan of an entry and its sending: it was not sent.",
    says="`tieout replay --cause {cause}` plans it again, as its interface's late_events says; or reopen the period first",
    actions=(Action.REPLAY, Action.MEND_IN_LEDGER),
    who="finance",
)
UNRECONCILED = Cause(
    name="unreconciled_in_ledger",
    means="A match was taken apart in the ledger.",
    says="ask who took it apart: match it there again, undo what Tieout booked with `tieout matches undo`, or "
    "accept it with `tieout cases solve`",
    actions=(Action.MEND_IN_LEDGER, Action.READ_BACK, Action.UNDO_MATCH, Action.SOLVE),
    who="finance",
)
NOT_MATCHED = Cause(
    name="not_matched",
    means="The ledger was asked to match two things and left them open.",
    says="match the two in the ledger, or `tieout replay --cause {cause}`",
    actions=(Action.REPLAY, Action.MEND_IN_LEDGER),
    who="finance",
)
MATCHED_OTHERWISE = Cause(
    name="matched_otherwise",
    means="Something that is to be matched was matched with something else meanwhile.",
    says="somebody matched one side with something else: decide in the ledger",
    actions=(Action.MEND_IN_LEDGER, Action.REPLAY, Action.EXCLUDE),
    who="finance",
)
UNDONE_IN_PART = Cause(
    name="undone_in_part",
    means="The ledger refused to undo a match after a part of it was taken apart.",
    says="what was matched stands open in the ledger, and no amount was changed: let the ledger allow what it names and "
    "`tieout replay --cause {cause}`, which goes on with the rest; or put it back to suspense, or match it again, there",
    actions=(Action.REPLAY, Action.MEND_IN_LEDGER),
    who="finance",
)

# What an outcome may name: a ledger's own words for what it holds.
OF_LEDGERS = (
    CHANGED,
    DELETED,
    REVERSED,
    UNPOSTED,
    DATE_MOVED,
    LOCKED_MEANWHILE,
    UNRECONCILED,
    NOT_MATCHED,
    MATCHED_OTHERWISE,
    UNDONE_IN_PART,
)
FILES = (UNREADABLE_FILE, STATEMENT_DOES_NOT_HOLD)
