"""The tie-out by ledger month: what an interface's documents come to in a month of the ledger, beside its source's month.

    source's total - waiting - in exception - excluded                                  = posted of the source's month
    - posted, in another month of the ledger + of another month, in this one + held     = the ledger's month
    the ledger's month                                                                  = the ledger's own lines, read now

Each item of the bridge is a document with its amount and its two days. `held` is in the ledger though a case holds it.
Then by account: what the ledger says that it moved by, of all that is posted, is each interface's lines and others'.
Amounts are net and signed in their currency, a debit is positive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tieout.connector_api import JournalItem, LedgerReader
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.proofs.control import ask_patiently
from tieout.proofs.standing_still import read_still
from tieout.proofs.tieout import TieOutRow, tie_out
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
ZERO = Decimal(0)
# What is kept of a bridge for whoever only looks; its sums are over all of them.
_KEPT_ITEMS = 200
Record = tuple[str, int]
Key = tuple[str, str]


class Why(StrEnum):
    """Why a document counts in one month and not in the other."""

    ELSEWHERE = "in another month of the ledger"
    FROM_ELSEWHERE = "of another month of its source"
    HELD = "in the ledger, and a case holds it"
    DIFFERS = "otherwise in the ledger now"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a bridge: `stated` is the day that its source has it on, `on` the ledger's."""

    why: Why
    document: str
    number: str
    stated: date
    on: date
    amount: Decimal


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger holds for a document by one effect: `measure` as it was read back last, on `account`."""

    interface: str
    document: str
    number: str
    currency: str
    account: str
    measure: Decimal
    stated: date
    on: date
    posted: bool
    record: Record


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """One interface and currency in a month. `source` is None where its source states nothing; `in_ledger` are the
    ledger's own lines of its documents, as it has them now; `items` the bridge."""

    interface: str
    entity: str
    period: str
    currency: str
    source: Decimal | None
    waiting: Decimal
    in_exception: Decimal
    excluded: Decimal
    posted: Decimal
    in_ledger: Decimal
    items: tuple[Item, ...]

    def of(self, why: Why) -> Decimal:
        """What the items of one sort come to."""
        return sum((i.amount for i in self.items if i.why is why), ZERO)

    @property
    def ledger_month(self) -> Decimal:
        """What its documents come to in the ledger's month."""
        return self.posted - self.of(Why.ELSEWHERE) + self.of(Why.FROM_ELSEWHERE) + self.of(Why.HELD)

    @property
    def unexplained(self) -> Decimal | None:
        """What of the source's total is nowhere; None where it states none."""
        return (
            None
            if self.source is None
            else self.source - self.posted - self.waiting - self.in_exception - self.excluded
        )

    @property
    def residual(self) -> Decimal:
        """The ledger's month less the ledger's own lines: zero, or what `DIFFERS` names."""
        return self.ledger_month - self.in_ledger


class AccountMonth(msgspec.Struct, frozen=True, kw_only=True):
    """One account and currency in a month: `moved` as the ledger sums it itself, `by_interface` of its lines those of our
    documents, `others` the rest."""

    entity: str
    period: str
    account: str
    currency: str
    moved: Decimal
    by_interface: dict[str, Decimal]
    others: Decimal

    @property
    def residual(self) -> Decimal:
        """What the ledger's sum has more than its lines: zero, or it was written while it was read."""
        return self.moved - sum(self.by_interface.values(), ZERO) - self.others


