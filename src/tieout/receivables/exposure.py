"""What customers owe, out of the open items of a ledger: pure.

Exposure = open invoices - open credit notes - payments on the receivable account - payments that wait elsewhere for what they
pay, each by what is open of it in the entity's currency as the ledger carries it. Orders that are not invoiced stand beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

import msgspec

from tieout.connector_api import LedgerCustomer, OpenItem

_ZERO = Decimal(0)


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer owes in the entity's currency. `invoiced` is above zero, `credited` (credit notes and payments on the
    receivable account) and `unapplied` are below it; `orders` are no part of the exposure, and `unrated` counts those
    among them that no rate of the ledger converts, which are not in it. `customer` is the ledger's id of the company that owes, or
    the external id of one whom the ledger does not have yet."""

    customer: str
    name: str
    invoiced: Decimal = _ZERO
    credited: Decimal = _ZERO
    unapplied: Decimal = _ZERO
    orders: Decimal = _ZERO
    unrated: int = 0

    @property
    def amount(self) -> Decimal:
        """The exposure: what is open in sum, below zero where we owe."""
        return self.invoiced + self.credited + self.unapplied


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order is not invoiced yet, in the entity's currency (None: the ledger has no rate). `effect` is the
    external id of its customer's partner."""

    effect: str
    name: str
    amount: Decimal | None


def exposures(
    items: Iterable[OpenItem],
    unapplied: Collection[str],
    customers: Mapping[int, LedgerCustomer],
    orders: Iterable[OpenOrder] = (),
    partners: Mapping[str, int] | None = None,
) -> dict[str, Exposure]:
    """By customer. Money on the accounts `unapplied` counts for the partner that it names, and for nobody where it names none.
    `partners` are the ledger's ids of the customers of orders, by external id."""
    found: dict[str, Exposure] = {}

    def add(customer: str, name: str, **more: Decimal | int) -> None:
        known = found.setdefault(customer, Exposure(customer=customer, name=name))
        sums = {field: getattr(known, field) + value for field, value in more.items()}
        found[customer] = msgspec.structs.replace(known, **sums)

    for item in items:
        part = _part(item, unapplied)
        if part and item.partner:
            customer, name = owing(item.partner, item.partner_name, customers)
            add(customer, name, **{part: item.company})
    for order in orders:
        partner = (partners or {}).get(order.effect)
        customer, name = owing(partner, order.name, customers) if partner else (order.effect, order.name)
        add(customer, name, **({"unrated": 1} if order.amount is None else {"orders": order.amount}))
    return found


def owing(partner: int, name: str, customers: Mapping[int, LedgerCustomer]) -> tuple[str, str]:
    """Who owes what a partner was invoiced: the company that it belongs to, by key and name."""
    known = customers.get(partner)
    if known is None:
        return str(partner), name
    company = customers.get(known.commercial, known)
    return str(known.commercial), company.name


def _part(item: OpenItem, unapplied: Collection[str]) -> str:
    """What of an exposure an item is; "" for none."""
    if item.kind == "receivable":
        return "invoiced" if item.company > 0 else "credited"
    return "unapplied" if item.account in unapplied else ""
