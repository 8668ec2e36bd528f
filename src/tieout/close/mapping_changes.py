"""Tables of a project that changed: another account, tax, policy or interface is other books, and two people look at it.

Each state of a table (mappings, and what `governed_files` says) is evidence (`mapping.kept`, `rules.kept`) as it comes into force. The
first one is what the project was set up with. Any other is a case of each entity whose close is looked at, until one person says why
and another lets that stand, or the table is as it was; then it is one still where something was booked by it meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tieout.cases import NewCase, beside_others, open_cases, solve_by_key
from tieout.causes import Cause
from tieout.close.causes import MAPPING_CHANGED, RULES_CHANGED
from tieout.close.governed_files import governed_tables, of_entity
from tieout.evidence import Entry, record
from tieout.money import Period
from tieout.rules import Mapping, Release
from tieout.store import Connection, Queries

_SQL = Queries("tieout.close")
# Of a longer table only the digest is kept: that it changed is said, not how.
_MOST_ROWS = 5000
Rows = Sequence[Sequence[str]]
# A state of a table as evidence has it.
Mapped = dict[str, Any]


@dataclass(frozen=True)
class _Table:
    """A table as the project has it now: under which action its states are evidence, and what a change of it is."""

    name: str
    said: str
    action: str
    cause: Cause
    rows: Rows


def _tables(release: Release) -> list[_Table]:
    mappings = [
        _Table(name, f"mappings/{name}.csv", "mapping.kept", MAPPING_CHANGED, _rows(mapping))
        for name, mapping in sorted(release.mappings.items())
    ]
    others = sorted(governed_tables(release).items())
    return mappings + [
        _Table(name, name.replace(":", " of "), "rules.kept", RULES_CHANGED, rows) for name, rows in others
    ]


def _gone(connection: Connection, release: Release) -> list[_Table]:
    """Mappings that the project had and has no more: tables without rows."""
    rows = connection.execute(_SQL["mappings_ever"], {"action": "mapping.kept"})
    return [
        _Table(r["subject"], f"mappings/{r['subject']}.csv", "mapping.kept", MAPPING_CHANGED, [])
        for r in rows if r["subject"] not in release.mappings
    ]  # fmt: skip


def keep_mappings(connection: Connection, release: Release, now: datetime) -> int:
    """Keep each table as evidence where it is not what was kept last; of how many tables."""
    entries = []
    for table in [*_tables(release), *_gone(connection, release)]:
        kept = _kept(connection, table)
        if kept and kept[-1]["sha256"] == _digest(table.rows):
            continue
        detail = {
            "sha256": _digest(table.rows),
            "count": len(table.rows),
            "rows": table.rows if len(table.rows) <= _MOST_ROWS else None,
        }
        entries.append(Entry(now, "bootstrap", table.action, table.name, "", detail))
    if entries:
        record(connection, entries)
    return len(entries)


def tell_mappings(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    closed_at: datetime | None,
    now: datetime,
) -> None:
    """A case for each table that is not as people know it, or by which something was booked when it was not; solved where neither
    is so any more, or it was changed further. Of a period that is closed (`closed_at`) what changed after that is none of it."""
    with connection.transaction():
        beside_others(connection)
        wanted = [
            case
            for table in [*_tables(release), *_gone(connection, release)]
            if of_entity(table.name, entity) or table.cause is MAPPING_CHANGED
            for case in _of_table(connection, release, entity, period, table, closed_at, now)
        ]
        open_cases(connection, wanted, "close")
        still = {c.source_key for c in wanted}
        for cause in (MAPPING_CHANGED, RULES_CHANGED):
            given = {"entity": entity, "cause": cause.name}
            for row in connection.execute(_SQL["open_late"], given).fetchall():
                if row["source_key"] not in still:
                    why = "the table is as people know it, or was changed further"
                    solve_by_key(connection, cause.name, row["source_key"], now, why, "close")


def known_rows(
    connection: Connection, release: Release, name: str, entity: str, closed_at: datetime | None
) -> dict[str, str] | None:
    """The rows of a table of `governed_files` as an entity's people know it, or knew it when a period was closed; None where nothing
    was kept, or only its digest."""
    table = next(t for t in _tables(release) if t.name == name and t.cause is RULES_CHANGED)
    kept = _until(_kept(connection, table), closed_at)
    known = _known(connection, entity, table, kept)
    rows = [k["rows"] for k in kept if k["sha256"] in known][-1:]
    return dict(rows[0]) if rows and rows[0] is not None else None


def _known(connection: Connection, entity: str, table: _Table, kept: Sequence[Mapped]) -> set[str]:
    """The digests of states that people know: the first, and what two let stand."""
    given = {"entity": entity, "cause": table.cause.name}
    accepted = {r["source_key"] for r in connection.execute(_SQL["accepted_keys"], given)}
    digests = {k["sha256"] for k in kept}
    return {d for d in digests if d == kept[0]["sha256"] or _key(entity, table.name, d) in accepted}


def _of_table(
    connection: Connection,
    release: Release,
    entity: str,
    period: Period,
    table: _Table,
    closed_at: datetime | None,
    now: datetime,
) -> list[NewCase]:
    kept = _kept(connection, table)
    if not kept:
        return []
    if closed_at is not None:
        kept = _until(kept, closed_at)
        table = replace(table, rows=kept[-1]["rows"] or ())
    of_people = _known(connection, entity, table, kept)

    def is_known(sha256: str) -> bool:
        return sha256 in of_people

    today, known = (
        kept[-1]["sha256"] if closed_at else _digest(table.rows),
        [k for k in kept if is_known(k["sha256"])],
    )
    found = []
    if not is_known(today):
        said = _said(table.said, known[-1]["rows"], table.rows)
        found.append((today, said, _changers(connection, table, known[-1]["at"])))
    for was, until in pairwise(kept):
        if is_known(was["sha256"]) or was["sha256"] == today:
            continue
        if not (passing := _passing([k["rows"] for k in known], was["rows"], table.rows)):
            continue
        spans = {"entity": entity, "last": period.last, "since": was["at"], "until": until["at"]}
        row = connection.execute(_SQL["planned_by_release"], spans).fetchone()
        if row is not None and row["count"]:
            said = (
                f"{table.said}: {passing}, from {was['at']:%Y-%m-%d %H:%M} to {until['at']:%Y-%m-%d %H:%M}, in which "
                f"{row['count']} documents were planned"
            )
            found.append((was["sha256"], said, _changers(connection, table, kept[0]["at"])))
    return [
        _case(release, entity, period, table.cause, _key(entity, table.name, sha256), said, who, now)
        for sha256, said, who in found
    ]


def _passing(known: Sequence[Rows | None], was: Rows | None, now: Rows) -> str:
    """What a state had that nobody knows and that is gone again, or lacked that is there again, in words; "" where what it had more
    is there still: that is looked at as it is."""
    if was is None or None in known:
        return "it was another one"
    there = [{tuple(r) for r in rows or ()} for rows in known]
    then, today = {tuple(r) for r in was}, {tuple(r) for r in now}
    return _differing(today.intersection(*there) - then, "gone") or _differing(
        then - today.union(*there), "new"
    )


def _differing(rows: Collection[tuple[str, ...]], word: str) -> str:
    first = min(rows, default=())
    return f"{len(rows)} {word}, such as {first[0]} = {first[1][:80]}" if first else ""


def _rows(mapping: Mapping) -> list[list[str]]:
    """A table's rows in one order, whatever that of its file."""
    return sorted([r.key, r.value, r.valid_from.isoformat(), r.valid_to.isoformat()] for r in mapping.rows)


