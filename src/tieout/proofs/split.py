"""What a governed account moved by in a month, and who moved it: the ledger's side of the tie-out.

    moved in the ledger = ours + what follows from ours + opening + made in the ledger by declaration
                        + explained (a case that a person accepted) + without a source (a case)

Every entry of others is in one of these and in one only. Amounts are signed in the account's currency, a debit is
positive; what is left over is a residual, such as an entry of ours that somebody changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tieout.connector_api import LedgerReader, OthersMove
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.proofs.by_hand import Told, narrowed, told
from tieout.proofs.control import ask_patiently
from tieout.proofs.governing import Governed, posted_between, read_governed
from tieout.proofs.standing_still import read_still
from tieout.proofs.tieout import Figure
from tieout.rules import Entity, Release
from tieout.rules.origins import origin_of
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")


class Standing(StrEnum):
    """What an entry of others is to us."""

    FOLLOWS = "follows"
    OPENING = "opening"
    DECLARED = "declared"
    EXPLAINED = "explained"
    UNDECLARED = "undeclared"


@dataclass(frozen=True)
class Judged:
    """An entry of others; `origin` is the declaration that covers it, "" for none; `told` the case that it is told in where
    nobody declared it."""

    move: OthersMove
    standing: Standing
    origin: str = ""
    told: Told | None = None


class SplitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One governed account in one currency in a month. `declared` is by the origin's name."""

    entity: str
    period: str
    account: str
    currency: str
    moved: Decimal
    ours: Decimal
    follows: Figure = Figure()
    opening: Figure = Figure()
    declared: dict[str, Figure] = {}
    explained: Figure = Figure()
    undeclared: Figure = Figure()

    @property
    def made_by_declaration(self) -> Figure:
        """All that was made in the ledger by declaration."""
        return sum(self.declared.values(), Figure())

    @property
    def residual(self) -> Decimal:
        """What moved and is none of these: zero, or an entry of ours that is not as it was booked."""
        others = self.follows + self.opening + self.made_by_declaration + self.explained + self.undeclared
        return self.moved - self.ours - others.net


def judge(
    entity: Entity,
    moves: Sequence[OthersMove],
    accepted: Mapping[str, Decimal],
    money: Collection[str],
    limit: Decimal = Decimal(0),
) -> list[Judged]:
    """Each entry of others with what it is. `accepted` are the amounts of cases, by their key, that a person accepted: of
    another amount by now, an entry is not explained by that. `money` are accounts of money; on others, entries up to `limit` are
    added up. Pure."""
    found, left = [], []
    for move in moves:
        if move.follows:
            found.append(Judged(move, Standing.FOLLOWS))
        elif entity.begins_on is not None and move.on < entity.begins_on:
            found.append(Judged(move, Standing.OPENING))
        elif origin := origin_of(entity.origins, move.made, move.on, move.amount):
            found.append(Judged(move, Standing.DECLARED, origin.name))
        else:
            left.append(move)
    cases = told(entity.code, left, money, limit)
    for move in left:
        case = cases[move.name]
        known = accepted.get(case.key) == case.amount
        found.append(Judged(move, Standing.EXPLAINED if known else Standing.UNDECLARED, told=case))
    return found


def split(
    entity: Entity,
    period: Period,
    moved: Mapping[tuple[str, str], Decimal],
    ours: Mapping[tuple[str, str], Decimal],
    judged: Sequence[Judged],
    shared: Collection[str] = (),
) -> list[SplitRow]:
    """The rows of these accounts and currencies, in their order; none for one on which nothing happened. On `shared` accounts, of
    taxes that stand on several, ours is whatever no entry of others moved. Pure."""
    sums: dict[tuple[str, str], dict[Standing, Figure]] = {}
    origins: dict[tuple[str, str], dict[str, Figure]] = {}
    by_others: dict[tuple[str, str], Decimal] = {}
    for each in judged:
        for key, amount in each.move.lines.items():
            by_others[key] = by_others.get(key, Decimal(0)) + amount
            figure = Figure(1, max(amount, Decimal(0)), max(-amount, Decimal(0)))
            if each.standing is Standing.DECLARED:
                mine = origins.setdefault(key, {})
                mine[each.origin] = mine.get(each.origin, Figure()) + figure
            else:
                held = sums.setdefault(key, {})
                held[each.standing] = held.get(each.standing, Figure()) + figure
    rows = []
    for key in sorted({*moved, *ours, *sums, *origins}):
        row = SplitRow(
            entity=entity.code, period=str(period), account=key[0], currency=key[1],
            moved=moved.get(key, Decimal(0)),
            ours=moved.get(key, Decimal(0)) - by_others.get(key, Decimal(0))
            if key[0] in shared else ours.get(key, Decimal(0)),
            declared=dict(sorted(origins.get(key, {}).items())),
            **{str(standing): figure for standing, figure in sums.get(key, {}).items()},
        )  # fmt: skip
        if row.moved or row.ours or key in sums or key in origins:
            rows.append(row)
    return rows


