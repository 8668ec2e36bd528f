"""Reads what stands on an entity's itemised accounts at the end of a day: one read of the ledger for all of them, then our own
names for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tieout.connector_api import StandingAccounts, StandingLine, StandingReader
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.proofs.clearing import OpenMovement, open_movements
from tieout.proofs.control import ask_patiently
from tieout.proofs.items import (
    ALL_LINES,
    MOVEMENTS,
    OPEN_LINES,
    AgedAccount,
    ItemisedAccount,
    Key,
    Piece,
    aged,
    item_figures,
    items_of,
    with_crossed,
)
from tieout.proofs.standing_still import read_still
from tieout.rules import Release
from tieout.rules.itemised import CLEARING, SUSPENSE, ItemRule, item_rule, itemised_accounts
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
ZERO = Decimal(0)
# Of one account. With more of them open nobody knows it item by item: they are said as what nobody explains.
MOST_LINES = 20_000
# What is kept of an account for whoever only looks, and stands in evidence.
_KEPT_ITEMS = 200
_CHANGED = "the ledger changed while it was read: look again"
_NOT_MOVED = "nothing that the provider moved explains it: `tieout clearing`"


class Itemised(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at the end of a day, by account and currency; and what of it, and of later days, is open now and past its
    age. `accounts` is how many accounts were looked at."""

    on: date
    rows: list[ItemisedAccount]
    aged: list[AgedAccount]
    accounts: int


class _Scope(msgspec.Struct, frozen=True):
    """What is itemised of an entity, and how."""

    entity: str
    release: Release
    on: date
    today: date
    known: dict[str, tuple[str, ItemRule]]
    owner: str

    @property
    def clearing(self) -> list[str]:
        return [a for a, (role, _) in self.known.items() if role.startswith(f"{CLEARING}.")]


def read_items(
    connection: Connection, release: Release, reader: StandingReader, entity: str, on: date, today: date
) -> Itemised:
    """What stands on an entity's itemised accounts at the end of `on`, and what is open on `today` past its age. Raises
    ConnectorError."""
    rules = release.closing.of(entity)
    known = itemised_accounts(release.mappings.get("accounts"), rules.items, on)
    scope = _Scope(entity, release, on, today, known, rules.sign_role)
    lines = sorted(set(known) - set(scope.clearing))

    def look() -> Itemised:
        held = ask_patiently(lambda: reader.standing(lines, scope.clearing, on, max(on, today), MOST_LINES))
        return _itemise(connection, scope, held)

    found = read_still(connection, entity, look)
    # What others write there meanwhile is not known here: once more, where it does not add up.
    if any(r.why == _CHANGED for r in found.rows):
        found = read_still(connection, entity, look)
    return found


def _itemise(connection: Connection, scope: _Scope, held: StandingAccounts) -> Itemised:
    rules = scope.release.closing.of(scope.entity)
    suspense = item_rule(SUSPENSE, rules.items)
    assert suspense is not None
    known = {**scope.known, **{a: (SUSPENSE, suspense) for a in held.suspense}}
    own = scope.release.entities[scope.entity].currency
    pieces = _of_lines(connection, scope, [*held.lines, *held.later], scope.on)
    pieces |= _of_movements(connection, scope, own)
    by_account: dict[str, list[ItemisedAccount]] = {}
    old = []
    for key in sorted({*held.balances, *pieces}):
        role, rule = known[key[0]]
        mine = pieces.get(key, [])
        row = _row(scope, key, held, role, rule, mine)
        if row.balance or row.company or row.items:
            by_account.setdefault(key[0], []).append(row)
        late = aged(key, role, mine, rule, rules.calendar, scope.today, scope.owner)
        old += [late] if late else []
    rows = [
        r
        for account, found in by_account.items()
        for r in (with_crossed(found) if account in held.reconciled and account not in held.cut else found)
    ]
    return Itemised(on=scope.on, rows=rows, aged=old, accounts=len(known))


def _row(
    scope: _Scope, key: Key, held: StandingAccounts, role: str, rule: ItemRule, pieces: Sequence[Piece]
) -> ItemisedAccount:
    calendar = scope.release.closing.of(scope.entity).calendar
    balance, company = held.balances.get(key, (ZERO, ZERO))
    is_clearing = key[0] in scope.clearing and key[0] not in held.suspense
    row = ItemisedAccount(
        entity=scope.entity, as_of=scope.on, role=role, account=key[0], currency=key[1],
        how=MOVEMENTS if is_clearing else OPEN_LINES if key[0] in held.reconciled else ALL_LINES,
        normal=rule.days, balance=balance, company=company,
        items=items_of(pieces, rule, calendar, scope.on, scope.owner),
    )  # fmt: skip
    if row.explained:
        return row
    why = _NOT_MOVED if is_clearing else _CHANGED
    if key[0] in held.cut:
        why = f"more than {MOST_LINES:,} lines are open on it: match them in the ledger, or allow reconciliation there"
    return msgspec.structs.replace(row, why=why)


