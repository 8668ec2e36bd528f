"""What a case may come to at most and stay open, in its own currency: `case_limit` is in the entity's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout.causes import causes_by_two
from tieout.money import Period
from tieout.planning import rate_kept
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")


def case_limits(connection: Connection, release: Release, entity: str, period: Period) -> dict[str, Decimal]:
    """`case_limit` in each currency of an open case of the period or before, at the period's rate; nothing of one without a rate, of
    which no case is small. Reads the database alone."""
    own, limit = release.entities[entity].currency, release.closing.of(entity).case_limit
    found = {own: limit}
    if not limit:
        return found
    for row in connection.execute(
        _SQL["open_currencies"], {"entity": entity, "period": str(period)}
    ).fetchall():
        rate = rate_kept(connection, entity, row["currency"], period.last) if row["currency"] != own else None
        if rate is not None:
            found[row["currency"]] = limit * rate
    return found


def cases_above_limit(
    connection: Connection, release: Release, entity: str, period: Period
) -> list[dict[str, Any]]:
    """Open cases of the period or before it that keep a close open, by cause and currency: `count`, and `amount` in that currency.
    Reads the database alone."""
    limits = case_limits(connection, release, entity, period)
    asked = {"currencies": list(limits), "limits": list(limits.values()), "by_two": causes_by_two()}
    given = {"entity": entity, "period": str(period), **asked}
    return connection.execute(_SQL["open_cases"], given).fetchall()
