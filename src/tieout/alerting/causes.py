"""What is told that is no case: something stands still, or does not answer."""

from __future__ import annotations

from tieout.causes import Action, Cause

SOURCE_DOES_NOT_ANSWER = Cause(
    name="source_does_not_answer",
    means="A source does not answer, or says no; it is asked again by itself.",
    says="{error}",
    actions=(Action.SET_UP, Action.MEND_AT_SOURCE),
)
BACKLOG_IS_OLD = Cause(
    name="backlog_is_old",
    means="What came waits for longer than its interface's service level.",
    says="{count} wait: look whether a worker runs, and what its systems answer",
    actions=(Action.SET_UP,),
)
EVIDENCE_NOT_SEALED = Cause(
    name="evidence_not_sealed",
    means="Evidence is written and not sealed.",
    says="no worker seals: start one (`tieout worker`), and look into its log",
    actions=(Action.WORK,),
)
WORK_STANDS_STILL = Cause(
    name="work_stands_still",
    means="A stage fails on the same lane again and again; it is tried again by itself.",
    says="{failures} times in a row: {error}",
    actions=(Action.REPORT,),
)
EVENTS_NOT_TAKEN = Cause(
    name="events_not_taken",
    means="A subscriber to events does not take them.",
    says="{url} does not take events ({status}): mend it, or end the subscription",
    actions=(Action.MEND_AT_TARGET,),
)
KEY_ENDS = Cause(
    name="key_ends",
    means="A system's key ends soon: from then on nothing is read there and nothing posted.",
    says="{system}: {said}; make a new key for the same account, put it where this one stands, and revoke the old one after "
    "`tieout check`: nothing stops meanwhile (docs/ODOO.md, 'Keys')",
    actions=(Action.SET_UP,),
)
NOTICES_NOT_TAKEN = Cause(
    name="notices_not_taken",
    means="What somebody was told of cases could not be sent to them.",
    says="{people} people were not told by {channel} in the last week: they see why on their own page; look whether {channel} is set up under "
    "[alerts] of tieout.toml",
    actions=(Action.SET_UP,),
)

CAUSES = (
    SOURCE_DOES_NOT_ANSWER,
    BACKLOG_IS_OLD,
    EVIDENCE_NOT_SEALED,
    WORK_STANDS_STILL,
    EVENTS_NOT_TAKEN,
    KEY_ENDS,
    NOTICES_NOT_TAKEN,
)
