"""What a run found by what was open a while ago, held against what was decided since, as it is handed on.

The ledger is read and matched for seconds, and people decide meanwhile. Nobody else hands matches of the entity on between
this look and the end of the transaction. What was overtaken is handed on by no run: the next one finds it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tieout.documents import Reconciliation
from tieout.money import Amount
from tieout.reconcile.caps import Taken
from tieout.reconcile.ledger.handoff import begin_handing_on
from tieout.rules import Interface
from tieout.store import Connection


def not_overtaken(
    connection: Connection,
    interface: Interface,
    found: Sequence[Reconciliation],
    before: Mapping[Taken, Decimal],
    now: Callable[[], Mapping[Taken, Decimal]],
) -> tuple[list[Reconciliation], list[str]]:
    """The matches that still may be handed on; why not, of the others: a line of theirs is in a match that is on its way by
    now, or they accept a difference and the sums of its month are not what they were (`before`, and what `now` says)."""
    others = begin_handing_on(connection, interface, found)
    kept = [d for d in found if d.key not in others]
    why = [f"{key}: a line of it is matched as {other} meanwhile" for key, other in others.items()]
    differing = [d.key for d in kept if d.difference_account or isinstance(d.exchange, Amount)]
    if differing and now() != before:
        kept = [d for d in kept if d.key not in differing]
        why += [f"{key}: other differences of its month were accepted meanwhile" for key in differing]
    return kept, why