def read_others(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> list[Judged]:
    """The entries of others on governed accounts in a month, as the ledger has them now. Raises ConnectorError."""
    governed = read_governed(connection, release, reader, entity, period)
    return _judged(connection, release, reader, entity, period, governed)


def _judged(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    entity: str,
    period: Period,
    governed: Governed,
) -> list[Judged]:
    accounts = sorted(governed.accounts)
    moves = ask_patiently(lambda: reader.others_moves(accounts, period.first, period.last))
    moves = [narrowed(m, governed.money) for m in moves]
    rows = connection.execute(_SQL["accepted_entries"], {"entity": entity, "period": str(period)})
    accepted = {r["source_key"]: r["amount"] for r in rows}
    limit = release.closing.of(entity).hand_limit
    return judge(release.entities[entity], moves, accepted, governed.money, limit)


def read_split(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> tuple[list[SplitRow], list[Judged]]:
    """The rows of a month as the ledger has them now, and the entries of others that they hold: read again where something is
    posted meanwhile. Raises ConnectorError."""
    return read_still(connection, entity, lambda: _split_now(connection, release, reader, entity, period))


def _split_now(
    connection: Connection, release: Release, reader: LedgerReader, entity: str, period: Period
) -> tuple[list[SplitRow], list[Judged]]:
    governed = read_governed(connection, release, reader, entity, period)
    judged = _judged(connection, release, reader, entity, period, governed)
    before = ask_patiently(lambda: reader.trial_balance(day_before(period.first)))
    after = ask_patiently(lambda: reader.trial_balance(period.last))
    moved = {
        key: after.get(key, Decimal(0)) - before.get(key, Decimal(0))
        for key in {*before, *after}
        if key[0] in governed.accounts
    }
    ours = posted_between(connection, entity, period.first, period.last, governed)
    return split(release.entities[entity], period, moved, ours, judged, governed.shared), judged


def keep_split(
    connection: Connection, entity: str, period: Period, rows: Sequence[SplitRow], now: datetime
) -> None:
    """Keep the rows of a month for whoever only looks, in the caller's transaction; evidence where they are others
    than before."""
    given: dict[str, Any] = {"entity": entity, "period": str(period)}
    before = {
        (r["account"], r["currency"]): r["figures"] for r in connection.execute(_SQL["split"], given).fetchall()
    }  # fmt: skip
    told = {(r.account, r.currency): figures_of(r) for r in rows}
    connection.execute(_SQL["forget_split"], given)
    for (account, currency), figures in told.items():
        row = {**given, "account": account, "currency": currency, "figures": json.dumps(figures), "now": now}
        connection.execute(_SQL["put_split"], row)
    if told != before:
        accounts = [{"account": a, "currency": c, **f} for (a, c), f in told.items()]
        record(
            connection,
            [Entry(now, "proofs", "ledger.split", f"{entity}:{period}", entity, {"accounts": accounts})],
        )


def figures_of(row: SplitRow) -> dict[str, Any]:
    """A row's figures as plain values: exact texts of amounts."""
    return {
        "moved": f"{row.moved:f}",
        "ours": f"{row.ours:f}",
        "follows": _plain(row.follows),
        "opening": _plain(row.opening),
        "declared": {name: _plain(figure) for name, figure in row.declared.items()},
        "explained": _plain(row.explained),
        "undeclared": _plain(row.undeclared),
        "residual": f"{row.residual:f}",
    }


def _plain(figure: Figure) -> dict[str, Any]:
    return {"count": figure.count, "debit": f"{figure.debit:f}", "credit": f"{figure.credit:f}"}


def kept_split(
    connection: Connection, entities: Sequence[str] | None, period: str | None, limit: int
) -> list[dict[str, Any]]:
    """What was kept, the latest month first: entity, period, account, currency, figures, read_at. `entities` None:
    every one."""
    given = {"entities": list(entities) if entities is not None else None, "period": period, "limit": limit}
    return list(connection.execute(_SQL["kept_split"], given).fetchall())


def day_before(day: date) -> date:
    """The day before one."""
    return day - timedelta(days=1)
