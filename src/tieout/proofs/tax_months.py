"""A month's taxes: read from the ledger, kept for whoever only looks, told of where source and ledger differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.cases.model import CaseState
from tieout.connector_api import LedgerReader, LedgerTaxes, TaxCode, TaxReader
from tieout.delivery import read_back_documents
from tieout.delivery.causes import IN_LEDGER
from tieout.evidence import Entry, record
from tieout.money import Amount, Period
from tieout.proofs.causes import TAXES_APART
from tieout.proofs.filing import MonthsOfTaxes, look_at_filings
from tieout.proofs.split import Judged, read_others
from tieout.proofs.tax_claims import SALES, claims_of, effect_of, sale_of
from tieout.proofs.tax_keys import TaxKey, places_of
from tieout.proofs.taxes import ON_ITS_WAY, ZERO, Record, TaxDifference, TaxRow, TaxWhy, Told, tax_month
from tieout.rules import Release
from tieout.store import Connection, Queries, snapshot

_SQL = Queries("tieout.proofs")
# What is kept of a row's differences for whoever only looks; its sums are over all of them.
_KEPT = 200
# What one document of ours has otherwise in the ledger: its read-back tells of most.
_OF_OURS = (TaxWhy.CHANGED, TaxWhy.MISSING, TaxWhy.FROM_ELSEWHERE)


@dataclass(frozen=True)
class UnderWay:
    """Which effects were not confirmed when the ledger was asked: what is by then may not be in its answer."""

    ids: frozenset[int]
    top: int

    def has(self, delivery: int) -> bool:
        """Whether an effect is one of them, or was planned since."""
        return delivery > self.top or delivery in self.ids


def under_way(connection: Connection, entity: str) -> UnderWay:
    """To be asked before the ledger is."""
    row = connection.execute(_SQL["under_way"], {"entity": entity}).fetchone()
    assert row is not None
    return UnderWay(frozenset(row["ids"]), row["top"])


def read_taxes(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    entity: str,
    period: Period,
    months: MonthsOfTaxes | None = None,
    judged: Sequence[Judged] | None = None,
) -> list[TaxRow] | None:
    """The rows of a month as the ledger has it now; None of a ledger whose taxes cannot be read. `judged` are the month's entries of others
    where they were read a moment ago. Raises ConnectorError."""
    if not isinstance(reader, TaxReader):
        return None
    moving = under_way(connection, entity)
    ledger = (months or MonthsOfTaxes(reader)).of(period)
    # Where everything is ours nobody else's entries need to be judged; what somebody made since is read.
    if not set(ledger.makers) <= {j.move.name for j in judged or ()}:
        judged = read_others(connection, release, reader, entity, period)
    by_name = {j.move.name: j for j in judged or ()}
    with snapshot(connection):
        return rows_of(connection, release, ledger, entity, period, moving, by_name)


def rows_of(
    connection: Connection,
    release: Release,
    ledger: LedgerTaxes,
    entity: str,
    period: Period,
    moving: UnderWay,
    judged: Mapping[str, Judged],
) -> list[TaxRow]:
    """The rows of a month of which `ledger` are the taxes; `judged` are entries of others by name. To be asked in a snapshot: of a sale that is
    planned and posted between two queries one would know that it is posted, and the other nothing of its entry."""
    records = sorted({*(i.record for i in ledger.items), *ledger.reversing.values()})
    given = {
        "entity": entity, "first": period.first, "last": period.last, "sales": list(SALES),
        "models": [model for model, _ in records], "ids": [number for _, number in records],
    }  # fmt: skip
    rows = connection.execute(_SQL["taxed_effects"], given).fetchall()
    told = _told_of_documents(connection, [r["document_id"] for r in rows])
    there, effects = set(records), []
    for r in rows:
        of_case, fresh = told.get(r["document_id"], Told.NOBODY), moving.has(r["delivery_id"])
        if (effect := effect_of(r, ledger, of_case, there, fresh)) is not None:
            effects.append(effect)
    sales = [sale_of(release, r) for r in connection.execute(_SQL["taxed_sales"], given)]
    claims = claims_of(release, period, effects, sales)
    ours: dict[Record, Told] = {e.record: e.told for e in effects if e.record is not None}
    codes = {(i.currency, i.code) for i in ledger.items}
    found = tax_month(
        entity,
        str(period),
        claims,
        ledger,
        judged,
        places_of(release, (c.key for c in claims if c.key.place), codes, period.last),
        _told_of_entries(connection, entity, judged),
        {name: ours[origin] for name, origin in ledger.reversing.items() if origin in ours},
    )
    lacks: dict[TaxKey, set[str]] = {}
    for sale in sales:
        for (place, name), line in sale.to_write.items():
            lacks.setdefault(TaxKey(sale.currency, TaxCode("sale", name), place), set()).add(line)
    found = [msgspec.structs.replace(row, to_write=tuple(sorted(lacks.get(row.key, ())))) for row in found]
    return _accepted(connection, found)


def _told_of_documents(connection: Connection, documents: Sequence[int]) -> dict[int, Told]:
    """Of which documents a case says that the ledger has their entry otherwise, or a person accepted that it does."""
    given = {"ids": sorted(set(documents)), "causes": [c.name for c in IN_LEDGER]}
    return {r["document_id"]: _told(r) for r in connection.execute(_SQL["told_of_documents"], given)}


def _told_of_entries(connection: Connection, entity: str, judged: Mapping[str, Judged]) -> dict[str, Told]:
    """The same of entries that others made, by name: a case may be of several small ones together."""
    keys = {name: j.told.key for name, j in judged.items() if j.told is not None}
    rows = connection.execute(_SQL["told_of_entries"], {"entity": entity, "keys": sorted(set(keys.values()))})
    cases = {r["source_key"]: _told(r) for r in rows}
    return {name: cases[key] for name, key in keys.items() if key in cases}


def _told(row: Mapping[str, Any]) -> Told:
    if row["state"] == CaseState.OPEN:
        return Told.CASE
    return Told.ACCEPTED if row["accepted"] else Told.NOBODY


def untold(row: TaxRow) -> tuple[TaxDifference, ...]:
    """The differences of a row that nobody tells of but the tie-out itself."""
    return tuple(d for d in row.open if d.told is Told.NOBODY and d.why not in ON_ITS_WAY)


def _key_of(row: TaxRow) -> str:
    """The source key of a tax code's case in a month."""
    code = row.key.code
    return f"{row.entity}:{row.period}:{code.use}:{code.name}:{row.key.currency}"