def month_rows(
    entity: str,
    period: Period,
    tied: Iterable[TieOutRow],
    booked: Sequence[Booked],
    own: Mapping[Record, Mapping[Key, Decimal]],
) -> list[MonthRow]:
    """The rows of a month in order of interface and currency. `booked` is what the documents of the month by either day
    have in the ledger, and of any other what has a line in it; `own` the ledger's lines of the month, by record. Pure."""
    sources = {(r.interface, r.currency): r for r in tied}
    items: dict[Key, list[Item]] = {}
    in_ledger: dict[Key, Decimal] = {}
    for x in booked:
        key, mine = (x.interface, x.currency), items.setdefault((x.interface, x.currency), [])
        of_source, of_ledger = Period.of(x.stated) == period, Period.of(x.on) == period
        theirs = own.get(x.record, {}).get((x.account, x.currency), ZERO)
        in_ledger[key] = in_ledger.get(key, ZERO) + theirs
        why = None
        if of_source and not of_ledger and x.posted:
            why = Why.ELSEWHERE
        elif of_ledger and not x.posted:
            why = Why.HELD
        elif of_ledger and not of_source:
            why = Why.FROM_ELSEWHERE
        if why is not None:
            mine.append(_item(x, why, x.measure))
        if theirs != (x.measure if of_ledger else ZERO):
            mine.append(_item(x, Why.DIFFERS, theirs - (x.measure if of_ledger else ZERO)))
    rows = []
    for key in sorted({*sources, *items}):
        r = sources.get(key)
        row = MonthRow(
            interface=key[0], entity=entity, period=str(period), currency=key[1],
            source=r.source.net if r is not None and r.source is not None else None,
            waiting=r.waiting.net if r else ZERO,
            in_exception=r.in_exception.net if r else ZERO,
            excluded=r.excluded.net if r else ZERO,
            # What the ledger holds for them, as it was read back; where that is another amount, the tie-out says so.
            posted=r.posted.net + r.ledger_gap if r else ZERO,
            in_ledger=in_ledger.get(key, ZERO),
            items=tuple(sorted(items.get(key, ()), key=lambda i: (i.why, i.on, i.document))),
        )  # fmt: skip
        if r is not None or row.items or row.in_ledger:
            rows.append(row)
    return rows


def _item(x: Booked, why: Why, amount: Decimal) -> Item:
    return Item(why=why, document=x.document, number=x.number, stated=x.stated, on=x.on, amount=amount)


def account_rows(
    entity: str,
    period: Period,
    moved: Mapping[Key, Decimal],
    own: Mapping[Record, Mapping[Key, Decimal]],
    ours: Mapping[Record, str],
) -> list[AccountMonth]:
    """Every account that a document of ours has a line on in a month; `ours` says which interface a record is of. Pure."""
    by_interface: dict[Key, dict[str, Decimal]] = {}
    others: dict[Key, Decimal] = {}
    for entry, lines in own.items():
        interface = ours.get(entry)
        for key, amount in lines.items():
            if interface is None:
                others[key] = others.get(key, ZERO) + amount
            else:
                mine = by_interface.setdefault(key, {})
                mine[interface] = mine.get(interface, ZERO) + amount
    return [
        AccountMonth(
            entity=entity, period=str(period), account=key[0], currency=key[1], moved=moved.get(key, ZERO),
            by_interface=dict(sorted(by_interface[key].items())), others=others.get(key, ZERO),
        ) for key in sorted(by_interface)
    ]  # fmt: skip


