"""What a currency was worth by the rates that plans kept: for what is no document itself, such as a case of a balance.

A limit is in the entity's currency. What is held against it in another one is worth what a document of that currency was last worth in
the entity's books, by the ledger's own rate that its plan kept; where there is none, nobody knows.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from tieout.money import Amount
from tieout.processes import Facts
from tieout.store import Connection, Queries

_SQL = Queries("tieout.planning")


def rate_kept(connection: Connection, entity: str, currency: str, until: date) -> Decimal | None:
    """Units of `currency` for one of the entity's, by its last document dated until a day, else by its first one after it; None where
    no plan found a rate."""
    for row in connection.execute(
        _SQL["rates_kept"], {"entity": entity, "currency": currency, "until": until}
    ):
        rate = msgspec.json.decode(row["facts"].encode(), type=Facts).rate
        # What was planned without asking for a rate has none; no two currencies are one.
        if rate is not None and rate not in (0, 1):
            return rate
    return None


def worth_by_rates(
    connection: Connection, entity: str, amount: Decimal, currency: str, own: str, until: date
) -> Decimal | None:
    """`amount` in the entity's currency `own`, to its minor unit; None where nobody knows."""
    if currency == own or not amount:
        return amount
    rate = rate_kept(connection, entity, currency, until)
    return None if rate is None else Amount.rounded(amount / rate, own).value
