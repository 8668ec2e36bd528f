"""Closing rates that are out of line with the ledger's own of the weeks before: a digit too many, or a rate the other way round.

Whatever stands in foreign currency is worth what the ledger's rate says, and nothing apart says what that should be: two people look at a
rate that is more than a tenth away from the middle of those before it. A rate that was wrong all the time is in line with itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

import msgspec

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.close.causes import RATE_OUT_OF_LINE
from tieout.close.revaluing import Revalued
from tieout.connector_api import LedgerFacts
from tieout.money import Amount, Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_BEFORE = timedelta(days=92)
# Ours, and no standard's: none was found that names a line (looked for on 2026-11-29). A published flow of a month-end
# revaluation asks for approval above 5% since the last close, and takes 50% as an error in the data
# (kestra.io/blueprints/fx-revaluation-month-end). Wrong by a digit or the other way round is far above either.
_MOST = Decimal("1.1")


class OddRate(msgspec.Struct, frozen=True, kw_only=True):
    """A closing `rate` of a day `on` (units of the currency for one of the entity's) and the `usual` one before it; what is open in the
    currency is worth `amount` more or less by the difference: positive, in the entity's currency."""

    currency: str
    rate: Decimal
    on: date
    usual: Decimal
    amount: Amount

    @property
    def says(self) -> str:
        """Both rates, and what hangs on them."""
        return (
            f"{self.currency} at {self.rate.normalize():f} on {self.on}, and about {self.usual.normalize():f} before: {self.amount} of what "
            "is open hang on it"
        )


def odd_rates(found: Sequence[Revalued], facts: LedgerFacts, own: str, on: date) -> list[OddRate]:
    """The rates of a day, among those by which something is revalued, that are out of line, by currency. One that has none before it
    can be held against nothing."""
    odd = []
    for currency in sorted({x.currency for x in found}):
        rows = [(day, rate) for day, rate in facts.rates.get(currency, ()) if day <= on and rate > 0]
        if not rows:
            continue
        day, rate = max(rows)
        before = [r for d, r in rows if day - _BEFORE <= d < day]
        usual = Decimal(median(before)) if before else rate
        if max(rate / usual, usual / rate) <= _MOST:
            continue
        amount = sum((x.amount for x in found if x.currency == currency), Decimal(0))
        hangs = Amount.rounded(abs(amount / rate - amount / usual), own)
        odd.append(OddRate(currency=currency, rate=rate, on=day, usual=usual, amount=hangs))
    return odd


def tell_odd_rates(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    odd: Sequence[OddRate],
    now: datetime,
) -> list[OddRate]:
    """A case for each that two people did not let stand, and which these are; solved where a rate is in line again, or another one."""
    given = {"entity": entity, "cause": RATE_OUT_OF_LINE.name}
    with connection.transaction():
        beside_others(connection)
        accepted = {r["source_key"] for r in connection.execute(_SQL["accepted_keys"], given)}
        left = {key: x for x in odd if (key := _key(entity, period, x)) not in accepted}
        cases = [_case(release, entity, period, key, x, now) for key, x in left.items()]
        open_cases(connection, cases, "close")
        for row in connection.execute(_SQL["open_late"], given).fetchall():
            if row["source_key"] not in left and row["period"] == str(period):
                why = "the rate is in line, or is another one"
                solve_by_key(connection, RATE_OUT_OF_LINE.name, row["source_key"], now, why, "close")
    return list(left.values())


def _key(entity: str, period: Period, odd: OddRate) -> str:
    return f"{entity}:{period}:{odd.currency}:{odd.rate.normalize():f}"


def _case(release: Release, entity: str, period: Period, key: str, odd: OddRate, now: datetime) -> NewCase:
    cause = RATE_OUT_OF_LINE
    return NewCase(
        cause=cause.name, interface="", entity=entity, period=str(period), source_key=key, amount=odd.amount.value,
        currency=release.entities[entity].currency, recovery=cause.say(), detail=odd.says[:300], owner=cause.who, opened_at=now,
        due_at=now + timedelta(hours=24), blocking=False, standing=cause.standing,
    )  # fmt: skip
