"""Declares tax periods as filed, and tells of every entry that enters one afterwards.

A lock of the ledger for taxes is a sign that a return was filed, and no proof: it may be set before anybody files, and let
somebody in. So a filing is declared by a person who may sign the close, with the return's own reference, and holds what
counted in its report at that moment, entry by entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.connector_api import LedgerReader, LedgerTaxes, TaxCode, TaxReader
from tieout.evidence import Entry, record
from tieout.money import Amount, Period
from tieout.proofs.causes import IN_FILED_PERIOD
from tieout.proofs.control import ask_patiently
from tieout.proofs.filed import Entered, FiledItem, Filing, counted, entered, lock_in_words, standing
from tieout.rules import Release
from tieout.security import stamper
from tieout.store import Connection, Queries

_SQL = Queries("tieout.proofs")
# Filings that ended before this are not read any more, nor periods longer than this declared.
_HORIZON, _LONGEST = timedelta(days=800), timedelta(days=366)
_MOST_TEXT, _KEPT = 300, 500


class FilingError(ValueError):
    """What cannot be declared as filed: why, and what to do."""


class MonthsOfTaxes:
    """Months of a ledger's taxes, each asked for once."""

    def __init__(self, reader: TaxReader) -> None:
        self._reader = reader
        self._known: dict[Period, LedgerTaxes] = {}

    def of(self, period: Period) -> LedgerTaxes:
        """A month's. Raises ConnectorError."""
        if period not in self._known:
            self._known[period] = ask_patiently(lambda: self._reader.ledger_taxes(period.first, period.last))
        return self._known[period]

    def forget(self, period: Period) -> None:
        """It is asked for again."""
        self._known.pop(period, None)

    def between(self, first: date, last: date) -> list[LedgerTaxes]:
        """The months of a span. Raises ConnectorError."""
        found, day = [], first
        while day <= last:
            period = Period.of(day)
            found.append(self.of(period))
            day = period.last + timedelta(days=1)
        return found


def prepare(
    release: Release,
    reader: LedgerReader,
    entity: str,
    *,
    first: date,
    last: date,
    report: str,
    taxes: Sequence[str],
    reference: str,
    reason: str,
    corrects: int | None,
    who: str,
    now: datetime,
) -> tuple[Filing, list[FiledItem]]:
    """A declaration, by somebody who may make it (the caller asked), that the months from `first` to `last` of an entity are
    filed, and what counts in its report now; nothing is kept. Raises FilingError, ConnectorError."""
    _check(release, entity, first, last, now)
    texts = {"report": report.strip(), "reference": reference.strip(), "reason": reason.strip()}
    for name, text in texts.items():
        if not text or len(text) > _MOST_TEXT:
            raise FilingError(f"{name}: from 1 to {_MOST_TEXT} characters were expected")
    if not isinstance(reader, TaxReader):
        raise FilingError(f"{release.entities[entity].ledger} is no ledger whose taxes can be read")
    months = MonthsOfTaxes(reader).between(first, last)
    known = {code.name for m in months for code in m.taxes.values()}
    if unknown := sorted(set(taxes) - known):
        raise FilingError(f"the ledger has no tax {unknown[0]!r}: {', '.join(sorted(known))}")
    wanted = Filing(
        no=0, entity=entity, first=first, last=last, report=texts["report"], taxes=tuple(sorted(set(taxes))),
        reference=texts["reference"], reason=texts["reason"], corrects=corrects, by=who, at=now.isoformat(),
    )  # fmt: skip
    return wanted, counted((i for m in months for i in m.items), wanted)


def keep_filing(connection: Connection, wanted: Filing, items: Sequence[FiledItem], now: datetime) -> Filing:
    """Keep a declaration, with its number, its stamp and evidence, in the caller's transaction. Raises FilingError where its
    report is filed already."""
    connection.execute(_SQL["lock_filings"])
    _check_before(filings_of(connection, [wanted.entity]), wanted)
    return _keep(connection, wanted, items, now)


def _check(release: Release, entity: str, first: date, last: date, now: datetime) -> None:
    if first.day != 1 or last != Period.of(last).last or not first < last or last - first > _LONGEST:
        raise FilingError(f"{first} to {last}: whole months were expected, a year at most")
    if now.astimezone(release.entities[entity].zone).date() <= last:
        raise FilingError(f"{last} is not over: a period is filed once it is")


