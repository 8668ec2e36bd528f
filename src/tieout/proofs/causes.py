"""What proofs find missing or different."""

from __future__ import annotations

from tieout.causes import Action, Cause

STATEMENT_GAP = Cause(
    name="statement_gap",
    means="A bank statement opens with another balance than the one before it closed with.",
    says="a statement is missing: ask the bank for it and put it into the folder",
    actions=(Action.ASK, Action.GIVE_FILE),
    who="treasury",
    standing=True,
)
MISSING_EVENTS = Cause(
    name="missing_events",
    means="A source counts more or other events than came.",
    says="pull the whole period again with `tieout run {interface} --since all`",
    actions=(Action.RUN, Action.LOOK),
    who="controller",
)
FIGURES_UNREAD = Cause(
    name="control_figures_unread",
    means="A source's own figures of a month cannot be read: they came in another shape than expected, or it has to be set right first. "
    "Nothing proves that all of it is here.",
    says="`tieout check` asks each system alone: where its version, its report, its key or its settings changed, put them right, else report "
    "what this says came; the next look at the close, or `tieout tieout --period {period}`, asks again",
    actions=(Action.SET_UP, Action.LOOK, Action.REPORT),
    who="controller",
)
TRIAL_BALANCE_DIFFERS = Cause(
    name="trial_balance_differs",
    means="An account of another ledger moved by something else than its entries that came.",
    says="send the entries that are missing, or ask why the other ledger moved without any",
    actions=(Action.MEND_AT_SOURCE, Action.ASK),
    standing=True,
)
_PAIR = (
    "ask the other entity for its side, or correct the one that is wrong at its source; the next look at the "
    "close, or `tieout tieout`, sees that the pair nets"
)
ONE_SIDED = Cause(
    name="intercompany_one_sided",
    means="One entity booked its side of a pair, and the other one has none.",
    says=_PAIR,
    actions=(Action.ASK, Action.MEND_AT_SOURCE, Action.LOOK),
    standing=True,
)
INTERCOMPANY_DIFFERS = Cause(
    name="intercompany_differs",
    means="Two entities booked a pair with different amounts.",
    says=_PAIR,
    actions=(Action.ASK, Action.MEND_AT_SOURCE, Action.LOOK),
    standing=True,
)
OPENING_CHANGED = Cause(
    name="opening_changed",
    means="An account is not what it was before Tieout's first day: somebody dated an entry before it, or changed one there.",
    says="find the entry in the ledger by when it was made, not by its date; reverse it there, or accept it with its reason",
    actions=(Action.MEND_IN_LEDGER, Action.SOLVE),
    who="controller",
    standing=True,
)
TAXES_APART = Cause(
    name="taxes_do_not_tie_out",
    means="A tax of a month is another in the ledger than documents say, and no other case tells of what makes it.",
    says="`tieout taxes --period {period}` names each document and entry with its amount: put it right in the ledger or at its source; "
    "or accept it with its reason",
    actions=(Action.MEND_IN_LEDGER, Action.MEND_AT_SOURCE, Action.SOLVE),
    who="controller",
    standing=True,
)
IN_FILED_PERIOD = Cause(
    name="posted_into_filed_period",
    means="An entry came into a tax period after it was declared as filed, or changed or left it.",
    says="take it into the next return of {report} or file a corrected one (`tieout taxes file --corrects`), and accept this with which of "
    "the two; or put the entry on another day in the ledger",
    actions=(Action.SOLVE, Action.MEND_IN_LEDGER),
    who="controller",
    standing=True,
)

CAUSES = (
    STATEMENT_GAP, MISSING_EVENTS, FIGURES_UNREAD, TRIAL_BALANCE_DIFFERS, ONE_SIDED, INTERCOMPANY_DIFFERS, OPENING_CHANGED, TAXES_APART,
    IN_FILED_PERIOD,
)  # fmt: skip