def _at_risk(differences: Sequence[TaxDifference]) -> Decimal:
    """Two that offset each other are both at risk; where no tax differs, the base that is."""
    tax = sum((abs(d.tax) for d in differences), Decimal(0))
    return tax or sum((abs(d.base) for d in differences), Decimal(0))


def _by_case(rows: Sequence[TaxRow]) -> dict[str, tuple[TaxRow, list[TaxDifference]]]:
    """One tax code of a month, whatever its jurisdictions: its first row, and what nobody else tells of."""
    found: dict[str, tuple[TaxRow, list[TaxDifference]]] = {}
    for row in rows:
        if mine := untold(row):
            found.setdefault(_key_of(row), (row, []))[1].extend(mine)
    return found


def _accepted(connection: Connection, rows: list[TaxRow]) -> list[TaxRow]:
    """With what a person accepted of this very amount."""
    wanted = {key: _at_risk(mine) for key, (_, mine) in _by_case(rows).items()}
    given = {"cause": TAXES_APART.name, "keys": list(wanted)}
    agreed = {
        r["source_key"]
        for r in (connection.execute(_SQL["accepted_by_key"], given) if wanted else ())
        if r["amount"] == wanted[r["source_key"]]
    }
    if not agreed:
        return rows
    found = []
    for row in rows:
        if _key_of(row) in agreed:
            mine = untold(row)
            row = msgspec.structs.replace(
                row,
                differences=tuple(
                    msgspec.structs.replace(d, told=Told.ACCEPTED) if d in mine else d
                    for d in row.differences
                ),
            )
        found.append(row)
    return found


