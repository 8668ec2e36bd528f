"""What should have come of a month and did not, by what its interface declares. Pure, but for `read_came`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tieout.money import Period
from tieout.money.calendar import BusinessCalendar
from tieout.rules import Interface
from tieout.rules.expected import BUSINESS_DAY, MONTH, NOTHING, Expected
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
_NAMED = 5
# As a bank's statements name it, and its currency, "" where no statement ever came.
Account = tuple[str, str]


@dataclass(frozen=True)
class Came:
    """What is here of a month: how many things that are dated in it, on which `days`; of each account how many
    `statements` end in it, and which days statements cover."""

    count: int = 0
    days: frozenset[date] = frozenset()
    statements: Mapping[Account, int] = field(default_factory=dict)
    covered: Mapping[Account, frozenset[date]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lacking:
    """One thing that did not come: `what`, of which day (None: of the month as a whole), and when it was due."""

    what: str
    on: date | None
    due_at: datetime


def lacking(
    expected: Expected,
    period: Period,
    came: Came,
    calendar: BusinessCalendar,
    banking: Callable[[str, str], BusinessCalendar],
    zone: ZoneInfo,
) -> list[Lacking]:
    """Everything that `expected` says of `period` and that did not come, in order of its day; `banking` gives the banking
    days of an account."""
    if expected.every == NOTHING:
        return []
    accounts = _accounts(expected, came) if expected.statements else []
    if expected.every == MONTH:
        return list(
            _of_month(expected, period, came, accounts, _due_of_month(expected, period, calendar, zone))
        )
    found = []
    if expected.every == BUSINESS_DAY:
        found = [Lacking("nothing", d, _due(expected, d, calendar, zone))
                 for d in _open(period, calendar, expected.except_on) if d not in came.days]  # fmt: skip
    elif not accounts:
        found = [Lacking("no statement of any account", None, _due(expected, period.last, calendar, zone))]
    for account in accounts if expected.every != BUSINESS_DAY else ():
        covered = came.covered.get(account, frozenset())
        days = banking(*account)
        for day in _open(period, days, expected.except_on):
            if day not in covered:
                due = _due(expected, day, days, zone)
                found.append(Lacking(f"no statement of {_named(account)}", day, due))
    return sorted(found, key=lambda x: (x.on or date.min, x.what))


def _accounts(expected: Expected, came: Came) -> list[Account]:
    """Every account of which a statement came, and those that were declared and of which none ever did."""
    known = {*came.statements, *came.covered}
    never = {*expected.accounts} - {account for account, _ in known}
    return sorted({*known, *((account, "") for account in never)})


def _named(account: Account) -> str:
    return " ".join(account).strip()


def _of_month(
    expected: Expected, period: Period, came: Came, accounts: list[Account], due_at: datetime
) -> Iterator[Lacking]:
    if not expected.statements:
        if came.count < expected.at_least:
            yield Lacking(_so_many(came.count, expected.at_least, "came"), None, due_at)
        return
    if not accounts:
        yield Lacking("no statement of any account", None, due_at)
    for account in accounts:
        there = came.statements.get(account, 0)
        if there < expected.at_least:
            yield Lacking(
                _so_many(there, expected.at_least, f"of the statements of {_named(account)} came"),
                None,
                due_at,
            )


def _so_many(there: int, wanted: int, what: str) -> str:
    if not there and wanted == 1:
        return "nothing came" if what == "came" else f"none {what}"
    return f"{there} of {wanted} {what}" if what == "came" else f"{there} {what}, of {wanted}"


def _open(period: Period, calendar: BusinessCalendar, without: Iterable[date]) -> Iterator[date]:
    for number in range((period.last - period.first).days + 1):
        day = period.first + timedelta(days=number)
        if calendar.is_open(day) and day not in without:
            yield day


def _due(expected: Expected, day: date, calendar: BusinessCalendar, zone: ZoneInfo) -> datetime:
    return datetime.combine(calendar.following(day, 1), expected.by or time(23, 59), zone)


def _due_of_month(expected: Expected, period: Period, calendar: BusinessCalendar, zone: ZoneInfo) -> datetime:
    if not expected.by_day:
        return _due(expected, period.last, calendar, zone)
    day = min(period.last, period.first + timedelta(days=expected.by_day - 1))
    return datetime.combine(day, expected.by or time(23, 59), zone)


def in_words(interface: Interface, period: Period, found: list[Lacking]) -> str:
    """What did not come, when it was due, and what to do: one sentence."""
    named = "; ".join(said_of(x, period) for x in found[:_NAMED])
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{named}{more}: {what_to_do(interface)}"


def said_of(x: Lacking, period: Period) -> str:
    """One thing that did not come, and when it was due."""
    return f"{x.what} of {x.on or period}, due {x.due_at:%Y-%m-%d %H:%M}"


def what_to_do(interface: Interface) -> str:
    """How something that did not come is got."""
    return (
        f"ask the people of {interface.system} for it (`tieout run {interface.name} --since all`, or `tieout ingest FILE "
        f"--interface {interface.name}`); what was never to come stands under `expected` in interfaces/{interface.name}.toml"
    )


def undeclared(interface: Interface) -> str:
    """What is said of an interface over which nothing came and that does not say whether anything had to."""
    return (
        f"nothing came over {interface.name}, and nobody said whether anything had to: write what must come, or "
        f'expected = "nothing", into interfaces/{interface.name}.toml (docs/CLOSE.md, Expected arrivals)'
    )


def read_came(connection: Connection, interface: Interface, zone: ZoneInfo, period: Period) -> Came:
    """What is here of a month of an interface: documents that are dated in it, also such as a case holds or a person
    excluded, and statements that reach into it. A file or a message of which nothing became a document is nothing."""
    given = {
        "interface": interface.name, "zone": zone.key, "first": period.first, "last": period.last
    }  # fmt: skip
    days = {r["day"]: r["count"] for r in connection.execute(_SQL["came"], given)}
    statements: dict[Account, int] = {}
    covered: dict[Account, set[date]] = {}
    for row in connection.execute(_SQL["statements_of"], given):
        account = (row["account"], row["currency"])
        statements[account] = statements.get(account, 0) + (period.first <= row["to_on"] <= period.last)
        first, last = max(row["from_on"], period.first), min(row["to_on"], period.last)
        covered.setdefault(account, set()).update(
            first + timedelta(days=n) for n in range((last - first).days + 1)
        )
    return Came(
        sum(days.values()), frozenset(days), statements, {a: frozenset(d) for a, d in covered.items()}
    )