def _check_before(before: Sequence[Filing], wanted: Filing) -> None:
    """A report of a period is filed once; another declaration says which one it corrects."""
    for filing in standing(before):
        same = filing.report == wanted.report and filing.first <= wanted.last and wanted.first <= filing.last
        if filing.no == wanted.corrects:
            if (filing.report, filing.first, filing.last) != (wanted.report, wanted.first, wanted.last):
                raise FilingError(
                    f"number {filing.no} is {filing.said}: a correction is of the same report and months"
                )
            return
        if same and wanted.corrects is None:
            raise FilingError(
                f"{filing.said} is declared as filed (number {filing.no}): say that this corrects it"
            )
    if wanted.corrects is not None:
        raise FilingError(f"no filing number {wanted.corrects} of {wanted.entity} stands")


def _parts(filing: Filing, digest: str) -> tuple[object, ...]:
    """What a filing's stamp is over."""
    return (
        filing.entity, filing.first, filing.last, filing.report, json.dumps(filing.taxes), filing.reference, filing.reason,
        filing.corrects or 0, filing.by, filing.at, digest,
    )  # fmt: skip


def _digest(items: Sequence[FiledItem]) -> str:
    rows = [
        [i.key, i.entry, str(i.on), i.code.use, i.code.name, f"{i.tax:.4f}", f"{i.base:.4f}"] for i in items
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _keep(connection: Connection, filing: Filing, items: Sequence[FiledItem], now: datetime) -> Filing:
    digest = _digest(items)
    given = {
        "entity": filing.entity, "first": filing.first, "last": filing.last, "report": filing.report,
        "taxes": list(filing.taxes), "reference": filing.reference, "reason": filing.reason, "corrects": filing.corrects,
        "by": filing.by, "at": filing.at, "digest": digest,
        "stamp": stamper(connection).stamp("tax filing", *_parts(filing, digest)),
    }  # fmt: skip
    row = connection.execute(_SQL["add_filing"], given).fetchone()
    assert row is not None
    connection.execute(
        _SQL["add_filed_items"],
        {
            "no": row["no"],
            "keys": [i.key for i in items],
            "entries": [i.entry for i in items],
            "days": [i.on for i in items],
            "uses": [i.code.use for i in items],
            "names": [i.code.name for i in items],
            "taxes": [i.tax for i in items],
            "bases": [i.base for i in items],
        },
    )
    sums: dict[str, Decimal] = {}
    for i in items:
        sums[f"{i.code.use} {i.code.name}"] = sums.get(f"{i.code.use} {i.code.name}", Decimal(0)) + i.tax
    detail = {
        "no": row["no"], "report": filing.report, "first": str(filing.first), "last": str(filing.last),
        "taxes": {name: f"{amount:.2f}" for name, amount in sorted(sums.items())}, "entries": len({i.key for i in items}),
        "reference": filing.reference, "reason": filing.reason, "corrects": filing.corrects, "digest": digest,
    }  # fmt: skip
    record(
        connection,
        [Entry(now, filing.by, "tax.filed", f"{filing.entity}:{row['no']}", filing.entity, detail)],
    )
    return _with_number(filing, row["no"])


def _with_number(filing: Filing, no: int) -> Filing:
    return Filing(**{f: getattr(filing, f) for f in filing.__struct_fields__ if f != "no"}, no=no)


def filings_of(connection: Connection, entities: Sequence[str] | None, limit: int = 1000) -> list[Filing]:
    """What was declared, the last one first, but rows that somebody wrote past us; `entities` None: every one's."""
    stamps, found = stamper(connection), []
    given = {"entities": list(entities) if entities is not None else None, "limit": limit}
    for row in connection.execute(_SQL["filings"], given).fetchall():
        filing = Filing(
            no=row["no"], entity=row["entity"], first=row["first_on"], last=row["last_on"], report=row["report"],
            taxes=tuple(row["taxes"]), reference=row["reference"], reason=row["reason"], corrects=row["corrects"],
            by=row["declared_by"], at=row["declared_at"],
        )  # fmt: skip
        if stamps.holds(row["stamp"], "tax filing", *_parts(filing, row["digest"])):
            found.append(filing)
    return found


def _items_of(connection: Connection, filing: Filing) -> list[FiledItem]:
    return [
        FiledItem(
            key=r["key"], entry=r["entry"], on=r["day"], code=TaxCode(r["use"], r["name"]), tax=r["tax"], base=r["base"]
        ) for r in connection.execute(_SQL["filed_items"], {"no": filing.no})
    ]  # fmt: skip


def look_at_filings(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    entity: str,
    now: datetime,
    months: MonthsOfTaxes | None = None,
) -> list[Entered]:
    """Read every filed period of an entity that a filing stands of, tell of each entry that entered it since, and keep the
    list. Raises ConnectorError."""
    today = now.astimezone(release.entities[entity].zone).date()
    filings = [
        f for f in standing(filings_of(connection, [entity])) if f.last >= today - _HORIZON
    ]  # fmt: skip
    if not isinstance(reader, TaxReader):
        return []
    months = months or MonthsOfTaxes(reader)
    found: list[Entered] = []
    for filing in filings:
        held = months.between(filing.first, filing.last)
        makers = {name: by for x in held for name, by in x.makers.items()}
        items = counted((i for x in held for i in x.items), filing)
        found += entered(filing, _items_of(connection, filing), items, makers)
    with connection.transaction():
        beside_others(connection)
        _tell(connection, release.entities[entity].currency, entity, filings, found, now)
        for filing in filings:
            figures = [entered_figures(e) for e in found if e.no == filing.no]
            given = {
                "no": filing.no,
                "figures": json.dumps(figures[:_KEPT]),
                "count": len(figures),
                "now": now,
            }
            connection.execute(_SQL["put_entered"], given)
    return found


def _tell(
    connection: Connection,
    currency: str,
    entity: str,
    filings: Sequence[Filing],
    found: Sequence[Entered],
    now: datetime,
) -> None:
    """A case an entry and tax; one that is as it was filed by now, or whose filing was corrected, is solved."""
    by_no = {f.no: f for f in filings}
    cases = {}
    for e in found:
        key = f"{entity}:{e.no}:{e.key}:{e.code.use}:{e.code.name}"
        filing = by_no[e.no]
        cases[key] = NewCase(
            cause=IN_FILED_PERIOD.name,
            interface="",
            entity=entity,
            period=str(Period.of(e.on)),
            source_key=key,
            amount=Amount.exact(abs(e.tax or e.base), currency).value,
            currency=currency,
            recovery=IN_FILED_PERIOD.say(report=filing.report),
            detail=f"{e.entry} of {e.on} {e.how} ({filing.said}, number {e.no}): {e.code.name} {e.tax:+.2f}, base {e.base:+.2f}"
            + (f", made by {e.by}" if e.by else ""),
            owner=IN_FILED_PERIOD.who,
            opened_at=now,
            due_at=now + timedelta(hours=24),
            blocking=False,
            standing=IN_FILED_PERIOD.standing,
        )
    open_cases(connection, cases.values(), "proofs")
    given = {"entity": entity, "cause": IN_FILED_PERIOD.name}
    for row in connection.execute(_SQL["open_of_cause"], given).fetchall():
        if row["source_key"] not in cases:
            why = "it is as it was filed, or the filing was corrected"
            solve_by_key(connection, IN_FILED_PERIOD.name, row["source_key"], now, why, "proofs")


def entered_figures(e: Entered) -> dict[str, Any]:
    """As plain values: exact texts of signed amounts in the entity's currency."""
    return {
        "filing": e.no, "how": str(e.how), "entry": e.entry, "on": e.on.isoformat(), "tax": e.code.name, "use": e.code.use,
        "amount": f"{e.tax:.2f}", "base": f"{e.base:.2f}", "by": e.by,
    }  # fmt: skip


def kept_filings(
    connection: Connection, entities: Sequence[str] | None, limit: int = 200
) -> list[dict[str, Any]]:
    """Every declaration, the last one first, with what entered its period since, as it was read last; what a later one
    corrects stands with it. `entities` None: every one's."""
    filings = filings_of(connection, entities, limit)
    held = {f.no for f in standing(filings)}
    rows = {
        r["no"]: r for r in connection.execute(_SQL["entered"], {"numbers": [f.no for f in filings]}).fetchall()
    }  # fmt: skip
    return [
        {
            "number": f.no, "entity": f.entity, "first": f.first, "last": f.last, "report": f.report, "taxes": list(f.taxes),
            "reference": f.reference, "reason": f.reason, "corrects": f.corrects, "declared_by": f.by, "declared_at": f.at,
            "stands": f.no in held, "entered": rows[f.no]["figures"] if f.no in rows else [],
            "count": rows[f.no]["count"] if f.no in rows else 0, "read_at": rows[f.no]["read_at"] if f.no in rows else None,
        } for f in filings
    ]  # fmt: skip


def locks_in_words(filings: Sequence[Filing], period: Period, lock: date | None) -> list[str]:
    """What is to be said of the ledger's tax lock beside a month's filings: where it stands without any, and where a filed
    period is open."""
    mine = [f for f in standing(filings) if f.first <= period.last and period.first <= f.last]
    said = [
        f"{f.said} is declared as filed (number {f.no}, {f.reference}); {lock_in_words(f, lock)}"
        for f in mine
    ]
    if not mine and lock is not None and lock >= period.last:
        said.append(
            f"the ledger's tax lock stands at {lock}, and nobody declared {period} as filed: `tieout taxes file` does, where it was"
        )
    return said
