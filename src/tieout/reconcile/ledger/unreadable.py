"""Open items of a ledger that cannot be read as money: each is told of alone, and stops no run of the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tieout.connector_api import OpenItem
from tieout.money import Amount

# As `tieout match` reads amounts: more digits before the point are no amount there either.
_TOO_LARGE = 10**13


def why_unreadable(item: OpenItem, own_currency: str) -> str:
    """Why an item is no amount of its currency, or none in the entity's; "" where it is one."""
    try:
        Amount.exact(item.residual, item.currency)
        Amount.exact(item.company, own_currency)
    except ValueError as error:
        return str(error)
    return "more than 13 digits before the point" if abs(item.residual) >= _TOO_LARGE else ""


def readable(items: Iterable[OpenItem], own_currency: str) -> tuple[list[OpenItem], dict[OpenItem, str]]:
    """The items that are money, and why each of the others is none."""
    found, others = [], {}
    for item in items:
        why = why_unreadable(item, own_currency)
        if why:
            others[item] = why
        else:
            found.append(item)
    return found, others
