"""What stands on accounts that are on their way to zero: read, kept and told of at each look at a close; signed as it stood at the
period's end.

A case is of what is open now and past its age now, of whatever period: one an account and currency. It counts for the month in
which the first of its items was past its age, so that a month that is closed is not opened again by time alone.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from tieout.cases import NewCase, open_cases, solve_by_key
from tieout.close.causes import ITEMS_PAST_AGE
from tieout.connector_api import StandingReader
from tieout.money import Period
from tieout.proofs import AgedAccount, Itemised, keep_items, read_items
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_NAMED = 3


def look_at_items(
    connection: Connection, release: Release, reader: object, entity: str, period: Period, now: datetime
) -> Itemised | None:
    """What stands at a period's end, or today where it is not over; kept, and what is past its age made a case, or not one any more.
    None where the ledger cannot say it. Raises ConnectorError."""
    if not isinstance(reader, StandingReader):
        return None
    today = now.astimezone(release.entities[entity].zone).date()
    found = read_items(connection, release, reader, entity, min(period.last, today), today)
    with connection.transaction():
        _tell(connection, entity, found.aged, now)
        keep_items(connection, entity, period, found, now)
    return found


def _tell(connection: Connection, entity: str, aged: list[AgedAccount], now: datetime) -> None:
    rows = connection.execute(_SQL["items_told"], {"entity": entity, "cause": ITEMS_PAST_AGE.name}).fetchall()
    told = {r["source_key"]: r for r in rows if r["is_open"]}
    accepted = {r["source_key"]: r["detail"] for r in rows if not r["is_open"]}
    wanted = {(c := _case(entity, x, now)).source_key: c for x in aged}
    new = [c for key, c in wanted.items() if accepted.get(key) != c.detail]
    for key, row in told.items():
        case = wanted.get(key)
        if case is None:
            solve_by_key(
                connection, ITEMS_PAST_AGE.name, key, now, "none of it is past its age any more", "close"
            )
        elif case.period != row["period"]:
            why = f"what it told of is gone: others are past their age since {case.period}"
            solve_by_key(connection, ITEMS_PAST_AGE.name, key, now, why, "close")
    open_cases(connection, new, "close")


def _case(entity: str, x: AgedAccount, now: datetime) -> NewCase:
    period = str(Period.of(x.since))
    return NewCase(
        cause=ITEMS_PAST_AGE.name,
        interface="",
        entity=entity,
        period=period,
        source_key=f"{entity}:{x.account}:{x.currency}",
        amount=x.gross,
        currency=x.currency,
        recovery=ITEMS_PAST_AGE.say(period=period, entity=entity, account=x.account),
        detail=_in_words(x),
        owner=x.owner or ITEMS_PAST_AGE.who,
        opened_at=now,
        due_at=now + timedelta(hours=24),
        blocking=False,
    )


def _in_words(x: AgedAccount) -> str:
    """Which items, and a mark of all of them: others that come to the same are not the same."""
    raw = "\x1f".join(f"{reference} {on} {amount.normalize():f}" for reference, on, amount in x.items)
    mark = hashlib.sha256(raw.encode()).hexdigest()[:8]
    first = "; ".join(f"{reference[:60]} of {on} {amount:.2f}" for reference, on, amount in x.items[:_NAMED])
    more = f"; and {len(x.items) - _NAMED} more" if len(x.items) > _NAMED else ""
    normal = f"normal are {x.normal} business days" if x.normal else "none is normal there"
    count = f"{len(x.items)} item" + ("" if len(x.items) == 1 else "s")
    return f"{x.role}: {count}, {x.net:.2f} net, {normal}: {first}{more} (items {mark})"[:500]
