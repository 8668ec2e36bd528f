"""Cases that somebody solved, changed or deleted in the database past us, by what evidence says of them.

A case has no stamp: what opened, changed and solved it is in evidence, which only grows and is sealed. What that says is open and is
not what stands there was changed by somebody who has the database.
"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.money import Period
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
# Of a month's cases almost all are opened in it or soon after; what was open before was looked at by the closes before.
_SINCE = timedelta(days=100)


class CasePastUs(msgspec.Struct, frozen=True, kw_only=True):
    """A case as evidence knows it: open, of an `amount` (positive, of its currency). What stands in its place is not that."""

    case_id: int
    cause: str
    source_key: str
    amount: Decimal
    currency: str

    @property
    def says(self) -> str:
        """What was changed, and what to do."""
        return (
            f"case {self.case_id}, {self.cause.replace('_', ' ')} of {self.source_key} ({self.amount} {self.currency}), was solved, "
            "changed or deleted in the database past Tieout: find out who, and put it back as the backup has it"
        )


def cases_past_us(connection: Connection, entity: str, period: Period) -> list[CasePastUs]:
    """Those of a period or before it, the largest first: evidence says that they are open, and what stands in their place is
    nothing, solved, or of another amount, period or weight. What somebody settles between two readings is none of them."""
    found = _look(connection, entity, period)
    again = _look(connection, entity, period) if found else []
    return [x for x in again if x in found]


def _look(connection: Connection, entity: str, period: Period) -> list[CasePastUs]:
    told: dict[int, tuple[str, dict[str, Any]]] = {}
    given = {"entity": entity, "since": period.first - _SINCE}
    for row in connection.execute(_SQL["cases_told"], given):
        detail = json.loads(row["detail"])
        # Evidence of before cases were told by their number says nothing here.
        if (number := detail.get("case")) is None:
            continue
        if row["action"] == "case.solved":
            told.pop(number, None)
        elif detail["period"] <= str(period):
            told[number] = row["subject"], detail
    rows = connection.execute(_SQL["cases_standing"], {"cases": list(told)}) if told else ()
    standing = {row["case_id"]: row for row in rows}
    found = [
        CasePastUs(
            case_id=number, cause=x["cause"], source_key=subject, amount=Decimal(x["amount"]), currency=x["currency"]
        )
        for number, (subject, x) in told.items()
        if not _as_told(standing.get(number), entity, x)
    ]  # fmt: skip
    return sorted(found, key=lambda x: (-x.amount, x.case_id))


def _as_told(row: dict[str, Any] | None, entity: str, told: dict[str, Any]) -> bool:
    if row is None or (row["entity"], row["amount"]) != (entity, Decimal(told["amount"])):
        return False
    return all(row[name] == told[name] for name in ("cause", "period", "currency", "blocking"))
