"""What there is to be alerted of, as it is now: one alert for everything of one kind in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.alerting.causes import (
    BACKLOG_IS_OLD,
    EVENTS_NOT_TAKEN,
    EVIDENCE_NOT_SEALED,
    KEY_ENDS,
    NOTICES_NOT_TAKEN,
    SOURCE_DOES_NOT_ANSWER,
    WORK_STANDS_STILL,
)
from tieout.alerting.standing import Stands, at_once
from tieout.causes import Cause, cause_named
from tieout.kept_figures import backlog
from tieout.money import shown_digits
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.alerting")
_SEALED_WITHIN = timedelta(minutes=10)
_MANY_FAILURES = 5
# Of a key's end people are told so long before, and as of something late so shortly before.
_KEY_SOON, _KEY_LATE = timedelta(days=21), timedelta(days=3)
# About two minutes of tries that all failed.
_VERY_MANY_FAILURES = 12


@dataclass(frozen=True)
class Alert:
    """`key` says of what it is, whatever changes in it. `amount` is what is at risk, positive, in `currency`; 0 where
    no money is known. `action` is what to do first, `path` the page to do it on. `level` 1: past its service level."""

    key: str
    kind: str
    cause: str
    entity: str
    count: int
    amount: Decimal
    currency: str
    action: str
    path: str
    since: datetime
    level: int

    @property
    def title(self) -> str:
        """One line: where, what, how many, how much."""
        what = cause_named(self.cause).title
        where = f"{self.entity}: " if self.entity else ""
        many = f" × {self.count}" if self.count > 1 else ""
        money = f", {_money(self.amount, self.currency)} at risk" if self.amount else ""
        late = " (past its service level)" if self.level else ""
        return f"{where}{what}{many}{money}{late}"


def _money(amount: Decimal, currency: str) -> str:
    places = max(shown_digits(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f} {currency}"


# For how many seconds a system was left alone between two instants, as its hours are declared.
Closed = Callable[[str, datetime, datetime], float]


def never_closed(system: str, since: datetime, until: datetime) -> float:
    """Where no project says hours, every system may always be asked."""
    return 0.0


def find_alerts(
    connection: Connection,
    release: Release,
    now: datetime,
    closed_s: Closed = never_closed,
    stands: Stands = at_once,
) -> list[Alert]:
    """Everything that is wrong now, the most money first. The clock of a service level stands still while the system that is waited for is left
    alone, so that a maintenance makes nothing late; how old something is is shown as it is. What Tieout itself should have
    worked off is late only where it `stands`."""
    found = [*_of_cases(connection, now), *_of_flows(connection, release, now, closed_s, stands)]
    row = connection.execute(_SQL["unsealed"]).fetchone()
    unsealed = row is not None and row["count"] and now - row["since"] > _SEALED_WITHIN
    if row is not None and unsealed and stands("seal:evidence", row["first"]):
        action = EVIDENCE_NOT_SEALED.say()
        found.append(
            _plain("seal", "evidence", EVIDENCE_NOT_SEALED, "", action, "/evidence", row["since"], 1)
        )
    for r in connection.execute(_SQL["failing_lanes"], {"most": _VERY_MANY_FAILURES}):
        action = WORK_STANDS_STILL.say(failures=r["failures"], error=r["error"])
        of = f"{r['stage']}:{'/'.join(r['lane'])}"
        found.append(_plain("lane", of, WORK_STANDS_STILL, "", action, "/interfaces", r["since"], 0))
    for r in connection.execute(_SQL["failing_subscriptions"], {"most": _MANY_FAILURES}):
        action = EVENTS_NOT_TAKEN.say(url=r["url"], status=r["last_status"])
        found.append(
            _plain(
                "telling",
                str(r["subscription_id"]),
                EVENTS_NOT_TAKEN,
                "",
                action,
                "/systems",
                r["last_at"],
                0,
            )
        )
    for r in connection.execute(_SQL["ending_keys"], {"until": now + _KEY_SOON}):
        action = KEY_ENDS.say(system=r["system"], said=r["said"])
        level = int(r["ends_at"] - now < _KEY_LATE)
        found.append(_plain("key", r["system"], KEY_ENDS, "", action, "/systems", now, level))
    found += _of_notices(connection)
    return sorted(found, key=lambda a: (-a.level, -a.amount, a.key))


def _of_notices(connection: Connection) -> list[Alert]:
    """Ways by which people were not told: the last message to each of them was not taken. Why is theirs, and stands on their page."""
    return [
        _plain(
            "notices", r["channel"], NOTICES_NOT_TAKEN, "", NOTICES_NOT_TAKEN.say(people=r["people"], channel=r["channel"]), "/systems",
            r["since"], 0, r["people"],
        )
        for r in connection.execute(_SQL["people_not_told"])
    ]  # fmt: skip


def _of_cases(connection: Connection, now: datetime) -> list[Alert]:
    """Open cases, of one cause in one entity together."""
    return [
        Alert(
            key=f"case:{r['cause']}:{r['entity']}:{r['currency']}",
            kind="case",
            cause=r["cause"],
            entity=r["entity"],
            count=r["count"],
            amount=r["amount"],
            currency=r["currency"],
            action=cause_named(r["cause"]).of_several(r["recovery"], r["last_recovery"]),
            path=f"/cases?cause={r['cause']}&entity={r['entity']}",
            since=r["opened_at"],
            level=int(r["due_at"] < now),
        )
        for r in connection.execute(_SQL["clusters"])
    ]


def _of_flows(
    connection: Connection, release: Release, now: datetime, closed_s: Closed, stands: Stands
) -> list[Alert]:
    """Sources that do not answer, and what waits for longer than its service level."""
    found = []
    for r in connection.execute(_SQL["failing_polls"]):
        interface = release.interfaces.get(r["interface"])
        if interface is not None:
            since = r["polled_at"] or now
            waited = now - since - timedelta(seconds=closed_s(interface.system, since, now))
            late = waited > timedelta(hours=interface.service_level_hours)
            found.append(
                _plain(
                    "poll", r["interface"], SOURCE_DOES_NOT_ANSWER, interface.entity, SOURCE_DOES_NOT_ANSWER.say(error=r["error"]),
                    f"/interfaces/{r['interface']}", r["polled_at"] or now, int(late),
                )
            )  # fmt: skip
    paused = {r["interface"] for r in connection.execute(_SQL["paused"])}
    # What waits for an order or an approval does not stand still: its own case says when it is late.
    for each in backlog(connection, ("received", "planned")):
        interface = None if each.interface in paused else release.interfaces.get(each.interface)
        if interface is None:
            continue
        closed = closed_s(release.entities[interface.entity].ledger, each.oldest_at, now)
        waited = now - each.oldest_at - timedelta(seconds=closed)
        late = waited > timedelta(hours=interface.service_level_hours)
        if late and stands(f"backlog:{each.interface}", each.oldest_at):
            action = BACKLOG_IS_OLD.say(count=each.count)
            found.append(
                _plain(
                    "backlog", each.interface, BACKLOG_IS_OLD, interface.entity, action,
                    f"/interfaces/{each.interface}", each.oldest_at, 1, each.count,
                )
            )  # fmt: skip
    return found


def _plain(
    kind: str, of: str, cause: Cause, entity: str, action: str, path: str, since: datetime, level: int, count: int = 1
) -> Alert:  # fmt: skip
    """An alert of no money of its own."""
    return Alert(
        f"{kind}:{of}", kind, cause.name, entity, count, Decimal(0), "", action[:400], path, since, level
    )
