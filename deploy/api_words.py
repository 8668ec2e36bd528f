"""What the API says in fixed words beside causes and roles, and pages look up as they show it. A test holds that each of them is still said
by the product's own text (an underscore is a blank there)."""

from __future__ import annotations

# What a document, an effect or a thing that is found is.
KINDS = (
    "batch control", "cash", "credit note", "crm", "customer", "customer invoice", "customer standing", "delivery", "dispute",
    "entry", "event", "file", "gift card tender", "goods receipt", "interim report", "invoice", "journal entry", "mail", "match",
    "partner", "partner update", "payment", "payment answer", "payment file", "payout composition", "product",
    "provider movement", "purchase order", "reconciliation", "revenue schedule", "statement", "statement line", "supplier",
    "trial balance", "unmatch", "vendor bill", "vendor payment",
)  # fmt: skip
# Of what a payout is made, and what cash is.
MONEY = (
    "gross", "fees", "refunds", "disputes", "adjustments", "bank", "at a provider", "payouts on their way",
    "receipts on their way", "payments on their way", "less than a day", "1 to 3 days", "3 to 7 days", "7 to 30 days",
    "more than 30 days", "opened", "solved", "it has not arrived at the bank", "its bank line is not matched",
)  # fmt: skip
# Tasks of a close, and how each stands.
TASKS = (
    "cases decided", "bank reconciled", "clearing explained", "intercompany nets", "ledger is ours", "books locked", "close",
    "foreign items revalued", "sales cut off", "purchases accrued", "accounts itemised", "taxes tie out", "waivers decided",
    "late events decided", "accounts certified", "blocked", "its evidence was not read yet",
)  # fmt: skip
# Why a document counts in one month and not in the other, and why it waits.
REASONS = (
    "in another month of the ledger", "of another month of its source", "in the ledger, and a case holds it",
    "otherwise in the ledger now", "a cut-off reads it", "edited, and not all of it is fulfilled yet", "it was applied already",
    "it was never applied", "its charge has not come yet", "its credit note has not come yet", "its customer has not come yet",
    "its money is booked already", "its order has not come yet", "its order is not billed yet", "its order is not posted yet",
    "its payment is not known yet", "its payout has not come yet", "its shop has not told of it yet",
    "its statement is excluded", "its supplier has not come yet", "no money changed", "nothing is earned by it",
    "paid and not fulfilled yet: a deposit", "the day's statement has not come yet", "what it pays has not come yet",
)  # fmt: skip
# By which pass a match was made, its signs, and who decided it.
MATCHING = (
    "number and amount", "number, difference explained", "number, part paid", "similar number and amount", "party and amount",
    "similar number, difference explained", "party, difference explained", "number, over paid",
    "number, other party, part paid", "number, other party, over paid", "netting, number", "netting, party and amount",
    "amount alone", "policy: automatic", "the text names the number", "the text names the number in part",
    "the text holds a number that is mistyped or cut off", "the text holds the number's last digits", "no number", "same party",
    "similar party", "another party", "party unknown", "amounts agree", "one side's items cancel",
)  # fmt: skip
# The steps of setting up.
STEPS = (
    "Who may set up", "Companies", "Accounts", "A first source", "What is read", "The first figure",
    "its address and a key of its own", "a payment provider, a shop, a bank's files", "for whose books, and how often",
)  # fmt: skip
API_WORDS = KINDS + MONEY + TASKS + REASONS + MATCHING + STEPS
