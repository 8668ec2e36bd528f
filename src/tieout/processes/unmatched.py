"""What matching leaves open: declared here and not in `reconcile`, which loads what matching calculates with."""

from __future__ import annotations

from tieout.causes import Action, Cause

UNMATCHED_CASH = Cause(
    name="unmatched_cash",
    means="Cash stands in the ledger, and nobody knows any more what it pays.",
    says="find what it pays: `tieout matches list` shows what it may be",
    actions=(Action.MATCH,),
    standing=True,
)

UNREADABLE_ITEM = Cause(
    name="unreadable_item",
    means="An open item of the ledger is no amount of money that is known: a unit that is no currency, or a part of a cent.",
    says="match it in the ledger, or correct its currency there",
    actions=(Action.MEND_IN_LEDGER,),
    standing=True,
)

CAUSES = (UNMATCHED_CASH, UNREADABLE_ITEM)
