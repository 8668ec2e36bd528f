"""Causes of what a provider's balance and a bank's lines say."""

from __future__ import annotations

from tieout.causes import Action, Cause

UNKNOWN_MOVEMENT = Cause(
    name="unknown_movement",
    means="A provider moved its balance for a reason that Tieout does not know.",
    says="say what it is to this company under [options.movements] in interfaces/{interface}.toml, as the provider's word = one of ours, and "
    "replay the message; or report it: Tieout books none that it does not know",
    actions=(Action.SET_UP, Action.REPLAY, Action.REPORT, Action.EXCLUDE),
)
PAYMENT_FOR_EXCLUDED_ORDER = Cause(
    name="payment_for_excluded_order",
    means="Somebody paid for an order that is not billed. The cash is booked.",
    says="refund it, or bill the order; where its customer took it back by a dispute that was lost, book it in the ledger from the "
    "unapplied account against the loss, give that entry's reason (`tieout cases solve`), and match the two on that account",
    actions=(Action.MEND_AT_SOURCE, Action.MATCH, Action.MEND_IN_LEDGER, Action.SOLVE),
)
PAYMENT_WITHOUT_ORDER = Cause(
    name="payment_without_order",
    means="Somebody paid, and no order is known that it is for. The cash is booked.",
    says="find whose money it is and match it (`tieout matches join`), or refund it at its provider",
    actions=(Action.MATCH, Action.MEND_AT_SOURCE),
)
REFUND_WITHOUT_CREDIT_NOTE = Cause(
    name="refund_without_credit_note",
    means="Money was given back, and no credit note is known that it is for. The cash is booked.",
    says="record the refund in the shop, or book what it was for",
    actions=(Action.MEND_AT_SOURCE, Action.MATCH),
)
REFUND_FAILED = Cause(
    name="refund_failed",
    means="A refund came back: the customer has not got the money.",
    says="pay the customer another way, then solve this; the credit stands open on their account until "
    "that payment is matched with it",
    actions=(Action.SOLVE, Action.MATCH),
)
PAYMENT_FAILED = Cause(
    name="payment_failed",
    means="A payment failed days after its provider took it for paid, as bank debits do. It is taken back; who paid owes it again.",
    says="ask the customer to pay another way. Where the order was billed its invoice still stands as paid by the first try: take that "
    "match apart, match the two movements with each other (`tieout matches join`), and solve this",
    actions=(Action.MATCH, Action.SOLVE),
)
DEPOSIT_DIFFERS = Cause(
    name="deposit_differs_from_payout",
    means="A bank got another amount than the provider says that it paid out.",
    says="ask the bank or the provider; then match what it leaves in transit with a write-off",
    actions=(Action.ASK, Action.MATCH),
)
UNMATCHED_BANK_LINE = Cause(
    name="unmatched_bank_line",
    means="A bank line names nothing that is known. The cash is booked.",
    says="find what it pays and match it; the cash is booked already",
    actions=(Action.MATCH,),
)
PAYMENT_RETURNED = Cause(
    name="payment_returned",
    means="A payment to a supplier came back.",
    says="its bills are open again and go into the next run: have the supplier's right account in procurement by "
    "then (a second person approves it), and solve this",
    actions=(Action.MEND_AT_SOURCE, Action.PAY, Action.SOLVE),
)

LINE_TAKEN_BACK = Cause(
    name="line_taken_back",
    means="A bank line replaces or deletes an earlier one (OFX: CORRECTFITID). Nothing of it is booked: whether that one was "
    "is not for Tieout to guess.",
    says="look whether the earlier line was booked: undo it in the ledger, book there what the bank says now, and exclude this "
    "line",
    actions=(Action.MEND_IN_LEDGER, Action.EXCLUDE),
    who="finance",
)
STATEMENT_CONTRADICTS = Cause(
    name="statement_contradicts",
    means="A bank statement calls itself one that was taken before, or begins where one did on its account and day, and says "
    "something else. The first stays as it is booked; of the other nothing is booked but what both say.",
    says="ask the bank which of the two is right. If both are, accept this one, and what only it says is booked; if it is "
    "wrong, exclude it; if the first is wrong, book the difference by hand and exclude this one",
    actions=(Action.ASK, Action.SOLVE, Action.EXCLUDE),
    acceptable=True,
)
STATEMENT_REPEATED = Cause(
    name="statement_repeated",
    means="A bank statement is told a second time where no bank repeats one: twice in one file, or under another number "
    "from the same balance to the same. It is booked once.",
    says="ask the bank whether it is one statement or two. If it is one, exclude this one; if it is two, accept it, and its "
    "lines are booked as well",
    actions=(Action.ASK, Action.EXCLUDE, Action.SOLVE),
    acceptable=True,
)
STATEMENT_UNPROVEN = Cause(
    name="statement_unproven",
    means="A bank statement's balances do not say whether they are credits or debits. Its lines do, and lead from one to the "
    "other; but nothing of the statement shows that they are all there. Nothing of it is booked.",
    says="compare the balances with the bank's own page, and ask the bank for CdtDbtInd in each balance, which ISO 20022 demands. If "
    "they are right, accept this, and its lines are booked; else exclude it and take a file that is right",
    actions=(Action.ASK, Action.SOLVE, Action.EXCLUDE, Action.GIVE_FILE),
    acceptable=True,
)

LINE_TOLD_OTHERWISE = Cause(
    name="line_told_otherwise",
    means="An export has a new line, and lacks a known one of the same account, day and amount, or of the same id: it may be that "
    "one in other words. Nothing of it is booked.",
    says="compare the two. If they are one payment, exclude this one; if they are two, accept it, and it is booked as well",
    actions=(Action.EXCLUDE, Action.SOLVE, Action.ASK),
    acceptable=True,
)
LINE_TOLD_ELSEWHERE = Cause(
    name="line_told_elsewhere",
    means="A bank line has the account, day and amount of one that is booked and came another way: in another format, by "
    "another interface, or in another statement where one of the two proves nothing. Nothing of it is booked.",
    says="let an account come by one interface in one format. If the two are one payment, exclude this one; if they are two, accept "
    "it, and it is booked as well",
    actions=(Action.EXCLUDE, Action.SOLVE, Action.SET_UP),
    acceptable=True,
)

INTERIM_ONLY = Cause(
    name="interim_only",
    means="A bank told of a day in interim reports alone (BAI2 1 and 3, MT942, CAMT.052 and 054), and no statement of the day "
    "came within three days. Interim reports book nothing.",
    says="ask the bank for the day's final statement (BAI2 2 or 4, MT940, CAMT.053): once it is there this is solved; or book the day "
    "by hand and exclude this",
    actions=(Action.ASK, Action.GIVE_FILE, Action.EXCLUDE),
)

OF_MOVEMENTS = (
    UNKNOWN_MOVEMENT,
    PAYMENT_FOR_EXCLUDED_ORDER,
    PAYMENT_WITHOUT_ORDER,
    REFUND_WITHOUT_CREDIT_NOTE,
    REFUND_FAILED,
    PAYMENT_FAILED,
)
OF_STATEMENTS = (STATEMENT_CONTRADICTS, STATEMENT_REPEATED, STATEMENT_UNPROVEN)
OF_LINES = (
    DEPOSIT_DIFFERS,
    UNMATCHED_BANK_LINE,
    PAYMENT_RETURNED,
    LINE_TAKEN_BACK,
    LINE_TOLD_OTHERWISE,
    LINE_TOLD_ELSEWHERE,
    *OF_STATEMENTS,
)