def read_ledger_month(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> tuple[list[MonthRow], list[AccountMonth]]:
    """A month as the ledger has it now: read again where something is posted meanwhile. Raises ConnectorError."""
    return read_still(connection, entity, lambda: _month_now(connection, release, reader, entity, period))


def _month_now(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> tuple[list[MonthRow], list[AccountMonth]]:
    own = ask_patiently(lambda: _lines_of(reader.journal_items(period.first, period.last)))
    before = ask_patiently(lambda: reader.trial_balance(period.first - timedelta(days=1)))
    after = ask_patiently(lambda: reader.trial_balance(period.last))
    moved = {k: after.get(k, ZERO) - before.get(k, ZERO) for k in {*before, *after}}
    given = {
        "entity": entity, "zone": release.entities[entity].time_zone, "first": period.first, "last": period.last,
        "models": [model for model, _ in own], "ids": [number for _, number in own],
    }  # fmt: skip
    ours: dict[Record, str] = {}
    booked = []
    for r in connection.execute(_SQL["in_ledger_month"], given):
        if r["target_id"] is not None:
            ours[r["target_model"], r["target_id"]] = r["interface"]
        if r["ledger"] and r["measure"] is not None and r["on"] is not None:
            booked.append(_booked(r))
    # What was changed past us is told by the tie-out itself: here are its figures.
    tied = [r for r in tie_out(connection, release, [entity], {}) if r.period == str(period)]
    return month_rows(entity, period, tied, booked, own), account_rows(entity, period, moved, own, ours)


def _booked(row: dict[str, Any]) -> Booked:
    return Booked(
        interface=row["interface"],
        document=row["source_key"],
        number=row["link_key"] or row["source_key"],
        currency=row["currency"],
        account=row["account"],
        measure=row["measure"],
        stated=row["stated"],
        on=row["on"],
        posted=row["bucket"] == "posted",
        record=(row["target_model"], row["target_id"]),
    )


def _lines_of(items: Iterable[JournalItem]) -> dict[Record, dict[Key, Decimal]]:
    found: dict[Record, dict[Key, Decimal]] = {}
    for x in items:
        lines = found.setdefault(x.record, {})
        lines[x.account, x.currency] = lines.get((x.account, x.currency), ZERO) + x.amount
    return found


def keep_ledger_month(
    connection: Connection,
    entity: str,
    period: Period,
    rows: Sequence[MonthRow],
    accounts: Sequence[AccountMonth],
    now: datetime,
) -> None:
    """Keep a month for whoever only looks, in the caller's transaction; evidence where it is another than before."""
    given: dict[str, Any] = {"entity": entity, "period": str(period)}
    figures = {"bridge": [row_figures(r) for r in rows], "accounts": [account_figures(r) for r in accounts]}
    before = connection.execute(_SQL["ledger_month"], given).fetchone()
    told = {**given, "figures": json.dumps(figures), "now": now}
    connection.execute(_SQL["put_ledger_month"], told)
    if before is None or before["figures"] != figures:
        sums = [{k: v for k, v in r.items() if k != "items"} for r in figures["bridge"]]
        subject = f"{entity}:{period}"
        record(connection, [Entry(now, "proofs", "ledger.month", subject, entity, {"bridge": sums})])


def row_figures(row: MonthRow, most: int = _KEPT_ITEMS) -> dict[str, Any]:
    """A row as plain values: exact texts of amounts, at most so many items, how many there are, and where that is more, `more`: of each sort
    how many are not among them, and what they come to."""
    left = row.items[most:]
    more = [
        {"why": str(why), "count": sum(1 for i in left if i.why is why),
         "amount": f"{sum((i.amount for i in left if i.why is why), ZERO):.2f}"}
        for why in Why if any(i.why is why for i in left)
    ]  # fmt: skip
    return ({"more": more} if more else {}) | {
        "interface": row.interface,
        "currency": row.currency,
        "source": None if row.source is None else f"{row.source:.2f}",
        **{n: f"{getattr(row, n):.2f}" for n in ("waiting", "in_exception", "excluded", "posted")},
        "elsewhere": f"{row.of(Why.ELSEWHERE):.2f}",
        "from_elsewhere": f"{row.of(Why.FROM_ELSEWHERE):.2f}",
        "held": f"{row.of(Why.HELD):.2f}",
        "ledger_month": f"{row.ledger_month:.2f}",
        "in_ledger": f"{row.in_ledger:.2f}",
        "unexplained": None if row.unexplained is None else f"{row.unexplained:.2f}",
        "residual": f"{row.residual:.2f}",
        "count": len(row.items),
        "items": [
            {"why": str(i.why), "document": i.document, "number": i.number, "stated": i.stated.isoformat(),
             "on": i.on.isoformat(), "amount": f"{i.amount:.2f}"} for i in row.items[:most]
        ],
    }  # fmt: skip


def account_figures(row: AccountMonth) -> dict[str, Any]:
    """A row as plain values: exact texts of amounts."""
    return {
        "account": row.account,
        "currency": row.currency,
        "moved": f"{row.moved:.2f}",
        "by_interface": {name: f"{amount:.2f}" for name, amount in row.by_interface.items()},
        "others": f"{row.others:.2f}",
        "residual": f"{row.residual:.2f}",
    }


def kept_ledger_months(
    connection: Connection, entities: Sequence[str] | None, period: str | None, limit: int
) -> list[dict[str, Any]]:
    """What was kept, the latest month first: entity, period, figures (bridge, accounts), read_at. `entities` None: every
    one."""
    given = {"entities": list(entities) if entities is not None else None, "period": period, "limit": limit}
    return list(connection.execute(_SQL["kept_ledger_months"], given).fetchall())
