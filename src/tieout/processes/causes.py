"""Causes that several processes share: what no document can be booked without, and what was booked before."""

from __future__ import annotations

from tieout.causes import Action, Cause

LATE_EVENT = Cause(
    name="late_event",
    means="It belongs to a period that is locked in the ledger.",
    says="the ledger's {lock} lock stands at {until}: decide of it with `tieout close decide` (`tieout close late --period` lists it: adjust "
    'and pass book it on the first open day); or reopen the period, or set late_events = "first_open" in interfaces/{interface}.toml, '
    "then `tieout replay --cause {cause}`",
    also={
        "schedule": "the ledger's {lock} lock stands at {until}, and a month before that is to be booked: decide of it with `tieout close "
        "decide`; or reopen it, or set "
        'late_events = "first_open" in interfaces/{interface}.toml; then `tieout replay --cause {cause}`',
        "own_day": "the ledger's {lock} lock stands at {until}, and its source says the day: reopen the period, then "
        "`tieout replay --cause {cause}`",
    },
    actions=(Action.DECIDE_LATE, Action.MEND_IN_LEDGER, Action.SET_UP, Action.REPLAY),
)
UNMAPPED_ACCOUNT = Cause(
    name="unmapped_account",
    means="Its source names something that no mapping knows, so nobody knows the account.",
    says="add {key!r} to mappings/{table}.csv, then `tieout replay --cause {cause}`",
    actions=(Action.MAP, Action.REPLAY),
)
UNKNOWN_TAX = Cause(
    name="unknown_tax",
    means="Its source names a tax that the mapping of taxes does not know.",
    says="add {key!r} to mappings/{table}.csv, then `tieout replay --cause {cause}`",
    actions=(Action.MAP, Action.REPLAY),
)
MISSING_RATE = Cause(
    name="missing_rate",
    means="The ledger has no rate for its currency on its day, and nothing is converted at a guess.",
    says="enter the rate of {currency} to {own} for {on} in the ledger (its currencies), then `tieout replay --cause {cause}`",
    actions=(Action.MEND_IN_LEDGER, Action.REPLAY),
)
BOOKED_MONEY_CHANGED = Cause(
    name="booked_money_changed",
    means="What was booked came again under the same key with other money, and nobody may change what was booked.",
    says="ask its sender which of the two is right; then book the difference by hand",
    also={
        "in_parts": "an entry that came in parts is not corrected by sending it again: send the difference as an "
        "entry of its own, and exclude this one",
        "reversal": "send it under another number, and reverse the old one by hand",
        "paid_ahead": "send the difference under another number",
    },
    actions=(Action.ASK, Action.MEND_AT_SOURCE, Action.EXCLUDE),
)
DOES_NOT_ADD_UP = Cause(
    name="document_does_not_add_up",
    means="Its lines and taxes do not sum to the total that it states.",
    says="the source's lines and taxes do not sum to its total: correct it there",
    also={
        "purchase_order": "correct the order in procurement, where it is sent again",
        "bill": "its lines and taxes do not sum to its total: ask the supplier for another bill",
        "payment": "exclude it, and propose a run once more",
    },
    actions=(Action.MEND_AT_SOURCE, Action.ASK, Action.EXCLUDE, Action.PAY),
)

# What any kind of document may be held for.
COMMON = (LATE_EVENT, UNMAPPED_ACCOUNT, UNKNOWN_TAX, MISSING_RATE, BOOKED_MONEY_CHANGED)