def _of_lines(
    connection: Connection, scope: _Scope, lines: Sequence[StandingLine], on: date
) -> dict[Key, list[Piece]]:
    records = sorted({x.record for x in lines})
    given = {"entity": scope.entity, "models": [m for m, _ in records], "ids": [i for _, i in records]}
    ours = {(r["target_model"], r["target_id"]): r for r in connection.execute(_SQL["item_documents"], given)}
    found: dict[Key, list[Piece]] = {}
    for n, x in enumerate(lines):
        found.setdefault((x.account, x.currency), []).append(_piece(scope, x, n, ours.get(x.record), on))
    return found


def _piece(scope: _Scope, x: StandingLine, n: int, ours: Mapping[str, Any] | None, on: date) -> Piece:
    standing, company = (x.standing, x.company) if x.on <= on else (ZERO, ZERO)
    if ours is None:
        reference = x.reference or x.text or x.entry
        return Piece(
            name=("line", str(n)), reference=reference, entry=x.entry, document="", on=x.on, standing=standing,
            company=company, open_now=x.open_now,
        )  # fmt: skip
    interface = scope.release.interfaces.get(ours["interface"])
    return Piece(
        name=("ours", ours["matter"]), reference=ours["matter"], entry=x.entry, document=ours["source_key"], on=x.on,
        standing=standing, company=company, open_now=x.open_now,
        owner=ours["owner"] or (interface.owner if interface else ""), case=ours["case_id"], cause=ours["cause"] or "",
    )  # fmt: skip


def _of_movements(connection: Connection, scope: _Scope, own: str) -> dict[Key, list[Piece]]:
    """What no payout took, by the clearing account that it stands on: at the end of the day, and today."""
    then = open_movements(connection, scope.entity, scope.on)
    now = then if scope.today <= scope.on else open_movements(connection, scope.entity, scope.today)
    every = [x.document_id for side in (then, now) for found in side.values() for x in found]
    rows = connection.execute(_SQL["movement_cases"], {"documents": sorted(set(every))})
    cases = {r["document_id"]: r for r in rows}
    places = {role: account for account in scope.clearing for role in scope.known[account][0].split(", ")}
    found: dict[Key, list[Piece]] = {}
    for provider, currency in sorted({*then, *now}):
        account = places.get(f"{CLEARING}.{provider}.{currency}")
        if account is None:
            continue
        mine = found.setdefault((account, currency), [])
        standing = {x.key: x for x in then.get((provider, currency), ())}
        still = {x.key: x for x in now.get((provider, currency), ())}
        for key in {**standing, **still}:
            mine.append(_moved(standing.get(key), still.get(key), currency == own, cases))
    return found


def _moved(
    then: OpenMovement | None, now: OpenMovement | None, is_own: bool, cases: Mapping[int, Any]
) -> Piece:
    x = then or now
    assert x is not None
    held = cases.get(x.document_id)
    standing = then.posted if then else ZERO
    return Piece(
        name=("movement", x.key), reference=x.key, entry=x.category.replace("_", " "), document=x.key, on=x.on,
        standing=standing, company=standing if is_own else None, open_now=now.posted if now else ZERO,
        owner=held["owner"] if held else "", case=held["case_id"] if held else None, cause=held["cause"] if held else "",
    )  # fmt: skip


def keep_items(
    connection: Connection, entity: str, period: Period, found: Itemised, now: datetime
) -> dict[str, Any]:
    """Keep what stands at a period's end for whoever only looks, in the caller's transaction; evidence where it is other than
    before. What was kept."""
    figures = {"as_of": found.on.isoformat(), "looked_at": found.accounts, "accounts": item_figures(found.rows, _KEPT_ITEMS)}  # fmt: skip
    given: dict[str, Any] = {"entity": entity, "period": str(period)}
    before = connection.execute(_SQL["standing_items"], given).fetchone()
    told = {**given, "figures": json.dumps(figures), "now": now}
    connection.execute(_SQL["put_standing_items"], told)
    if before is None or before["figures"] != figures:
        record(connection, [Entry(now, "proofs", "close.items", f"{entity}:{period}", entity, figures)])
    return figures


def kept_items(
    connection: Connection, entities: Sequence[str] | None, period: str | None, limit: int
) -> list[dict[str, Any]]:
    """What was kept, the latest month first: entity, period, figures (as_of, looked_at, accounts), read_at. `entities` None:
    every one."""
    given = {"entities": list(entities) if entities is not None else None, "period": period, "limit": limit}
    return list(connection.execute(_SQL["kept_standing_items"], given).fetchall())
