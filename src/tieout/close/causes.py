"""What stands between a period and its close."""

from __future__ import annotations

from tieout.causes import Action, Cause

ENTRY_WITHOUT_SOURCE = Cause(
    name="entry_without_source",
    means="Somebody made an entry in the ledger by hand, and no reason is known.",
    says="give its reason with `tieout cases solve`, as somebody who did not make it; or reverse it in the ledger; what is made "
    "there by intent is declared as an origin of its entity",
    actions=(Action.SOLVE, Action.MEND_IN_LEDGER),
    who="controller",
    standing=True,
)
ACCOUNT_MOVED_BY_HAND = Cause(
    name="account_moved_by_hand",
    means="Somebody booked by hand on revenue, costs, a tax or another account that Tieout posts to, and no reason is known.",
    says="give its reason with `tieout cases solve`, as somebody who did not make it; or reverse it in the ledger; what other "
    "systems or people post there by intent is declared as an origin of its entity that names the accounts",
    actions=(Action.SOLVE, Action.MEND_IN_LEDGER),
    who="controller",
    standing=True,
)
CERTIFY_RULES_CHANGED = Cause(
    name="certify_rules_changed",
    means="How accounts are certified (limits, classes, roles) was changed after the month had ended.",
    says="the month is certified by the rules that held at its end; accept the case with a reason where the new ones are to hold "
    "for it, and another person lets that stand, or put them back in calendar.toml",
    actions=(Action.SOLVE,),
    who="controller",
    standing=True,
    by_two=True,
)
MAPPING_CHANGED = Cause(
    name="mapping_changed",
    means="A table of mappings is another one than two people know: what comes is booked on other accounts, or with other taxes.",
    says="look at what changed; say why with `tieout cases solve`, and another person lets that stand; or put the table back",
    actions=(Action.SOLVE, Action.MAP),
    who="controller",
    standing=True,
    by_two=True,
)
RULES_CHANGED = Cause(
    name="rules_changed",
    means="What the project goes by is not what two people know: approval policies, what must come over an interface, which entries are "
    "declared, since when its books are governed, who signs, or whom the sign-on lets in.",
    says="look at what changed in the project's files; say why with `tieout cases solve`, and another person lets that stand; or put it "
    "back",
    actions=(Action.SOLVE,),
    who="controller",
    standing=True,
    by_two=True,
)
RATE_OUT_OF_LINE = Cause(
    name="rate_out_of_line",
    means="The ledger's closing rate of a currency is more than a tenth away from its rates of the weeks before, and something is open in it.",
    says="look at the rate in the ledger, and correct it; where the currency did move so, say so with `tieout cases solve`, and another "
    "person lets that stand",
    actions=(Action.SOLVE, Action.MEND_IN_LEDGER),
    who="controller",
    standing=True,
    by_two=True,
)
TASK_LATE = Cause(
    name="close_task_late",
    means="A task of a close is past its time and not signed, though it waits for nothing else.",
    says="`tieout close show --period {period} --entity {entity}` says what it lacks; two people sign it",
    actions=(Action.SIGN,),
    who="the task's owner",
)

REVENUE_LEFT_OUT = Cause(
    name="revenue_left_out",
    means="People left out more of a month's revenue than `excluded_percent` of it, or some of which nobody knows the worth.",
    says="`tieout close waived --period {period} --entity {entity}` lists it; say why it is no revenue with `tieout cases solve`, "
    "and another person lets that stand",
    actions=(Action.SOLVE,),
    who="controller",
    standing=True,
    by_two=True,
)
WAIVED_BY_ONE = Cause(
    name="waived_by_one",
    means="One person waived what two must: before anybody was let in, under another limit, or past Tieout.",
    says="`tieout close waived --period {period} --entity {entity}` lists it; say why it may stand with `tieout cases solve`, and "
    "another person lets that stand",
    actions=(Action.SOLVE,),
    who="controller",
    standing=True,
    by_two=True,
)
ITEMS_PAST_AGE = Cause(
    name="items_past_their_age",
    means="Items stand on a suspense, unapplied, in-transit or clearing account for longer than is normal there. One case an "
    "account and currency; its amount is what they come to without their signs, so that two that offset are not nothing. It follows "
    "them, and is solved by itself once none is past its age; accepted, it is told again with other items.",
    says="`tieout close items --period {period} --entity {entity} --account {account}` lists them: match them, book them where they "
    "belong, or ask whoever they wait for; accept them with the reason why they may stand",
    actions=(Action.MATCH, Action.MEND_IN_LEDGER, Action.ASK, Action.SOLVE),
    who="controller",
)
LATE_UNDECIDED = Cause(
    name="late_event_undecided",
    means="Something of a locked period is booked in a later one, above the limit, and nobody decided what it is there.",
    says="`tieout close decide {number} adjust|pass|reopen --reason ...`, as somebody who did not make it",
    also={
        "reopened": "`tieout close late` says which lock is to be moved, by whom, and what becomes of its entry then; or decide {number} "
        "otherwise",
    },
    actions=(Action.DECIDE_LATE, Action.MEND_IN_LEDGER),
    who="controller",
)

CAUSES = (
    ENTRY_WITHOUT_SOURCE,
    ACCOUNT_MOVED_BY_HAND,
    CERTIFY_RULES_CHANGED,
    MAPPING_CHANGED,
    RULES_CHANGED,
    RATE_OUT_OF_LINE,
    TASK_LATE,
    REVENUE_LEFT_OUT,
    WAIVED_BY_ONE,
    ITEMS_PAST_AGE,
    LATE_UNDECIDED,
)
