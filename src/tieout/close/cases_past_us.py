"""Cases that somebody solved, accepted, changed or deleted in the database past us, by what evidence says of them; and evidence that was.

A case has no stamp: what opened, changed and solved it is in evidence, which only grows, is sealed, and says of cases nothing without a
stamp. What that says is open and is not what stands there was changed by somebody who has the database; so was what stands as accepted
there and of which it says nothing. Who has the database's owner as well may change evidence: what says of cases is held to its stamp, and
what is gone of the log to its numbers, which have no gap.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.cases import is_stamped, stamp_holds
from tieout.evidence import entries_gone
from tieout.money import Period
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
# Of a month's cases almost all are opened in it or soon after; what was open before was looked at by the closes before.
_SINCE = timedelta(days=100)
_DO = "in the database past Tieout: find out who, and put it back as the backup has it"


class CasePastUs(msgspec.Struct, frozen=True, kw_only=True):
    """A case that is not as evidence knows it, or of which evidence is not as it was written: `amount` (positive, of its currency) is
    what hangs on it, as far as anybody knows; `what` was done to it."""

    case_id: int
    cause: str
    source_key: str
    amount: Decimal
    currency: str
    what: str = "was solved, changed or deleted"

    @property
    def says(self) -> str:
        """What was changed, and what to do."""
        worth = f" ({self.amount} {self.currency})" if self.currency else ""
        return f"case {self.case_id}, {self.cause.replace('_', ' ')} of {self.source_key}{worth}, {self.what} {_DO}"


class Told(msgspec.Struct, frozen=True):
    """What evidence says of cases: of each open one the last word; the numbers of those that were solved (before cases were told by
    their number: the keys); and what of it nobody of ours wrote, a case each."""

    open: dict[int, tuple[str, dict[str, Any]]]
    solved: set[int | str]
    forged: dict[int, tuple[str, dict[str, Any]]]


def cases_past_us(connection: Connection, entity: str, period: Period) -> list[CasePastUs]:
    """Those of a period or before it, the largest first. What somebody settles between two readings is none of them."""
    found = _look(connection, entity, period)
    again = _look(connection, entity, period) if found else []
    return [x for x in again if x in found]


def log_gaps(connection: Connection, entity: str, period: Period) -> list[str]:
    """What is gone of the sealed log since the days before a period, in words; and which documents are held though no case says so, with
    what they come to: theirs was among it."""
    gone = entries_gone(connection, period.first - _SINCE)
    said = [f"{gone} entries of the sealed log are gone: somebody deleted evidence {_DO}"] if gone else []
    for row in connection.execute(_SQL["held_without_case"], {"entity": entity, "period": str(period)}):
        key, amount = row["source_key"], abs(row["measure_debit"] - row["measure_credit"])
        said.append(
            f"{row['interface']} {key} ({amount} {row['currency']}) is held, and no case says why: it was solved or deleted {_DO}"
        )
    return said


def _look(connection: Connection, entity: str, period: Period) -> list[CasePastUs]:
    given = {"entity": entity, "since": period.first - _SINCE, "period": str(period)}
    told = _told(connection, given, str(period))
    rows = connection.execute(_SQL["cases_standing"], {"cases": list(told.open)}) if told.open else ()
    standing = {row["case_id"]: row for row in rows}
    found = [
        _past_us(number, subject, x) for number, (subject, x) in told.open.items() if not _as_told(standing.get(number), entity, x)
    ]  # fmt: skip
    known = {x.case_id for x in found}
    found += [
        _past_us(number, subject, {**x, **_worth(connection, entity, subject)}, "has evidence that was written or changed")
        for number, (subject, x) in told.forged.items() if number not in known
    ]  # fmt: skip
    found += [
        _past_us(row["case_id"], row["source_key"], row, "was accepted")
        for row in connection.execute(_SQL["cases_accepted"], given) if not {row["case_id"], row["source_key"]} & told.solved
    ]  # fmt: skip
    return sorted(found, key=lambda x: (-x.amount, x.case_id))


def _told(connection: Connection, given: Mapping[str, object], period: str) -> Told:
    rows = [(r, json.loads(r["detail"])) for r in connection.execute(_SQL["cases_told"], given)]
    ours = [is_stamped(x) and stamp_holds(connection, r, x) for r, x in rows]
    # What was sealed before the first stamp was made is of before there were any.
    first = min((_leaf(r) for (r, _), mine in zip(rows, ours, strict=True) if mine), default=None)
    told = Told({}, set(), {})
    for (row, detail), mine in zip(rows, ours, strict=True):
        # Of before cases were told by their number it says only that something was solved.
        if (number := detail.get("case")) is None:
            if row["action"] == "case.solved" and (first is None or _leaf(row) < first):
                told.solved.add(row["subject"])
            continue
        if not mine and (is_stamped(detail) or (first is not None and _leaf(row) >= first)):
            told.forged[number] = row["subject"], detail
        elif row["action"] == "case.solved":
            told.open.pop(number, None)
            told.solved.add(number)
        elif detail["period"] <= period:
            told.open[number] = row["subject"], detail
    return told


def _leaf(row: Mapping[str, Any]) -> int:
    """Where it stands in the sealed log; what is not sealed yet comes last."""
    return sys.maxsize if row["leaf_no"] is None else int(row["leaf_no"])


def _worth(connection: Connection, entity: str, key: str) -> dict[str, Any]:
    """What the document of a source key comes to; nothing where there is none."""
    row = connection.execute(_SQL["worth_of_key"], {"entity": entity, "key": key}).fetchone()
    if row is None:
        return {}
    return {"amount": abs(row["measure_debit"] - row["measure_credit"]), "currency": row["currency"]}


def _past_us(number: int, subject: str, said: Mapping[str, Any], what: str = "") -> CasePastUs:
    amount, currency = Decimal(said.get("amount") or 0), said.get("currency") or ""
    found = CasePastUs(
        case_id=number, cause=said["cause"], source_key=subject, amount=amount, currency=currency
    )
    return msgspec.structs.replace(found, what=what) if what else found


def _as_told(row: dict[str, Any] | None, entity: str, told: dict[str, Any]) -> bool:
    if row is None or (row["entity"], row["amount"]) != (entity, Decimal(told["amount"])):
        return False
    return all(row[name] == told[name] for name in ("cause", "period", "currency", "blocking"))
