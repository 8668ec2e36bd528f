"""What is open in a ledger, as reconciling read it last: a list that people look through without asking the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import OpenItem
from tieout.store import Connection, Queries

_SQL = Queries("tieout.reconcile.ledger")


def keep_lines(
    connection: Connection, entity: str, cash: Sequence[OpenItem], due: Sequence[OpenItem], now: datetime
) -> None:
    """Put what is open of an entity in the place of what was, in the caller's transaction."""
    connection.execute(_SQL["forget_lines"], {"entity": entity})
    with connection.cursor() as cursor, cursor.copy(_SQL["copy_lines"]) as copy:
        for row in _rows(entity, cash, due, now):
            copy.write_row(row)
    connection.execute(_SQL["forget_sums"], {"entity": entity})
    connection.execute(_SQL["sum_lines"], {"entity": entity})


def _rows(
    entity: str, cash: Sequence[OpenItem], due: Sequence[OpenItem], now: datetime
) -> Iterator[tuple[Any, ...]]:
    for side, items in (("cash", cash), ("due", due)):
        for i in items:
            amount = -i.residual if side == "cash" else i.residual
            number = i.numbers[0] if i.numbers else ""
            yield (
                entity, i.line, side, i.account, i.kind, i.on, i.due, amount, i.currency, i.partner_name, number,
                i.label, now,
            )  # fmt: skip


def open_lines(
    connection: Connection,
    entity: str,
    side: str,
    *,
    words: str = "",
    currency: str | None = None,
    amount: Decimal | None = None,
    after: tuple[date, int] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Open lines of one side, the oldest first, beginning `after` (day, line): those that nobody matched since.

    `words` are looked for in partner, number and text; `amount` exactly, as it is signed on its side.
    """
    on, line = after or (None, None)
    given = {"entity": entity, "side": side, "currency": currency, "amount": amount, "on": on, "line": line}
    name = "open_lines_saying" if words.strip() else "open_lines"
    return list(connection.execute(_SQL[name], {**given, "words": words.strip(), "limit": limit}).fetchall())


def open_sums(connection: Connection, entities: Sequence[str] | None) -> list[dict[str, Any]]:
    """By entity, side and currency: how many lines, their signed sum, the oldest day, and when they were read."""
    given = {"entities": list(entities) if entities is not None else None}
    return list(connection.execute(_SQL["open_sums"], given).fetchall())