def tell_taxes(
    connection: Connection, entity: str, period: Period, rows: Sequence[TaxRow], now: datetime
) -> None:
    """A case for each tax code of the month of which somebody has to find out why it differs; what ties out by now is
    solved. In the caller's transaction."""
    found = _by_case(rows)
    open_cases(connection, [_case(key, row, mine, now) for key, (row, mine) in found.items()], "proofs")
    given = {"entity": entity, "period": str(period), "cause": TAXES_APART.name}
    for told in connection.execute(_SQL["open_of_period"], given).fetchall():
        if told["source_key"] not in found:
            solve_by_key(connection, TAXES_APART.name, told["source_key"], now, "it ties out", "proofs")


def _case(key: str, row: TaxRow, differences: Sequence[TaxDifference], now: datetime) -> NewCase:
    said = ", ".join(in_words(d) for d in differences[:5])
    more = f", and {len(differences) - 5} more" if len(differences) > 5 else ""
    return NewCase(
        cause=TAXES_APART.name,
        interface="",
        entity=row.entity,
        period=row.period,
        source_key=key,
        amount=Amount.exact(_at_risk(differences), row.key.currency).value,
        currency=row.key.currency,
        recovery=TAXES_APART.say(period=row.period),
        detail=f"{row.key.code.name or 'on a tax account, of no tax'}: {said}{more}"[:500],
        owner=TAXES_APART.who,
        opened_at=now,
        due_at=now + timedelta(hours=24),
        blocking=False,
        standing=TAXES_APART.standing,
    )


def in_words(d: TaxDifference) -> str:
    """A difference in a few words: how much less the ledger has than the source, and of what."""
    amount = f"{d.tax.normalize():f}" if d.tax else f"a base of {d.base.normalize():f}"
    return f"{amount} {d.why} ({d.number} of {d.on})"


def keep_taxes(
    connection: Connection, entity: str, period: Period, rows: Sequence[TaxRow], now: datetime
) -> None:
    """Keep a month for whoever only looks, in the caller's transaction; evidence where it is another than before."""
    given: dict[str, Any] = {"entity": entity, "period": str(period)}
    figures = [tax_figures(r) for r in rows]
    before = connection.execute(_SQL["tax_month"], given).fetchone()
    connection.execute(_SQL["put_tax_month"], {**given, "figures": json.dumps(figures), "now": now})
    if (before is not None or figures) and (before is None or before["figures"] != figures):
        detail = {"taxes": figures}
        record(connection, [Entry(now, "proofs", "tax.month", f"{entity}:{period}", entity, detail)])


def tax_figures(row: TaxRow, most: int = _KEPT) -> dict[str, Any]:
    """A row as plain values: exact texts of signed amounts, tax that is owed positive; at most so many differences, those that are open
    first, how many there are, and where that is more, `more`: how many are not among them, how many of these are open, and what they come
    to. Its sums are over all of them."""
    ordered = sorted(row.differences, key=lambda d: not d.open)
    left = ordered[most:]
    more = {
        "count": len(left), "open": sum(d.open for d in left), "tax": f"{sum((d.tax for d in left), ZERO):.2f}",
        "base": f"{sum((d.base for d in left), ZERO):.2f}",
        "unsettled": f"{sum((d.tax for d in left if d.open), ZERO):.2f}",
    }  # fmt: skip
    return ({"more": more} if left else {}) | {
        "jurisdiction": row.key.place,
        "tax": row.key.code.name,
        "use": row.key.code.use,
        "currency": row.key.currency,
        **{
            name: f"{getattr(row, name):.2f}"
            for name in ("source", "source_base", "in_ledger", "base", "falls_due", "residual")
        },
        "accounts": {account: f"{amount:.2f}" for account, amount in row.accounts.items()},
        "by_sort": {str(why): f"{row.of(why):.2f}" for why in TaxWhy if any(d.why is why for d in row.differences)},
        "open": len(row.open),
        "count": len(row.differences),
        "differences": [
            {"why": str(d.why), "what": d.what, "number": d.number, "on": d.on.isoformat(), "tax": f"{d.tax:.2f}",
             "base": f"{d.base:.2f}", "told": str(d.told), "open": d.open}
            for d in ordered[:most]
        ],
        "to_write": list(row.to_write),
    }  # fmt: skip


