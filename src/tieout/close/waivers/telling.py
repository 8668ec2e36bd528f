"""Cases of what two people must look at of a period's waivers, and evidence of the whole list whenever it is another one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.causes import Cause
from tieout.close.causes import REVENUE_LEFT_OUT, WAIVED_BY_ONE
from tieout.close.waivers.model import Waivers, as_evidence, digest_of
from tieout.close.waivers.reading import read_waivers
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close.waivers")
TOLD = "close.waived"


def tell_waivers(
    connection: Connection, release: Release, entity: str, period: Period, now: datetime
) -> Waivers:
    """Read the list; keep it as evidence where it changed; and, of a month that is over, open the cases that it needs and end
    those that it needs no more."""
    found = read_waivers(connection, release, entity, period)
    over = now.astimezone(release.entities[entity].zone).date() > period.last
    with connection.transaction():
        beside_others(connection)
        _keep(connection, found, now)
        wanted = _cases(found, now) if over else []
        open_cases(connection, wanted, "close")
        for cause in (REVENUE_LEFT_OUT, WAIVED_BY_ONE):
            given = {"entity": entity, "period": str(period), "cause": cause.name}
            still = {c.source_key for c in wanted if c.cause == cause.name}
            for row in connection.execute(_SQL["open_told"], given).fetchall():
                if row["source_key"] not in still:
                    solve_by_key(
                        connection, cause.name, row["source_key"], now, "its figures changed", "close"
                    )
    return found


def _cases(found: Waivers, now: datetime) -> list[NewCase]:
    return [*_of_revenue(found, now), *_of_one(found, now)]


def _of_revenue(found: Waivers, now: datetime) -> list[NewCase]:
    share = found.share
    if not share.above(found.percent_limit):
        return []
    said = f"{share.percent}% of revenue: {share.sales} of sales and {share.credits} of credit notes, {share.booked} is booked"
    said += f"; {share.unknown} more, of which nobody knows the worth" if share.unknown else ""
    return [_case(REVENUE_LEFT_OUT, found, found.revenue_key, share.left_out, said, now, bool(share.unknown))]


def _of_one(found: Waivers, now: datetime) -> list[NewCase]:
    alone = found.alone
    if not alone:
        return []
    amount = sum((w.company for w in alone if w.company is not None), Decimal(0))
    said = ", ".join(f"{w.about} by {w.by or 'nobody known'}" for w in alone[:5])
    said = f"{len(alone)} decisions: {said}"
    unknown = any(w.company is None for w in alone)
    return [_case(WAIVED_BY_ONE, found, found.alone_key, amount, said, now, unknown)]


def _case(
    cause: Cause, found: Waivers, key: str, amount: Decimal, detail: str, now: datetime, unknown: bool
) -> NewCase:
    return NewCase(
        cause=cause.name,
        interface="",
        entity=found.entity,
        period=found.period,
        source_key=key,
        amount=amount,
        currency=found.currency,
        recovery=cause.say(period=found.period, entity=found.entity),
        detail=detail[:300],
        owner=cause.who,
        opened_at=now,
        due_at=now + timedelta(hours=24),
        # One of which nobody knows the worth holds the close whatever its amount.
        blocking=unknown,
        standing=cause.standing,
    )


def _keep(connection: Connection, found: Waivers, now: datetime) -> None:
    subject = f"{found.entity}:{found.period}"
    last = connection.execute(_SQL["told_last"], {"subject": subject, "action": TOLD}).fetchone()
    if last is None and not found.rows:
        return
    if last is not None and json.loads(last["detail"])["digest"] == digest_of(found):
        return
    record(
        connection, [Entry(now, "close", TOLD, subject, found.entity, part) for part in as_evidence(found)]
    )
