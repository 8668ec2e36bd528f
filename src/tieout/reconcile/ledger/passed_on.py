"""What a match lets one partner's money pay of what another owes. Pure.

Whose cash is, its ledger says, else the name of its payer: of a match where somebody else's name stands on the money, one partner's payment
goes to another one's debt, and what is missing of the first stays out of sight (lapping). Money without any name is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from tieout.documents import OpenLine, Reconciliation
from tieout.money import Amount
from tieout.reconcile.ledger.lessons import Learned
from tieout.reconcile.parties import Parties, folded

# A partner by the ledger's id, or by a name that is none of those that owe; None: nobody's.
Whose = int | str | None


def passed_on(document: Reconciliation, learned: Learned) -> Decimal:
    """How much of a match is one partner's money (a payment, or a credit note) for what is another's: positive, in the match's currency.
    What one uses of its own, over all its lines, counts nothing; what another is credited with counts."""
    used: dict[Whose, Decimal] = defaultdict(Decimal)
    names = _names(document)
    for line in document.due:
        used[line.partner] += line.residual - line.rest
    for line in document.cash:
        used[_payer(line, names, learned)] += line.residual - line.rest
    if isinstance(document.credit, Amount):
        used[document.due[0].partner] += document.credit.value
    # What nobody is named for may be anybody's.
    known = [amount for whose, amount in used.items() if whose is not None]
    more, less = (sum((abs(x) for x in known if (x > 0) is up), Decimal(0)) for up in (True, False))
    return min(more, less)


def _names(document: Reconciliation) -> dict[str, set[int]]:
    """Partners of what is due by name, of those that have one."""
    names: dict[str, set[int]] = defaultdict(set)
    for line in document.due:
        if line.party and line.partner:
            names[line.party].add(line.partner)
    return names


def _payer(line: OpenLine, names: dict[str, set[int]], learned: Learned) -> Whose:
    if line.partner:
        return line.partner
    name = learned.party(line.party)
    words, _ = folded(name)
    # Of what is due to no partner (a payout in transit), a name says nothing.
    if not words or not names:
        return None
    found = [
        n for n in names if folded(n)[0] != words and sorted(folded(n)[0].split()) == sorted(words.split())
    ]
    found += [n for n in Parties(names).of(name) if not Parties.differ_in_form(name, n)]
    if not found:
        return words
    (one, *others) = set().union(*(names[n] for n in found))
    # Of several that are called so nobody knows which one it is.
    return None if others else one
