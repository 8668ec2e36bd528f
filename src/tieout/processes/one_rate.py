"""An entry in foreign money whose lines carry several rates, as the ledger takes it. Pure.

Money is taken from its account with what it was booked with, so that the difference of rates shows where it is paid. Where
receipts and refunds of several rates cancel out, what is left of them in the books' currency is no amount at any rate: the
ledger refuses a line whose two amounts have opposite signs, and one of nothing but the books' currency is never matched.
Then all lines have one rate, and the ledger books the difference of each where it is matched.

Source: Odoo's account.move.line, `_check_amount_currency_balance_sign`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from tieout.documents import LedgerLine

# The books' currency of an amount of the entry's, rounded to its minor unit.
Worth = Callable[[Decimal], Decimal]


def is_taken(lines: Sequence[LedgerLine], made: Worth) -> bool:
    """Whether the ledger takes these lines as they are: they sum to zero in both currencies, and each has both amounts of
    one sign. `made` is the balance that the ledger makes itself of a line that has none."""
    if sum((x.company for x in lines), Decimal(0)) or sum((x.amount for x in lines), Decimal(0)):
        return False
    return all(_stands(x.amount, x.company, made) for x in lines)


def at_one_rate(lines: Sequence[LedgerLine], worth: Worth, made: Worth) -> list[LedgerLine] | None:
    """The lines at the rate of `worth`, what rounding leaves on the largest that can bear it; None where none can. Lines of
    no amount fall away: they were a difference of rates alone."""
    found = [msgspec.structs.replace(x, company=worth(x.amount)) for x in lines if x.amount]
    left = sum((x.company for x in found), Decimal(0))
    for number in sorted(range(len(found)), key=lambda n: -abs(found[n].amount)):
        line = found[number]
        changed = msgspec.structs.replace(line, company=line.company - left)
        tried = [*found[:number], changed, *found[number + 1 :]]
        if is_taken(tried, made):
            return tried
    return None if found else []


def _stands(amount: Decimal, company: Decimal, made: Worth) -> bool:
    if not amount:
        return False
    return company * amount > 0 if company else not made(amount)
