"""How a line counts in the ledger's tax report, and a discount for paying early as lines that do: pure values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class TaxShare(msgspec.Struct, frozen=True, kw_only=True):
    """Where a journal line counts in a tax report, by the ledger's own ids: it is a base of `taxes`, or an amount of the
    tax whose distribution `share` is (0: of none); `tags` are the report's boxes."""

    taxes: tuple[int, ...] = ()
    share: int = 0
    tags: tuple[int, ...] = ()


class DiscountPart(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a discount that corrects tax. `account` is a tax's own, "" for the account of discounts; `amount` is
    signed in the item's currency (a debit is positive) and `company` in the entity's, at the item's own rate. `tax` is
    how it counts when the discount is taken, `back` how it counts when that is undone: a reduction is taken back as
    what it reduced, not as a reduction below zero."""

    account: str
    name: str
    amount: Decimal
    company: Decimal
    tax: TaxShare
    back: TaxShare


class LineDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """What an open line's term lets be kept back up to the day `until`: `amount`, signed as the line's residual. `parts`
    sum to it where tax is corrected with it; without any it goes to the account of discounts as one sum."""

    until: date
    amount: Decimal
    parts: tuple[DiscountPart, ...] = ()
