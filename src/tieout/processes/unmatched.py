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

CAUSES = (UNMATCHED_CASH,)
