"""Makes an extract of a period: journal items of the whole ledger with their sources, and documents.

Rows are in an order of their own and hold nothing that may change later (no residuals, no names of
partners), so a closed period gives the same bytes whenever it is made. Its totals must be the ledger's
own movements by account, or there is no extract.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.connector_api import LedgerReader
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.extracts")
JOURNAL_ITEMS, DOCUMENTS = "journal_items", "documents"
# Column to its kind: text, integer, date, or an amount of four decimals.
COLUMNS: dict[str, dict[str, str]] = {
    JOURNAL_ITEMS: {
        "entity": "text", "period": "text", "line": "integer", "entry": "text", "accounting_on": "date",
        "journal": "text", "account": "text", "partner": "integer", "text": "text", "reference": "text",
        "currency": "text", "amount_currency": "amount", "debit": "amount", "credit": "amount", "interface": "text",
        "source_key": "text", "revision": "integer", "external_id": "text",
    },
    DOCUMENTS: {
        "entity": "text", "period": "text", "interface": "text", "source_key": "text", "revision": "integer",
        "kind": "text", "accounting_on": "date", "currency": "text", "control_group": "text", "count": "integer",
        "debit": "amount", "credit": "amount", "content_sha256": "text",
    },
}  # fmt: skip


class ExtractError(ValueError):
    """An extract that cannot be made: what does not tie, or is not closed."""


@dataclass(frozen=True)
class Extract:
    """A period of an entity: rows by table, in their order, and the totals by account (count, debit,
    credit in the entity's currency)."""

    entity: str
    period: str
    currency: str
    closed_at: str
    tables: dict[str, list[tuple[Any, ...]]] = field(repr=False)
    totals: dict[str, tuple[int, Decimal, Decimal]]

    def manifest(self) -> dict[str, Any]:
        """What the extract says of itself: no times of its own, so that it is the same when made again."""
        return {
            "entity": self.entity,
            "period": self.period,
            "currency": self.currency,
            "closed_at": self.closed_at,
            "rows": {name: len(rows) for name, rows in self.tables.items()},
            "sha256": {name: digest_of(rows) for name, rows in self.tables.items()},
            "totals": {
                account: {"count": n, "debit": f"{debit:f}", "credit": f"{credit:f}"}
                for account, (n, debit, credit) in sorted(self.totals.items())
            },
        }


def digest_of(rows: Sequence[tuple[Any, ...]]) -> str:
    """A hash over a table's rows."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps([str(x) for x in row]).encode() + b"\n")
    return digest.hexdigest()


def make_extract(
    connection: Connection,
    release: Release,
    reader: LedgerReader,
    entity: str,
    period: Period,
    closed_at: datetime | None,
    now: datetime,
) -> Extract:
    """The extract of a period; of an open one it is provisional, which its manifest says.

    Raises ExtractError where its totals are not the ledger's, or where it was closed and extracted before
    and is another now; ConnectorError.
    """
    book = release.entities[entity]
    items, totals = _items(connection, reader, entity, period, book.ledger)
    ledger = reader.movements(period.first, period.last)
    if ledger != totals:
        odd = sorted(a for a in {*ledger, *totals} if ledger.get(a) != totals.get(a))
        raise ExtractError(
            f"account {odd[0]}: the extract holds {totals.get(odd[0])}, the ledger {ledger.get(odd[0])} "
            "(count, debit, credit): somebody is booking; make it again"
        )
    given = {"entity": entity, "period": str(period), "until": closed_at or now}
    documents = [
        (entity, str(period), r["interface"], r["source_key"], r["revision"], r["kind"], r["accounting_on"],
         r["currency"], r["control_group"], r["measure_count"], r["measure_debit"], r["measure_credit"],
         r["content_sha256"])
        for r in connection.execute(_SQL["documents"], given)
    ]  # fmt: skip
    made = Extract(
        entity=entity,
        period=str(period),
        currency=book.currency,
        closed_at=closed_at.isoformat() if closed_at else "",
        tables={JOURNAL_ITEMS: items, DOCUMENTS: documents},
        totals=totals,
    )
    if closed_at is not None:
        _hold_against_before(connection, made, now)
    return made


def _items(
    connection: Connection, reader: LedgerReader, entity: str, period: Period, system: str
) -> tuple[list[tuple[Any, ...]], dict[str, tuple[int, Decimal, Decimal]]]:
    sources = {
        (r["target_model"], r["target_id"]): r
        for r in connection.execute(_SQL["sources"], {"system": system})
    }
    rows, totals = [], dict[str, tuple[int, Decimal, Decimal]]()
    for x in reader.journal_items(period.first, period.last):
        source = sources.get(x.record, {})
        rows.append(
            (entity, str(period), x.line, x.entry, x.on, x.journal, x.account, x.partner, x.text, x.reference,
             x.currency, x.amount, x.debit, x.credit, source.get("interface", ""), source.get("source_key", ""),
             source.get("revision", 0), source.get("external_id", ""))
        )  # fmt: skip
        count, debit, credit = totals.get(x.account, (0, Decimal(0), Decimal(0)))
        totals[x.account] = (count + 1, debit + x.debit, credit + x.credit)
    return sorted(rows, key=lambda r: r[2]), totals


def _hold_against_before(connection: Connection, made: Extract, now: datetime) -> None:
    """The first extract of a closing is kept in evidence; any later one of the same must be the same."""
    subject = f"{made.entity}:{made.period}:{made.closed_at}"
    manifest = made.manifest()
    row = connection.execute(_SQL["made_before"], {"subject": subject}).fetchone()
    if row is None:
        detail = {"rows": manifest["rows"], "sha256": manifest["sha256"]}
        with connection.transaction():
            record(connection, [Entry(now, "extracts", "extract.made", subject, made.entity, detail)])
        return
    before = json.loads(row["detail"])["sha256"]
    odd = [name for name, digest in manifest["sha256"].items() if before.get(name) != digest]
    if odd:
        raise ExtractError(
            f"{odd[0]} of {made.period} is not what it was when it was first extracted after this closing: find out "
            "who changed the closed period (`tieout close show`); close it anew, and it is extracted anew"
        )