def tax_verdict(rows: Sequence[Mapping[str, Any]]) -> tuple[bool, str]:
    """Whether a month ties out by its figures, and in words. Pure."""
    wrong = []
    for r in rows:
        if r["open"]:
            lacking = [d for d in r["differences"] if d["open"]]
            tax = sum((Decimal(d["tax"]) for d in lacking), Decimal(r.get("more", {}).get("unsettled", "0")))
            named = ", ".join(f"{d['tax']} {d['why']} ({d['number']})" for d in lacking[:3])
            name = " ".join(x for x in (r["tax"] or "on a tax account, of no tax", r["jurisdiction"]) if x)
            wrong.append(
                f"{name}: source {r['source']}, ledger {r['in_ledger']} {r['currency']}, {tax:.2f} not settled: {named}"
            )
    named = sum(r["count"] for r in rows)
    said = f"{len(rows)} taxes tie out" + (f", with {named} differences that are explained" if named else "")
    return not wrong, "; ".join(wrong) or (said if rows else "nothing is taxed")


def kept_taxes(
    connection: Connection, entities: Sequence[str] | None, period: str | None, limit: int
) -> list[dict[str, Any]]:
    """What was kept, the latest month first: entity, period, figures, read_at. `entities` None: every one."""
    given = {"entities": list(entities) if entities is not None else None, "period": period, "limit": limit}
    return list(connection.execute(_SQL["kept_tax_months"], given).fetchall())


def _is_told_now(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    entity: str,
    rows: Sequence[TaxRow],
    ledger: LedgerTaxes,
    now: datetime,
) -> bool:
    """Whether documents were read back of which nobody tells that the ledger has their entry otherwise: somebody may be at work on it,
    and a person who resets it, changes it and posts it again changes one document, which is told of by its own case. Raises ConnectorError."""
    open_ones = [d for row in rows for d in untold(row)]
    keys = {d.what for d in open_ones if d.why in _OF_OURS}
    records = {ledger.reversing[d.what] for d in open_ones if d.what in ledger.reversing}
    if not keys and not records:
        return False
    names = [i.name for i in release.interfaces.values() if i.entity == entity]
    system = release.entities[entity].ledger
    documents = (names, sorted(keys)[:_KEPT])
    return (
        read_back_documents(connection, reader, system, entity, documents, sorted(records)[:_KEPT], now) > 0
    )


def look_at_taxes(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    entity: str,
    periods: Sequence[Period],
    now: datetime,
    judged: Mapping[Period, Sequence[Judged]] | None = None,
) -> dict[Period, list[dict[str, Any]]] | None:
    """Read months and every filed period, keep them and tell of them: the months' figures; None of a ledger whose taxes
    cannot be read. `judged` are entries of others of months, where they were read a moment ago. Raises ConnectorError."""
    if not isinstance(reader, TaxReader):
        return None
    months, found = MonthsOfTaxes(reader), {}
    for period in periods:
        others = (judged or {}).get(period)
        rows = read_taxes(connection, release, reader, entity, period, months, others) or []
        if _is_told_now(connection, release, reader, entity, rows, months.of(period), now):
            months.forget(period)
            rows = read_taxes(connection, release, reader, entity, period, months, others) or []
        with connection.transaction():
            beside_others(connection)
            tell_taxes(connection, entity, period, rows, now)
            keep_taxes(connection, entity, period, rows, now)
        found[period] = [tax_figures(r) for r in rows]
    look_at_filings(connection, release, reader, entity, now, months)
    return found
