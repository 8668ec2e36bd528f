"""Surveys as they are kept: the figures as they were, and the rows that make them up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.connector_api.inventory import EntryThere, OpenThere
from tieout.store import Connection, Queries
from tieout.survey.ages import band_of
from tieout.survey.feeders import Feeder
from tieout.survey.found import Found, Read
from tieout.survey.months import month_of

_SQL = Queries("tieout.survey")
_ENTRY = "survey key day made_at month journal kind number reference origin party_key party login amount record record_key external_id feeder by_hand".split()
_LINE = "survey key entry kind account band day due party_key party number currency open company_open".split()
_PARTY = "survey key name tax_number mail reference parent".split()
# By which columns a figure opens to its rows: of which table, and of which of its columns.
OPENS: Mapping[str, frozenset[str]] = {
    "entries": frozenset({"feeder", "journal", "month", "kind", "login", "by_hand"}),
    "lines": frozenset({"kind", "account", "currency", "band"}),
    "parties": frozenset({"key"}),
}
_ROWS = {"entries": "entries_of", "lines": "lines_of", "parties": "parties_of"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """A survey that was kept: `sha256` is that of its figures."""

    number: int
    system: str
    entity: str
    taken_at: datetime
    taken_by: str
    sha256: str
    found: Mapping[str, Any]


def hash_of(found: Mapping[str, Any]) -> str:
    """The SHA-256 of figures, as they are written down."""
    return hashlib.sha256(json.dumps(found, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def keep(
    connection: Connection, system: str, entity: str, now: datetime, who: str, read: Read, found: Found, feeders: Sequence[Feeder]
) -> Kept:  # fmt: skip
    """Keep a survey of a system and its rows, within the caller's transaction; of those before it that are of the same system the
    newest two keep their rows."""
    figures = found.as_json()
    sha256 = hash_of(figures)
    given = {
        "system": system,
        "entity": entity,
        "now": now,
        "who": who,
        "sha256": sha256,
        "found": json.dumps(figures),
    }
    row = connection.execute(_SQL["keep_survey"], given).fetchone()
    assert row is not None
    number = int(row["survey"])
    with connection.cursor() as cursor:
        for table, columns, rows in (
            (
                "survey_entry",
                _ENTRY,
                (_entry(number, e, f) for e, f in zip(read.entries, feeders, strict=True)),
            ),
            ("survey_line", _LINE, (_line(number, x, read) for x in read.lines)),
            (
                "survey_party",
                _PARTY,
                ((number, p.key, p.name, p.tax_number, p.mail, p.reference, p.parent) for p in read.parties),
            ),
        ):
            _copy(cursor, table, columns, rows)
    connection.execute(_SQL["forget_rows"], {"system": system})
    return Kept(number, system, entity, now, who, sha256, figures)


def kept(connection: Connection, number: int) -> Kept | None:
    """The survey of a number; None for none."""
    row = connection.execute(_SQL["survey"], {"number": number}).fetchone()
    return _kept(row) if row else None


def kept_surveys(connection: Connection, entities: Sequence[str] | None, limit: int) -> list[Kept]:
    """Surveys of these entities (None: of every one), the newest first."""
    rows = connection.execute(
        _SQL["surveys"], {"entities": None if entities is None else list(entities), "limit": limit}
    ).fetchall()
    return [_kept(row) for row in rows]


def kept_rows(
    connection: Connection, number: int, part: str, only: Mapping[str, str], after: int, limit: int
) -> list[Row]:
    """The rows of a survey behind a figure: of `part` (entries, lines, parties), `only` those with these values, behind the
    key `after`, `limit` at most. Raises ValueError for a column by which nothing opens."""
    unknown = sorted(set(only) - OPENS[part])
    if unknown:
        raise ValueError(
            f"{part} do not open by {', '.join(unknown)}: they do by {', '.join(sorted(OPENS[part]))}"
        )
    given: dict[str, Any] = {name: only.get(name) for name in OPENS[part]}
    return connection.execute(
        _SQL[_ROWS[part]], {**given, "number": number, "after": after, "limit": limit}
    ).fetchall()


def _entry(number: int, e: EntryThere, f: Feeder) -> tuple[Any, ...]:
    return (
        number, e.key, e.day, e.made_at, month_of(e.day), e.journal, e.kind, e.number, e.reference, e.origin, e.party_key, e.party, e.login,
        e.amount, e.record, e.record_key, e.external_id, f.key, f.by_hand,
    )  # fmt: skip


def _line(number: int, x: OpenThere, read: Read) -> tuple[Any, ...]:
    return (
        number, x.key, x.entry, x.kind, x.account, band_of(x, read.until), x.day, x.due, x.party_key, x.party, x.number, x.currency, x.open,
        x.company_open,
    )  # fmt: skip


def _copy(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    # Both are words of this file.
    with cursor.copy(f"copy tieout.{table} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _kept(row: Row) -> Kept:
    return Kept(
        row["survey"],
        row["system"],
        row["entity"],
        row["taken_at"],
        row["taken_by"],
        row["sha256"],
        row["found"],
    )
