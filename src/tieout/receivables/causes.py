"""What becomes a case on an invoice's way to being paid."""

from __future__ import annotations

from tieout.causes import Action, Cause

PROMISE_BROKEN = Cause(
    name="promise_broken",
    means="A customer promised to pay an invoice by a day that is over, and something of it is still open.",
    says="remind {name} of {number}, agree on another day, or hand it over (`tieout receivables note`); it is solved by itself "
    "once it is paid or one of these happens",
    actions=(Action.ASK, Action.SOLVE),
    who="accounts receivable",
)

CAUSES = (PROMISE_BROKEN,)
