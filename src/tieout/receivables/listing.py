"""What was read of an entity's receivables, page by page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tieout.store import Connection, Queries

_SQL = Queries("tieout.receivables")


def kept_exposures(
    connection: Connection, entity: str, after: tuple[Decimal, str] | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """What an entity's customers owe, as it was read last: whoever owes most first, beginning `after` (exposure,
    customer)."""
    owed, customer = after or (None, None)
    given = {"entity": entity, "after": customer, "owed": owed, "limit": limit}
    return list(connection.execute(_SQL["exposures"], given).fetchall())


def kept_invoices(
    connection: Connection,
    entity: str,
    *,
    status: str | None = None,
    number: str | None = None,
    party: str | None = None,
    after: tuple[date, int] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Invoices of an entity and how each stands, those that were due first at the beginning: those of a status, or all that are
    not paid; of customers in whose name `party` stands, in large or small letters; beginning `after` (due day or its own,
    entry)."""
    on, move = after or (None, None)
    given = {
        "entity": entity, "status": status, "number": number, "party": party, "on": on, "move": move, "limit": limit,
    }  # fmt: skip
    return list(connection.execute(_SQL["invoices"], given).fetchall())


def history_of(connection: Connection, entity: str, move: int) -> list[dict[str, Any]]:
    """What happened to an invoice, in its order: who said it or what the ledger showed."""
    return list(connection.execute(_SQL["history"], {"entity": entity, "move": move}).fetchall())