def _digest(rows: Rows) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _key(entity: str, table: str, sha256: str) -> str:
    return f"{entity}:{table}:{sha256[:16]}"


def _kept(connection: Connection, table: _Table) -> list[Mapped]:
    """Each state that a table was in, the oldest first: since when (`at`), `sha256`, `count`, `rows` (None where they were too
    many)."""
    rows = connection.execute(_SQL["mappings_kept"], {"table": table.name, "action": table.action})
    return [{"at": r["at"], **json.loads(r["detail"])} for r in rows]


def _until(kept: list[Mapped], closed_at: datetime | None) -> list[Mapped]:
    return kept if closed_at is None else [k for k in kept if k["at"] <= closed_at] or kept[:1]


def _changers(connection: Connection, table: _Table, since: datetime) -> str:
    """Who changed a mapping over the API since an instant, one or several: none of them decides about it."""
    if table.cause is RULES_CHANGED:
        return ""
    rows = connection.execute(_SQL["mapping_changers"], {"table": table.name, "since": since})
    return "; ".join(sorted(r["actor"] for r in rows))


def _said(name: str, before: Rows | None, now: Rows) -> str:
    """What changed, in words: where something else is said, both; else what is new and what is gone (of a mapping, a row of another
    value or other days is both)."""
    if before is None:
        return f"{name} is another one, of {len(now)} rows"
    old, new = {tuple(r) for r in before}, {tuple(r) for r in now}
    was, now_is = ({r[0]: r[1] for r in rows if len(r) == 2} for rows in (old, new))
    other = [where for where in sorted(was.keys() & now_is.keys()) if was[where] != now_is[where]]
    parts = [f"{where}: was {was[where][:80]}, is {now_is[where][:80]}" for where in other]
    parts += [
        _differing({r for r in rows if r[0] not in other or len(r) != 2}, word)
        for rows, word in ((new - old, "new"), (old - new, "gone"))
    ]
    return f"{name}: {'; '.join(p for p in parts if p)}"


def _case(
    release: Release,
    entity: str,
    period: Period,
    cause: Cause,
    key: str,
    said: str,
    changers: str,
    now: datetime,
) -> NewCase:
    return NewCase(
        cause=cause.name, interface="", entity=entity, period=str(period), source_key=key, amount=Decimal(0),
        currency=release.entities[entity].currency, recovery=cause.say(), detail=said[:300], owner=cause.who, opened_at=now,
        # Without an amount it holds the close: nobody knows yet what it comes to.
        due_at=now + timedelta(hours=24), blocking=True, standing=cause.standing, made_user=changers,
    )  # fmt: skip
